"""`pumpbridge simulate hospital|exports|programmer|ward`: invented pumps, to test an interface without one."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.options import JsonOption, verb
from bridge.cli.output import counted, document, line, note, progress, table
from bridge.errors import UsageError

if TYPE_CHECKING:
    from bridge.simulator.ward.traffic import Life as Ward
    from bridge.simulator.ward.traffic import Sent

app = verb()
MOST_PUMPS = 100_000
MOST_YEARS = 30
MOST_HOURS = 24 * 366
FIRST = "2026-03-02T08:00:00Z"
TRANSACTIONS = ("PCD-01", "PCD-10", "PCD-04")
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
    speed: Annotated[
        int, typer.Option("--speed", min=0, help="How much faster the pump's time passes; 0: it stands.")
    ] = 1000,
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
    line_ = Line(speed, baud, noise, seconds)
    serving = Serving(Life(plan.implant, plan.faults), plan.visits, line_, plan.until, _holds)
    answers = _answers_in_json if as_json else _answers
    with stopping(serving):
        if port is not None:
            serve_port(serving, port, answers)
        else:
            serve_pty(serving, answers)
    note(f"{counted(serving.answered, 'request')} answered, {counted(serving.readings, 'reading')}")


def _holds(at: datetime) -> None:
    note(f"it holds the reading of {at:%Y-%m-%d %H:%M}Z")


def _answers(place: str) -> None:
    line(place)
    sys.stdout.flush()


def _answers_in_json(place: str) -> None:
    document({"answers_at": place})
    sys.stdout.flush()


MessagesOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Messages as files, in a new folder.", show_default=False)
]
SendOption = Annotated[str, typer.Option("--send", metavar="HOST:PORT", help="Send them over MLLP.")]
StartOption = Annotated[
    str, typer.Option("--start", metavar="WHEN", help="When it begins: a time with an offset, or now.")
]
IntervalOption = Annotated[
    int,
    typer.Option("--interval", metavar="SECONDS", min=1, max=86_400, help="Between two snapshots of one pump."),
]
SpeedOption = Annotated[
    int | None,
    typer.Option(
        "--speed", min=0, show_default=False,
        help="With --send: how much faster than real time; 0, as without it: as it is acknowledged.",
    ),
]  # fmt: skip
TruthOption = Annotated[
    Path | None,
    typer.Option("--truth", metavar="FILE", help="Also write what the pumps really delivered.", show_default=False),
]


@app.command()
def ward(
    out: MessagesOption = None,
    send: SendOption = "",
    pumps: Annotated[int, typer.Option("--pumps", min=1, max=MOST_PUMPS, help="How many pumps.")] = 10,
    hours: Annotated[int, typer.Option("--hours", min=1, max=MOST_HOURS, help="Over how many hours.")] = 24,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 1,
    start: StartOption = FIRST,
    interval: IntervalOption = 300,
    speed: SpeedOption = None,
    truth: TruthOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let hospital pumps tell of themselves in HL7 version 2: snapshots (PCD-01), events (PCD-10), alarms (PCD-04).

    Events of a pump that was off line come late, some pumps send no events, and patients change. Every message says
    that it is simulated (MSH-11 T). With --send, a message goes when the one before it is acknowledged; status 6 where
    the receiver does not answer.
    """
    from bridge.simulator.ward.traffic import Order
    from bridge.simulator.ward.traffic import ward as begun

    if (out is None) == (not send):
        raise UsageError("say where the messages go", where="--out or --send", remedy="give one of the two")
    if out is not None and speed is not None:
        raise UsageError("files have no speed", where="--speed", remedy="leave it out, or --send them")
    order, made = Order(pumps, hours, seed, _instant(start), interval), _Messages()
    lives, messages = begun(order)
    if out is not None:
        made.write(messages, _emptied(out))
    else:
        made.send(messages, send, speed or 0)
    if truth is not None:
        _write_truth(truth, lives)
    made.show({"pumps": pumps, "patients": _patients(lives), "start": order.start, "end": order.until}, as_json)


def _patients(lives: Iterable[Ward]) -> int:
    return len({run.patient.identifier for life in lives for run in life.pump.truth() if run.patient})


class _Messages:
    """What was made of a ward's messages."""

    def __init__(self) -> None:
        self._counts, self._late, self._refused = dict.fromkeys(TRANSACTIONS, 0), 0, Counter[str]()

    def write(self, messages: Iterable[Sent], folder: Path) -> None:
        """A file each."""
        with progress("writing messages", None) as advance:
            for one in messages:
                (folder / one.name).write_bytes(one.content)
                self._count(one, advance)

    def send(self, messages: Iterable[Sent], place: str, speed: int) -> None:
        """One after the other, each when the one before is answered."""
        from bridge.simulator.ward.sending import address_of, send

        address = address_of(place)
        with progress("sending messages", None) as advance:
            self._refused = send(messages, address, speed, lambda one: self._count(one, advance)).refused

    def _count(self, one: Sent, advance: Callable[[int], None]) -> None:
        self._counts[one.transaction] += 1
        self._late += one.late
        advance(1)

    def show(self, about: dict[str, Any], as_json: bool) -> None:
        """The sums, as people or programs read them."""
        total = sum(self._counts.values())
        if as_json:
            document(about | {"messages": total, "by_transaction": self._counts, "late": self._late,
                              "refused": dict(sorted(self._refused.items()))})  # fmt: skip
            return
        table(("transaction", "messages"), self._counts.items())
        for code, count in sorted(self._refused.items()):
            line(f"{counted(count, 'message')} refused with {code}")
        line(f"{counted(total, 'message')} of {counted(about['patients'], 'patient')}, {self._late} of them late")


def _instant(text: str) -> datetime:
    """When the ward begins; raises UsageError."""
    if text == "now":
        return datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min
    if at.tzinfo is None or not 1970 <= at.year <= 2999:
        raise UsageError("this is no time with an offset", where=f"--start {text}", remedy="write 2026-03-02T08:00:00Z")
    return at.astimezone(UTC).replace(microsecond=0)


def _write_truth(file: Path, lives: Iterable[Ward]) -> None:
    from bridge.simulator.ward.truth import as_document

    try:
        file.write_text(json.dumps(as_document(lives), indent=1) + "\n")
    except OSError as error:
        raise UsageError(f"the file cannot be written: {error.strerror}", where=f"--truth {file}") from None


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
