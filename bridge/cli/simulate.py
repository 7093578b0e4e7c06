"""`pumpbridge simulate hospital|exports|programmer`: invented pumps, so that an interface can be tested without one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.options import JsonOption, verb
from bridge.cli.output import counted, document, line, note, table
from bridge.errors import UsageError

app = verb()
MOST_PUMPS = 100_000
MOST_YEARS = 30
OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty or new folder.", show_default=False)]
FamilyOption = Annotated[
    list[str] | None,
    typer.Option("--family", metavar="NAME", help="Only exports that this adapter reads; repeat for more."),
]


@app.callback()
def simulate() -> None:
    """Simulate pumps and a programmer, to test an interface without a pump.

    Everything says that it is simulated: a destination that did not opt in refuses it.
    """


@app.command()
def hospital(
    out: OutOption,
    pumps: Annotated[int, typer.Option("--pumps", min=1, max=MOST_PUMPS, help="How many pumps.")] = 100,
    years: Annotated[int, typer.Option("--years", min=1, max=MOST_YEARS, help="Over how many years.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 1,
    mess: Annotated[bool, typer.Option("--mess", help="Reports come late, twice, corrected or never.")] = False,
    family: FamilyOption = None,
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="Else as many as cores.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the exports of a hospital of pumps, in files that sort in the order of their arrival."""
    from bridge.simulator.hospital import Order, write
    from bridge.simulator.kinds import FORMATS

    unknown = [name for name in family or () if name not in FORMATS]
    if unknown:
        raise UsageError("no simulated pump has exports of that family", where=f"--family {unknown[0]}",
                         remedy=f"use one of: {', '.join(FORMATS)}")  # fmt: skip
    order = Order(pumps, years, seed, tuple(family or ()), mess)
    made = write(order, _emptied(out), processes or os.cpu_count() or 1)
    total = sum(made.exports.values())
    if as_json:
        document({"out": str(out), "pumps": pumps, "exports": total, "by_family": dict(sorted(made.exports.items())),
                  "mess": dict(sorted(made.mess.items()))})  # fmt: skip
        return
    table(("family", "exports"), sorted(made.exports.items()))
    for what, count in sorted(made.mess.items()):
        line(f"{counted(count, 'export')} {what}")
    line(f"{counted(total, 'export')} of {counted(pumps, 'pump')} in {out}")


@app.command()
def exports(
    script: Annotated[Path, typer.Option("--script", metavar="FILE", help="The pump's life.", show_default=False)],
    family: Annotated[str, typer.Option("--family", metavar="NAME", help="The adapter that reads them.",
                                        show_default=False)],
    out: OutOption,
    truth: Annotated[bool, typer.Option("--truth", help="Also write what the pump really did: truth.json.")] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write one pump's life, as a script tells it, as exports."""
    from bridge.simulator.exports import format_named
    from bridge.simulator.life import Life
    from bridge.simulator.script import read
    from bridge.simulator.truth_file import as_document

    plan = read(script)
    format = format_named(family, plan.implant.identity.kind.name)
    life, folder, names = Life(plan.implant, plan.faults), _emptied(out), []
    for session in life.lived(plan.visits, plan.until):
        names.append(f"{session.at:%Y%m%dT%H%M}.{format.ending}")
        (folder / names[-1]).write_bytes(format.write(session.body))
    if truth:
        (folder / "truth.json").write_text(json.dumps(as_document(life.pump.truth), indent=1) + "\n")
    if as_json:
        document({"out": str(out), "family": family, "exports": names})
        return
    line(f"{counted(len(names), 'export')} in {out}")


@app.command()
def programmer(
    pty: Annotated[bool, typer.Option("--pty", help="At a pty, whose path is printed.")] = False,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="At a loopback port; 0: any.")] = None,
    script: Annotated[Path | None, typer.Option("--script", metavar="FILE", help="The pump's life.")] = None,
    speed: Annotated[int, typer.Option("--speed", min=0, help="How much faster the pump's time passes.")] = 1000,
    baud: Annotated[int, typer.Option("--baud", min=0, help="How fast bytes go; 0: at once.")] = 115_200,
    noise: Annotated[int | None, typer.Option("--noise", metavar="SEED", help="A noisy line, by a seed.")] = None,
    seconds: Annotated[int | None, typer.Option("--for", metavar="SECONDS", min=1, help="Then it ends.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer as a programmer does at its serial port, until it is stopped; see `pumpbridge capture`."""
    from bridge.simulator.life import Life
    from bridge.simulator.script import parsed, read
    from bridge.simulator.serve import Line, Serving, serve_port, serve_pty, stopping

    if pty == (port is not None):
        raise UsageError("say where it is to answer", where="--pty or --port", remedy="give one of the two")
    plan = read(script) if script else parsed(EXAMPLE)
    if not plan.implant.identity.kind.telemetry:
        raise UsageError("a constant-flow pump has no telemetry", where="--script", remedy="use another kind")
    serving = Serving(Life(plan.implant, plan.faults), plan.visits, Line(speed, baud, noise, seconds))

    def told(place: str) -> None:
        if as_json:
            document({"answers_at": place})
        else:
            line(place)
        typer.get_text_stream("stdout").flush()

    with stopping(serving):
        if port is not None:
            serve_port(serving, port, told)
        else:
            serve_pty(serving, told)
    note(f"{counted(serving.answered, 'request')} answered, {counted(serving.readings, 'reading')}")


EXAMPLE = """
[implant]
at = 2024-01-08T09:00:00Z
concentration = 2000
daily = 400
"""


def _emptied(folder: Path) -> Path:
    """A folder that is made, or is there and empty; raises UsageError for any other."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError("the folder is not empty", where=f"--out {folder}", remedy="name another one")
    except OSError as error:
        raise UsageError(f"the folder cannot be made: {error.strerror}", where=f"--out {folder}") from None
    return folder
