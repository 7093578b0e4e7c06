"""What a run has to leave is said: parked, waiting and resting courses, and what another instant may not do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.app import STATUSES
from bridge.cli.faults import Fault, alike
from tests.cli.shell import AS_OF, FIXTURES, Shell, journey
from tests.servers.faulty import FaultyServer, running_faulty, status

AT = ("--as-of", AS_OF)
SIGNED = ("--actor", "A. Nurse", "--reason", "told so")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide.md"


def other(name: str, **settings: str) -> str:
    """One more folder destination for tests."""
    lines = {"name": name, "kind": "folder", "path": name, "environment": "test", **settings}
    body = "\n".join(f'{key} = "{value}"' for key, value in lines.items())
    return f"\n[[destination]]\n{body}\naccept_simulated = true\n"


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty(transactions=False) as running:
        yield running


@pytest.fixture
def ehr(shell: Shell, server: FaultyServer) -> Shell:
    """A site whose only destination is this server."""
    shell.set_up()
    config = shell.folder / "pumpbridge.toml"
    config.write_text(
        f'{config.read_text().partition("[[destination]]")[0]}[[destination]]\nname = "ehr"\nkind = "fhir"\n'
        f'url = "{server.base_url}"\nmode = "live"\nenvironment = "test"\naccept_simulated = true\npatient = "create"\n'
    )
    return shell


# --- parked ----------------------------------------------------------------------------------------------------------


def test_no_destination_is_called_true_while_courses_are_parked(shell: Shell) -> None:
    shell.set_up("--name", "charts")
    shell("import", journey()[0])
    shell("plan", status=5)
    shell("apply", "--yes", status=5)
    said = shell("plan", status=5).out
    assert "true already" not in said
    assert "nothing to apply now, but the destination is not true: 1 course parked" in said


# --- waiting ---------------------------------------------------------------------------------------------------------


def renamed(site: Shell) -> None:
    """Everything is charted, then the configuration changes what charts say."""
    site("import", *journey(), "--apply", *AT)
    file = site.folder / "pumpbridge.toml"
    file.write_text(file.read_text().replace('organisation = "Invented Clinic"', 'organisation = "Renamed Clinic"'))


def test_a_plan_that_waits_is_named_with_its_remedy_each_time(site: Shell) -> None:
    renamed(site)
    for _ in range(2):
        found = site.json("apply", "--yes")
        waits = {one["reason"]: one for one in found["waits"]}
        assert waits["mapping"]["courses"] == 3
        assert "--accept-mapping" in waits["mapping"]["remedy"]
        assert {(one["status"], one["code"]) for one in found["open"]} == {("waiting", "mapping")}
        assert all("--accept-mapping" in one["detail"] for one in found["open"])
    said = site("apply", "--yes").out
    assert "waiting (mapping): the mapping changed: `pumpbridge apply --accept-mapping` sends it" in said
    assert site.json("apply", "--yes", "--accept-mapping", *SIGNED)["waits"] == []


def test_held_and_shadow_plans_are_named_though_nothing_is_sent_there(shell: Shell) -> None:
    shell.set_up(extra=other("held", mode="held") + other("shadow", mode="shadow"))
    shell("import", *journey())
    shell("plan")
    waits = shell.json("import", *journey(), "--apply")["apply"]["waits"]
    assert {(one["destination"], one["reason"], one["courses"], one["shared"]) for one in waits} == {
        ("held", "held", 3, True), ("shadow", "shadow", 3, True),
    }  # fmt: skip
    found = shell.json("apply", "--yes")
    assert [one["reason"] for one in found["waits"]] == ["shadow"]
    assert found["open"] == []


# --- resting ---------------------------------------------------------------------------------------------------------


def test_a_person_who_applies_again_need_not_wait(ehr: Shell, server: FaultyServer) -> None:
    server.fail(status(503), method="PUT", times=None)
    ehr("import", journey()[0], "--apply", *AT, status=6)
    again = ehr.json("apply", "--yes", status=6)
    assert {one["status"] for one in again["open"]} == {"unreachable"}
    server.heal()
    assert ehr.json("import", journey()[0], "--apply")["apply"]["resting"] == []
    assert server.stored("Observation") != []


def test_what_the_server_asked_for_is_kept_and_said(ehr: Shell, server: FaultyServer) -> None:
    server.fail(status(503, retry_after=900), method="PUT", times=None)
    ehr("import", journey()[0], "--apply", status=6)
    server.heal()
    found = ehr.json("apply", "--yes", status=6)
    assert [(one["courses"], one["shared"]) for one in found["resting"]] == [(1, True)]
    assert found["confirmed"] == 0
    assert [one["status"] for one in found["open"]] == ["resting"] * 2
    assert "not tried again before" in ehr("import", journey()[0], "--apply", status=6).out
    planned = ehr.json("plan", status=6)
    assert planned["destinations"][0]["resting"]["shared"] is True
    assert "1 course and what courses share rest after a failure" in ehr("plan", status=6).out
    (place,) = ehr.json("status")["destinations"]
    assert place["rests_until"] == found["resting"][0]["until"]


# --- another instant -------------------------------------------------------------------------------------------------


def test_a_production_destination_knows_only_now(shell: Shell) -> None:
    shell.set_up("--name", "charts", extra=other("trial"))
    assert "as-of-production" in shell("import", journey()[0], "--apply", *AT, status=2).err
    assert "0 courses" in shell("status").out
    assert "--apply" in shell("import", journey()[0], *AT, status=2).err
    assert "as-of-production" in shell("apply", "--yes", *AT, status=2).err
    shell("import", journey()[0], "--apply", "--to", "trial", *AT)
    shell("apply", "--yes", "--to", "trial", *AT)


@pytest.mark.parametrize("instant", ["2025-04-01T00:00Z", "2025-06-18T20:00Z", "2025-06-20T00:00Z"])
def test_apply_as_of_sends_what_plan_as_of_shows(site: Shell, instant: str) -> None:
    site("import", *journey(), "--apply")
    at = ("--as-of", instant)
    planned = site.json("plan", *at)["destinations"][0]["sums"]
    assert planned["amend"] > 0
    sums = site.json("apply", "--yes", "--accept-large", *SIGNED, *at)
    assert (sums["created"], sums["amended"], sums["retracted"]) == (
        planned["create"], planned["amend"], planned["retract"],
    )  # fmt: skip
    assert site.json("plan", *at)["empty"] is True
    site("apply", "--yes", "--accept-large", *SIGNED)
    assert site.json("plan", "--as-of", "2027-01-01T00:00Z")["destinations"][0]["sums"]["retract"] == 0


def test_a_plan_of_a_past_instant_that_waits_ends_the_run(site: Shell) -> None:
    renamed(site)
    site("apply", "--yes")
    assert {one["status"] for one in site.json("apply", "--yes", *AT)["open"]} == {"waiting"}


# --- sums ------------------------------------------------------------------------------------------------------------


def test_what_courses_share_is_no_course(site: Shell) -> None:
    assert "3 courses and what they share to be planned" in site("import", *journey()).out
    assert "in 3 courses and what they share" in site("plan").out
    assert "confirmed in 3 courses and what they share" in site("apply", "--yes").out
    assert site.json("status")["courses"] == 3


def test_the_reason_of_a_quarantined_file_is_shown(site: Shell) -> None:
    (site.folder / "steps.json").write_bytes((FIXTURES.parent / "bad" / "steps-not-24h" / "gap.json").read_bytes())
    (site.folder / "link.json").symlink_to(journey()[0])
    rows = site.json("import", "steps.json", "link.json", status=4)["rows"]
    assert all(row["message"] for row in rows)
    said = site("import", "steps.json", status=4).out
    assert rows[0]["message"][:30] in said.replace("\n", " ")


# --- explain ---------------------------------------------------------------------------------------------------------


def named(site: Shell, kind: str, text: str) -> str:
    body = next(b for b in site.resources().values() if b["resourceType"] == kind and text in json.dumps(b))
    return f"{kind}/{body['id']}"


def test_explain_of_an_unknown_element_names_those_there_are(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    bolus = named(site, "MedicationAdministration", "Clinician bolus")
    said = site("explain", bolus, "dosage.nonsense", status=2).err
    assert "element-unknown" in said
    assert "dosage.dose" in said
    site("explain", bolus, "dosage[0]", status=2)
    site("explain", bolus, "status")


def test_explain_shows_coded_values_in_words(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    for reference in [f"{body['resourceType']}/{body['id']}" for body in site.resources().values()][:60]:
        found = site.json("explain", reference)["destinations"][0]["origins"]
        assert [origin for origin in found if origin["value"] == "…"] == []


def test_what_belongs_to_a_plan_says_so(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    before = set(site.resources())
    site("withdraw", FIXTURES / "02-ada-refill.json", *SIGNED)
    site("apply", "--yes", *AT)
    new = [body for name, body in site.resources().items() if name not in before]
    notes = [b for b in new if b["resourceType"] == "Provenance" or "Chart amended" in json.dumps(b)]
    assert {body["resourceType"] for body in notes} == {"Provenance", "DetectedIssue"}
    for body in notes:
        name = f"{body['resourceType']}/{body['id']}"
        one = site.json("explain", name)["destinations"][0]
        assert one["plan"]["causes"] == ["decision"]
        assert [(d["kind"], d["reason"]) for d in one["decisions"]] == [("withdraw", "told so")]
        assert "belongs to the plan of" in (said := site("explain", name)).out
        assert "otherwise by now" not in said.err
    first = next(b for n, b in site.resources().items() if n in before and b["resourceType"] == "Provenance")
    one = site.json("explain", f"Provenance/{first['id']}")["destinations"][0]
    assert (one["plan"]["causes"], one["decisions"]) == (["new"], [])


# --- check, help, validate -------------------------------------------------------------------------------------------


def test_check_names_the_token_file_that_is_bad(ehr: Shell) -> None:
    config = ehr.folder / "pumpbridge.toml"
    config.write_text(config.read_text() + 'token_file = "ehr.token"\n')
    (ehr.folder / "ehr.token").write_text("two\nlines")
    (ehr.folder / "ehr.token").chmod(0o600)
    bad = [one for one in ehr.json("check", status=6)["checks"] if one["code"]]
    assert [(one["code"], Path(one["where"]).name) for one in bad] == [("destination-token", "ehr.token")]


def test_the_configuration_can_be_named_before_the_verb(
    site: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    site("status", status=3)
    site("--config", tmp_path / "pumpbridge.toml", "status")
    site("--config", tmp_path / "pumpbridge.toml", "quarantine", "list")
    site("--config", other / "none.toml", "status", "--config", tmp_path / "pumpbridge.toml")
    assert "none.toml" in site("--config", "none.toml", "status", status=3).err
    assert "init FILE" in site("--config", "x.toml", "init", status=2).err


def test_help_and_guide_have_the_same_words_for_each_status(shell: Shell) -> None:
    rows = [line.strip("| ").split(" | ") for line in GUIDE.read_text(encoding="utf-8").splitlines()]
    table = {int(row[0]): row[1].partition(": report")[0] for row in rows if row[0].isdigit() and len(row) == 3}
    assert table == STATUSES
    said = " ".join(shell("--help").out.split())
    assert all(f"{number} {meaning}" in said for number, meaning in STATUSES.items())


def test_warnings_that_are_alike_are_one_line() -> None:
    def fault(number: int, severity: str = "warning", text: str = "CodeSystem is unknown: https://x.example/") -> Fault:
        return Fault(
            "a", f"Device/{number}", "server", severity, "invalid", f"Device.code[{number}]", f"{text}{number}"
        )

    assert [len(group) for group in alike([fault(n) for n in range(9)])] == [9]
    assert [len(group) for group in alike([fault(n, "error") for n in range(3)])] == [1, 1, 1]
    assert len(alike([fault(1), fault(2, text="another thing ")])) == 2


def test_rests_are_read_from_the_store(ehr: Shell, server: FaultyServer) -> None:
    server.fail(status(503), method="PUT", times=None)
    ehr("import", journey()[0], "--apply", status=6)
    with sqlite3.connect(ehr.folder / "pumpbridge.sqlite") as database:
        database.execute("UPDATE destination SET rests_until = '2999-01-01T00:00:00.000000Z'")
    database.close()
    assert ehr.json("apply", "--yes", status=6)["resting"][0]["until"].startswith("2999-01-01")
