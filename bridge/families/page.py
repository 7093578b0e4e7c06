"""What is known of each family in Markdown: docs/reference/families.md is this text, and is checked to be."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.families.facts import Fact, Family, MRLabel, Recall, Source, Span
from bridge.families.table import families, recalls
from bridge.quantity import Quantity

_HEAD = """\
# Pump families

Generated from `bridge/families`; do not edit.

What the bridge knows of pumps, with the source of each fact and the date that the source bears. *verified*: seen in
that public source. *ours*: a bound or a wording that this bridge sets. *unverified*: no rule uses it. What is not in a
table is not known. Nothing here is medical advice, and labels change: confirm the current label.
"""


def reference() -> str:
    """The page: every family, then the recalls."""
    return "\n".join([_HEAD, *(line for family in families().values() for line in _family(family)), *_recalls()])


def _family(family: Family) -> Iterator[str]:
    yield f"## {family.name}\n"
    yield f"- Names: {_list(family.names)}"
    yield f"- Manufacturers as printed: {_list(family.makers)}"
    yield f"- Models: {_list(family.models) if family.models else 'no number known'}"
    yield f"- From: {'; '.join(map(_cited, family.sources))}\n"
    yield from _table("Fact | Value | Holds for | Status | Source", map(_fact, family.facts))
    if family.mr:
        yield "### MR labelling: " + family.name + "\n"
        head = "Label | Region | Models | As labelled | In the scanner | Afterwards | Status | Source"
        yield from _table(head, map(_mr, family.mr))


def _recalls() -> Iterator[str]:
    yield "## Recalls and field actions\n"
    yield "A row can say that a recall may concern a pump. Whether it does, the maker says by serial number.\n"
    head = "Recall | Number | Families, models | Region | Made | Distributed | What | Serial numbers | Status | Source"
    yield from _table(head, map(_recall, recalls()))


def _table(head: str, rows: Iterator[str]) -> Iterator[str]:
    yield f"| {head} |"
    yield "|" + "---|" * (head.count("|") + 1)
    yield from (f"| {row} |" for row in rows)
    yield ""


def _fact(fact: Fact) -> str:
    holds = [*fact.models, f"capacity {fact.capacity}" if fact.capacity else "", fact.when]
    value = f"{_value(fact.value)}. {fact.note}" if fact.note else _value(fact.value)
    told = ", ".join(filter(None, holds)) or "all"
    return _cells(fact.key, value, told, fact.status, f"{fact.source} ({fact.date})")


def _value(value: Quantity | bool | str | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Quantity) and value.unit == "1":
        return f"{value.value:f}"
    return "; ".join(value) if isinstance(value, tuple) else str(value)


def _mr(label: MRLabel) -> str:
    told = (label.label, label.scanner, label.after, label.status, f"{label.source} ({label.date})")
    return _cells(label.label_date, label.region, ", ".join(label.models) or "all", *told)


def _recall(recall: Recall) -> str:
    which = ", ".join((*recall.families, *recall.models))
    spans = (_spans(recall.made), _spans(recall.distributed))
    source = "; ".join([f"{recall.source} ({recall.date})", *map(_cited, recall.also)])
    told = (recall.what, recall.serials, recall.status, source)
    return _cells(recall.key, recall.number, which, recall.region, *spans, *told)


def _spans(spans: tuple[Span, ...]) -> str:
    return "; ".join(f"{span.first or '…'} to {span.last or '…'}" for span in spans)


def _cited(source: Source) -> str:
    return f"{source.title} ({source.date})"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cells(*cells: str) -> str:
    return " | ".join(cell.replace("|", "\\|") for cell in cells)
