"""The kept pictures: `python -m tests.plot.golden` draws them anew; a person looks at them before they are kept."""

from __future__ import annotations

from pathlib import Path

from bridge.plot.blocks import blocks
from bridge.plot.svg import svg
from bridge.plot.timeline import Timeline, timeline
from tests.plot.cases import CASES

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "plot"
WIDTH = 100


def drawn(name: str) -> Timeline:
    """What is drawn of a case."""
    shown = timeline(*CASES[name]())
    assert shown is not None, "every case has something to draw"
    return shown


def pictures(name: str) -> dict[str, str]:
    """The pictures of a case by their file's name."""
    shown = drawn(name)
    lines = [line.rstrip() for line in blocks(shown, WIDTH)]
    return {f"{name}.svg": svg(shown), f"{name}.txt": "\n".join(lines) + "\n"}


def main() -> None:
    """Draw every case."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        for file, text in pictures(name).items():
            (FOLDER / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
