"""VERB 2 on a real store and folder: the same exports plan nothing, and every change is one case."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge import charting, planning
from bridge.accept import interpret, settings_of
from bridge.config import load
from bridge.course.facts import OPEN
from bridge.errors import StoreError
from bridge.identity import PumpIdentity
from bridge.site import open_site
from bridge.store.protocol import OPEN_PAGE
from fhir_profiles.problem import Problem
from tests.course.building import continuous, drugs, export, found, left
from tests.hospital import JOURNEY, Hospital, journey

PUMP = PumpIdentity("Invented Pumps", "IP-40", "TX000001")
REAL = 'kind = "folder"\npath = "charts"'


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path) as made:
        yield made


def begun(start: str = "2025-03-03T10:00+00:00", **parts: object) -> dict:  # type: ignore[type-arg]
    at = start.replace("T10:00", "T10:30")
    return export(start, left(at, continuous(), drugs=drugs()), end=start, update="completed", **parts)


def real(body: dict, patient: str = "0000017") -> dict:  # type: ignore[type-arg]
    return {**body, "simulated": False, "patient": {"identifier": patient, "system": "MRN"}}


# --- the one idea ----------------------------------------------------------------------------------------------------


def test_a_file_imported_twice_plans_nothing(hospital: Hospital) -> None:
    hospital.take(*journey())
    assert hospital.apply().courses == {"applied": 4}
    assert {r.outcome for r in hospital.take(*journey())} == {"known"}
    assert hospital.apply().courses == {}


def test_any_order_of_arrival_gives_the_same_chart(tmp_path: Path) -> None:
    charts = []
    for name, files in (("a", list(journey())), ("b", list(journey())[::-1])):
        (tmp_path / name).mkdir()
        with Hospital(tmp_path / name) as one:
            for file in files:
                one.take(file)
                one.apply(large=True)
            held = [(row.key, row.confirmed) for c in (1, 2, 3) for row in one.rows(c) if row.state == "confirmed"]
            charts.append(sorted(held))
    assert charts[0] == charts[1]


def test_a_late_export_amends_and_says_so(hospital: Hospital) -> None:
    hospital.take(*journey())
    hospital.apply()
    hospital.take(*sorted((JOURNEY / "late").glob("*.json")))
    (plan,) = [o.plan for o in hospital.plan() if o.plan]
    assert plan.causes == ("late",)
    assert {entry.action for entry in plan.entries} == {"create", "amend"}
    assert [e.type for e in plan.entries if e.page == ""] == ["DetectedIssue", "Provenance"]


def test_a_withdrawn_export_retracts_what_rested_on_it(hospital: Hospital) -> None:
    hospital.take(*journey())
    hospital.apply()
    hospital.site.store.withdraw(sha(JOURNEY / "02-ada-refill.json"), "B. Invented", "wrong head", hospital.clock.now())
    tally = hospital.apply()
    assert tally.retracted > 10
    course = hospital.course_of(hospital.take(JOURNEY / "01-ada-implant.json")[0])
    documents = [r for r in hospital.chart(course).values() if r["resourceType"] == "DocumentReference"]
    gone = [d for d in documents if d["status"] == "entered-in-error"]
    assert len(gone) == 1
    assert "data" not in gone[0]["content"][0]["attachment"]
    assert gone[0]["content"][0]["attachment"]["hash"]


@pytest.mark.parametrize("way", ["withdraw", "assign"])
def test_after_a_correction_is_taken_back_the_chart_is_as_before_it(hospital: Hospital, way: str) -> None:
    (old,) = hospital.take(begun())
    course = hospital.course_of(old)
    hospital.apply()
    before = {row.key: row.confirmed for row in hospital.rows(course) if row.page}
    (new,) = hospital.take(begun(alarm_status="none"))
    store, signed = hospital.site.store, ("B. Invented", "asked the ward", hospital.clock.now())
    store.supersede(old.sha256, new.sha256, *signed)
    hospital.apply()
    if way == "withdraw":
        store.withdraw(new.sha256, *signed)
    else:
        store.assign(new.sha256, "0000099", "https://hospital.invalid/sid/mrn", *signed)
        store.assign(new.sha256, "0000099", "https://hospital.invalid/sid/other", *signed)
        store.withdraw(new.sha256, *signed)
    hospital.apply()
    standing = {row.key: row.confirmed for row in hospital.rows(course) if row.page and row.state == "confirmed"}
    assert standing == before
    assert {r["status"] for r in hospital.standing(course, "MedicationAdministration")} == {"in-progress"}


def test_an_assigned_export_leaves_no_running_segment_behind(hospital: Hospital) -> None:
    wrong = begun()
    (receipt,) = hospital.take(wrong)
    hospital.apply()
    course = hospital.course_of(receipt)
    assert [r["status"] for r in hospital.standing(course, "MedicationAdministration")] == ["in-progress"]
    hospital.site.store.assign(
        receipt.sha256,
        "0000099",
        "https://hospital.invalid/sid/mrn",
        "B. Invented",
        "typed wrongly",
        hospital.clock.now(),
    )
    hospital.apply()
    assert hospital.standing(course, "MedicationAdministration") == []
    (other,) = [row.course for row in hospital.site.store.courses() if row.patient == "0000099"]
    assert [r["status"] for r in hospital.standing(other, "MedicationAdministration")] == ["in-progress"]
    assert {r.id for r in hospital.rows(other)}.isdisjoint({r.id for r in hospital.rows(course)})


def test_an_unchanged_course_costs_no_fold(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital.take(*journey())
    hospital.apply()
    monkeypatch.setattr(charting, "fold", None)
    hospital.take(*journey())
    assert hospital.apply().courses == {}


def test_only_the_tail_is_folded_for_a_new_export(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    files = list(journey("0*ada*.json"))
    hospital.take(*files[:3])
    hospital.apply()
    counted: list[int] = []
    plain = charting.fold
    monkeypatch.setattr(
        charting, "fold", lambda reports, *a, **k: (counted.append(len(reports)), plain(reports, *a, **k))[1]
    )
    hospital.take(files[3])
    hospital.apply()
    assert counted == [1]


# --- time ------------------------------------------------------------------------------------------------------------


def test_time_alone_makes_a_running_segment_unknown(hospital: Hospital) -> None:
    (receipt,) = hospital.take(begun())
    hospital.apply()
    hospital.clock.advance(timedelta(days=60))
    (outcome,) = hospital.plan()
    assert outcome.plan is not None
    assert outcome.plan.causes == ("time",)
    hospital.apply()
    (segment,) = hospital.standing(hospital.course_of(receipt), "MedicationAdministration")
    assert segment["status"] == "unknown"
    assert "end" not in segment["effectivePeriod"]


def test_a_future_session_is_charted_when_its_time_comes(hospital: Hospital) -> None:
    (receipt,) = hospital.take(begun())
    hospital.take(export("2025-09-10T09:00+01:00", found(continuous()), update="none"))
    hospital.apply()
    assert [
        i["code"]["coding"][0]["code"] for i in hospital.standing(hospital.course_of(receipt), "DetectedIssue")
    ] == ["future-session"]
    hospital.clock.advance(timedelta(days=10))
    hospital.apply()
    assert hospital.standing(hospital.course_of(receipt), "DetectedIssue") == []
    (segment,) = hospital.standing(hospital.course_of(receipt), "MedicationAdministration")
    assert segment["status"] == "in-progress"


def test_a_plan_for_a_past_instant_waits_without_end_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    with Hospital(tmp_path, MODED.format("held")) as hospital:
        hospital.take(begun())
        past = datetime(2025, 3, 4, tzinfo=UTC)
        assert hospital.site.reconciler("charts", as_of=past).run(apply=True).courses == {"waiting": 2}
        assert hospital.site.reconciler("charts", as_of=past).run(apply=True).courses == {}
        assert hospital.site.store.checkpoint(1, OPEN) is None


# --- what parks ------------------------------------------------------------------------------------------------------


def test_one_serial_in_two_patients_parks_both_until_a_person_links_it(tmp_path: Path) -> None:
    with Hospital(tmp_path, REAL) as hospital:
        (wrong,) = hospital.take(real(begun()))
        hospital.apply()
        hospital.take(real(begun("2025-04-03T10:00+01:00"), "0000018"))
        assert [o.code for o in hospital.apply().outcomes] == ["serial-on-two-patients"] * 2
        hospital.site.store.link(
            PUMP, "0000018", "https://hospital.invalid/sid/mrn", "B. Invented", "asked the ward", hospital.clock.now()
        )
        outcomes = hospital.apply()
        assert [o.code for o in outcomes.outcomes] == ["serial-on-two-patients", "lane-blocked"]
        hospital.site.store.withdraw(wrong.sha256, "B. Invented", "another pump's", hospital.clock.now())
        assert hospital.apply().courses == {"applied": 2}
        assert hospital.site.store.parked() == []


def test_a_simulated_serial_in_two_patients_parks_both_and_no_real_one(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.take(begun(), {**begun(), "patient": {"identifier": "0000018", "system": "MRN"}})
        assert [o.code for o in hospital.apply().outcomes] == ["serial-on-two-patients"] * 2
        (receipt,) = hospital.take(real(begun(), "0000019"))
        assert hospital.apply().courses == {"applied": 1}
        assert len(hospital.standing(hospital.course_of(receipt), "MedicationAdministration")) == 1


def test_an_export_without_a_patient_waits_for_a_link(tmp_path: Path) -> None:
    with Hospital(tmp_path, REAL) as hospital:
        hospital.take({name: part for name, part in real(begun()).items() if name != "patient"})
        assert [o.code for o in hospital.apply().outcomes] == ["patient-not-stated"]
        hospital.site.store.link(
            PUMP, "0000018", "https://hospital.invalid/sid/mrn", "B. Invented", "asked", hospital.clock.now()
        )
        assert hospital.apply().courses["applied"] == 1


def test_a_newer_report_that_names_no_patient_makes_the_named_one_unknown(tmp_path: Path) -> None:
    with Hospital(tmp_path, REAL) as hospital:
        (receipt,) = hospital.take(real(begun()))
        hospital.apply()
        newer = real(export("2025-03-09T09:00+00:00", found(continuous(), infusing=False), update="none"))
        hospital.take({name: part for name, part in newer.items() if name != "patient"})
        hospital.apply()
        (segment,) = hospital.standing(hospital.course_of(receipt), "MedicationAdministration")
        assert segment["status"] == "unknown"


def test_simulated_data_is_refused_where_it_is_not_wanted(tmp_path: Path) -> None:
    with Hospital(tmp_path, REAL) as hospital:
        hospital.take(begun())
        assert [o.code for o in hospital.apply().outcomes] == ["simulated-refused"]
        assert not list((tmp_path / "charts").rglob("MedicationAdministration-*"))


def test_after_an_unreadable_newest_export_the_pump_is_unknown(hospital: Hospital) -> None:
    (receipt,) = hospital.take(begun())
    hospital.apply()
    newer = json.dumps(export("2025-03-04T09:00+00:00", found(continuous(), infusing=False), update="none"))
    (bad,) = hospital.take(newer.replace('"mcg/day"', '"mL"').encode())
    assert bad.outcome == "quarantined"
    hospital.apply()
    (segment,) = hospital.standing(hospital.course_of(receipt), "MedicationAdministration")
    assert segment["status"] == "unknown"
    hospital.site.store.drop(bad.sha256, "B. Invented", "a test print", hospital.clock.now())
    hospital.apply()
    (segment,) = hospital.standing(hospital.course_of(receipt), "MedicationAdministration")
    assert segment["status"] == "in-progress"


def test_a_resource_that_fails_our_checks_parks_its_course_whole(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = charting.check
    fault = (Problem("itp-2", "effectivePeriod", "broken on purpose"),)
    monkeypatch.setattr(
        charting, "check", lambda body, *a: fault if body["resourceType"] == "Medication" else plain(body, *a)
    )
    (receipt,) = hospital.take(begun())
    (outcome,) = hospital.apply().outcomes
    assert (outcome.status, outcome.code) == ("parked", "check-failed")
    assert hospital.rows(hospital.course_of(receipt)) == []
    monkeypatch.undo()
    hospital.site.store.unpark("charts", hospital.course_of(receipt))
    assert hospital.apply().courses == {"applied": 1}


# --- what waits for a person -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "applied"), [("held", True), ("shadow", False)])
def test_a_mode_holds_plans_back(tmp_path: Path, mode: str, applied: bool) -> None:
    place = f'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\nmode = "{mode}"'
    with Hospital(tmp_path, place) as hospital:
        hospital.take(begun())
        assert {o.code for o in hospital.apply().outcomes} == {mode}
        assert hospital.apply().courses == {}
        assert not list((tmp_path / "charts").rglob("Device-*"))
        assert (hospital.apply(held=True).courses.get("applied", 0) > 0) is applied


def test_a_mapping_change_waits_for_a_person(hospital: Hospital) -> None:
    hospital.take(begun())
    hospital.apply()
    hospital.write_config(extra="[calculated]\nenabled = false")
    hospital.reopen()
    hospital.take(*journey())
    hospital.apply()
    hospital.write_config(extra="[current]\nmax_age_days = 20")
    hospital.reopen()
    waiting = [o for o in hospital.apply().outcomes if o.code == "mapping"]
    assert waiting
    assert hospital.apply().courses == {}
    assert hospital.apply(mapping=True, large=True).courses.get("applied", 0) == len(waiting)


def test_a_mapping_change_that_changes_nothing_asks_nobody(hospital: Hospital) -> None:
    hospital.take(*journey())
    hospital.apply()
    hospital.write_config(extra="[current]\nmax_age_days = 201")
    hospital.reopen()
    assert hospital.apply().courses == {"unchanged": 4}
    hospital.reopen()
    assert hospital.apply().courses == {}


def test_undecided_plans_beyond_the_limit_wait(tmp_path: Path) -> None:
    extra = "[limits]\nlarge_plan_courses = 2\nlarge_plan_percent = 5"
    with Hospital(tmp_path, extra=extra) as hospital:
        for number in range(5):
            pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": f"TX00001{number}"}
            hospital.take(begun(pump=pump))
        hospital.apply()
        hospital.clock.advance(timedelta(days=300))
        tally = hospital.apply()
        assert tally.courses == {"applied": 2, "waiting": 3}
        assert {o.code for o in tally.outcomes} == {"large"}
        assert hospital.apply(large=True).courses == {"applied": 3}


def test_many_retractions_that_nobody_decided_wait(tmp_path: Path) -> None:
    with Hospital(tmp_path, extra="[limits]\nlarge_plan_retractions = 3") as hospital:
        (receipt,) = hospital.take(begun(revision=1))
        hospital.apply()
        empty = export(
            "2025-03-03T10:00+00:00", end="2025-03-03T10:00+00:00", update="completed", revision=2, alarm_status="none"
        )
        hospital.take(empty)
        assert [o.code for o in hospital.apply().outcomes] == ["large"]
        assert hospital.standing(hospital.course_of(receipt), "MedicationAdministration") != []
        assert hospital.apply(large=True).courses == {"applied": 1}
        assert hospital.standing(hospital.course_of(receipt), "MedicationAdministration") == []


def test_a_decided_retraction_never_waits(tmp_path: Path) -> None:
    with Hospital(tmp_path, extra="[limits]\nlarge_plan_retractions = 3") as hospital:
        (receipt,) = hospital.take(begun())
        hospital.apply()
        hospital.site.store.withdraw(receipt.sha256, "B. Invented", "not ours", hospital.clock.now())
        assert hospital.apply().courses == {"applied": 1}
        assert all(row.state == "retracted" for row in hospital.rows(hospital.course_of(receipt)))


# --- what a destination takes ----------------------------------------------------------------------------------------


def test_an_open_segment_can_be_left_out(tmp_path: Path) -> None:
    place = 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\nopen_segment = "omit"\n'
    with Hospital(tmp_path, place) as hospital:
        (receipt,) = hospital.take(begun())
        hospital.apply()
        assert hospital.standing(hospital.course_of(receipt), "MedicationAdministration") == []


def test_nothing_before_the_start_horizon_is_sent(tmp_path: Path) -> None:
    place = (
        'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\nstart_horizon = 2025-06-01\n'
    )
    with Hospital(tmp_path, place) as hospital:
        hospital.take(*journey("0*ada*.json"))
        hospital.apply()
        rows = hospital.rows(1)
        assert rows
        assert min(row.page for row in rows) >= "20250601"
        ids = {f"{row.type}/{row.id}" for row in rows} | {f"{r.type}/{r.id}" for r in hospital.rows(0)}
        for row in rows:
            assert _references(json.loads(row.confirmed)) <= ids


def _references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*(_references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(item) for item in value))
    return set()


def test_every_reference_of_a_chart_is_in_it(hospital: Hospital) -> None:
    hospital.take(*journey(), *sorted((JOURNEY / "late").glob("*.json")))
    hospital.apply()
    shared = {f"{row.type}/{row.id}" for row in hospital.rows(0)}
    for course in (1, 2, 3):
        ids = {f"{row.type}/{row.id}" for row in hospital.rows(course)} | shared
        for row in hospital.rows(course):
            assert _references(json.loads(row.confirmed)) <= ids, row.key


# --- drift -----------------------------------------------------------------------------------------------------------


def test_what_somebody_else_changed_is_found_parked_and_overwritten_only_by_mending(hospital: Hospital) -> None:
    (receipt,) = hospital.take(begun())
    hospital.apply()
    (file,) = (hospital.folder / "charts").rglob("MedicationAdministration-*.json")
    file.write_text(file.read_text().replace("in-progress", "completed"))
    (outcome,) = hospital.site.reconciler("charts").verify()
    assert (outcome.status, outcome.code) == ("parked", "contested")
    assert "MedicationAdministration.status" in outcome.detail
    hospital.take(export("2025-04-01T09:00+01:00", found(continuous()), update="none"))
    assert [o.code for o in hospital.apply().outcomes] == ["contested"]
    assert "completed" in file.read_text()
    (row,) = [r for r in hospital.rows(hospital.course_of(receipt)) if r.type == "MedicationAdministration"]
    assert hospital.apply(mend=frozenset({f"MedicationAdministration/{row.id}"})).courses == {}
    hospital.site.store.unpark("charts", hospital.course_of(receipt))
    tally = hospital.apply(mend=frozenset({f"MedicationAdministration/{row.id}"}))
    assert tally.courses == {"applied": 1}
    assert "in-progress" in file.read_text()


def test_the_open_page_sorts_after_every_session() -> None:
    assert OPEN_PAGE == OPEN
    assert OPEN > "20991231T235959Z"
    assert datetime.now(UTC).strftime("%Y") < OPEN


# --- what an outside reader tripped over -----------------------------------------------------------------------------

MODED = 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\nmode = "{}"'


@pytest.mark.parametrize(
    ("first", "then", "consent"), [("shadow", "held", {"held": True}), ("shadow", "live", {}), ("held", "live", {})]
)
def test_a_mode_that_opens_lets_the_waiting_plans_go(tmp_path: Path, first: str, then: str, consent: dict) -> None:  # type: ignore[type-arg]
    with Hospital(tmp_path, MODED.format(first)) as hospital:
        hospital.take(begun())
        assert {o.code for o in hospital.apply().outcomes} == {first}
        hospital.write_config(MODED.format(then))
        hospital.reopen()
        assert hospital.apply(**consent).courses == {"applied": 2}


def test_a_shadow_that_becomes_held_still_waits_for_a_person(tmp_path: Path) -> None:
    with Hospital(tmp_path, MODED.format("shadow")) as hospital:
        hospital.take(begun())
        hospital.apply()
        hospital.write_config(MODED.format("held"))
        hospital.reopen()
        assert {o.code for o in hospital.apply().outcomes} == {"held"}
        assert hospital.apply().courses == {}


def test_a_patient_label_nobody_configured_parks_and_reading_again_mends_it(tmp_path: Path) -> None:
    with Hospital(tmp_path, REAL) as hospital:
        body = {**begun(), "simulated": False, "patient": {"identifier": "17", "system": "Clinic number"}}
        (receipt,) = hospital.take(body)
        assert [o.code for o in hospital.apply().outcomes] == ["patient-system-unknown"]
        config = hospital.folder / "pumpbridge.toml"
        config.write_text(
            config.read_text().replace("patient_systems = {", 'patient_systems = {"Clinic number" = "urn:c:1", ')
        )
        hospital.reopen()
        store = hospital.site.store
        read = interpret(store.kept(receipt.sha256), hospital.site.adapters, store, settings_of(hospital.site.config))
        assert isinstance(read, list)
        assert store.reread(receipt.sha256, read, hospital.clock.now()) == 1
        assert hospital.apply().courses["applied"] >= 1


def test_a_store_that_is_not_there_is_not_made_anew(tmp_path: Path) -> None:
    with Hospital(tmp_path):
        pass
    (tmp_path / "store.sqlite").rename(tmp_path / "elsewhere.sqlite")
    with pytest.raises(StoreError) as caught, open_site(load(tmp_path / "pumpbridge.toml")) as site:
        site.register()
    assert caught.value.code == "store-missing"
    assert not (tmp_path / "store.sqlite").exists()


def test_a_changed_name_of_the_organisation_waits_for_a_person(hospital: Hospital) -> None:
    hospital.take(begun())
    hospital.apply()
    config = hospital.folder / "pumpbridge.toml"
    config.write_text(config.read_text().replace("Invented Spasticity Clinic", "Another Clinic"))
    hospital.reopen()
    assert {o.code for o in hospital.apply().outcomes} == {"mapping"}
    assert hospital.apply(mapping=True).courses == {"applied": 2}


def test_the_words_of_a_person_are_kept_as_they_are(hospital: Hospital) -> None:
    (receipt,) = hospital.take(begun())
    hospital.apply()
    hospital.site.store.withdraw(receipt.sha256, "IT", "not ours", hospital.clock.now())
    hospital.apply()
    folder = hospital.folder / "charts"
    notes = [json.loads(path.read_text()) for path in folder.rglob("Provenance-*.json")]
    (decided,) = [note for note in notes if "reason" in note]
    assert decided["agent"][-1]["who"]["display"] == "IT"
    assert "intrathecal" not in json.dumps(decided)


def test_a_course_that_waits_ends_a_run_that_would_be_given_it_for_ever(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.take(begun())
    hospital.apply()
    hospital.take(export("2025-04-01T09:00+01:00", found(continuous()), update="none"))
    monkeypatch.setattr(planning.Planner, "_waits", lambda self, plan, remapped: "held")
    monkeypatch.setattr(type(hospital.site.store), "defer", lambda *given: None)
    assert {o.code for o in hospital.apply().outcomes} == {"held"}
