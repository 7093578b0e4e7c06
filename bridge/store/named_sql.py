"""The named queries of the `.sql` files beside this module: `-- name: xyz`, then one statement.

Promises: every name stands once; a query that does not exist is our bug, found on the first use. Must not know SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from bridge.errors import Bug

FOLDER = Path(__file__).parent / "queries"
_NAME = re.compile(r"^-- name: *([a-z_]+) *$", re.MULTILINE)


@cache
def queries(folder: Path = FOLDER) -> Mapping[str, str]:
    """Every query of the folder by name; raises Bug where two have one name."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        for name, text in _named(path.read_text(encoding="utf-8")):
            if name in found:
                raise Bug(f"query {name!r} stands twice", where=path.name)
            found[name] = text
    return MappingProxyType(found)


def _named(text: str) -> Iterable[tuple[str, str]]:
    parts = _NAME.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        yield name, _without_comments(body)


def _without_comments(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip().rstrip(";")
