"""Messages of a bridge about one session: the last that was sent says what holds, and contradicts none before it."""

from __future__ import annotations

import hashlib

from adapters.hl7v2_pcd import ADAPTER
from bridge.course.sessions import Report, Session, placed, sessions_of
from bridge.messages.message import INTERROGATION
from tests.course.building import ZONE, continuous, course, drugs, export, left
from tests.destinations import told

REPORTED = "2025-03-03T10:31+00:00"  # the report's own time, the same in all: by it none of them is newer


def report(daily: str, status: str, minute: int) -> Report:
    """What a bridge tells of one session."""
    at = "2025-03-03T10:30+00:00"
    stated = export("2025-03-03T10:00+00:00", left(at, continuous(daily), drugs=drugs()), end=at, update="completed",
                    reported=REPORTED)  # fmt: skip
    (message,) = [one for one in told.messages(course(stated)) if one.type == INTERROGATION]
    content = told.sent(message, status, at=f"2025-06-18T15:{minute:02}:00+00:00")
    (found,) = ADAPTER.read(content)
    return Report(hashlib.sha256(content).hexdigest(), "", 1, "", *placed(found, ZONE), found)


def read(*reports: Report) -> Session:
    (session,) = sessions_of(reports)
    return session


def daily(session: Session) -> str:
    state = session.interrogation.channel.state("as-left")
    assert state is not None
    assert state.programme is not None
    assert state.programme.doses[0].daily is not None
    return state.programme.doses[0].daily.text


def test_a_correction_holds_in_any_order_and_is_no_contradiction() -> None:
    first, second = report("400.00", "F", 1), report("450.00", "C", 2)
    for found in (read(first, second), read(second, first)):
        assert (daily(found), found.disputed, found.corrected) == ("450.00 ug/d", (), True)
        assert len(found.reports) == 2


def test_what_is_told_again_as_it_was_corrects_nothing() -> None:
    found = read(report("400.00", "F", 1), report("400.00", "F", 2))
    assert (found.disputed, found.corrected) == ((), False)
