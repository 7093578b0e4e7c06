"""What real servers do rarely: whatever it is, the server ends with the chart, once, and the ledger says what is there.

Each kind of server and each fault is met through the product, the fault at a random request, and exports come in any
order. `by create`: a server that gives its own ids and has conditional create only; `by search`: not even that.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json, read
from tests.hospital import JOURNEY, journey
from tests.servers.faulty import (
    Fault,
    FaultyServer,
    cut,
    dripped,
    error_after_commit,
    html,
    late,
    lost_answer,
    refuse,
    replayed,
    running_faulty,
    slow,
    slow_answer,
    status,
)
from tests.servers.journey import KINDS, PERSON, Clinic, implant, sha, untrue

PATIENCE = 0.5
OURS: dict[str, Any] = {}
BY_CREATE: dict[str, Any] = {"update_create": False, "conditional_update": False}
BY_SEARCH = {**BY_CREATE, "conditional_create": False}
RARE: dict[str, dict[str, Any]] = {
    "by create": BY_CREATE,
    "by create singly": {**BY_CREATE, "transactions": False},
    "by search": BY_SEARCH,
    "by search singly": {**BY_SEARCH, "transactions": False},
    "by search, cached": {**BY_SEARCH, "caches_searches": True},
    "at most 25": {"most_entries": 25},
    "at most 25, too large": {"most_entries": 25, "too_many_status": 413},
    "at most 7 of theirs": {"most_entries": 7, "update_create": False, "too_many_status": 422},
    "no versions said": {"says_versions": False},
    "no versions said of theirs": {"says_versions": False, "update_create": False},
    "absolute": {"absolute_references": True},
    "absolute, theirs": {"absolute_references": True, "update_create": False},
    "absolute, by search": {"absolute_references": True, **BY_SEARCH},
    "floats": {"keeps_digits": False},
    "floats, theirs": {"keeps_digits": False, "update_create": False},
    "another order": {"keeps_order": False},
    "another order, theirs": {"keeps_order": False, "update_create": False},
    "cached": {"caches_searches": True},
    "cached, theirs": {"caches_searches": True, "update_create": False},
    "stale is 409": {"stale_status": 409},
}
FAULTS: dict[str, Fault] = {
    "lost answer": lost_answer(),
    "late": late(PATIENCE / 2),
    "replayed": replayed(),
    "500 after commit": error_after_commit(),
    "429 after commit": error_after_commit(429),
    "HTML after commit": Fault("html", says=html().says),
    "cut": cut(),
    "dripped": dripped(PATIENCE / 4),
    "slow": slow(PATIENCE + 0.2),
    "slow answer": slow_answer(PATIENCE + 0.2),
    "HTML": html(),
    "HTML that says 200": html(200),
    "refused": refuse(),
    "429": status(429, 1),
    "503": status(503, 1),
    "409": status(409),
    "500": status(500),
}


class Patient(Clinic):
    """A clinic whose sender really waits where it waits out its patience; a pause before the next try it only notes."""

    def _sleep(self, seconds: float) -> None:
        super()._sleep(seconds)
        if seconds >= self.settings["timeout_seconds"] / 2:
            time.sleep(min(seconds, 1.1 * self.settings["timeout_seconds"]))


@contextmanager
def clinic_at(folder: Path, can: dict[str, Any], **settings: Any) -> Iterator[tuple[Clinic, FaultyServer]]:
    """A clinic before a server that can do this."""
    references = "absolute" if can.get("absolute_references") else "relative"
    told = {"timeout_seconds": PATIENCE, "references": references, **settings}
    with running_faulty(checks_references=True, **can) as server:
        digits = bool(can.get("keeps_digits", True))
        with Patient(folder, server.base_url, "rare", digits=digits, **told) as clinic:
            yield clinic, server


def until_settled(clinic: Clinic, rounds: int = 20) -> set[str]:
    """Run again and again, each time an hour later, until nothing is due; what was said on the way."""
    said: set[str] = set()
    for _ in range(rounds):
        said |= {status for status, _ in clinic.said(large=True)}
        if not clinic.site.store.due("charts"):
            return said
        clinic.clock.advance(timedelta(hours=1))
    return {*said, "never settled"}


def chart(clinic: Clinic) -> dict[str, bytes]:
    """What stands in the ledger, by key, whatever id the patient has; without plans and what was taken back."""
    standing = [row for row in clinic.ledger(notes=False) if row.state == "confirmed"]
    return {row.key: re.sub(rb'"Patient/[^"]+"', b'"Patient/x"', row.confirmed) for row in standing}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The chart that one import in order gives, where nothing fails."""
    with clinic_at(tmp_path_factory.mktemp("ordered"), OURS) as (clinic, _):
        clinic.take(*steps(random.Random(0))[0])
        assert until_settled(clinic) == {"applied"}
        return chart(clinic)


