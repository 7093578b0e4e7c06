"""The verbs by name, and how a run ends: each verb's module is imported on demand, so that `--help` stays quick."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from errno import EDQUOT, ENOSPC
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bridge.cli.options import ConfigOption
from bridge.cli.output import bug, discard, problem
from bridge.errors import EXIT_BUG, BridgeError, StoreError, UsageError

EXIT_PIPE_CLOSED = 141
NAME = "pumpbridge"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb as `--help` lists it, and the module that holds it."""

    name: str
    module: str
    help: str


SECTIONS: dict[str, tuple[Verb, ...]] = {
    "Set up": (
        Verb("init", "init", "Write a commented configuration, the permanent namespaces and an empty store."),
        Verb("check", "check", "Check configuration, permissions, store, adapters and destinations."),
        Verb("rehearse", "rehearse", "Rehearse at a FHIR test server: chart a simulated pump, read it back, clean up."),
        Verb("adapters", "adapters", "List the adapters: what formats can be read, and whose they are."),
    ),
    "Without a configuration": (
        Verb("inspect", "inspect_", "Show every reading of an export with its place in the file."),
        Verb("chart", "chart", "Write the chart of some exports to stdout, as a Bundle or as NDJSON."),
        Verb(
            "validate",
            "validate",
            "Check exports or FHIR JSON by our rules, by the official engine where it is built, and by a server's.",
        ),
        Verb("simulate", "simulate", "Simulate pumps and a programmer, to test an interface without a pump."),
    ),
    "Every day": (
        Verb("import", "import_", "Accept exports into the store; with --apply, also make the charts true."),
        Verb("capture", "capture", "Capture what a programmer holds, over its serial line; nothing is changed there."),
        Verb("plan", "plan", "Show what applying would create, amend and retract, and why."),
        Verb("apply", "apply", "Carry the plans out: make each destination true."),
        Verb("run", "run", "Watch the inbox and keep the charts true until stopped."),
        Verb("status", "status", "Say whether anything is late, parked, quarantined or silent."),
    ),
    "Look": (
        Verb("pumps", "pumps", "List the pumps, their patients and their newest session."),
        Verb("course", "course", "Show what happened to one pump, in tables and as a picture."),
        Verb("findings", "findings", "List what was noticed and not repaired, the newest first."),
        Verb("explain", "explain", "Show where each value of a resource came from."),
    ),
    "Decide": (
        Verb("quarantine", "quarantine", "List, show, retry or drop exports that could not be read."),
        Verb("parked", "parked", "List, show, retry or skip courses that wait for a person."),
        Verb("supersede", "supersede", "Declare that one export takes the place of another."),
        Verb("withdraw", "withdraw", "Declare that an export must not count."),
        Verb("assign", "assign", "Declare whose export it is."),
        Verb("link", "link", "Declare whose pump it is, for exports that name no patient."),
        Verb("reread", "reread", "Read the stored exports again with the adapters of today, and show what differs."),
    ),
}
"""The verbs in the order in which help lists them; each line is also the first sentence of the verb's own help."""

VERBS = {verb.name: verb for verbs in SECTIONS.values() for verb in verbs}


class LazyGroup(TyperGroup):
    """The group of all verbs, which knows their names and imports the one that is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names, as help lists them."""
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """The command of that name, imported now; None where there is none."""
        return command(cmd_name) if cmd_name in VERBS else None

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """The command that the arguments name, or the usage error that says which one was probably meant."""
        if not args[0].startswith("-") and args[0] not in VERBS:
            near = get_close_matches(args[0], VERBS)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """The list of verbs for `--help`, written from the table: nothing is imported."""
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(verb.name, verb.help) for verb in verbs], col_max=12)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the verb; what it answers is the exit status."""
        with _reported():
            raise typer.Exit(super().invoke(ctx) or 0)


def command(name: str) -> Any:
    """The command object of one verb."""
    module = import_module(f"bridge.cli.{VERBS[name].module}")
    found = get_command(module.app)
    found.name = name
    return found


STATUSES = {
    0: "done",
    1: "our bug",
    2: "usage",
    3: "configuration",
    4: "something was quarantined, or cannot be read",
    5: "something is parked, breaks a rule (`chart`, `validate`), or was needed and did not pass (`rehearse`)",
    6: "a destination cannot be reached, or courses rest after that; from `status`: late or silent",
    7: "the store is locked, newer, on a network file system, or damaged",
    8: "`plan --exit-code`: the plan is not empty",
    9: "a port cannot be opened, or no whole reading came over it",
}
"""What each exit status means; the guide has the same words."""

app = typer.Typer(
    name=NAME, cls=LazyGroup, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: " + "; ".join(f"{number} {meaning}" for number, meaning in STATUSES.items()) + ".",
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit()


@app.callback()
def pumpbridge(
    ctx: typer.Context,
    config: ConfigOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Keep hospital charts true to what intrathecal pumps recorded."""
    if config is not None and ctx.invoked_subcommand == "init":
        raise UsageError(
            "`init` writes a configuration and reads none", where="--config", remedy="name the file: `init FILE`"
        )


@contextmanager
def _reported() -> Iterator[None]:
    """Turns what a verb raises into an exit status and a few lines on stderr."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.TyperException, KeyboardInterrupt):
        raise
    except BrokenPipeError:
        raise typer.Exit(EXIT_PIPE_CLOSED) from None
    except BridgeError as error:
        if error.exit_status == EXIT_BUG:
            bug(error)
        else:
            problem(error)
        raise typer.Exit(error.exit_status) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
            raise typer.Exit(_disk_full()) from None
        bug(error)
        raise typer.Exit(EXIT_BUG) from None


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and answer its exit status; a reader that went away is no error worth a word."""
    try:
        app(args=arguments, prog_name=NAME)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else EXIT_BUG
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard()
        return EXIT_PIPE_CLOSED
    except OSError:
        return _disk_full()
    return status


def _disk_full() -> int:
    problem(StoreError("the disk is full", code="disk-full", remedy="make room, then run it again"))
    return StoreError.exit_status
