"""A rehearsal before servers in their moods: the report says truly what each does, and nothing stays there."""

from __future__ import annotations

import json
import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations.protocol import WRITTEN
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_UNREACHABLE
from bridge.rehearsal.cleaning import NOT_TOLD, Cleaner
from bridge.rehearsal.outcome import EXIT_STOPPED
from bridge.rehearsal.rehearse import QUESTIONS, rehearse
from bridge.rehearsal.step import Step
from tests.rehearsal import moods
from tests.rehearsal.moods import Moody, impatient, missed, moody, rehearsed, standing, step, target, unlabelled
from tests.servers.capabilities import R5_TYPES
from tests.servers.faulty import lost_answer, slow, status
from tests.servers.journey import KINDS
from tests.servers.statements import NAMES, running_like

WRITES = ("POST", "PUT")


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_server_passes_and_nothing_stays(kind: str) -> None:
    with moody(checks_references=True, **KINDS[kind]) as server:
        found = rehearsed(server)
        assert standing(server) == []
    assert (found.verdict, found.status, found.left, missed(found)) == ("passed", EXIT_DONE, (), [])
    assert [one.name for one in found.steps] == [question.name for question in QUESTIONS]
    results = {one.name: one.result for one in found.steps if one.part != "probe"}
    assert {name for name, result in results.items() if result not in ("passed", "noted")} == set()
    assert "26 created, 0 amended, 0 retracted; 26 read back: nothing differs" in step(found, "implant").saw


def test_everything_written_is_simulated_and_in_a_namespace_of_its_own() -> None:
    with moody() as server:
        namespaces = [rehearsed(server).namespace for _ in range(2)]
        sent = written(server)
    assert len(set(namespaces)) == 2
    named = [[name in json.dumps(one) for name in namespaces] for one in sent if one["resourceType"] in WRITTEN]
    assert {tuple(sorted(which)) for which in named} == {(False, True)}
    tokens = [name.rpartition("/")[2] for name in namespaces]
    ids = [one["id"] for one in sent if one["resourceType"] not in ("Patient", "NoSuchType") and "id" in one]
    assert ids
    assert all(id.startswith(tuple(f"rh{token}" for token in tokens)) for id in ids), "what stays is known by its id"
    unlabelled = Counter(one["resourceType"] for one in sent if "HTEST" not in json.dumps(one.get("meta", {})))
    assert unlabelled == {"NoSuchType": 2}, "a probe"


def written(server: Moody) -> list[dict[str, Any]]:
    """Every resource that was sent."""
    sent = [seen for seen in server.requests if seen.method in WRITES and "json" in seen.headers["content-type"]]
    return [one for seen in sent for one in resources(seen.json())]


def resources(body: Any) -> list[dict[str, Any]]:
    if body["resourceType"] != "Bundle":
        return [body]
    return [entry["resource"] for entry in body["entry"]]


# --- what is stored otherwise ----------------------------------------------------------------------------------------


def test_a_server_that_rounds_decimals_fails() -> None:
    with moody(moods.rounding) as server:
        found = rehearsed(server)
        assert standing(server) == []
    assert (found.verdict, found.status) == ("failed", EXIT_PARKED)
    assert step(found, "implant").result == "failed"
    assert "sent 0.1200, got 0.1" in step(found, "implant").saw
    assert step(found, "decimals").result == "failed"
    assert "12345.67891 came back as 12345.7" in step(found, "decimals").saw
    assert {"implant", "refill", "decimals"} <= set(missed(found))


def test_a_server_that_drops_digits_passes_and_is_told_of() -> None:
    with moody(keeps_digits=False) as server:
        found = rehearsed(server)
    assert found.verdict == "passed"
    assert step(found, "digits").result == "failed"
    assert not step(found, "digits").needed
    assert "sent 264.50, got 264.5" in step(found, "digits").saw
    assert "18.00 came back as 18.0" in step(found, "decimals").saw
    assert "numbers lost digits" in step(found, "implant").saw


def test_a_server_that_turns_lists_round_passes_and_is_told_of() -> None:
    with moody(keeps_order=False) as server:
        found = rehearsed(server)
    assert found.verdict == "passed"
    assert step(found, "lists").result == "failed"
    assert "Device.identifier (order)" in step(found, "lists").saw
    assert "lists reordered" in step(found, "implant").saw


def test_a_server_that_loses_labels_fails() -> None:
    with moody(unlabelled) as server:
        found = rehearsed(server)
    assert "meta.security: HTEST is gone (label)" in step(found, "labels").saw
    assert {"implant", "labels"} <= set(missed(found))