def steps(chance: random.Random) -> list[list[Path]]:
    """The exports of one patient, late and corrected ones too: all in order, then in some order in two batches."""
    paths = [JOURNEY / "05-bram-implant.json", *journey("0[67]-bram*.json"), *journey("*/*bram*.json")]
    shuffled = chance.sample(paths, len(paths))
    cut = chance.randint(1, len(paths) - 1)
    return [paths, shuffled[:cut], shuffled[cut:]]


@pytest.mark.parametrize("kind", RARE)
def test_a_chart_is_made_amended_and_taken_back(tmp_path: Path, kind: str, expected: dict[str, bytes]) -> None:
    with clinic_at(tmp_path, RARE[kind]) as (clinic, _):
        for step in steps(random.Random(kind))[1:]:
            clinic.take(*step)
            assert until_settled(clinic) == {"applied"}
            assert untrue(clinic) == []
        assert chart(clinic) == expected
        before = clinic.server.versions(row.reference for row in clinic.ledger())
        clinic.site.store.unpark("charts", 1)
        assert clinic.said() == [("unchanged", "")]
        assert clinic.reconciler().verify() == []
        assert clinic.server.versions(before) == before
        clinic.site.store.withdraw(sha(JOURNEY / "05-bram-implant.json"), *PERSON, clinic.clock.now())
        assert until_settled(clinic) == {"applied"}
        assert untrue(clinic) == []
        assert "retracted" in {row.state for row in clinic.ledger()}


def survives(can: dict[str, Any], fault: str) -> bool:
    """Whether the end is the same without a person: what a proxy creates twice without a condition stays double."""
    return fault != "replayed" or can.get("conditional_create", True) or can.get("update_create", True)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_any_server(
    tmp_path: Path, fault: str, seed: int, expected: dict[str, bytes]
) -> None:
    chance = random.Random(f"{fault} {seed}")
    kinds = [(kind, can) for kind, can in (*KINDS.items(), *RARE.items()) if survives(can, fault)]
    kind, can = chance.choice(kinds)
    with clinic_at(tmp_path, can) as (clinic, server):
        for step in steps(chance)[1:]:
            clinic.take(*step)
            rule = server.fail(FAULTS[fault], method="PUT|POST", path="^(?!.*_search)", at=chance.randint(1, 6))
            assert until_settled(clinic) <= {"applied", "unreachable"}, kind
            server.heal()
        assert chart(clinic) == expected, kind
        assert untrue(clinic) == [], kind
        assert clinic.reconciler().verify() == [], kind
        assert rule.matched or not rule.hits


# --- one by one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), [("ours", "^/$"), ("ours singly", "^/MedicationAdministration/")])
def test_what_lands_late_overwrites_nothing_newer(tmp_path: Path, kind: str, path: str) -> None:
    with clinic_at(tmp_path, KINDS[kind], timeout_seconds=1.5) as (clinic, server):
        clinic.take(JOURNEY / "05-bram-implant.json")
        rule = server.fail(late(1.2), method="PUT|POST", path=path, at=2 if path == "^/$" else 1)
        clinic.said()
        clinic.take(JOURNEY / "06-bram-refill.json")
        clinic.said()
        time.sleep(1.2)
        assert rule.hits == 1
        until_settled(clinic)
        assert untrue(clinic) == []


def test_an_amendment_that_lands_late_is_refused_by_its_version(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {"transactions": False}) as (clinic, server):
        clinic.take(JOURNEY / "05-bram-implant.json")
        clinic.said()
        clinic.take(JOURNEY / "06-bram-refill.json")
        rule = server.fail(late(PATIENCE / 2), method="PUT", path="^/MedicationAdministration/")
        until_settled(clinic)
        time.sleep(PATIENCE)
        assert rule.hits == 1
        assert untrue(clinic) == []
        assert clinic.reconciler().verify() == []


@pytest.mark.parametrize("can", [{"update_create": False}, BY_CREATE], ids=["conditional update", "conditional create"])
def test_what_a_race_doubled_waits_for_a_person_and_is_written_once_then(tmp_path: Path, can: dict[str, Any]) -> None:
    with clinic_at(tmp_path, {**can, "transactions": False}) as (clinic, server):
        clinic.take(implant("0000001"))
        original = server.work

        def raced(seen: Any) -> Any:
            first = original(seen)
            if seen.path.startswith("/Flag") and seen.method in ("POST", "PUT") and not server.memory.can.race_seconds:
                twin = {key: value for key, value in read(seen.body).items() if key != "id"}
                server.seed({**twin, "id": "twin"})
            return first

        server.work = raced  # type: ignore[method-assign]
        server.fail(lost_answer(), method="POST|PUT", path="^/Flag")
        assert ("parked", "several-match") in clinic.said()
        server.work = original  # type: ignore[method-assign]
        assert len(server.stored("Flag")) == 2
        clinic.server.delete("Flag/twin")
        clinic.site.store.unpark("charts", 1)
        assert until_settled(clinic) == {"applied"}
        assert untrue(clinic) == []


