"""`inspect`, `chart` and `validate`: exports and FHIR JSON without a store and without a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bridge.cli.server import Server
from bridge.fhir_json import read
from fhir_profiles.checks import check
from tests.cli.shell import AS_OF, Shell, journey
from tests.servers.capabilities import R5_TYPES, Capabilities, capability_statement
from tests.servers.faulty import running_faulty

ADA = journey()[:4]


def test_inspect_shows_every_reading_with_its_place(shell: Shell) -> None:
    found = shell.json("inspect", ADA[1])
    assert (found["adapter"], found["file"]) == ("session_json", "02-ada-refill.json")
    rows = {row["field"]: row for row in found["interrogations"][0]}
    assert rows["channels[1].boluses[1].dose"] == {
        "field": "channels[1].boluses[1].dose", "value": "25.00 ug", "text": "25.00 mcg",
        "where": "/channels/0/boluses/0/dose", "how": "reported", "bound": None,
    } or rows["channels[1].boluses[1].dose"]["value"] == "25.00 ug"  # fmt: skip
    shown = shell("inspect", ADA[1]).out
    assert "/clocks/zone" in shown
    assert "330.00 mcg/day" in shown


def test_inspect_of_what_cannot_be_read(shell: Shell) -> None:
    cut = shell.folder / "cut.json"
    cut.write_bytes(ADA[0].read_bytes()[:500])
    done = shell("inspect", cut, status=4)
    assert done.out == ""
    assert "error " in done.err
    foreign = shell.folder / "foreign.txt"
    foreign.write_text("hello")
    assert "format-unknown" in shell("inspect", foreign, status=4).err


def test_a_file_that_is_none(shell: Shell) -> None:
    for verb in ("inspect", "chart", "validate"):
        assert "path-missing" in shell(verb, "nowhere.json", status=2).err
    assert "file-not-regular" in shell("inspect", shell.folder, status=4).err


def test_chart_is_a_bundle_that_passes_our_checks(shell: Shell) -> None:
    bundle = read(shell.process("chart", *ADA, "--as-of", AS_OF).stdout)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    bodies = [entry["resource"] for entry in bundle["entry"]]
    assert all(
        entry["fullUrl"].endswith(f"{b['resourceType']}/{b['id']}")
        for entry, b in zip(bundle["entry"], bodies, strict=True)
    )
    assert [problem for body in bodies for problem in check(body)] == []
    assert {"Device", "MedicationAdministration", "Observation", "Flag"} <= {body["resourceType"] for body in bodies}


def test_chart_in_r5_passes_our_checks_and_no_others(shell: Shell) -> None:
    lines = shell.process("chart", *ADA, "--ndjson", "--fhir", "R5", "--as-of", AS_OF).stdout.splitlines()
    bodies = [read(line) for line in lines]
    assert [problem for body in bodies for problem in check(body, "R5")] == []
    assert {"DeviceUsage", "DeviceAssociation"} <= {body["resourceType"] for body in bodies}
    assert shell.process("chart", *ADA, "--ndjson", "--fhir", "r5", "--as-of", AS_OF).stdout.splitlines() == lines
    Path("r5.ndjson").write_text("\n".join(lines))
    assert "0 errors" in shell("validate", "r5.ndjson", "--fhir", "R5", "--engine", "none").out
    broken = {fault["resource"].partition("/")[0] for fault in shell.json("validate", "r5.ndjson", status=5)["faults"]}
    assert {"DeviceUsage", "MedicationAdministration"} <= broken
    assert "0 errors" in shell("validate", ADA[0], "--fhir", "R5", "--as-of", AS_OF, "--engine", "none").out
    assert "name one of: R4, R5" in shell("chart", ADA[0], "--fhir", "R6", status=2).err


def test_chart_is_the_same_whatever_the_order(shell: Shell) -> None:
    one = shell.process("chart", *ADA, "--ndjson", "--as-of", AS_OF).stdout
    other = shell.process("chart", *reversed(ADA), ADA[0], "--ndjson", "--as-of", AS_OF).stdout
    assert sorted(one.splitlines()) == sorted(other.splitlines())
    assert len(one.splitlines()) > 40


def test_chart_keeps_the_digits(shell: Shell) -> None:
    assert '"value":400.00' in shell.process("chart", ADA[0], "--ndjson", "--as-of", AS_OF).stdout


def test_chart_says_what_was_known_then(shell: Shell) -> None:
    statuses = []
    for as_of in ("2025-06-18T20:00Z", "2025-06-20T00:00Z", "2027-01-01T00:00Z"):
        lines = shell.process("chart", *ADA, "--ndjson", "--as-of", as_of).stdout.splitlines()
        given = [json.loads(line) for line in lines]
        statuses.append({b["status"] for b in given if b["resourceType"] == "MedicationAdministration"})
    assert "in-progress" not in statuses[0]  # stalled
    assert "in-progress" in statuses[1]
    assert "unknown" in statuses[2]  # too old


def test_chart_asks_for_the_zone_that_an_export_does_not_state(shell: Shell) -> None:
    text = journey()[7].read_text()
    assert '"zone": "Europe/London"' in text
    file = shell.folder / "zoneless.json"
    file.write_text(text.replace(',\n    "zone": "Europe/London"', ""))
    assert "--zone" in shell("chart", file, "--as-of", AS_OF, status=2).err
    assert "IANA" in shell("chart", file, "--zone", "Nowhere", status=2).err
    assert shell.process("chart", file, "--zone", "Europe/London", "--as-of", AS_OF).returncode == 0


def test_chart_refuses_the_export_that_it_cannot_read(shell: Shell) -> None:
    (shell.folder / "x.json").write_text("{}")
    done = shell("chart", ADA[0], "x.json", status=4)
    assert done.out == ""
    assert "x.json" in done.err


# --- validate --------------------------------------------------------------------------------------------------------


def test_validate_of_exports(shell: Shell) -> None:
    found = shell.json("validate", *journey(), "--as-of", AS_OF)
    assert found["faults"] == []
    assert {file["kind"] for file in found["files"]} == {"export"}


def test_validate_of_fhir_json(shell: Shell) -> None:
    Path("good.ndjson").write_text(shell.process("chart", *ADA, "--ndjson", "--as-of", AS_OF).stdout)
    Path("good.json").write_text(shell.process("chart", *ADA, "--as-of", AS_OF).stdout)
    found = shell.json("validate", "good.ndjson", "good.json")
    assert [(file["kind"], file["resources"] > 40) for file in found["files"]] == [("FHIR JSON", True)] * 2
    assert "0 errors" in shell("validate", "good.json").out


def test_validate_names_the_rule_that_is_broken(shell: Shell) -> None:
    Path("bad.json").write_text('{"resourceType": "Observation", "id": "x", "status": "nonsense"}')
    done = shell.json("validate", "bad.json", status=5)
    assert {fault["resource"] for fault in done["faults"]} == {"Observation/x"}
    assert {fault["by"] for fault in done["faults"]} == {"pumpbridge"}
    assert "Observation/x" in shell("validate", "bad.json", status=5).out


@pytest.mark.parametrize(
    "body",
    [
        '{"resourceType": ["Observation"]}',
        '{"resourceType": "Observation", "id": {"a": 1}}',
        '{"resourceType": "Observation", "meta": {"tag": "x", "profile": 5}, "identifier": "a"}',
        '{"resourceType": "Device", "identifier": [null], "meta": {"tag": [5]}}',
        '{"resourceType": "Bundle", "entry": 5}',
    ],
)
def test_validate_of_json_that_holds_anything_anywhere(shell: Shell, body: str) -> None:
    Path("odd.json").write_text(body)
    shell("validate", "odd.json", "--engine", "none", status=0 if "Bundle" in body else 5)


def test_validate_goes_on_after_what_cannot_be_read(shell: Shell) -> None:
    Path("x.json").write_text("{}")
    found = shell.json("validate", "x.json", ADA[0], "--as-of", AS_OF, status=4)
    assert [file["code"] for file in found["files"]] == ["format-unknown", ""]


def test_validate_says_that_the_engine_did_not_run_and_how_to_get_it(shell: Shell) -> None:
    said = shell.json("validate", ADA[0], "--as-of", AS_OF)["engine"]
    assert (said["ran"], said["reason"]) == (False, "it is not built")
    shown = shell("validate", ADA[0], "--as-of", AS_OF).out
    assert "engine: not run: it is not built\n  to run it: build it once" in shown
    assert "pom.xml process-classes" in shown
    assert "engine: not run: it was told not to" in shell("validate", ADA[0], "--engine", "none").out


def test_validate_does_not_go_on_without_the_engine_that_is_asked_for(shell: Shell) -> None:
    Path("profile.json").write_text("{}")
    for asked in (("--engine", "nowhere"), ("--profile", "profile.json")):
        done = shell("validate", ADA[0], *asked, status=2)
        assert "the validator engine is not to be had: it is not built" in done.err
        assert "remedy: build it once" in done.err
    assert "in nowhere" in shell("validate", ADA[0], "--engine", "nowhere", status=2).err
    done = shell("validate", ADA[0], "--profile", "profile.json", "--engine", "none", status=2)
    assert "by the validator engine only" in done.err
    assert "no such file" in shell("validate", ADA[0], "--profile", "none.json", status=2).err


class Validator(BaseHTTPRequestHandler):
    """A server that finds one error in each Observation and a warning in each Device, and takes no Flag."""

    def do_GET(self) -> None:
        can = capability_statement(Capabilities())
        can["rest"][0]["resource"] = [one for one in can["rest"][0]["resource"] if one["type"] != "Flag"]
        self._say(can)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.path.split("/")[-2]
        severity = {"Observation": "error", "Device": "warning"}.get(kind, "information")
        issue = {"severity": severity, "code": "invariant", "diagnostics": "so it is", "expression": [f"{kind}.code"]}
        self._say({"resourceType": "OperationOutcome", "issue": [issue]})

    def _say(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def validator() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Validator)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()
    thread.join()
    server.server_close()


def test_validate_asks_a_server(shell: Shell, validator: str) -> None:
    found = shell.json("validate", ADA[0], "--as-of", AS_OF, "--server", validator, status=5)
    by = {(fault["by"], fault["severity"]) for fault in found["faults"]}
    assert by == {("server", "error"), ("server", "warning")}
    assert found["server"]["missing"] == ["Flag"]
    assert found["server"]["transactions"] is True
    assert "it cannot take: Flag" in shell("validate", ADA[0], "--server", validator, status=5).out


def test_a_server_of_r5_is_told_what_of_r5_it_is_not_sent() -> None:
    types = {"DeviceUsage", "DeviceAssociation", "Device"}
    with running_faulty(fhir="5.0.0", types=tuple(sorted({*R5_TYPES} - (types - {"Device"})))) as server:
        found = Server(server.base_url, "R5").opinion(types)
    assert found.missing == ("DeviceAssociation", "DeviceUsage")
    told = {(one.type, one.instead) for one in found.departures}
    assert told == {("DeviceUsage", "Procedure"), ("DeviceAssociation", "")}


def test_validate_with_a_server_that_does_not_answer(shell: Shell) -> None:
    done = shell("validate", ADA[0], "--server", "http://127.0.0.1:9/fhir", status=6)
    assert done.out == ""
    assert "destination-unreachable" in done.err
    assert "remedy: see that the server runs" in done.err
    assert "https" in shell("validate", ADA[0], "--server", "http://example.org/fhir", status=2).err


def test_a_broken_configuration_nearby_does_not_matter(shell: Shell) -> None:
    Path("pumpbridge.toml").write_text("this is no TOML")
    assert shell.process("chart", ADA[0], "--as-of", AS_OF).returncode == 0
    shell("inspect", ADA[0])
    shell("validate", ADA[0], "--as-of", AS_OF)
    shell("inspect", ADA[0], "--config", "pumpbridge.toml", status=3)