def test_versions_that_move_on_the_same_content_are_told_of() -> None:
    turn = iter(range(10_000))

    def numbered(body: Any) -> Any:
        def mark(value: Any) -> Any:
            known = isinstance(value, dict) and "security" in value
            return {**value, "tag": [*value.get("tag", ()), {"code": str(next(turn))}]} if known else value

        return moods.everywhere(body, mark)

    with moody(numbered) as server:
        found = rehearsed(server)
    assert found.verdict == "passed"
    assert step(found, "versions").result == "failed"
    assert "69 of 69 resources have a new version" in step(found, "versions").saw


def test_it_passes_as_well_where_running_segments_are_left_out() -> None:
    with moody() as server:
        one = target(server.base_url)
        found = rehearse(replace(one, settings=one.settings.model_copy(update={"open_segment": "omit"})))
    assert found.verdict == "passed"
    assert "15 created, 0 amended, 0 retracted" in step(found, "stall").saw


# --- what is not done ------------------------------------------------------------------------------------------------


def test_a_server_without_transactions_is_written_to_one_by_one() -> None:
    with moody(transactions=False) as server:
        found = rehearsed(server)
        assert not any(seen.method == "POST" and seen.path == "/" for seen in server.requests)
    assert found.verdict == "passed"
    assert {step(found, name).result for name in ("transaction", "half-transaction")} == {"not supported"}


def test_a_type_that_is_refused_fails_and_says_which() -> None:
    with moody(transactions=False) as server:
        server.fail(status(422), method="PUT", path="^/Flag/", times=None)
        found = rehearsed(server)
        assert standing(server) == []
    assert (found.verdict, found.left) == ("failed", ())
    assert "parked http-422" in step(found, "implant").saw
    assert "read back: nothing differs" in step(found, "implant").saw
    assert step(found, "refill").saw == "not tried: the step before it (implant) did not pass"
    assert step(found, "decimals").result == "passed", "the probes are taken all the same"


def test_a_cache_of_searches_is_told_of_and_does_no_harm() -> None:
    with moody(caches_searches=True, update_create=False) as server:
        found = rehearsed(server)
        assert standing(server) == []
    assert found.verdict == "passed"
    assert step(found, "cached-search").saw == "0 before; after it 0 by the same search, 1 with no-cache"


def test_a_server_that_overwrites_what_is_stale_fails_where_it_says_that_it_would_not() -> None:
    def careless(body: Any) -> Any:
        return body

    with moody(careless) as server:
        server.memory.check_version = lambda ask, old: None  # type: ignore[method-assign]
        found = rehearsed(server)
    assert missed(found) == ["stale-version"]
    assert "somebody else's change would be overwritten" in step(found, "stale-version").saw


def test_what_cannot_be_deleted_is_entered_in_error_and_named() -> None:
    with moody() as server:
        server.fail(status(405), method="DELETE", times=None)
        found = rehearsed(server)
        there = sorted(standing(server))
        stands = {f"{k}/{i}": v.resource.get("status") for (k, i), v in server.memory.current.items() if v.resource}
    assert found.verdict == "passed"
    assert step(found, "delete").result == "not supported"
    assert sorted(left.reference for left in found.left) == there
    assert len(there) > 90
    in_error = {left.reference for left in found.left if left.how == "entered in error"}
    assert in_error == {reference for reference, status in stands.items() if status == "entered-in-error"}
    assert {one.partition("/")[0] for one in set(there) - in_error} == {"Organization", "Provenance", "Patient"}


def test_one_type_that_cannot_be_deleted_stays_entered_in_error() -> None:
    with moody(checks_references=True) as server:
        server.fail(status(403), method="DELETE", path="^/Flag/", times=None)
        found = rehearsed(server)
        assert sorted(left.reference for left in found.left) == sorted(standing(server))
    assert {(left.reference.partition("/")[0], left.how) for left in found.left} == {("Flag", "entered in error")}
    assert "refused: Flag (403 forbidden)" in step(found, "delete").saw


def test_what_no_search_finds_is_deleted_by_its_place_or_named_as_perhaps_there() -> None:
    with moody(update_create=False) as server:
        server.fail(status(403), method="GET", path=r"^/Observation\?", times=None)
        found = rehearsed(server)
        assert standing(server) == []
    assert step(found, "delete").result == "cannot tell"
    assert "2 may stay that no search was answered for" in step(found, "delete").saw
    assert {left.how for left in found.left} == {NOT_TOLD}
    assert sorted(left.reference.rpartition("%7C")[2] for left in found.left) == ["half-1", "half-2"]