def test_what_a_proxy_doubled_is_found_by_looking_and_never_written_to(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {**BY_SEARCH, "transactions": False}) as (clinic, server):
        clinic.take(implant("0000001"))
        server.fail(replayed(), method="POST", path="^/Flag")
        assert until_settled(clinic) == {"applied"}
        one, two = (read(body)["id"] for body in server.stored("Flag"))
        assert [(found.status, found.code) for found in clinic.reconciler().verify()] == [("parked", "several-match")]
        (row,) = [row for row in clinic.ledger() if row.type == "Flag"]
        clinic.server.delete(f"Flag/{one if row.server_id == two else two}")
        clinic.site.store.unpark("charts", row.course)
        assert until_settled(clinic) <= {"applied", "unchanged"}
        assert clinic.reconciler().verify() == []
        assert untrue(clinic) == []


def test_a_search_that_is_answered_from_before_is_never_asked(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {**BY_SEARCH, "caches_searches": True}) as (clinic, server):
        clinic.take(implant("0000001"))
        server.fail(lost_answer(), method="POST", path="^/Flag")
        until_settled(clinic)
        searched = [seen for seen in server.requests if "?" in seen.path or seen.path.endswith("_search")]
        assert searched
        assert {seen.headers.get("cache-control") for seen in searched} == {"no-cache"}
        assert untrue(clinic) == []


def test_what_has_our_identifier_before_a_create_is_looked_at_and_not_taken_for_ours(tmp_path: Path) -> None:
    with clinic_at(tmp_path, BY_CREATE) as (clinic, server):
        clinic.take(implant("0000001"))
        clinic.run(apply=False)
        plan = clinic.site.store.plan("charts", 1)
        assert plan is not None
        flag = next(entry for entry in plan.entries if entry.type == "Flag")
        server.seed({**read(flag.body), "id": "before", "status": "inactive", "subject": {"display": "someone"}})
        assert clinic.said()[-1] == ("parked", "contested")
        assert [read(body)["status"] for body in server.stored("Flag")] == ["inactive"]
        clinic.site.store.unpark("charts", 1)
        assert clinic.said(mend=frozenset({f"Flag/{flag.id}"})) == [("applied", "")]
        assert untrue(clinic) == []


@pytest.mark.parametrize("can", [{"update_create": False}, BY_CREATE, BY_SEARCH], ids=["update", "create", "search"])
def test_what_could_not_be_found_again_is_not_sent(tmp_path: Path, can: dict[str, Any]) -> None:
    with clinic_at(tmp_path, {**can, "searches": ("_id", "_tag", "patient")}, patient="reference") as (clinic, server):
        clinic.take(implant("0000001", simulated=False))
        assert ("parked", "no-repeatable-write") in clinic.said()
        assert [seen for seen in server.requests if seen.method in ("PUT", "POST")] == []


def test_a_refused_condition_that_nobody_stated_is_asked_again(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {**BY_SEARCH, "transactions": False}) as (clinic, server):
        clinic.take(implant("0000001"))
        rule = server.fail(status(412), method="POST", path="^/Flag")
        assert until_settled(clinic) == {"applied"}
        assert rule.hits == 1
        assert untrue(clinic) == []


def test_a_relative_reference_that_is_refused_parks_with_a_reason(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {"absolute_references": True}, references="relative") as (clinic, _):
        clinic.take(implant("0000001"))
        assert {code for _, code in clinic.said()} >= {"http-422"}
        clinic.reconfigure(references="absolute")
        for row in clinic.site.store.parked():
            clinic.site.store.unpark("charts", row.course)
        assert until_settled(clinic) == {"applied"}
        assert untrue(clinic) == []


def test_the_most_entries_that_a_server_takes_are_found_out_once(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {"most_entries": 7}) as (clinic, server):
        clinic.take(JOURNEY / "01-ada-implant.json")
        assert until_settled(clinic) == {"applied"}
        assert 400 in {seen.status for seen in server.requests}
        known = len(server.requests)
        clinic.take(JOURNEY / "05-bram-implant.json")
        assert until_settled(clinic) == {"applied"}
        sizes = [seen.body.count(b'"fullUrl"') for seen in server.requests[known:] if seen.path == "/"]
        assert 1 < max(sizes) <= 7
        assert untrue(clinic) == []


def test_a_value_that_the_server_changes_is_named_and_never_taken_for_ours(tmp_path: Path) -> None:
    with clinic_at(tmp_path, {"transactions": False}) as (clinic, server):
        clinic.take(implant("0000001"))
        server.fail(lost_answer(), method="PUT", path="^/MedicationAdministration/")
        original = server.memory.kept
        server.memory.kept = lambda resource: halved(original(resource))  # type: ignore[method-assign]
        (found,) = [one for one in clinic.run() if one.status == "parked"]
        assert found.code == "contested"
        assert "MedicationAdministration.dosage" in found.detail


def halved(resource: Json) -> Json:
    """An administration with another dosage; anything else as it is."""
    if resource["resourceType"] != "MedicationAdministration":
        return resource
    return {**resource, "dosage": {"text": "half"}}
