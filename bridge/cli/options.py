"""The options that several verbs share, and the questions that a decision asks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bridge.chart.dialect import DIALECTS, Version
from bridge.cli.output import note
from bridge.errors import UsageError

EXIT_STOPPED = 130
"""The run was ended by a person, as by Ctrl-C."""


def _before_the_verb(ctx: typer.Context, given: Path | None) -> Path | None:
    """The configuration of a verb: its own, else the one that was named before the verb."""
    return given if given is not None else ctx.find_root().params.get("config")


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        callback=_before_the_verb,
        help="The configuration; else PUMPBRIDGE_CONFIG, ./pumpbridge.toml, /etc/pumpbridge/pumpbridge.toml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the facts as one JSON document.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Only this destination.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="The instant to stand at, such as 2025-06-18T17:30+02:00; else now."),
]
FhirOption = Annotated[str, typer.Option("--fhir", metavar="R4|R5", help="The version of FHIR.")]
ActorOption = Annotated[
    str | None, typer.Option("--actor", metavar="WHO", help="Who decides; asked for at a terminal.")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="WHY", help="Why; asked for at a terminal.")]


def verb() -> typer.Typer:
    """An empty application for one verb."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def instant(text: str | None) -> datetime | None:
    """The instant of --as-of in UTC; raises UsageError for a time without an offset or that is none."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(
            f"{text!r} is not an instant", where="--as-of", remedy="write one with its offset: 2025-06-18T17:30+02:00"
        )
    return at.astimezone(UTC)


def version_named(name: str) -> Version:
    """The version of FHIR that --fhir names; raises UsageError for another."""
    found = next((version for version in DIALECTS if version == name.upper()), None)
    if found is None:
        raise UsageError(
            f"charts cannot be in FHIR {name!r}", where="--fhir", remedy=f"name one of: {', '.join(DIALECTS)}"
        )
    return found


def asked(name: str, given: str | None) -> str:
    """What an option gives, else what is typed at the terminal; raises UsageError where there is none to ask at."""
    text = given
    if text is None and sys.stdin.isatty():
        text = _typed(f"{name.capitalize()}: ")
    if text is None or not text.strip():
        raise UsageError(f"{name} is not given", where=f"--{name}", remedy=f"add --{name}")
    return text.strip()


def decided_by(actor: str | None, reason: str | None) -> tuple[str, str]:
    """Who decides and why, as every decision asks."""
    return asked("actor", actor), asked("reason", reason)


def confirmed(question: str, yes: bool) -> None:
    """Ask before something is done; raises UsageError where nobody can answer, and leaves where the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("this asks before it is done", where="standard input", remedy="add --yes")
    if _typed(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        note("nothing is done")
        raise typer.Exit(EXIT_STOPPED)


def _typed(question: str) -> str:
    """A line typed at the terminal; the question stands on stderr, so that stdout holds facts only."""
    sys.stdout.flush()
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()
