"""The main job, step by step and for real: invented patients' exports, and readings of a simulated programmer at a
serial line, become a chart in a folder.

Each step is a `pumpbridge` command as a person would type it, with its output; what the step promises is checked, and
the first promise that does not hold ends the demonstration with status 1.

usage: python scripts/demo.py [FOLDER]      (./demo-output where none is given; it is wiped first)
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

JOURNEY = Path(__file__).resolve().parent.parent / "fixtures" / "journey"
AS_OF = "2025-06-20T12:00+01:00"
"""The day after the newest of the fixture exports: older news would be called unknown, and rightly."""
SHOWN = 44
MARK = "pumpbridge-demo"
LIFE = """\
# A simulated pump. From 2 June 14:20 UTC on its motor stands, for seventeen hours.
kind = "synchromed-20"
zone = "Europe/London"
until = 2025-06-17T12:00:00Z

[patient]
identifier = "0071234"
family = "Placeholder"
given = "Dina"

[implant]
at = 2025-05-06T09:00:00Z
concentration = 2000        # ug/mL
daily = 240.00              # ug a day

[[fault]]
kind = "stall"
at = 2025-06-02T14:20:00Z
until = 2025-06-03T07:20:00Z

[[visit]]
at = 2025-06-16T10:00:00Z
"""
FASTER = 10_000_000
"""So much faster the pump's time passes until its second visit: six weeks in a second."""
PATIENCE = 120
"""Seconds; whatever runs in the background ends by itself after so many."""


def main() -> None:
    """Runs the demonstration."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs in the background is ended too
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-output").resolve()
    _wipe(folder)
    demo = Demo(folder)
    demo.set_up()
    demo.first_charts()
    demo.again()
    demo.late()
    demo.corrected()
    demo.withdrawn()
    demo.interrogated()
    demo.finish()


def _wipe(folder: Path) -> None:
    """Empties the folder of an earlier demonstration, and no other."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        sys.exit(f"{folder} is not an earlier demonstration: name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