def test_a_transaction_that_is_taken_without_what_is_impossible_is_not_called_refused() -> None:
    def lenient(body: Any) -> Any:
        entries = [one for one in body.get("entry", ()) if one["resource"]["resourceType"] != "NoSuchType"]
        return {**body, "entry": entries} if entries else body

    with moody(lenient) as server:
        found = rehearsed(server)
        assert standing(server) == []
    assert step(found, "half-transaction").result == "failed"
    assert step(found, "half-transaction").saw == "taken: 200; of the other entry it is there once"


def test_what_is_kept_is_named() -> None:
    with moody() as server:
        found = rehearsed(server, keep=True)
        assert sorted(left.reference for left in found.left) == sorted(standing(server))
        assert not any(seen.method == "DELETE" for seen in server.requests)
    assert found.verdict == "passed"
    assert {left.how for left in found.left} == {"as it was written"}


def test_a_server_that_wants_absolute_references_says_so_and_passes_once_it_is_set() -> None:
    with moody(absolute_references=True) as server:
        found = rehearsed(server)
        one = target(server.base_url)
        again = rehearse(replace(one, settings=one.settings.model_copy(update={"references": "absolute"})))
        assert standing(server) == []
    assert {"implant", "references"} <= set(missed(found))
    assert 'absolute: stored: set references = "absolute"' in step(found, "references").saw
    assert again.verdict == "passed"


@pytest.mark.parametrize("mood", [{"says_versions": False}, {"most_entries": 25}], ids=str)
@pytest.mark.parametrize("update_create", [True, False])
def test_what_the_bridge_copes_with_passes(mood: dict[str, Any], update_create: bool) -> None:
    with moody(update_create=update_create, **mood) as server:
        found = rehearsed(server)
        assert standing(server) == []
    assert found.verdict == "passed"
    assert [one.name for one in found.steps if one.result == "cannot tell"] == []


def test_a_server_of_r5_is_rehearsed_as_one_where_it_is_set_up_so() -> None:
    with moody(fhir="5.0.0", types=R5_TYPES) as server:
        one = target(server.base_url)
        found = rehearse(replace(one, settings=one.settings.model_copy(update={"fhir_version": "R5"})))
        other = rehearse(one)
        assert standing(server) == []
    assert found.verdict == "passed"
    assert "destination-not-r4" in step(other, "capabilities").saw


@pytest.mark.parametrize("name", NAMES)
def test_servers_like_the_large_ones_pass_with_a_patient_who_is_there(name: str) -> None:
    person = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "0071"}]}
    with running_like(name) as server:
        server.seed(person)
        found = rehearse(target(server.base_url, patient="urn:mrn|0071"))
        assert standing(server) == ["Patient/p1"]
        created = rehearsed(server)
        assert standing(server) == ["Patient/p1"]
    assert (found.verdict, missed(found)) == ("passed", [])
    assert "MedicationAdministration is told as Observation" in step(found, "types").saw
    if name != "like-oracle-ddfs-r4":
        assert step(created, "patient").result == "failed"
        assert "--patient" in step(created, "patient").saw


# --- who is let in ---------------------------------------------------------------------------------------------------


def test_a_server_that_lets_nobody_in_fails_and_is_not_written_to() -> None:
    with moody() as server:
        server.fail(status(401), path="", times=None)
        found = rehearsed(server)
        assert {seen.method for seen in server.requests} == {"GET"}
    assert (found.verdict, found.status) == ("failed", EXIT_PARKED)
    assert step(found, "capabilities").result == "failed"
    assert "destination-unauthorized" in step(found, "capabilities").saw


