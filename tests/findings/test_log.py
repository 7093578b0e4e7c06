"""What the pump's log lacks: numbers between two readings, halves of a stall, codes that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import EventFact
from bridge.course.state import dump_state, load_state
from tests.chart.given import bound
from tests.course.building import continuous, every, folded, found
from tests.findings.sessions import AS_OF, life, noticed_in, read, row

LOW = "low-reservoir"


def rows(*numbers: str, month: str = "05") -> list[dict[str, Any]]:
    """Rows with these numbers, a minute apart."""
    return [row(number, f"{month}-01T06:{place:02}+00:00", LOW) for place, number in enumerate(numbers)]


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_that_no_report_told_of() -> None:
    first = read("05-02", events=rows("0110", "0111"))
    (one,) = noticed_in("log-gap", first, read("06-02", events=rows("0114", "0115", "0117", month="06")))
    assert (one.audience, one.severity) == ("operator", "low")
    assert "no report tells of since it was read on 2 May 2025 09:00: 112 to 113; 116." in one.text


@pytest.mark.parametrize(
    "numbers", [("0111", "0112", "0113"), ("0112",), (), ("0003", "0004"), ("0112", "9000"), ("0109", "0110", "0111")]
)
def test_an_overlap_a_sequel_or_a_new_count_is_whole(numbers: tuple[str, ...]) -> None:
    first = read("05-02", events=rows("0110", "0111"))
    assert noticed_in("log-gap", first, read("06-02", events=rows(*numbers, month="06"))) == []


def test_a_first_log_has_nothing_to_be_compared_with() -> None:
    assert noticed_in("log-gap", read("05-02", events=rows("0110", "0115"))) == []


def test_boluses_are_numbered_with_the_rows() -> None:
    bolus = {"kind": "patient", "number": "0112", "start": "2025-06-01T05:00+00:00", "outcome": "complete"}
    first = read("05-02", events=rows("0110", "0111"))
    second = read("06-02", events=rows("0113", month="06"), boluses=[bolus])
    assert noticed_in("log-gap", first, second) == []


# --- stalls ----------------------------------------------------------------------------------------------------------

STALL = row("7", "05-10T14:02+00:00", "motor-stall")
RECOVERY = row("8", "05-11T16:02+00:00", "motor-stall-recovered")


def test_a_recovery_without_a_stall() -> None:
    (one,) = noticed_in("log-gap", read("05-01"), read("05-12", events=[RECOVERY]))
    assert "The recovery of 11 May 2025 16:02 has no motor stall before it." in one.text


def test_a_stall_and_its_recovery_are_whole_in_one_log_or_in_two() -> None:
    stalled = read("05-11", state=found(continuous(), infusing=False), events=[STALL])
    assert noticed_in("log-gap", read("05-01"), read("05-12", events=[STALL, RECOVERY])) == []
    assert noticed_in("log-gap", read("05-01"), stalled) == []
    assert noticed_in("log-gap", read("05-01"), stalled, read("05-12", events=[RECOVERY])) == []


def test_a_pump_that_runs_again_without_a_recovery() -> None:
    stalled = read("05-11", state=found(continuous(), infusing=False), events=[STALL])
    (one,) = noticed_in("log-gap", read("05-01"), stalled, read("05-12", events=[STALL]), read("05-20"))
    assert "The motor stall of 10 May 2025 14:02 has no recovery in it, and yet the pump ran again." in one.text


def test_two_stalls_in_a_row_lack_the_recovery_between() -> None:
    again = row("9", "05-12T08:00+00:00", "motor-stall")
    (one,) = noticed_in("log-gap", read("05-01"), read("05-12", state=found(continuous(), infusing=False),
                                                        events=[STALL, again]))  # fmt: skip
    assert "The motor stall of 10 May 2025 14:02 has no recovery" in one.text


def test_folding_from_a_checkpoint_says_the_same() -> None:
    first, second = read("05-02", events=rows("0110")), read("06-02", events=rows("0114", month="06"))
    whole = folded(first, second, as_of=AS_OF)
    tail = folded(second, as_of=AS_OF, base=whole.states[0][1])
    assert whole.course.pages[1:] == tail.course.pages


# --- event-unknown ---------------------------------------------------------------------------------------------------


def test_rows_of_unknown_meaning_are_told_once_a_session_and_kept() -> None:
    odd = [row(str(n), f"05-01T06:{n:02}+00:00", "other", f"CODE {n:02X}") for n in range(1, 8)]
    (one,) = noticed_in("event-unknown", read("05-02", events=odd), read("05-03", events=odd))
    assert one.audience == "operator"
    assert 'has 7 rows whose meaning is not known, kept as printed: "CODE 01"; ' in one.text
    assert one.text.endswith("; and 2 more.")
    assert [fact.event.text.text for fact in every(life(read("05-02", events=odd)), EventFact)][:2] == [
        "CODE 01", "CODE 02",
    ]  # fmt: skip


def test_known_rows_are_not_found() -> None:
    assert noticed_in("event-unknown", read("05-02", events=rows("1", "2"))) == []


# --- a reset that the log and an alarm tell of ------------------------------------------------------------------------

RESET = row("9", "05-10T06:00+00:00", "low-battery-reset")
IN_FORCE: dict[str, Any] = {"alarm_status": "active", "alarms": [{"code": "low-battery-reset", "severity": "critical"}]}
ALARMED = (read("05-01"), read("05-12", events=[RESET], **IN_FORCE))
OVER = read("06-12", events=[RESET], alarm_status="none")


def flags(*bodies: dict[str, Any]) -> list[tuple[str, str]]:
    """Status and text of the ward's Flags of a pump, but that of its presence."""
    chart = write(life(*bodies), bound())
    return [
        (one.body["status"], one.body["code"]["text"])
        for one in chart
        if one.type == "Flag" and not one.key.startswith("pump-present")
    ]


