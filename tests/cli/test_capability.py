"""What a destination is not sent, as people are told: by `plan`, `check` and `validate`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import AS_OF, Shell, journey
from tests.servers.statements import path_of, running_like

LIKE_EPIC = path_of("like-epic-r4")
MEDICATION = "Medication is left out: the server does not take it; the drug stands in words"
DEED = "MedicationAdministration is told as Observation: the server does not take it"


def folder_like_epic(shell: Shell) -> None:
    """A site whose folder gets what such a server would."""
    shell.set_up()
    file = Path("pumpbridge.toml")
    file.write_text(file.read_text().replace('path = "charts"', f'path = "charts"\ncapabilities = "{LIKE_EPIC}"'))


def test_plan_says_what_is_not_sent_and_why(shell: Shell) -> None:
    folder_like_epic(shell)
    shell("import", journey()[0])
    said = shell("plan", "--as-of", AS_OF).out
    assert MEDICATION in said
    assert DEED in said
    assert "create Observation/" in said
    assert "create Device/" not in said
    rows = shell.json("plan", "--as-of", AS_OF)["destinations"][0]["departures"]
    deed = next(row for row in rows if row["type"] == "MedicationAdministration")
    assert (deed["instead"], deed["because"], deed["left"]) == ("Observation", "the server does not take it", "")


def test_what_is_applied_and_explained_is_what_was_planned(shell: Shell) -> None:
    folder_like_epic(shell)
    shell("import", journey()[0])
    shell("apply", "--yes")
    types = {body["resourceType"] for body in shell.resources().values()}
    assert types == {"Observation", "Procedure", "DocumentReference"}
    held = shell.resources()
    name = next(one for one, body in held.items() if "Delivery by the pump" in str(body.get("code", {}).get("text")))
    found = shell.json("explain", name.partition("/")[2].replace("-", "/", 1))["destinations"][0]
    assert any(origin["element"] == "valueQuantity" for origin in found["origins"])
    assert "nothing to do" in shell("plan").out


def test_check_asks_the_server_and_says_what_it_does_not_take(shell: Shell) -> None:
    with running_like("like-epic-r4") as server:
        place = f'kind = "fhir"\nurl = "{server.base_url}"\nenvironment = "test"\naccept_simulated = true'
        shell.set_up(extra=f'\n[[destination]]\nname = "ehr"\n{place}\n')
        said = next(one for one in shell.json("check")["checks"] if one["what"] == "destination ehr")["says"]
        assert DEED in said
        assert "planned anew" not in said
        assert DEED in shell("plan", "--to", "ehr").out
        assert sum(seen.path == "/metadata" for seen in server.requests) == 1
        validated = shell.json("validate", journey()[0], "--as-of", AS_OF, "--server", server.base_url, status=None)
        assert {row["type"] for row in validated["server"]["departures"]} >= {"Device", "MedicationAdministration"}


def test_a_statement_that_is_none_is_refused_with_its_file(shell: Shell) -> None:
    folder_like_epic(shell)
    Path("torn.json").write_text("{")
    Path("pumpbridge.toml").write_text(Path("pumpbridge.toml").read_text().replace(str(LIKE_EPIC), "torn.json"))
    done = shell("check", status=3)
    assert "config-capabilities" in done.err
    assert "torn.json" in done.err


def test_a_statement_that_takes_nothing_is_the_fault_of_its_destination_alone(shell: Shell) -> None:
    folder_like_epic(shell)
    Path("empty.json").write_text('{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": []}')
    Path("pumpbridge.toml").write_text(Path("pumpbridge.toml").read_text().replace(str(LIKE_EPIC), "empty.json"))
    rows = {one["what"]: one["code"] for one in shell.json("check", status=3)["checks"]}
    assert [(what, code) for what, code in rows.items() if code] == [("destination folder", "config-capabilities")]
