"""Any bytes: recognising and hinting never raise, reading raises ExportError alone; what is written, is read."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_values import HOWS, is_clean
from adapters.session_xml import ADAPTER as XML
from bridge.adapter import Adapter
from bridge.errors import ExportError
from bridge.interrogation import Clocks, Field, Interrogation, Leaf, Programme, State, dump, fields_of, load
from tests.adapters.sessions import as_csv, as_json, as_xml, bare, document_of

HEADS = {
    "session_json": b'{"format": "pumpbridge-session", "version": "1", ',
    "session_csv": b"pumpbridge-session;1\n",
    "session_xml": b'<session-export version="1">',
}
ADAPTERS: tuple[Adapter, ...] = (JSON, CSV, XML)
UNITS = {
    "mass": ("ug", "mg", "g"),
    "volume": ("mL", "uL"),
    "concentration": ("ug/mL", "mg/mL"),
    "dose per day": ("ug/d", "mg/d"),
    "dose per hour": ("ug/h", "mg/h"),
    "flow per day": ("mL/d", "uL/d"),
    "flow per hour": ("mL/h",),
    "length": ("cm", "mm"),
    "hours": ("h",),
    "minutes": ("min",),
    "months": ("mo",),
}
SYNTAX = string.ascii_lowercase + string.digits + '{}[]:,"\\<>/=&;!-\n\r -µ\x00'


def survives(adapter: Adapter, content: bytes) -> None:
    adapter.recognises(content)
    adapter.hint(content)
    error = refused(adapter, content)
    assert error is None or (error.where and error.remedy)


def refused(adapter: Adapter, content: bytes) -> ExportError | None:
    try:
        adapter.read(content)
    except ExportError as error:
        return error
    return None


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    assert sum(adapter.recognises(content) for adapter in ADAPTERS) <= 1
    for adapter in ADAPTERS:
        survives(adapter, content)
        survives(adapter, HEADS[adapter.name] + content)


@given(st.text(SYNTAX, max_size=300))
@settings(deadline=None, max_examples=300)
def test_any_syntax(text: str) -> None:
    for adapter in ADAPTERS:
        survives(adapter, HEADS[adapter.name] + text.encode())


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_as_a_value_is_kept_or_refused(text: str) -> None:
    document = {"session": {"start": "2025-01-06T09:00"}, "pump": {"manufacturer": text, "model": "m", "serial": "s"}}
    try:
        content = as_json(document)
    except UnicodeEncodeError:
        return
    try:
        (found,) = JSON.read(content)
    except ExportError:
        assert not text.strip(" \t\r\n") or not is_clean(text)
    else:
        assert found.pump.manufacturer is not None
        assert found.pump.manufacturer.text == text


def texts() -> st.SearchStrategy[str]:
    letters = st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffd")
    drawn = st.text(st.one_of(letters, st.sampled_from('";,<&\n[]')), min_size=1, max_size=12)
    return drawn.map(lambda text: text.strip()).filter(is_clean)


def days() -> st.SearchStrategy[str]:
    return st.dates(date(1900, 1, 1), date(2999, 12, 31)).map(date.isoformat)


def moments() -> st.SearchStrategy[str]:
    times = st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31))
    offsets = st.sampled_from(["", "+00:00", "+01:00", "-03:30", "+14:00"])
    fine = st.sampled_from(["minutes", "seconds"])
    exact = st.builds(lambda time, grain, offset: time.isoformat(timespec=grain) + offset, times, fine, offsets)
    return st.one_of(days(), exact)


def quantities(leaf: Leaf) -> st.SearchStrategy[dict[str, str]]:
    numbers = st.from_regex(r"\A(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?\Z")
    units = st.sampled_from([unit for dimension in leaf.dimensions for unit in UNITS[dimension]])
    marks = {"how": st.sampled_from(HOWS), "bound": st.sampled_from(["<", ">"])}
    return st.fixed_dictionaries({"value": numbers, "unit": units}, optional=marks)


def leaves(leaf: Leaf) -> st.SearchStrategy[Any]:
    if leaf.kind == "quantity":
        values: st.SearchStrategy[Any] = quantities(leaf)
    else:
        plain: dict[str, st.SearchStrategy[Any]] = {
            "text": texts(),
            "moment": moments(),
            "day": days(),
            "integer": st.integers(0, 999_999_999),
            "boolean": st.booleans(),
            "code": st.sampled_from(leaf.codes or ("",)),
        }
        marked = st.fixed_dictionaries({"value": plain[leaf.kind], "how": st.sampled_from(HOWS)})
        values = st.one_of(plain[leaf.kind], marked)
    return st.one_of(values, values, values, st.fixed_dictionaries({"unreadable": texts()}))


@st.composite
def days_in_steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A schedule that covers 24 hours: cuts round the clock, the last step perhaps past midnight."""
    cuts = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=5)))
    return [
        {"start": clock(start), "end": clock(end or 1440)} for start, end in zip(cuts, cuts[1:] + cuts[:1], strict=True)
    ]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parts(group: Any, field: Field) -> st.SearchStrategy[Any]:
    if group is Clocks and field.name == "zone":
        return st.sampled_from(["Europe/London", "Asia/Kathmandu", "America/St_Johns"])
    if field.leaf is not None:
        return leaves(field.leaf)
    if group is Programme and field.name == "steps":
        return days_in_steps()
    below = states() if field.group is State else groups(field.group)
    return st.lists(below, min_size=1, max_size=2) if field.many else below


