"""Builds the implementation guide: FSH in fhir_profiles/guide, definitions in fhir_profiles/built.

usage: python -m scripts.guide write|check|package FILE

write builds everything anew; check says what is not as it would be written; package writes what HL7 calls an NPM
package, of the definitions and examples that are there. SUSHI must end without an error and without a warning but those
that fhir_profiles/guide/sushi-ignoreWarnings.txt explains.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhir_profiles.package import package
from scripts.guide_codes import text
from scripts.guide_sushi import ROOT, GuideError, run

GUIDE = ROOT / "fhir_profiles" / "guide"
BUILT = ROOT / "fhir_profiles" / "built"
CODES = GUIDE / "input" / "fsh" / "codes.fsh"
VERSION, PUBLISHER = "0.1.0", "pumpbridge"
_CLEAN = re.compile(r"\b0 Errors\s+0 Warnings\b")
_ROWS = ("element", "concept")  # of which each row is a line of its own, so that a difference can be read


def built() -> dict[str, str]:
    """Every definition as it is kept, by file name; raises GuideError where SUSHI says what is not explained."""
    with tempfile.TemporaryDirectory() as folder:
        made, said = run(GUIDE, Path(folder))
    if not _CLEAN.search(said):
        told = [line for line in said.splitlines() if line.startswith(("error", "warn")) or " Errors " in line]
        raise GuideError("\n".join(told))
    return {name: kept(_complete(resource)) for name, resource in made.items()}


def _complete(resource: dict[str, Any]) -> dict[str, Any]:
    """What a publisher adds to every definition: of which version it is, and whose."""
    return {"version": VERSION, "publisher": PUBLISHER, "experimental": True, **resource}


def kept(resource: dict[str, Any]) -> str:
    """A definition as text: its members sorted, one line each; of long lists a line each row."""
    first = [name for name in ("resourceType", "id", "url", "version") if name in resource]
    names = [*first, *sorted(resource.keys() - first)]
    return "{\n" + ",\n".join(f'"{name}": {_lines(resource[name])}' for name in names) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, dict) and value.keys() & set(_ROWS):
        return "{" + ", ".join(f'"{name}": {_lines(value[name])}' for name in sorted(value)) + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f" {_line(row)}" for row in value) + "\n]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def stale() -> Iterator[str]:
    """What is not as it would be written now."""
    if CODES.read_text("utf-8") != text():
        yield f"{CODES.relative_to(ROOT)} is not what the pinned tables say"
    wanted = built()
    for name in sorted(wanted.keys() | {file.name for file in BUILT.iterdir()}):
        file = BUILT / name
        if not file.is_file() or file.read_text("utf-8") != wanted.get(name):
            yield f"{file.relative_to(ROOT)} is not what the guide says"


def write() -> int:
    """The codes and every definition, anew."""
    CODES.write_text(text(), encoding="utf-8")
    wanted = built()
    BUILT.mkdir(exist_ok=True)
    for file in BUILT.iterdir():
        if file.name not in wanted:
            file.unlink()
    for name, content in wanted.items():
        (BUILT / name).write_text(content, encoding="utf-8")
    return 0


def check() -> int:
    """Names what is stale."""
    found = list(stale())
    for told in found:
        print(f"{told}: run `make guide`", file=sys.stderr)
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    """One verb."""
    try:
        if arguments == ["write"]:
            return write()
        if arguments == ["check"]:
            return check()
        if len(arguments) == 2 and arguments[0] == "package":
            Path(arguments[1]).write_bytes(package())
            return 0
    except GuideError as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
