"""What faults of a server do to charts: nothing is lost, nothing is doubled, and the ledger says what is there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import DestinationError
from bridge.fhir_json import read
from bridge.store.protocol import PlanEntry
from tests.hospital import journey
from tests.servers.faulty import (
    Fault,
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    running_faulty,
    slow,
    slow_answer,
    status,
)
from tests.servers.journey import KINDS, PERSON, Clinic, implant, sha, untrue

PATIENCE = 0.8
COMMONS_AND_COURSES = 3


def clinic_at(server: FaultyServer, folder: Path, **settings: Any) -> Clinic:
    return Clinic(folder, server.base_url, "faulty", **{"timeout_seconds": PATIENCE, **settings})


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    with running_faulty(checks_references=True, **KINDS[request.param]) as running:
        yield running


@pytest.fixture
def clinic(server: FaultyServer, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_at(server, tmp_path) as made:
        made.take(*journey("0[15]*.json"))
        yield made


def until_settled(clinic: Clinic, rounds: int = 40) -> list[tuple[str, str]]:
    """Run again and again, each time ten minutes later, until nothing is due; what was said on the way."""
    said: list[tuple[str, str]] = []
    for _ in range(rounds):
        said += clinic.said()
        if not clinic.site.store.due("charts"):
            return said
        clinic.clock.advance(timedelta(minutes=10))
    return [*said, ("never", "settled")]


def true_now(clinic: Clinic) -> None:
    """Everything is there once, and the ledger knows it."""
    assert untrue(clinic) == []
    assert [row.code for row in clinic.site.store.parked()] == []
    assert len(list(clinic.site.store.courses())) + 1 == len({row.course for row in clinic.ledger()})


ONCE: dict[str, Fault] = {
    "lost answer": lost_answer(),
    "500 after commit": error_after_commit(),
    "503 after commit": error_after_commit(503),
    "cut": cut(),
    "refused connection": refuse(),
    "HTML": html(),
    "HTML that says 200": html(200),
    "slow answer": slow_answer(PATIENCE + 0.2),
    "slow": slow(PATIENCE + 0.2),
    "500": status(500),
    "502": status(502),
    "429": status(429, 1),
    "409": status(409),
}


@pytest.mark.parametrize("fault", ONCE)
@pytest.mark.parametrize("at", [1, 3])
def test_one_fault_is_survived(clinic: Clinic, server: FaultyServer, fault: str, at: int) -> None:
    rule = server.fail(ONCE[fault], method="PUT|POST", path="^(?!.*_search)", at=at)
    said = until_settled(clinic)
    assert rule.hits == 1
    assert {status for status, _ in said} <= {"applied", "unreachable"}, said
    true_now(clinic)


@pytest.mark.parametrize("fault", [*ONCE, "412"])
def test_a_fault_that_stays_loses_nothing_and_parks_nothing(tmp_path: Path, fault: str) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        server.fail(ONCE.get(fault, status(412)), method="PUT|POST", path="^/(?!.*_search)(?!Patient)", times=None)
        for _ in range(3):
            assert {status for status, _ in later(clinic)} <= {"applied", "unreachable"}
        assert clinic.site.store.parked() == []
        server.heal()
        until_settled(clinic)
        true_now(clinic)


@pytest.mark.parametrize("seed", range(10))
def test_many_faults_are_survived(clinic: Clinic, server: FaultyServer, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(chance.randint(3, 8)):
        fault, method = ONCE[chance.choice(list(ONCE))], chance.choice(("PUT|POST", "PUT|POST", "GET", ""))
        server.fail(fault, method=method, at=chance.randint(1, 12), times=chance.randint(1, 3))
    said = until_settled(clinic)
    assert {status for status, _ in said} <= {"applied", "unreachable"}, said
    assert said.count(("applied", "")) == COMMONS_AND_COURSES
    server.heal()
    true_now(clinic)


# --- what each answer means ------------------------------------------------------------------------------------------


@contextmanager
def two_pumps(folder: Path, **can: Any) -> Iterator[tuple[Clinic, FaultyServer]]:
    """A clinic with two pumps before a server that can do this."""
    with running_faulty(checks_references=True, **can) as server, clinic_at(server, folder) as clinic:
        clinic.take(implant("0000001", "TX000001"), implant("0000002", "TX000002"))
        yield clinic, server


def plan_of(clinic: Clinic, course: int, kind: str) -> PlanEntry:
    """The first planned entry of a type."""
    plan = clinic.site.store.plan("charts", course)
    assert plan is not None
    return next(entry for entry in plan.entries if entry.type == kind)


def later(clinic: Clinic) -> list[tuple[str, str]]:
    clinic.clock.advance(timedelta(minutes=1))
    return clinic.said()


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize(
    ("transactions", "path"),
    [(True, "^/metadata"), (True, "^/Patient/_search"), (True, "^/$"), (False, "^/Flag/"), (True, "^/Device/pb")],
)
def test_without_a_right_the_destination_pauses_and_its_plans_stay(
    tmp_path: Path, code: int, transactions: bool, path: str
) -> None:
    with two_pumps(tmp_path, transactions=transactions) as (clinic, server):
        server.fail(status(code), path=path, times=None)
        said = clinic.said()
        assert [status for status, _ in said if status != "applied"] == ["paused"]
        assert said[-1][1].removeprefix("destination-") == {401: "unauthorized", 403: "forbidden"}[code]
        assert clinic.site.store.parked() == []
        server.heal()
        later(clinic)
        true_now(clinic)


def test_a_refused_resource_parks_its_course_and_blocks_what_refers_to_it(tmp_path: Path) -> None:
    with two_pumps(tmp_path, transactions=False) as (clinic, server):
        clinic.run(apply=False)
        server.fail(status(422), method="PUT", path=plan_of(clinic, 1, "Medication").id, times=None)
        assert clinic.said() == [("applied", ""), ("parked", "http-422"), ("applied", "")]
        states = {row.type: row.state for row in clinic.ledger() if row.course == 1}
        assert states["Medication"] == "refused"
        assert {states[kind] for kind in ("MedicationRequest", "MedicationAdministration", "Provenance")} == {"blocked"}
        assert states["Device"] == "confirmed"
        assert later(clinic) == []

        server.heal()
        clinic.site.store.unpark("charts", 1)
        assert clinic.said() == [("applied", "")]
        true_now(clinic)


@pytest.mark.parametrize("transactions", [True, False])
def test_what_a_person_skips_is_left_out_and_the_rest_is_sent(tmp_path: Path, transactions: bool) -> None:
    with two_pumps(tmp_path, transactions=transactions) as (clinic, server):
        clinic.run(apply=False)
        flag = plan_of(clinic, 1, "Flag")
        server.fail(status(422), method="PUT", path=flag.id, times=None)
        refused = server.fail(status(422), method="POST", path="^/$", at=2, times=None)
        assert clinic.said()[1] == ("parked", "http-422")
        server.rules.remove(refused)
        clinic.site.store.skip("charts", 1, flag.key, flag.hash, *PERSON, clinic.clock.now())
        assert clinic.said() == [("applied", "")]
        assert clinic.site.store.parked() == []
        assert later(clinic) == []
        assert clinic.server.held([f"Flag/{flag.id}"]) == {}
        assert {row.state for row in clinic.ledger() if row.key != flag.key} == {"confirmed"}


@pytest.mark.parametrize("planned_between", [False, True])
def test_a_replaced_plan_still_says_what_it_took_back(tmp_path: Path, planned_between: bool) -> None:
    first = implant("0000001", "TX000001")
    with two_pumps(tmp_path, transactions=False) as (clinic, server):
        clinic.run()
        server.fail(status(401), method="PUT", path="^/(DetectedIssue|Provenance)/", times=None)
        clinic.site.store.withdraw(sha(first), *PERSON, clinic.clock.now())
        assert clinic.said() == [("paused", "unauthorized")]
        server.heal()
        clinic.take(first.replace(b'"simulated": true', b'"simulated":true'))  # the same session in other bytes
        if planned_between:
            clinic.run(apply=False)
        later(clinic)
        true_now(clinic)
        notes = [read(body) for body in server.stored("DetectedIssue")]
        assert [note["code"]["coding"][0]["code"] for note in notes].count("chart-amended") >= 1
        changed = {f"{row.type}/{row.id}" for row in clinic.ledger(notes=False)}
        told = {one["reference"] for body in server.stored("Provenance") for one in read(body)["target"]}
        assert changed - told <= {row.ours for row in clinic.ledger() if row.course == 0}


def test_a_server_that_is_not_there_costs_one_attempt_and_loses_nothing(tmp_path: Path) -> None:
    with running_faulty() as gone:
        clinic = clinic_at(gone, tmp_path)
    with clinic, running_faulty() as back:
        clinic.take(implant("0000001", "TX000001"), implant("0000002", "TX000002"))
        assert clinic.said() == [("unreachable", "destination-unreachable")]
        assert clinic.said() == []
        assert clinic.site.store.due("charts") == COMMONS_AND_COURSES
        clinic.reconfigure(back.base_url)
        assert later(clinic) == [("applied", "")] * COMMONS_AND_COURSES
        true_now(clinic)


def test_a_server_that_goes_in_the_middle_leaves_the_others_untried(tmp_path: Path) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        server.fail(refuse(), path="^/$", at=2, times=None)
        server.fail(refuse(), method="GET", path="^/Device", times=None)
        assert clinic.said() == [("applied", ""), ("unreachable", "answer-lost")]
        patients = [seen for seen in server.requests if "Patient/_search" in seen.path]
        assert len(patients) == 1
        server.heal()
        assert sorted(later(clinic)) == [("applied", "")] * 2
        true_now(clinic)


def test_nothing_goes_out_before_what_it_refers_to_does(tmp_path: Path) -> None:
    with two_pumps(tmp_path, transactions=False) as (clinic, server):
        server.fail(status(422), method="PUT", path="^/Organization")
        assert clinic.said() == [("parked", "http-422"), ("waiting", "commons-parked")]
        asked = len(server.requests)
        assert clinic.said() == [("waiting", "commons-parked")]
        assert len(server.requests) == asked
        clinic.site.store.unpark("charts", 0)
        assert clinic.said() == [("applied", "")] * COMMONS_AND_COURSES
        true_now(clinic)


# --- Retry-After -----------------------------------------------------------------------------------------------------


class Sleeper:
    """Notes how long the sender waits and how much had been asked by then."""

    def __init__(self, server: FaultyServer) -> None:
        self.server = server
        self.waits: list[tuple[float, int]] = []

    def append(self, seconds: float) -> None:
        self.waits.append((seconds, len(self.server.requests)))


def in_seconds(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds + 1)


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_short_retry_after_is_waited_for(tmp_path: Path, code: int, as_date: bool) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        sleeper = Sleeper(server)
        clinic.slept = sleeper  # type: ignore[assignment]
        server.fail(status(code, in_seconds(7) if as_date else 7), method="POST", path="^/$", at=2)
        assert clinic.said() == [("applied", "")] * COMMONS_AND_COURSES
        ((seconds, asked),) = sleeper.waits
        assert 6.0 < seconds < 9.0
        refused = next(n for n, seen in enumerate(server.requests, 1) if seen.status == code)
        assert asked == refused
        true_now(clinic)


@pytest.mark.parametrize("as_date", [False, True])
@pytest.mark.parametrize(("method", "path"), [("POST", "^/$"), ("POST", "^/Patient/_search"), ("GET", "^/Device/pb")])
def test_before_a_long_retry_after_nothing_is_asked(tmp_path: Path, method: str, path: str, as_date: bool) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        server.fail(status(429, in_seconds(300) if as_date else 300), method=method, path=path)
        reconciler = clinic.reconciler()
        assert [one.status for one in reconciler.run(apply=True).outcomes] == ["unreachable"]
        asked = len(server.requests)
        assert max(clinic.slept, default=0) < 60
        for _ in range(4):
            clinic.clock.advance(timedelta(minutes=1))
            assert reconciler.run(apply=True).courses == {}
        assert len(server.requests) == asked
        clinic.clock.advance(timedelta(minutes=2))
        reconciler.run(apply=True)
        true_now(clinic)


def test_no_other_process_and_no_later_command_comes_before_retry_after_is_over(tmp_path: Path) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        server.fail(status(503, 300), method="POST", path="^/$")
        other = clinic.reconciler(owner="another")
        assert [one.status for one in clinic.run()] == ["unreachable"]
        asked = len(server.requests)
        assert other.run(apply=True).courses == {}
        clinic.reopen()
        clinic.site.store.hurry("charts")
        clinic.clock.advance(timedelta(minutes=4))
        assert clinic.run() == []
        assert clinic.run(apply=False) == []
        with pytest.raises(DestinationError, match="left alone until"):
            clinic.reconciler().verify()
        assert len(server.requests) == asked
        assert len(clinic.site.store.resting("charts", clinic.clock.now())) == COMMONS_AND_COURSES
        clinic.clock.advance(timedelta(minutes=1))
        assert clinic.said() == [("applied", "")] * COMMONS_AND_COURSES
        true_now(clinic)


def test_what_another_process_was_told_is_heeded_in_the_middle_of_a_plan(tmp_path: Path) -> None:
    with two_pumps(tmp_path) as (clinic, server):
        plain = clinic.reconciler().sender
        store, until = clinic.site.store, clinic.clock.now() + timedelta(seconds=20)
        clinic.reconciler().run(apply=False)
        stored = store.plan("charts", 0)
        assert stored is not None
        store.begin(stored)
        store.let_rest("charts", until)
        assert plain.send(stored, resumed=False, first=True).status == "applied"
        assert clinic.slept[0] == 20
        assert any(seen.method == "POST" for seen in server.requests)


@pytest.mark.parametrize("code", [409, 500])
def test_a_course_that_fails_again_and_again_is_tried_ever_more_rarely(tmp_path: Path, code: int) -> None:
    with running_faulty(checks_references=True) as server, clinic_at(server, tmp_path) as clinic:
        clinic.take(implant("0000001"))
        server.fail(status(code), method="POST", path="^/$", at=2, times=None)
        pauses = []
        for _ in range(10):
            assert clinic.said()[-1] == ("unreachable", "no-answer")
            ((course, until),) = clinic.site.store.resting("charts", clinic.clock.now())
            pauses.append(round((until - clinic.clock.now()).total_seconds()))
            clinic.clock.advance(until - clinic.clock.now())
        assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
        server.heal()
        assert clinic.said() == [("applied", "")]
        assert clinic.site.store.failed("charts", course) == 1