def test_one_reset_in_log_and_alarm_is_one_finding_and_one_flag() -> None:
    (one,) = noticed_in("pump-reset", *ALARMED)
    assert (one.since.printed, one.until) == ("2025-05-10 06:00", None)
    assert one.evidence == (("event", "event 9"),)
    assert one.text.startswith(
        "The pump gives the alarm of a reset for low battery, as read 12 May 2025 09:00. It recorded a reset for low "
        "battery on 10 May 2025 06:00 (event 9). "
    )
    assert [status for status, _ in flags(*ALARMED)] == ["active"]


def test_it_is_over_with_its_alarm() -> None:
    (one,) = noticed_in("pump-reset", *ALARMED, OVER)
    assert one.until is not None
    assert [status for status, _ in flags(*ALARMED, OVER)] == ["inactive"]


def test_a_row_that_is_read_after_its_alarm_is_of_the_same_condition() -> None:
    first = read("05-12", **IN_FORCE)
    for later in (read("06-12", events=[RESET], **IN_FORCE), OVER):
        (one,) = noticed_in("pump-reset", read("05-01"), first, later)
        assert (one.since.printed, one.evidence) == ("2025-05-10 06:00", (("event", "event 9"),))
        assert len(flags(read("05-01"), first, later)) == 1


def test_an_older_reset_and_another_kind_are_conditions_of_their_own() -> None:
    old = row("5", "04-10T06:00+00:00", "low-battery-reset")
    minor = {**row("8", "05-09T06:00+00:00", "memory-error"), "severity": "non-critical"}
    told = (read("05-01"), read("05-12", events=[old, minor, RESET], **IN_FORCE))
    assert sorted(one.evidence for one in noticed_in("pump-reset", *told)) == [
        (("event", "event 5"),), (("event", "event 9"),),
    ]  # fmt: skip
    assert len(noticed_in("memory-error", *told)) == 1


def test_a_reset_in_log_and_alarm_folds_from_a_checkpoint_as_from_scratch() -> None:
    whole = folded(*ALARMED, OVER, as_of=AS_OF)
    tail = folded(OVER, as_of=AS_OF, base=load_state(dump_state(whole.states[1][1])))
    assert whole.course.pages[2:] == tail.course.pages
