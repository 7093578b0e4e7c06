"""Chart minus ledger."""

from __future__ import annotations

import dataclasses
from typing import Any

from bridge.chart.resource import Resource
from bridge.fhir_json import canonical, digest, read
from bridge.plan import NOTES, causes_of, counts, subtract, weightiest
from bridge.store.protocol import Change, LedgerRow, PlanEntry


def resource(type: str, name: str, page: str = "20250101", **body: Any) -> Resource:
    content = {"resourceType": type, "id": f"pb-{name}", "status": "final", **body}
    return Resource(f"{type}|{name}", f"pb-{name}", page, content)


def confirmed(made: Resource, **changes: Any) -> LedgerRow:
    body = canonical(made.body)
    row = LedgerRow(made.key, made.page, made.type, made.id, made.id, "1", "confirmed", digest(body), body, "", "plan0")
    return dataclasses.replace(row, **changes)


def entries(desired: list[Resource], rows: list[LedgerRow], *causes: Any) -> tuple[PlanEntry, ...]:
    return subtract(desired, rows, weightiest(causes or ("new",))).entries


def test_what_is_confirmed_and_unchanged_is_no_part_of_a_plan() -> None:
    one = resource("Observation", "a")
    assert subtract([one], [confirmed(one)], weightiest(("new",))).empty


def test_create_amend_and_retract() -> None:
    new, kept, gone = resource("Observation", "new"), resource("Observation", "kept"), resource("Observation", "gone")
    changed = resource("Observation", "kept", note=[{"text": "x"}])
    found = entries([changed, new], [confirmed(kept), confirmed(gone)], "decision")
    assert [(e.action, e.id) for e in found] == [
        ("retract", "pb-gone"), ("amend", "pb-kept"), ("create", "pb-new"),
    ]  # fmt: skip
    assert read(found[0].body)["status"] == "entered-in-error"
    assert counts(found) == {"create": 1, "amend": 1, "retract": 1}


def test_a_retracted_key_is_not_retracted_again_but_comes_back_as_an_amendment() -> None:
    one = resource("Observation", "a")
    row = confirmed(one, state="retracted", confirmed_hash="other")
    assert entries([], [row]) == ()
    assert [e.action for e in entries([one], [row])] == ["amend"]


def test_what_was_refused_and_never_confirmed_is_created_and_never_retracted() -> None:
    one = resource("Observation", "a")
    row = confirmed(one, state="refused", confirmed_hash="", confirmed=b"")
    assert [e.action for e in entries([one], [row])] == ["create"]
    assert entries([], [row]) == ()


def test_a_page_that_moved_under_equal_content_is_noted_and_not_sent() -> None:
    one = resource("Observation", "a", page="20250202")
    found = subtract([one], [confirmed(one, page="~")], weightiest(("new",)))
    assert found.empty
    assert found.repaged == ((one.key, "20250202"),)


def test_notes_of_plans_are_never_subtracted() -> None:
    note = resource("Provenance", "p", page=NOTES)
    assert entries([], [confirmed(note)]) == ()


def test_closings_go_before_openings_and_what_is_referred_to_first() -> None:
    running = resource("MedicationAdministration", "run", status="in-progress")
    ended = resource("MedicationAdministration", "end", status="stopped")
    bolus = resource("MedicationAdministration", "bolus", status="completed", partOf=[{"reference": "x"}])
    order = [e.id for e in entries([bolus, running, ended, resource("Device", "d"), resource("Flag", "f")], [])]
    assert order == ["pb-d", "pb-end", "pb-run", "pb-bolus", "pb-f"]


def test_a_device_is_retracted_after_what_refers_to_it_and_a_catheter_before_its_pump() -> None:
    pump, catheter = resource("Device", "pump"), resource("Device", "catheter", parent={"reference": "Device/pb-pump"})
    gone = resource("Observation", "gone", device={"reference": "Device/pb-pump"})
    kept = resource("Observation", "kept", device={"reference": "Device/pb-pump"})
    changed = resource("Observation", "kept", device={"reference": "Device/of-theirs"})
    rows = [confirmed(one) for one in (pump, catheter, gone, kept)]
    assert [e.id for e in entries([changed], rows)] == ["pb-gone", "pb-kept", "pb-catheter", "pb-pump"]


def test_causes_say_why_and_time_is_what_is_left() -> None:
    change = Change(1, "20250101", "late", "ab", None)
    assert causes_of([change], first=False, mapping=True, drift=False) == ("late", "mapping")
    assert causes_of([], first=True, mapping=False, drift=False) == ("destination",)
    assert causes_of([], first=False, mapping=False, drift=False) == ("time",)
    assert causes_of([], first=False, mapping=False, drift=True) == ("drift",)


def test_a_creation_by_a_new_export_is_new_even_beside_a_decision() -> None:
    cause = weightiest(("decision", "new"))
    assert (cause("create"), cause("retract"), cause("amend")) == ("new", "decision", "decision")
