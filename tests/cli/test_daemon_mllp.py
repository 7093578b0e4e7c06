"""`pumpbridge run` with a port for messages: they are in the store when they are acknowledged, and it ends cleanly."""

from __future__ import annotations

import socket

import pytest

from bridge.errors import ConfigError
from tests.adapters.hl7_messages import START, STOP, continuous
from tests.cli.shell import Shell
from tests.cli.test_daemon import daemon, until
from tests.sources.mllp_serving import Client, code

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_messages_come_in_while_the_daemon_runs(shell: Shell) -> None:
    port = free_port()
    shell.set_up(extra=f'\n[[mllp]]\nname = "pumps"\nport = {port}\n')
    with daemon(shell) as running:
        until(lambda: running.named("mllp_listening"))
        with Client(("127.0.0.1", port)) as client:
            assert [code(client.ask(message)) for message in (START, STOP, START, continuous())] == ["CA"] * 4
            assert code(client.ask(continuous("INV-000002", flow="5,25"))) == "CE"
            assert len(shell.json("pumps")["pumps"]) == 1
            until(lambda: shell.json("plan")["empty"])
            seconds = running.stop()
        assert seconds < 8
    assert len(running.named("export_accepted")) == 3
    assert [event["code"] for event in running.named("export_quarantined")] == ["number-unreadable"]
    assert running.named("mllp_connection_ended")[0]["code"] == "stopping"
    log = running.log.read_text()
    assert "0048213" not in log
    assert "Norepinephrine" not in log
    charted = shell.resources()
    assert {name.split("/")[0] for name in charted} == {"0", "1"}  # what all courses share, and the pump's course
    statuses = [body["status"] for name, body in charted.items() if "MedicationAdministration" in name]
    assert statuses == ["stopped"]


def test_a_port_for_everybody_must_be_wished(shell: Shell) -> None:
    shell.set_up(extra='\n[[mllp]]\nname = "pumps"\nport = 2575\nhost = "0.0.0.0"\n')
    done = shell("check", status=ConfigError.exit_status)
    assert "allow_remote" in done.err


def test_a_port_that_is_taken_ends_the_daemon(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        shell.set_up(extra=f'\n[[mllp]]\nname = "pumps"\nport = {taken.getsockname()[1]}\n')
        done = shell.process("run")
    assert done.returncode == ConfigError.exit_status
    assert "config-mllp-port" in done.stderr
    assert "only what is imported by hand" not in done.stderr


def test_check_names_each_port_and_finds_a_certificate_that_cannot_be_used(shell: Shell) -> None:
    plain = '\n[[mllp]]\nname = "pumps"\nport = 2575\n'
    shell.set_up(extra=plain + '\n[[mllp]]\nname = "ward"\nport = 2576\ntls_cert = "no.pem"\ntls_key = "no.key"\n')
    checks = {one["what"]: one for one in shell.json("check", status=ConfigError.exit_status)["checks"]}
    assert checks["port pumps"]["says"] == "127.0.0.1:2575, no TLS"
    assert checks["port ward"]["code"] == "config-mllp-tls"


def test_files_are_imported_inspected_and_validated(shell: Shell) -> None:
    from tests.adapters.hl7_messages import FIXTURES

    shell.set_up()
    files = sorted(FIXTURES.glob("*/export.hl7"))
    sums = shell.json("import", *files)
    assert (sums["files"], sums["accepted"], sums["quarantined"]) == (len(files), len(files), 0)
    batch = FIXTURES / "batch" / "export.hl7"
    assert len(shell.json("inspect", batch)["interrogations"]) == 3
    faults = shell.json("validate", *files)["faults"]
    assert {(fault["by"], fault["severity"]) for fault in faults} == {("hl7apy", "warning")}
    assert {fault["element"] for fault in faults} == {"PID.PID_31", "PID.PID_32"}  # PID and PV1 are fused in one
    assert "OBX[15]-5.1" in shell("inspect", FIXTURES / "continuous" / "export.hl7").out
