"""Documents as files of the bridge's own session format: JSON, CSV and XML. Their readers: adapters/session_*."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from bridge.simulator.stated import Json

HEAD = {"format": "pumpbridge-session", "version": "1"}
SINGULAR = {
    "alarms": "alarm", "boluses": "bolus", "channels": "channel", "doses": "dose", "drugs": "drug", "events": "event",
    "refills": "refill", "states": "state", "steps": "step",
}  # fmt: skip


def as_json(body: Json) -> bytes:
    """A session in JSON."""
    return (json.dumps({**HEAD, **body}, indent=1, ensure_ascii=False) + "\n").encode()


def as_csv(body: Json) -> bytes:
    """A session in CSV: sections of rows between the head line and the end line, which counts them."""
    rows = list(_section(body, ""))
    lines = [["pumpbridge-session", "1"], *rows, ["[end]", str(len(rows))]]
    return "".join(";".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _section(group: Json, path: str) -> Iterator[list[str]]:
    below: list[tuple[str, Json]] = []
    cells: list[list[str]] = []
    for name, value in group.items():
        place = f"{path}/{name}" if path else name
        if isinstance(value, list):
            below += [(f"{place}/{number}", item) for number, item in enumerate(value, 1)]
        elif _is_group(value):
            below.append((place, value))
        else:
            cells.append([name, *_cells(value)])
    if cells and path:
        yield [f"[{path}]"]
    yield from cells
    for place, item in below:
        yield from _section(item, place)


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) and "value" not in value


def _cells(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [value["value"], value["unit"], value.get("how", "")]
    return [_plain(value)]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ';,"\n') else cell


def as_xml(body: Json) -> bytes:
    """A session in XML."""
    inner = "".join(_elements(body, " "))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<session-export version="1">\n{inner}</session-export>\n'.encode()


def _elements(group: Json, margin: str) -> Iterator[str]:
    for name, value in group.items():
        if isinstance(value, list):
            for item in value:
                yield from _element(SINGULAR[name], item, margin)
        else:
            yield from _element(name.replace("_", "-"), value, margin)


def _element(tag: str, value: Any, margin: str) -> Iterator[str]:
    if _is_group(value):
        yield f"{margin}<{tag}>\n"
        yield from _elements(value, margin + " ")
        yield f"{margin}</{tag}>\n"
        return
    if isinstance(value, dict):
        marks = "".join(f" {name}={quoteattr(value[name])}" for name in ("unit", "how") if name in value)
        yield f"{margin}<{tag}{marks}>{escape(value['value'])}</{tag}>\n"
        return
    yield f"{margin}<{tag}>{escape(_plain(value))}</{tag}>\n"
