"""What came back against what was sent: each kind of difference is told, and told as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.fhir_json import read
from bridge.rehearsal.comparing import CONTRADICTS, differences, summed

HTEST = '"security":[{"system":"s","code":"HTEST","display":"test health data"}]'
SENT = (
    '{"resourceType":"Observation","id":"a","meta":{' + HTEST + "},"
    '"valueQuantity":{"value":18.00},"component":[{"code":{"text":"one"}},{"code":{"text":"two"}}],"status":"final"}'
)
BOTH = '[{"code":{"text":"one"}},{"code":{"text"…'


def found(old: str, new: str) -> list[tuple[str, str, str, str]]:
    assert old in SENT
    ours, theirs = read(SENT), read(SENT.replace(old, new))
    return [(one.kind, one.element, one.sent, one.got) for one in differences("Observation", ours, theirs)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("18.00", "18.00", []),
        ("18.00", "18", [("digits", "Observation.valueQuantity.value", "18.00", "18")]),
        ("18.00", "18.1", [("changed", "Observation.valueQuantity.value", "18.00", "18.1")]),
        ("18.00", '"18.00"', [("changed", "Observation.valueQuantity.value", "18.00", "18.00")]),
        (',"status":"final"', "", [("changed", "Observation.status", "final", "nothing")]),
        ('"status"', '"new":true,"status"', [("changed", "Observation.new", "nothing", "true")]),
        (
            '{"code":{"text":"one"}},{"code":{"text":"two"}}',
            '{"code":{"text":"two"}},{"code":{"text":"one"}}',
            [("order", "Observation.component", "", "")],
        ),
        (
            '{"code":{"text":"one"}},{"code":{"text":"two"}}',
            '{"code":{"text":"two"}},{"code":{"text":"three"}}',
            [
                ("changed", "Observation.component[0].code.text", "one", "two"),
                ("changed", "Observation.component[1].code.text", "two", "three"),
            ],
        ),
        (
            '{"code":{"text":"one"}},',
            "",
            [("changed", "Observation.component", BOTH, '[{"code":{"text":"two"}}]')],
        ),
        (HTEST, '"security":[]', [("label", "meta.security: HTEST is gone", "", "")]),
        ("test health data", "testing", [("display", "meta.security", "test health data", "testing")]),
        (HTEST, HTEST + ',"versionId":"3","lastUpdated":"now","source":"#x"', []),
        (HTEST, HTEST.replace("[", '[{"system":"s","code":"more"},'), []),
    ],
)  # fmt: skip
def test_each_difference_is_what_it_is(old: str, new: str, expected: list[Any]) -> None:
    assert found(old, new) == expected


def test_a_list_inside_a_list_that_was_turned_is_one_difference() -> None:
    ours = read('{"resourceType":"X","a":[{"b":[{"c":1},{"c":2},{"c":3}]}]}')
    theirs = read('{"resourceType":"X","a":[{"b":[{"c":3},{"c":1},{"c":2}]}]}')
    (one,) = differences("X", ours, theirs)
    assert (one.kind, one.element) == ("order", "X.a[0].b")


def test_what_the_bridge_would_call_an_edit_contradicts_and_nothing_else_does() -> None:
    assert set(CONTRADICTS) == {"changed", "label"}


def test_a_list_that_was_turned_and_lost_digits_tells_both() -> None:
    ours = read('{"resourceType":"X","a":[{"b":1.00},{"b":2.0},{"b":3.0}],"c":["one","two"]}')
    theirs = read('{"resourceType":"X","a":[{"b":3.0},{"b":2.0},{"b":1}],"c":["two","one"]}')
    found = [(one.kind, one.element, one.sent, one.got) for one in differences("X", ours, theirs)]
    assert found == [
        ("changed", "X.c[0]", "one", "two"),
        ("changed", "X.c[1]", "two", "one"),
        ("digits", "X.a[0].b", "1.00", "1"),
        ("order", "X.a", "", ""),
    ]


def test_the_sum_counts_by_kind_and_shows_the_first() -> None:
    ours, theirs = read('{"resourceType":"X","a":1.0,"b":2.0}'), read('{"resourceType":"X","a":1,"b":3}')
    listed = differences("X", ours, theirs)
    assert summed(listed, CONTRADICTS) == "1 elements changed, 1 numbers lost digits (X: X.b: sent 2.0, got 3)"
    assert "X.a: sent 1.0, got 1" in summed(listed)
    assert summed([]) == "nothing differs"
