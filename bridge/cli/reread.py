"""`pumpbridge reread`: what the adapters of today read in the exports of yesterday."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from bridge.accept import Settings, interpret, settings_of
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import counted, document, line, note, progress
from bridge.cli.readings import rows
from bridge.cli.setting import export_named, site_of
from bridge.errors import EXIT_DONE, EXIT_QUARANTINED, BridgeError, UsageError
from bridge.interrogation import Interrogation
from bridge.site import Site
from bridge.store.protocol import Filed, Refusal

app = verb()


@dataclass(frozen=True, slots=True)
class Difference:
    """One reading that differs: as stored, and as read now; None: not there."""

    field: str
    stored: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading one export again gives; `problem` is why it could not be taken."""

    export: str
    file: str
    changes: tuple[Difference, ...]
    problem: str = ""


@app.command()
def reread(
    exports: Annotated[list[str] | None, typer.Argument(metavar="EXPORT", help="Only these; else all.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Keep what is read now; the plans that follow show it.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Read the stored exports again with the adapters of today, and show what differs.

    Bytes are never changed, and what people decided stays. After a change of [site] zone all are placed anew by it.
    """
    with site_of(config, replaces=True) as site:
        moves = _moves(site, exports, apply)
        if apply and moves:  # until all are placed, no zone is theirs
            site.store.place_by(f"{site.store.placed_by().partition(',')[0]}, in part {site.config.site.zone}")
        names = [export_named(site.store, name) for name in exports] if exports else list(site.store.accepted())
        with progress("reading", len(names)) as advance:
            found = [one for one in _all(site, names, apply, moves, advance) if one.changes or one.problem]
        if apply and moves:
            site.store.place_by(str(site.config.site.zone))
    if as_json:
        document({"read": len(names), "applied": apply, "differing": found})
    else:
        _show(found, len(names), apply)
    return EXIT_QUARANTINED if any(one.problem for one in found) else EXIT_DONE


def _moves(site: Site, exports: list[str] | None, apply: bool) -> bool:
    """Whether the zone has changed; raises UsageError where only some exports would be placed by the new one."""
    moves = site.store.placed_by() not in ("", str(site.config.site.zone))
    if moves and apply and exports:
        raise UsageError("[site] zone has changed: all exports are to be read again", remedy="name none of them")
    return moves


def _all(site: Site, names: list[str], apply: bool, moves: bool, advance: object) -> Iterator[Reread]:
    settings = settings_of(site.config)
    for name in names:
        yield _one(site, name, settings, apply, moves)
        if callable(advance):
            advance(1)


def _moved(site: Site, name: str, read: Sequence[Filed]) -> Iterator[Difference]:
    """The patient that the configuration of today makes of the same words; one that a person assigned stays."""
    before = [site.store.course(place.course) for place in site.store.export(name).places]
    for row, filed in zip(before, read, strict=False):
        if row.patient_system != filed.patient_system and ":" not in row.patient_system:
            yield Difference("patient/system", row.patient_system or None, filed.patient_system or None)


def _placed(site: Site, name: str, read: Sequence[Filed]) -> Iterator[Difference]:
    """Where in time the zone of today places it."""
    for place, filed in zip(site.store.export(name).places, read, strict=False):
        if place.position != filed.position:
            yield Difference("session/position", place.position, filed.position)


def _one(site: Site, name: str, settings: Settings, apply: bool, moves: bool) -> Reread:
    try:
        export = site.store.kept(name)
    except UsageError as error:
        return Reread(name, "", (), error.message)
    read = interpret(export, site.adapters, site.store, settings)
    if isinstance(read, Refusal):
        return Reread(name, export.name, (), f"it cannot be read any more: {read.code} {read.where}".rstrip())
    stored, now = site.store.interrogations(name), [filed.interrogation for filed in read]
    differing = (*_differences(stored, now), *_moved(site, name, read), *(_placed(site, name, read) if moves else ()))
    if apply:
        try:
            site.store.reread(name, read, site.clock.now())
        except BridgeError as error:
            return Reread(name, export.name, differing, error.message)
    return Reread(name, export.name, differing)


def _differences(stored: list[Interrogation], now: list[Interrogation]) -> Iterator[Difference]:
    before, after = _flat(stored), _flat(now)
    for field in [*before, *(name for name in after if name not in before)]:
        if before.get(field) != after.get(field):
            yield Difference(field, before.get(field), after.get(field))


def _flat(interrogations: list[Interrogation]) -> dict[str, str]:
    several = len(interrogations) > 1
    return {
        f"{number}: {row.field}" if several else row.field: _words(row.value, row.text, row.how, row.bound, row.where)
        for number, interrogation in enumerate(interrogations, 1)
        for row in rows(interrogation)
    }


def _words(value: str | None, text: str, how: str | None, bound: str | None, where: str) -> str:
    marks = " ".join(mark for mark in (bound, value or "UNREADABLE", f"({how})" if how else None) if mark)
    return f"{marks}, printed {text!r} at {where}"


def _show(found: list[Reread], count: int, applied: bool) -> None:
    for one in found:
        line(f"{one.file or one.export} ({one.export[:12]})", "bold")
        if one.problem:
            line(f"  {one.problem}", "yellow")
        for change in one.changes:
            line(f"  {change.field}: {change.stored or '(nothing)'} -> {change.now or '(nothing)'}")
    line(f"{counted(count, 'export')} read again, {len(found)} differ")
    if found and not applied:
        note("nothing is changed: add --apply to keep what is read now")