class Demo:
    """The steps, and the sums that the last table shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[tuple[str, str, str, str]] = []
        self.read = 0

    # --- the steps -------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """A configuration for simulated data, with a folder as destination."""
        _say("1. Set up: a site in London, and a folder that takes simulated data")
        key = "https://hospital.example/sid/mrn"
        self.run(f"init --zone Europe/London --organisation 'Demonstration Hospital' --key-system {key} --test")
        self.run("check")

    def first_charts(self) -> None:
        """Eleven exports of three patients: imported, planned, applied."""
        _say("2. Eleven exports of three patients come in")
        files = sorted(JOURNEY.glob("*.json"))
        sums = self.json(f"import {_paths(files)}")
        _need(sums["files"] == sums["accepted"] == len(files) >= 8, "every export is accepted")
        self.run(f"import {_paths(files[:1])}")
        self.run("pumps")
        _say("3. The plan: what ought to be in the chart and is not yet")
        planned = self.plan()
        _need(planned["create"] > 100, "there is much to create")
        _need(planned["amend"] == planned["retract"] == 0, "and nothing to amend or retract")
        _say("4. Applied to the folder")
        self.apply("first eleven exports", planned)
        self.explain_one()

    def again(self) -> None:
        """The same exports again."""
        _say("5. The same exports come again: nothing is new, and the plan is empty")
        files = sorted(JOURNEY.glob("*.json"))
        sums = self.json(f"import {_paths(files)}")
        _need(sums["known"] == sums["files"] == len(files), "every export is known")
        planned = self.plan("--exit-code")
        _need(not planned["courses"] and not planned["shared"], "the plan is EMPTY")
        self.rows.append(("the same again", f"{len(files)} known", "empty plan", "nothing to confirm"))

    def late(self) -> None:
        """An export between two others arrives last."""
        _say("6. An export arrives late: dated 10 February, between two that are charted. It found a stall in the log")
        self.json(f"import {_paths(sorted((JOURNEY / 'late').glob('*.json')))}")
        planned = self.plan()
        _need(planned["create"] > 0 and planned["amend"] > 0, "the plan creates and AMENDS")
        self.apply("one late export", planned)

    def corrected(self) -> None:
        """A higher revision of a session."""
        _say("7. An export is corrected: the same session, revision 2, 3.4 mL aspirated instead of 3.7")
        self.json(f"import {_paths(sorted((JOURNEY / 'corrected').glob('*.json')))}")
        planned = self.plan()
        _need(planned["amend"] > 0, "the plan AMENDS")
        self.apply("one corrected export", planned)

    def withdrawn(self) -> None:
        """A person withdraws an export."""
        name = (JOURNEY / "withdrawn.txt").read_text(encoding="utf-8").strip()
        _say(f"8. A person withdraws an export: {name} was printed for the wrong patient")
        file = _paths([JOURNEY / name])
        self.run(f"withdraw {file} --actor 'A. Nurse' --reason 'printed for the wrong patient'")
        planned = self.plan()
        _need(planned["retract"] > 0, "the plan RETRACTS")
        self.apply("one withdrawn export", planned)

    def interrogated(self) -> None:
        """A programmer is captured over its line twice; between the readings its pump stood still."""
        _say("9. A programmer is read over its serial line: simulated, at a pty, and read only")
        (self.folder / "life.toml").write_text(LIFE, encoding="utf-8")
        self.capture("2025-05-06", speed=0)
        planned = self.plan()
        _need(planned["create"] > 0, "the plan creates the chart of another pump")
        self.apply("a programmer's reading", planned)
        _say("10. Six weeks later it is read again. Meanwhile the pump's motor stood, and its log says when")
        self.capture("2025-06-16", speed=FASTER)
        planned = self.plan()
        _need(planned["amend"] > 0, "the plan AMENDS: what was charted as running had ended")
        self.apply("its second reading", planned)

    def explain_one(self) -> None:
        """From a value in the chart back to its place in an export."""
        _say("   and each value can be traced to its place in an export")
        charts = self.folder / "charts"
        doses = (f for f in sorted(charts.rglob("MedicationAdministration-*.json")) if '"dose"' in f.read_text("utf-8"))
        kind, _, id = next(doses).stem.partition("-")
        self.run(f"explain {kind}/{id}")

    def finish(self) -> None:
        """The plan is empty again; what was read, planned, confirmed and found."""
        _say("11. In the end the folder is true: the plan is empty")
        planned = self.plan("--exit-code")
        _need(not planned["courses"] and not planned["shared"], "the plan is EMPTY")
        self.run("status")
        _say("What was read, planned and confirmed")
        _table(("step", "read", "planned", "confirmed"), self.rows)
        _say("What was found")
        for status, text in self.found():
            print(textwrap.fill(text, 116, initial_indent=f"  {status:12} ", subsequent_indent=" " * 15))
        _say("Where it lies")
        for file, what in (
            ("charts", "the chart: a folder a course, a file a resource"),
            ("pumpbridge.sqlite", "the store"),
        ):
            print(f"  {self.folder / file}    {what}")
        counted = Counter(file.name.partition("-")[0] for file in self.resources())
        print("  " + ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items())))

    # --- what the steps are made of --------------------------------------------------------------------------------

    def resources(self) -> list[Path]:
        """Every resource in the folder."""
        return sorted((self.folder / "charts").rglob("*-*.json"))

    def found(self) -> list[tuple[str, str]]:
        """What the bridge noticed: status and words of the chart's detected issues."""
        issues = (json.loads(f.read_text("utf-8")) for f in self.resources() if f.name.startswith("DetectedIssue-"))
        rows = [(issue["status"], textwrap.shorten(issue.get("detail", ""), 420)) for issue in issues]
        return sorted(rows, key=lambda row: row[1])

    def capture(self, day: str, speed: int) -> None:
        """Capture a simulated programmer into the store, once it holds the reading of a day."""
        with self.programmer(day, speed) as path:
            said = self.run(f"capture {path} --import")
        _need(said[-1] == "accepted", "the capture is whole, and accepted")
        self.read += 1

    @contextmanager
    def programmer(self, day: str, speed: int) -> Iterator[str]:
        """A simulated programmer in the background, and the pty at which it answers; it ends with the block."""
        command = f"simulate programmer --pty --script life.toml --speed {speed} --for {PATIENCE}"
        print(f"\n$ pumpbridge {command} &", flush=True)
        words = [_script(), *shlex.split(command)]
        process = subprocess.Popen(
            words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            path = process.stdout.readline().strip()
            print(f"  {path}", flush=True)
            for said in process.stderr:
                print(f"  {said.rstrip()}", flush=True)
                if day in said:
                    break
            else:
                _fail(f"the simulated programmer never held the reading of {day}")
            yield path
        finally:
            _end(process)

    def plan(self, options: str = "") -> dict[str, int]:
        """Shows the plan and answers its sums."""
        command = f"plan --as-of {AS_OF} {options}".rstrip()
        self.run(command)
        whole = self.quiet(f"{command} --json")
        sums: dict[str, int] = whole["destinations"][0]["sums"]
        if whole["empty"] != (not sums["courses"] and not sums["shared"]):
            _fail("the plan contradicts itself")
        return sums

    def apply(self, step: str, planned: dict[str, int]) -> None:
        """Applies, and compares what was confirmed with what was planned."""
        sums = self.json(f"apply --yes --as-of {AS_OF}")
        made = tuple(sums[name] for name in ("created", "amended", "retracted"))
        _need(made == tuple(planned[name] for name in ("create", "amend", "retract")), "what was planned is confirmed")
        _need(not sums["open"], "no course is left open")
        plan = f"{planned['create']} create, {planned['amend']} amend, {planned['retract']} retract"
        self.rows.append((step, f"{self.read} exports in all", plan, f"{sum(made)} writes"))

    def json(self, command: str) -> dict[str, Any]:
        """Runs a command with --json, shows its sums, answers the document."""
        print(f"\n$ pumpbridge {_short(command)}", flush=True)
        found = self.quiet(f"{command} --json")
        self.read += found.get("accepted", 0)
        print("  " + ", ".join(f"{name} {value}" for name, value in found.items() if isinstance(value, int)))
        return found

    def quiet(self, command: str) -> dict[str, Any]:
        """The JSON document that a command prints."""
        done = self._done(command)
        return dict(json.loads(done.stdout))

    def run(self, command: str) -> list[str]:
        """Runs a command, shows and answers what it prints; of a long text, the beginning and the end."""
        print(f"\n$ pumpbridge {_short(command)}", flush=True)
        lines = self._done(command).stdout.splitlines()
        if len(lines) > SHOWN:
            left = len(lines) - SHOWN
            lines = [*lines[: SHOWN - 6], f"  … {left} more lines …", *lines[-6:]]
        print("\n".join(f"  {line.rstrip()}" for line in lines), flush=True)
        return lines

    def _done(self, command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([_script(), *shlex.split(command)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout + done.stderr)
            _fail(f"`pumpbridge {command}` ended with status {done.returncode}")
        return done


def _script() -> str:
    return str(Path(sys.executable).with_name("pumpbridge"))


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a process of ours, and sees that it has ended."""
    process.terminate()
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _paths(files: list[Path]) -> str:
    return " ".join(shlex.quote(str(file)) for file in files)


def _short(command: str) -> str:
    """The command as it reads best: paths by their names, many of them as a pattern."""
    words = [Path(word).name if word.startswith(str(JOURNEY)) else word for word in shlex.split(command)]
    exports = [word for word in words if word.endswith(".json")]
    if len(exports) > 3:
        words = [word for word in words if word not in exports] + ["journey/*.json"]
    return shlex.join(words).replace("'journey/*.json'", "journey/*.json")


def _say(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}", flush=True)


def _need(holds: bool, promise: str) -> None:
    if not holds:
        _fail(f"this did not hold: {promise}")
    print(f"  ✓ {promise}", flush=True)


def _fail(why: str) -> NoReturn:
    sys.exit(f"the demonstration FAILED: {why}")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, tuple("-" * width for width in widths), *rows):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