def test_a_token_lets_in_and_without_it_nobody_is(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("word")
    token.chmod(0o600)
    with moody() as server:
        arrived = server.arrived

        def guarded(method: str, path: str, headers: dict[str, str]) -> Any:
            seen, fault = arrived(method, path, headers)
            known = headers.get("authorization") == "Bearer word" or path.startswith("/metadata")
            return seen, fault if known else status(401)

        server.arrived = guarded  # type: ignore[method-assign]
        found = rehearse(target(server.base_url, token_file=token))
        assert step(found, "authorised").saw == "with the token: 200"
        assert step(found, "unauthorised").saw == "refused: 401 login"
        assert found.verdict == "passed"
        without = rehearse(target(server.base_url))
    assert step(without, "authorised").result == "failed"
    assert without.verdict == "failed"
    assert "unauthorized" in step(without, "patient").saw


def test_a_patient_who_is_there_is_used_and_left_alone() -> None:
    person = {
        "resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "0071"}],
        "name": [{"family": "Elsewhere"}], "birthDate": "1950-01-01",
    }  # fmt: skip
    with moody() as server:
        server.seed(person)
        found = rehearse(target(server.base_url, patient="urn:mrn|0071"))
        assert standing(server) == ["Patient/p1"]
        assert not any(seen.method in (*WRITES, "DELETE") and "Patient/p1" in seen.path for seen in server.requests)
        subjects = {one["subject"]["reference"] for one in written(server) if "reference" in one.get("subject", {})}
        nobody = rehearse(target(server.base_url, patient="urn:mrn|0072"))
    assert (found.verdict, subjects) == ("passed", {"Patient/p1"})
    assert step(nobody, "patient").saw == "the search for the identifier given found: none"
    assert missed(nobody)[0] == "patient"
    assert "0071" not in str(found.steps)


# --- when it does not get to its end ---------------------------------------------------------------------------------


def test_a_server_that_is_not_there_cannot_be_reached() -> None:
    with moody() as server:
        url = server.base_url
    found = rehearse(target(url))
    assert (found.verdict, found.status) == ("not reached", EXIT_UNREACHABLE)
    assert step(found, "capabilities").result == "cannot tell"


def test_a_server_that_takes_a_question_and_never_answers_was_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = rehearse(impatient(f"http://127.0.0.1:{server.getsockname()[1]}/fhir"))
    assert (found.verdict, found.status) == ("not reached", EXIT_UNREACHABLE)
    assert "answer-lost" in step(found, "capabilities").saw


def test_a_server_that_goes_away_is_told_of_with_what_stays() -> None:
    with moody() as server:
        patience = target(server.base_url)

        def away(done: Step) -> None:
            if done.name == "refill":
                server.network.shutdown()
                server.network.hang_up()
                server.network.server_close()

        found = rehearse(patience, tell=away)
        there = sorted(standing(server))
    assert (found.verdict, found.status) == ("not reached", EXIT_UNREACHABLE)
    assert len(there) == 42
    assert set(there) <= {left.reference for left in found.left}
    assert {left.how for left in found.left} == {"as it was written"}


def test_a_person_who_stops_it_finds_it_cleaned_up() -> None:
    def stop(done: Step) -> None:
        if done.name == "dose-change":
            raise KeyboardInterrupt

    with moody() as server:
        found = rehearsed(server, tell=stop)
        assert standing(server) == []
    assert (found.verdict, found.status, found.left) == ("stopped", EXIT_STOPPED, ())
    assert step(found, "stall").saw == "stopped by a person"
    assert step(found, "delete").result == "passed"


def test_a_person_who_stops_the_cleaning_is_told_what_stays() -> None:
    with moody() as server:
        server.fail(status(200), method="DELETE", at=11)
        memory = server.memory.delete
        deleted: list[Any] = []

        def interrupted(ask: Any) -> Any:
            deleted.append(ask)
            return memory(ask)

        def stop(done: Step) -> None:
            if done.name in ("dose-change", "delete"):
                raise KeyboardInterrupt

        server.memory.delete = interrupted  # type: ignore[method-assign]
        found = rehearsed(server, tell=stop)
        there = sorted(standing(server))
    assert (found.verdict, found.status) == ("stopped", EXIT_STOPPED)
    assert sorted(left.reference for left in found.left) == there
    assert "while it was cleaning up" in found.stopped


def test_a_person_who_stops_it_while_it_looks_what_is_there_is_told_what_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object, **known: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Cleaner, "_named", stop)
    with moody() as server:
        found = rehearsed(server)
        there = set(standing(server))
    assert sum("/rh" not in one for one in there) == 3, "a Patient, and two that were created on a condition"
    assert there <= {left.reference for left in found.left}
    assert "while it was cleaning up" in found.stopped


def test_its_time_has_an_end() -> None:
    with moody() as server:
        server.fail(slow(0.4), method="(PUT|POST)", times=None)
        found = rehearsed(server, at_most=1)
        assert standing(server) == []
    assert found.status == EXIT_PARKED
    assert found.stopped == "its time was over"
    assert found.seconds < 30


def test_a_server_that_asks_for_a_long_rest_is_not_waited_for() -> None:
    with moody() as server:
        server.fail(status(429, retry_after=30), path="^/Patient", times=1)
        found = rehearsed(server, at_most=5)
    assert found.seconds < 20
    assert found.status == EXIT_PARKED


def test_answers_that_are_lost_are_looked_for() -> None:
    with moody() as server:
        server.fail(lost_answer(), method="POST", path="^/$", at=2)
        found = rehearsed(server)
        assert standing(server) == []
    assert found.verdict == "passed"