@st.composite
def groups(draw: st.DrawFn, group: Any) -> dict[str, Any]:
    """Some of a group's fields, at least one."""
    fields = fields_of(group)
    chosen = draw(st.sets(st.sampled_from(range(len(fields))), min_size=1))
    return {fields[index].name: draw(parts(group, fields[index])) for index in sorted(chosen)}


def states() -> st.SearchStrategy[dict[str, Any]]:
    return groups(State).map(lambda state: state | {"tag": "observed"})


def identities() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: texts() for name in ("manufacturer", "model", "serial")})


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole session: whatever the model allows, with the pump and the start that it demands."""
    document = draw(groups(Interrogation))
    pump, session = document.get("pump", {}) | draw(identities()), document.get("session", {})
    return document | {"pump": pump, "session": session | {"start": draw(moments())}}


WRITERS: tuple[tuple[Adapter, Callable[[dict[str, Any]], bytes]], ...] = ((JSON, as_json), (CSV, as_csv), (XML, as_xml))


@given(documents())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_written_is_read(document: dict[str, Any]) -> None:
    found = {adapter.name: adapter.read(write(document))[0] for adapter, write in WRITERS}
    first = bare(found["session_json"])
    assert document_of(found["session_json"]) == document
    assert all(bare(interrogation) == first for interrogation in found.values())
    assert all(load(dump(interrogation)) == interrogation for interrogation in found.values())


@pytest.mark.parametrize("name", sorted(HEADS))
def test_deep_nesting_has_its_own_error(name: str) -> None:
    adapter = next(adapter for adapter in ADAPTERS if adapter.name == name)
    opening = {"session_json": b'"a": [', "session_csv": b"[a/1/a/1", "session_xml": b"<a>"}[name]
    survives(adapter, HEADS[name] + opening * 20_000)


@pytest.mark.parametrize(
    "hostile", [b"<!--" * 2_000, b"<!---->" * 580 + b"x", b"<?a?>" * 800 + b"x", b" " * 4_000 + b"x"]
)
def test_a_hostile_head_is_judged_at_once(hostile: bytes) -> None:
    started = datetime.now()
    for adapter in ADAPTERS:
        assert not adapter.recognises(hostile)
    assert datetime.now() - started < timedelta(seconds=1)
