"""The families and recalls, read once from the TOML files beside this, and which of them a printed pump belongs to.

Promises: a family is found by the model number, exactly as listed (after `REF`, `Model` or the family's name, if
printed), or by the family's bare name; a manufacturer that is printed must be one of its makers. Anything else is None,
and nothing is guessed. Data that contradicts itself is a Bug. Must not know exports, courses or FHIR.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bridge.errors import Bug
from bridge.families.facts import CODES, DIMENSIONS, FLAGS, LISTS, Fact, Family, Key, MRLabel, Recall, Source, Span
from bridge.quantity import Quantity, decimal_of

FAMILIES = (
    "synchromed_ii", "synchromed_iii", "synchromed_el", "prometra", "prometra_ii", "medstream", "isomed",
    "codman_3000", "archimedes", "accurx",
)  # fmt: skip


@lru_cache(maxsize=512)
def family_of(manufacturer: str | None, model: str | None) -> Family | None:
    """The family of a pump as printed; None where the model is not listed or the manufacturer is not its maker.

    Every session of a pump asks several times: the answers for the last pumps are kept.
    """
    found = [family for family in families().values() if model and family.number(model) is not None]
    if manufacturer and manufacturer.strip():
        found = [family for family in found if family.made_by(manufacturer)]
    return found[0] if len(found) == 1 else None


def recalls_for(
    manufacturer: str | None,
    model: str | None,
    *,
    made: date | None = None,
    implanted: date | None = None,
    unverified: bool = False,
) -> tuple[Recall, ...]:
    """The recalls that may concern a pump as printed, oldest first as the file has them; none for an unknown pump."""
    family = family_of(manufacturer, model)
    if family is None:
        return ()
    number = family.number(model or "") or ""
    found = (recall for recall in recalls() if recall.may_concern(family.key, number, made, implanted))
    return tuple(recall for recall in found if unverified or recall.status != "unverified")


@cache
def families() -> dict[str, Family]:
    """All families by key, in the order of FAMILIES."""
    return {key: _family(key, _read(key)) for key in FAMILIES}


@cache
def recalls() -> tuple[Recall, ...]:
    """All recalls, in the order of the file."""
    found = tuple(map(_recall, _read("recalls")["recall"]))
    if len({recall.key for recall in found}) != len(found):
        raise Bug("a recall stands twice in recalls.toml")
    return found


@cache
def sources() -> dict[str, Source]:
    """All sources by their key in the files."""
    return {key: Source(**row) for key, row in _read("sources").items()}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def _source(key: str) -> Source:
    try:
        return sources()[key]
    except KeyError:
        raise Bug(f"the source {key!r} is not in sources.toml") from None


def _family(key: str, table: dict[str, Any]) -> Family:
    return Family(
        key=key,
        name=table["name"],
        names=tuple(table["names"]),
        makers=tuple(table["makers"]),
        models=tuple(table["models"]),
        sources=tuple(map(_source, table["sources"])),
        facts=_facts(key, table["facts"]),
        mr=tuple(_mr_label(row) for row in table["mr"]) if "mr" in table else (),
    )


def _facts(family: str, rows: Sequence[dict[str, Any]]) -> tuple[Fact, ...]:
    facts = tuple(map(_fact, rows))
    if len({(fact.key, fact.models, fact.capacity, fact.when) for fact in facts}) != len(facts):
        raise Bug(f"a fact of {family} stands twice")
    return facts


def _fact(row: dict[str, Any]) -> Fact:
    source = _source(row["source"])
    rest = {name: row[name] for name in ("when", "note", "status") if name in row}
    capacity = Quantity(decimal_of(row["capacity"]), "mL") if "capacity" in row else None
    value = _value(row["key"], row["value"], row.get("unit", ""))
    models = tuple(row.get("models", ()))
    return Fact(row["key"], value, source.title, source.date, models=models, capacity=capacity, **rest)


def _value(key: Key, value: Any, unit: str) -> Quantity | bool | str | tuple[str, ...]:
    """The value in the kind that its key holds; raises Bug where the file has another."""
    if key in DIMENSIONS:
        quantity = Quantity(decimal_of(value), unit)
        fits = quantity.dimension == DIMENSIONS[key]
        value = quantity
    elif key in FLAGS:
        fits = isinstance(value, bool)
    elif key in LISTS:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        value = tuple(value)
    else:
        fits = isinstance(value, str) and value in CODES.get(key, {value})
    if not fits:
        raise Bug(f"{value!r} is no value for {key}")
    return value  # type: ignore[no-any-return]


def _mr_label(row: dict[str, Any]) -> MRLabel:
    source = _source(row["source"])
    texts = {name: row[name] for name in ("region", "label_date", "label", "scanner", "after", "status")}
    return MRLabel(models=tuple(row.get("models", ())), source=source.title, date=source.date, **texts)


def _recall(row: dict[str, Any]) -> Recall:
    source = _source(row["source"])
    return Recall(
        key=row["key"],
        number=row.get("number", ""),
        families=tuple(row["families"]),
        models=tuple(row.get("models", ())),
        region=row["region"],
        made=_spans(row.get("made", ())),
        distributed=_spans(row.get("distributed", ())),
        serials=row.get("serials", ""),
        what=row["what"],
        source=source.title,
        date=source.date,
        also=tuple(map(_source, row.get("also", ()))),
        status=row["status"],
    )


def _spans(rows: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    return tuple(Span(_day(first), _day(last)) for first, last in rows)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
