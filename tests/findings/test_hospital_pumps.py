"""What is noticed in the messages of hospital pumps, and what is not: nothing of reservoirs and implants."""

from __future__ import annotations

from bridge.course.fold import News
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.course.sessions import Report
from bridge.findings.noticed import noticed
from tests.course.bedside_messages import Source, alarm, clock, fixture, folded, told
from tests.course.building import every

RENAMED = "PID|||0048213^^^MRN^MR||Sample^Ada||19610412|F"


def found(*messages: Report, news: tuple[News, ...] = (), as_of: str = "23:59") -> list[Finding]:
    """The findings of messages."""
    made: Course = noticed(folded(messages, as_of, news=news).course)
    return every(made, Finding)


def test_nothing_is_noticed_in_what_a_pump_tells_day_by_day() -> None:
    kept = fixture("continuous", "event-start", "event-stop", "event-complete", "alarm-start", "alarm-end")
    assert found(*kept) == []
    assert found(told("10:00", Source()), alarm("start", "10:01"), told("10:02", Source("7.00"))) == []


def test_two_messages_of_one_moment_that_disagree_are_for_the_clinic() -> None:
    (one,) = found(told("10:00", Source("5.25"), number="1"), told("10:00", Source("6.00"), number="2"))
    assert (one.code, one.audience) == ("exports-disagree", "clinic")
    assert "sources/1/rate" in one.text


def test_another_family_name_under_one_number_is_noticed_once() -> None:
    messages = (told("10:00", Source()), *(told(f"10:0{n}", Source(), patient=RENAMED) for n in (1, 2, 3)))
    (one,) = found(*messages)
    assert (one.code, one.source.start.utc) == ("patient-changed", clock("10:01"))
    assert "Sample" not in one.text


def test_a_newer_message_that_cannot_be_read_is_for_the_ward() -> None:
    bad = News("f" * 64, clock("10:20").replace(tzinfo=None))
    (one,) = found(told("10:00", Source()), news=(bad,), as_of="10:30")
    assert (one.code, one.audience) == ("newer-export-unreadable", "ward")


def test_a_message_from_the_future_is_for_the_clinic() -> None:
    (one,) = found(told("10:00", Source()), told("12:00", Source()), as_of="10:30")
    assert (one.code, one.audience) == ("future-session", "clinic")


def test_a_message_that_is_sent_again_under_another_number_is_no_contradiction() -> None:
    assert found(told("10:00", Source(), number="1"), told("10:00", Source(), number="2")) == []


def test_where_all_messages_lie_in_the_future_the_clinic_is_told_all_the_same() -> None:
    (one,) = found(told("12:00", Source()), told("13:00", Source()), as_of="10:30")
    assert (one.code, one.audience, one.source.start.utc) == ("future-session", "clinic", clock("12:00"))
