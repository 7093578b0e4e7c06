"""Exports come, late, corrected and withdrawn; a receiver that only ever adds is told what is true, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import read
from bridge.messages.write import NOT_PASSED_ON
from bridge.receiver import START_KEY, TOO_LATE
from bridge.reconcile import Reconciler
from bridge.store.protocol import COMMONS
from bridge.wire.er7 import Message
from tests.adapters.hl7_messages import continuous as hospital_pump
from tests.course.building import continuous, drugs, export, found, left
from tests.destinations.hl7v2_receiving import Receiver
from tests.hospital import JOURNEY, NOW, Hospital

EVERYTHING = 'start_horizon = 2020-01-01\nmode = "live"'


def place(receiver: Receiver, more: str = EVERYTHING) -> str:
    return (
        f'kind = "hl7v2"\nhost = "127.0.0.1"\nport = {receiver.port}\nenvironment = "test"\n'
        f"accept_simulated = true\ntimeout_seconds = 0.3\n{more}"
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def hospital(tmp_path: Path, receiver: Receiver) -> Iterator[Hospital]:
    with Hospital(tmp_path, place(receiver)) as made:
        yield made


def reports(receiver: Receiver) -> list[Message]:
    return [message for message in receiver.messages if message.header.text(9, 2) == "R01"]


def value(message: Message, name: str) -> list[str]:
    """The values of our term, with OBX-11."""
    rows = [obx for obx in message.named("OBX") if name in (obx.text(3, 2), obx.text(3, 5))]
    return [f"{obx.text(5)} {obx.text(11)}" for obx in rows]


def filler(message: Message) -> str:
    return message.named("OBR")[0].text(3)


def session(day: str, daily: str = "400.00", before: str = "", **parts: Any) -> dict[str, Any]:
    start = f"{day}T10:00+00:00"
    was = [found(continuous(before), drugs=drugs())] if before else []
    return export(start, *was, left(f"{day}T10:30+00:00", continuous(daily), drugs=drugs()), end=f"{day}T10:30+00:00",
                  update="completed", **parts)  # fmt: skip


def test_four_interrogations_are_told_once(hospital: Hospital, receiver: Receiver) -> None:
    hospital.take(*sorted(JOURNEY.glob("0[1-4]-*.json")))
    assert hospital.apply().courses == {"applied": 2}  # what is shared: from when on it is told
    assert len(reports(receiver)) == 4
    assert {message.header.text(11) for message in receiver.messages} == {"T"}
    assert {message.header.text(10) for message in receiver.messages} == {m.control_id for m in receiver.messages}
    assert len({filler(message) for message in receiver.messages}) == len(receiver.messages)
    told = len(receiver.told)
    hospital.site.store.rouse("charts", hospital.clock.now())
    assert hospital.apply().courses == {"unchanged": 2}
    assert len(receiver.told) == told


def test_late_corrected_and_withdrawn(hospital: Hospital, receiver: Receiver) -> None:
    hospital.take(session("2025-03-03"), session("2025-05-05", "500.00"))
    hospital.apply()
    hospital.take(session("2025-04-04", "450.00"))
    hospital.apply(large=True)
    late = reports(receiver)[-1]
    assert value(late, "state-programme-dose-daily") == ["450.00 F"]
    hospital.take(session("2025-05-05", "550.00", revision=2, pump={
        "manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "firmware": "2.1"}))  # fmt: skip
    hospital.apply(large=True)
    corrected = reports(receiver)[-1]
    assert value(corrected, "state-programme-dose-daily") == ["550.00 C"]
    assert corrected.named("OBR")[0].text(25) == "C"
    assert filler(corrected) == filler(reports(receiver)[1])
    assert hospital.plan() == []


def test_what_a_correction_does_not_state_any_more_is_taken_back(hospital: Hospital, receiver: Receiver) -> None:
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"}
    hospital.take(session("2025-03-03", pump={**pump, "firmware": "2.1"}))
    hospital.apply()
    hospital.take(session("2025-03-03", pump=pump, revision=2))
    hospital.apply()
    assert value(reports(receiver)[-1], "pump-firmware") == ["2.1 D"]
    assert value(reports(receiver)[-1], "pump-serial") == ["TX000001 C"]


def test_what_is_withdrawn_is_taken_back_and_what_was_told_of_a_moment_stays(
    hospital: Hospital, receiver: Receiver
) -> None:
    (receipt,) = hospital.take(session("2025-03-03"))
    hospital.apply()
    hospital.site.store.withdraw(receipt.sha256, "a nurse", "wrong pump", hospital.clock.now())
    hospital.apply()
    last = reports(receiver)[-1]
    assert {line.split()[-1] for line in value(last, "state-programme-dose-daily")} == {"D"}
    assert last.named("OBR")[0].text(25) == "X"
    assert filler(last) == filler(reports(receiver)[0])
    assert hospital.plan() == []


def test_a_new_receiver_is_told_what_is_from_now_on(tmp_path: Path, receiver: Receiver) -> None:
    with Hospital(tmp_path, place(receiver, 'mode = "live"')) as hospital:
        hospital.take(session("2025-03-03"))
        assert hospital.apply().courses == {"applied": 1, "unchanged": 1}
        assert receiver.told == []
        hospital.clock.advance(timedelta(days=30))
        hospital.take(session("2025-03-04"), session("2025-09-20", "450.00"))
        hospital.apply()
        assert [value(message, "state-programme-dose-daily") for message in reports(receiver)] == [["450.00 F"]]
        (start,) = [row for row in hospital.rows(COMMONS) if row.key == START_KEY]
        assert read(start.confirmed)["instant"] == NOW.isoformat()
        assert start.version == "not-sent"


def test_a_delivery_that_begins_now_is_told_and_an_old_one_never(tmp_path: Path, receiver: Receiver) -> None:
    now = datetime(2025, 9, 1, 10, 40, tzinfo=UTC)
    with Hospital(tmp_path, place(receiver), now=now) as hospital:
        hospital.take(session("2025-03-03"), session("2025-09-01", "450.00", before="400.00"))
        hospital.apply()
        events = [message for message in receiver.messages if message.header.text(9, 2) == "R42"]
        assert [value(message, "state-programme-dose-daily") for message in events] == [["400.00 F"], ["450.00 F"]]
        names = [obx.text(5, 2) for message in events for obx in message.named("OBX") if obx.text(3) == "68487"]
        assert names == ["MDC_EVT_PUMP_DELIV_STOP", "MDC_EVT_PUMP_DELIV_START"]
        late = [row for row in hospital.rows(1) if row.version == "not-sent"]
        assert [read(row.confirmed)["not_sent"] for row in late] == [TOO_LATE]
        assert hospital.plan() == []


def test_simulated_data_is_refused_where_it_is_not_wanted(tmp_path: Path, receiver: Receiver) -> None:
    where = place(receiver).replace("accept_simulated = true", "accept_simulated = false")
    with Hospital(tmp_path, where) as hospital:
        hospital.take(session("2025-03-03"))
        assert [(o.status, o.code) for o in hospital.apply().outcomes] == [("parked", "simulated-refused")]
    assert receiver.told == []


def test_found_values_and_pending_ones_have_no_number_of_what_is_in_force(
    hospital: Hospital, receiver: Receiver
) -> None:
    start = "2025-03-03T10:00+00:00"
    hospital.take(export(start, found(continuous("300.00")), left("2025-03-03T10:30+00:00", continuous()),
                         end="2025-03-03T10:30+00:00", update="completed"))  # fmt: skip
    hospital.apply()
    (message,) = reports(receiver)
    doses = {obx.text(5): obx.text(3) for obx in message.named("OBX") if "dose-daily" in obx.raw(3)}
    assert doses == {"300.00": "", "400.00": "157924"}


def test_a_hospital_pump_is_left_out_by_a_line_of_the_plan(tmp_path: Path, receiver: Receiver) -> None:
    with Hospital(tmp_path, place(receiver), now=datetime(2026, 3, 2, 10, 20, tzinfo=UTC)) as hospital:
        hospital.take(hospital_pump())
        assert hospital.apply().courses == {"applied": 2}
        (row,) = hospital.rows(1)
        assert (read(row.confirmed)["not_sent"], row.version) == (NOT_PASSED_ON, "not-sent")
        assert receiver.told == []
        assert hospital.plan() == []


# --- a receiver with faults ------------------------------------------------------------------------------------------


def applied(hospital: Hospital) -> list[tuple[str, str]]:
    """Apply without waiting between two tries; status and code of what a person should see."""
    site = hospital.site
    reconciler = Reconciler(
        site.store,
        site.place("charts"),
        site.destination("charts"),
        hospital.clock,
        "tests",
        sleep=lambda seconds: None,
    )
    return [(outcome.status, outcome.code) for outcome in reconciler.run(apply=True).outcomes]


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("fault", ["lost", "cut", "half", "slow", "no-ack", "wrong-number", "not-hl7", "AR/207"])
def test_one_fault_is_survived_and_nothing_is_told_twice(
    hospital: Hospital, receiver: Receiver, fault: str, at: int
) -> None:
    receiver.faults = [""] * (at - 1) + [fault]
    hospital.take(session("2025-03-03"), session("2025-05-05", "500.00"))
    assert applied(hospital) == []
    assert len(receiver.told) == (2 if fault == "cut" else 3)
    assert len(set(receiver.told)) == 2
    assert len({message.control_id for message in receiver.messages}) == 2
    assert hospital.plan() == []


def test_a_refused_message_parks_its_course_until_a_person_decides(hospital: Hospital, receiver: Receiver) -> None:
    hospital.take(session("2025-03-03"), session("2025-05-05", "500.00"))
    receiver.faults = ["", "CE/204/PID^1^3"]
    assert applied(hospital) == [("parked", "hl7-CE")]
    (parked,) = hospital.site.store.parked("charts")
    assert parked.detail == "CE 204 PID.1.3"
    assert "Ada" not in str(parked)
    (refused,) = [row for row in hospital.rows(1) if row.state == "refused"]
    hospital.site.store.unpark("charts", 1)
    assert applied(hospital) == []
    assert len(set(receiver.told)) == 2
    assert {row.state for row in hospital.rows(1) if row.key == refused.key} == {"confirmed"}


def test_a_receiver_that_is_down_is_told_later(tmp_path: Path) -> None:
    with Receiver() as first, Hospital(tmp_path, place(first)) as hospital:
        port = first.port
        first.close()
        hospital.take(session("2025-03-03"))
        assert applied(hospital) == [("unreachable", "destination-unreachable")]
        hospital.clock.advance(timedelta(hours=1))
        with Receiver(port=port) as second:
            hospital.apply()
            assert len(second.told) == 1
        assert hospital.plan() == []


def test_a_delivery_that_began_long_before_the_receiver_came_back_is_not_told(tmp_path: Path) -> None:
    now = datetime(2025, 9, 1, 10, 40, tzinfo=UTC)
    with Receiver() as first, Hospital(tmp_path, place(first), now=now) as hospital:
        port = first.port
        first.close()
        hospital.take(session("2025-03-03"), session("2025-09-01", "450.00", before="400.00"))
        assert applied(hospital) == [("unreachable", "destination-unreachable")]
        hospital.clock.advance(timedelta(hours=5))
        with Receiver(port=port) as second:
            hospital.apply()
            assert {message.header.text(9, 2) for message in second.messages} == {"R01"}
        late = [row for row in hospital.rows(1) if row.version == "not-sent"]
        assert {read(row.confirmed)["not_sent"] for row in late} == {TOO_LATE}
        assert hospital.plan() == []


def test_what_went_to_the_wrong_patient_is_taken_back_first(hospital: Hospital, receiver: Receiver) -> None:
    (receipt,) = hospital.take(session("2025-03-03"))
    hospital.apply()
    store, clock = hospital.site.store, hospital.clock
    store.assign(receipt.sha256, "0000099", "https://hospital.invalid/sid/mrn", "a nurse", "swapped", clock.now())
    hospital.apply(large=True)
    told = [(message.named("PID")[0].text(3), message.named("OBR")[0].text(25)) for message in reports(receiver)]
    assert told == [("0000017", "F"), ("0000017", "X"), ("0000099", "F")]
    assert reports(receiver)[-1].named("PID")[0].text(5, 7) == "U"  # the typed name is not that patient's
    assert hospital.plan() == []


def test_a_held_receiver_starts_when_it_was_first_planned_not_when_it_was_first_applied(
    tmp_path: Path, receiver: Receiver
) -> None:
    with Hospital(tmp_path, place(receiver, 'mode = "held"')) as hospital:
        hospital.take(session("2025-03-03"))
        hospital.plan()
        hospital.clock.advance(timedelta(days=30))
        hospital.take(session("2025-09-20", "450.00"))
        (told,) = [outcome.plan for outcome in hospital.plan() if outcome.course == 1 and outcome.plan]
        assert [entry.type for entry in told.entries] == ["ORU_R42", "ORU_R01"]  # too late, and told
        assert receiver.told == []
        hospital.apply(held=True)
        assert [value(message, "state-programme-dose-daily") for message in reports(receiver)] == [["450.00 F"]]
        assert hospital.plan() == []


def test_a_plan_that_waits_is_sent_with_what_it_was_shown_with(tmp_path: Path, receiver: Receiver) -> None:
    with Hospital(tmp_path, place(receiver, 'start_horizon = 2020-01-01\nmode = "held"')) as hospital:
        hospital.take(session("2025-03-03"))
        (shown,) = [outcome.plan for outcome in hospital.plan() if outcome.course == 1 and outcome.plan]
        hospital.clock.advance(timedelta(minutes=10))
        hospital.apply(held=True)
        (message,) = receiver.messages
        assert message.control_id in {read(entry.body).get("number") for entry in shown.entries}
