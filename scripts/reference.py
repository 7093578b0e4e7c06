"""Writes docs/reference from the program, or checks that it is what the program would write.

usage: python scripts/reference.py write|check
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"

PAGES = {
    "cli.md": "bridge.cli.reference:reference",
    "config.md": "bridge.config:reference",
    "families.md": "bridge.families.page:reference",
    "hl7-terms.md": "bridge.terms.local:reference",
    "terms.md": "bridge.terms.page:reference",
}
"""Each generated page, with the function that returns its text."""


def generated() -> dict[Path, str]:
    """The text of every page, by its file."""
    return {FOLDER / page: _call(place) for page, place in PAGES.items()}


def _call(place: str) -> str:
    module, _, name = place.partition(":")
    text = getattr(import_module(module), name)()
    return str(text).rstrip("\n") + "\n"


def write() -> int:
    """Writes every page."""
    for file, text in generated().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return 0


def check() -> int:
    """Names the pages that are not what the program would write."""
    stale = [file for file, text in generated().items() if not file.is_file() or file.read_text("utf-8") != text]
    for file in stale:
        print(f"docs/reference/{file.name} is not what the program says: run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    verbs = {"write": write, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    sys.exit(verbs[sys.argv[1]]())
