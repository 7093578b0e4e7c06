"""What a server returns is not what it was sent: comparing the two."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bridge.ledger import compare

OURS: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "pb-1",
    "meta": {"security": [{"system": "s", "code": "HTEST", "display": "test health data"}]},
    "status": "final",
    "valueQuantity": {"value": Decimal("18.00"), "unit": "mL"},
    "text": {"status": "generated", "div": "<div>the pump&#x27;s</div>"},
    "component": [{"a": 1}, {"a": 2}],
}


def test_what_servers_add_is_no_difference() -> None:
    theirs = {
        **OURS,
        "meta": {
            "versionId": "3",
            "lastUpdated": "2025-01-01T00:00:00Z",
            "source": "#abc",
            "security": [{"system": "s", "code": "HTEST"}, {"system": "other", "code": "X"}],
        },
        "text": {"status": "generated", "div": "<div>the pump's</div>"},
    }
    found = compare(OURS, theirs)
    assert found.same
    assert found.digits_lost == ()


def test_digits_lost_are_told_and_are_no_difference() -> None:
    found = compare(OURS, {**OURS, "valueQuantity": {"value": Decimal("18"), "unit": "mL"}})
    assert found.same
    assert found.digits_lost == ("Observation.valueQuantity.value",)


def test_another_value_is_a_difference_with_its_place() -> None:
    found = compare(OURS, {**OURS, "valueQuantity": {"value": Decimal("18.01"), "unit": "mL"}})
    assert found.differs == ("Observation.valueQuantity.value",)


def test_a_label_of_ours_that_is_gone_is_a_difference() -> None:
    assert not compare(OURS, {**OURS, "meta": {}}).same


def test_an_added_element_is_a_difference() -> None:
    assert compare(OURS, {**OURS, "note": [{"text": "by hand"}]}).differs == ("Observation.note",)


def test_objects_of_a_list_may_stand_in_another_order_and_words_may_not() -> None:
    ours = {**OURS, "component": [{"a": 1, "b": [{"c": 1}, {"c": 2}]}, {"a": 2}, {"a": 2}], "given": ["A", "B"]}
    turned = [{"a": 2}, {"a": 2}, {"a": 1, "b": [{"c": 2}, {"c": 1}]}]
    assert compare(ours, {**ours, "component": turned}).same
    assert compare(ours, {**ours, "component": [{"a": 2}, {"a": 1, "b": [{"c": 1}, {"c": 2}]}, {"a": 1}]}).differs
    assert compare(ours, {**ours, "component": [{"a": 2}, {"a": 3}, {"a": 2}]}).differs
    assert compare(ours, {**ours, "given": ["B", "A"]}).differs == ("Observation.given[0]", "Observation.given[1]")
