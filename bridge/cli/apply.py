"""`pumpbridge apply`: carry the plans out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bridge.cli.applying import carry_out, facts, refuse_as_of, show, status
from bridge.cli.options import (
    ActorOption,
    AsOfOption,
    ConfigOption,
    JsonOption,
    ReasonOption,
    ToOption,
    confirmed,
    decided_by,
    instant,
    verb,
)
from bridge.cli.output import document, note
from bridge.cli.plan import planned
from bridge.cli.setting import destinations, site_of
from bridge.errors import UsageError
from bridge.reconcile import Consent
from bridge.site import Site

app = verb()


@app.command()
def apply(
    to: ToOption = None,
    accept_mapping: Annotated[
        bool, typer.Option("--accept-mapping", help="Let plans through that new software or configuration makes.")
    ] = False,
    accept_large: Annotated[bool, typer.Option("--accept-large", help="Let large plans through.")] = False,
    mend: Annotated[
        list[str] | None, typer.Option(metavar="TYPE/ID", help="Overwrite what somebody else changed there.")
    ] = None,
    as_of: AsOfOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is sent.")] = False,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Carry the plans out: make each destination true.

    At a terminal it shows the plan and asks. Held destinations are applied to by this command only, shadows never.
    What a person lets through (--accept-mapping, --accept-large, --mend) is stored with --actor and --reason. Every
    plan that goes on waiting is named with what lets it through. With --as-of it sends what `plan --as-of` shows; a
    production destination refuses that. Status 5: something is parked; 6: a destination does not answer, or courses
    rest after a failure.
    """
    consent = Consent(held=True, mapping=accept_mapping, large=accept_large, mend=frozenset(mend or ()))
    signed = decided_by(actor, reason) if accept_mapping or accept_large or mend else None
    at = instant(as_of)
    with site_of(config) as site:
        meant = destinations(site.config, to)
        names = [name for name in meant if not _is_shadow(site, name, to)]
        refuse_as_of(site, names, at)
        if not yes and sys.stdin.isatty():
            for name in names:
                planned(site, name, at, quiet=as_json)
        confirmed(f"Apply to {', '.join(names)}?", yes)
        if signed:
            _record(site, names, consent, *signed)
        if at is not None:
            for name in names:
                site.store.rouse(name, site.clock.now())
        beside = [name for name in meant if name not in names]
        applied = carry_out(site, config, names, consent, at, beside=beside)
        if as_json:
            document({"destinations": names, **facts(applied)})
        else:
            show(site, applied)
    return status(applied)


def _is_shadow(site: Site, name: str, to: str | None) -> bool:
    if site.config.destination_named(name).mode != "shadow":
        return False
    if to is not None:
        raise UsageError(
            "this destination is a shadow: nothing is ever sent there", where=name, code="destination-shadow",
            remedy='set its mode to "held" or "live"',
        )  # fmt: skip
    note(f"{name} is a shadow: nothing is sent there")
    return True


def _record(site: Site, names: list[str], consent: Consent, actor: str, reason: str) -> None:
    """Keep who let what through, before anything of it is sent; what is mended is looked for first."""
    now, place = site.clock.now(), " ".join(names)
    if consent.mapping:
        site.store.record("accept-mapping", place, actor, reason, now)
    if consent.large:
        site.store.record("accept-large", place, actor, reason, now)
    for reference in sorted(consent.mend):
        for name, course in _contested(site, names, reference):
            site.store.record("mend", f"{name} {reference}", actor, reason, now)
            site.store.unpark(name, course)


def _contested(site: Site, names: list[str], reference: str) -> list[tuple[str, int]]:
    kind, _, id = reference.partition("/")
    found = [(name, course) for name, course, _ in site.store.rows_of(kind, id) if name in names]
    if not found:
        raise UsageError(
            "nothing of ours is there under this name", where=reference, code="resource-unknown",
            remedy="name it as Type/id, as `parked show` does",
        )  # fmt: skip
    return found
