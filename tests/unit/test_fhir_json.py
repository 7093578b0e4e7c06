"""Exact JSON: one spelling for one content, digits as they came, and nothing read that JSON does not allow."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import BridgeError
from bridge.fhir_json import canonical, digest, fixed, read

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (Decimal("18.00"), "18.00"), (Decimal("1E+3"), "1000"), (Decimal("0.0000001"), "0.0000001"), (7, "7"),
        (True, "true"), (False, "false"), (None, "null"), ("µg \"x\"\n", '"µg \\"x\\"\\n"'), ([], "[]"), ({}, "{}"),
        ((1, "a"), '[1,"a"]'),
        ({"b": [1, Decimal("2.50")], "a": {"d": None, "c": "é"}}, '{"a":{"c":"é","d":null},"b":[1,2.50]}'),
    ],
)  # fmt: skip
def test_one_content_has_one_spelling(value: Any, spelled: str) -> None:
    assert canonical(value) == spelled.encode()


def test_what_is_shared_is_spelled_as_anything_else_and_cannot_be_changed() -> None:
    part = {"b": [Decimal("1.50")], "a": "x"}
    shared = fixed(part)
    assert canonical({"one": shared, "two": [shared]}) == canonical({"one": part, "two": [part]})
    assert (shared, json.dumps(fixed({"a": 1}))) == (part, '{"a": 1}')
    changes: list[Callable[[], object]] = [
        lambda: shared.update(a=1), lambda: shared.__setitem__("a", 1), lambda: shared.pop("a"), shared.clear,
        lambda: shared.setdefault("c", 1), shared.popitem, lambda: shared.__delitem__("a"),
        lambda: shared.__ior__({"c": 1}),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(TypeError):
            change()
    assert shared == part
    for copied in (copy.copy(shared), copy.deepcopy(shared), pickle.loads(pickle.dumps(shared)), {**shared}):
        assert (type(copied), copied) == (dict, part)


@unhurried
@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    content = canonical(value)
    assert canonical(read(content)) == content
    assert json.loads(content, parse_float=Decimal) == json.loads(canonical(read(content)), parse_float=Decimal)


@given(NUMBERS)
def test_digits_leave_as_they_came(number: Decimal) -> None:
    assert canonical({"value": number}) == f'{{"value":{number:f}}}'.encode()
    assert str(read(f'{{"value": {number:f}}}')["value"]) == f"{number:f}"


@pytest.mark.parametrize("value", [1.5, {"value": 1.5}, [0.1], {1, 2}, b"x", object()])
def test_what_cannot_be_written_exactly_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be written exactly"):
        canonical(value)


def test_the_type_that_cannot_be_written_is_named() -> None:
    with pytest.raises(TypeError, match=r"^float cannot be written exactly$"):
        canonical([1.0])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1, "a": 2}', "a key stands twice in one object"), ("NaN", "NaN is not JSON"),
        ('{"a": Infinity}', "Infinity is not JSON"), ("[-Infinity]", "-Infinity is not JSON"), ("", "Expecting value"),
        ("{", "Expecting"), ("[" * 100_000, ""), (b"\xff", ""),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(content: str | bytes, says: str) -> None:
    with pytest.raises(BridgeError) as refused:
        read(content)
    assert refused.value.code == "json-unreadable"
    assert refused.value.message.startswith("not readable as JSON: ")
    assert says in refused.value.message


def test_a_key_that_stands_twice_is_said_in_these_words() -> None:
    with pytest.raises(BridgeError) as refused:
        read('{"a": 1, "a": 1}')
    assert refused.value.message == "not readable as JSON: a key stands twice in one object"


def test_numbers_are_read_with_their_digits() -> None:
    found = read(b'{"a": 18.00, "b": 400, "c": [0.1, -0.50]}')
    assert found == {"a": Decimal("18.00"), "b": 400, "c": [Decimal("0.1"), Decimal("-0.50")]}
    assert [str(one) for one in (found["a"], *found["c"])] == ["18.00", "0.1", "-0.50"]


def test_the_digest_is_that_of_the_bytes() -> None:
    assert digest(b"x") == hashlib.sha256(b"x").hexdigest()
