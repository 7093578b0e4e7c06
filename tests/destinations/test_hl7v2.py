"""What becomes of one message: confirmed, refused, to be tried again, in doubt; and how the connection is kept."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations.hl7v2 import Hl7v2Receiver
from bridge.destinations.hl7v2_er7 import Names
from bridge.destinations.hl7v2_line import Address
from bridge.destinations.protocol import Answer, PumpSought, Write
from bridge.errors import DestinationError
from bridge.fhir_json import Json, canonical
from bridge.interrogation import stated
from bridge.messages.message import INTERROGATION
from tests.course.building import continuous, course, drugs, export, left
from tests.destinations.hl7v2_receiving import Receiver
from tests.destinations.told import NAMES, messages
from tests.sources.certificates import made
from tests.sources.mllp_serving import serving

DAY = "2025-03-03"


def body(**changes: Any) -> Json:
    """A message as a plan holds it."""
    told = export(f"{DAY}T10:00+00:00", left(f"{DAY}T10:30+00:00", continuous(), drugs=drugs()), update="completed",
                  end=f"{DAY}T10:30+00:00", patient={
                      "identifier": "0000017", "system": "MRN", "family": "Lovelace", "given": "Zoë"})  # fmt: skip
    (message,) = [m for m in messages(course(told)) if m.type == INTERROGATION]
    stamp = {"number": "PB0123456789ABCDEF01", "sent": "2025-06-18T15:02:00+01:00", "status": "F"}
    return {**message.body, **stamp, **changes}


def write(content: Json | None = None, *, again: bool = False) -> Write:
    found = content or body()
    return Write(found["type"], found["id"], canonical(found), None, ("s", "v"), "create", again=again)


def receiver_at(port: int, names: Names = NAMES, **settings: Any) -> Hl7v2Receiver:
    return Hl7v2Receiver(Address("127.0.0.1", port, 2.0, settings.pop("patience", 0.3), **settings), names)


def answered(*faults: str, again: bool = False, acknowledgement: str = "accept") -> tuple[Answer, Receiver]:
    """The answer to one message of a receiver with these faults."""
    with Receiver(faults) as there:
        one = receiver_at(there.port, dataclasses.replace(NAMES, acknowledgement=acknowledgement))
        (answer,) = one.send([write(again=again)], course="1")
        one.close()
        return answer, there


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("", "confirmed", ""),
        ("lost", "in_doubt", "connection-cut"),
        ("cut", "in_doubt", "connection-cut"),
        ("half", "in_doubt", "connection-cut"),
        ("no-ack", "in_doubt", "no-answer"),
        ("slow", "in_doubt", "no-answer"),
        ("wrong-number", "in_doubt", "answer-to-another"),
        ("no-number", "in_doubt", "answer-to-another"),
        ("not-hl7", "in_doubt", "answer-unreadable"),
        ("CE/102", "refused", "hl7-CE"),
        ("AE/204", "refused", "hl7-AE"),
        ("AE/207", "refused", "hl7-AE"),
        ("CR/203", "refused", "hl7-CR"),
        ("AR/205", "refused", "hl7-AR"),
        ("AR/207", "retry", "hl7-AR"),
        ("CR/206", "retry", "hl7-CR"),
    ],
)
def test_an_answer_is_classified(fault: str, status: str, code: str) -> None:
    answer, _ = answered(fault)
    assert (answer.status, answer.code) == (status, code)


def test_a_refusal_says_code_and_place_and_nothing_of_the_patient() -> None:
    answer, _ = answered("AE/101/PID^1^5")
    assert answer.detail == "AE 101 PID.1.5"


def test_what_is_known_there_already_is_confirmed_where_it_is_sent_again() -> None:
    answer, _ = answered("AR/205", again=True)
    assert answer.status == "confirmed"


def test_safe_keeping_is_no_answer_where_processing_was_asked_for() -> None:
    assert answered("two", acknowledgement="application")[0].status == "confirmed"
    kept, there = answered("commit", acknowledgement="application")
    assert (kept.status, kept.code) == ("in_doubt", "no-answer")
    (message,) = there.messages
    assert (message.header.text(15), message.header.text(16)) == ("NE", "AL")


def test_a_late_answer_is_never_taken_for_the_next_messages() -> None:
    with Receiver(["slow"]) as there:
        one = receiver_at(there.port)
        assert one.send([write()], course="1")[0].status == "in_doubt"
        time.sleep(0.5)  # its answer comes now, to nobody
        other = write(body(number="PB0123456789ABCDEF02"))
        assert one.send([other], course="1")[0] == Answer("confirmed", version="PB0123456789ABCDEF02")
        assert there.connections == 2
        one.close()


def test_one_connection_is_kept_and_made_again_where_it_was_closed() -> None:
    with Receiver(["", "", "two"]) as there:
        one = receiver_at(there.port)
        assert [one.send([write()], course="1")[0].status for _ in range(2)] == ["confirmed"] * 2
        assert there.connections == 1
        for connection in there.open_connections():
            connection.shutdown(socket.SHUT_RDWR)
        time.sleep(0.1)
        assert one.send([write()], course="1")[0].status == "confirmed"
        assert there.connections == 2
        time.sleep(0.1)  # the second of its two answers was asked for by nobody
        assert one.send([write()], course="1")[0].status == "confirmed"
        one.close()


def test_the_same_body_is_the_same_bytes() -> None:
    with Receiver(["lost"]) as there:
        one = receiver_at(there.port)
        assert [one.send([write()], course="1")[0].status for _ in range(2)] == ["in_doubt", "confirmed"]
        one.close()
        assert there.told[0] == there.told[1]


def test_a_receiver_that_is_down_was_not_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = receiver_at(port).send([write()], course="1")[0]
    assert (answer.status, answer.code) == ("unreachable", "destination-unreachable")
    with pytest.raises(DestinationError):
        receiver_at(port).reach()


def test_nothing_follows_what_is_not_confirmed() -> None:
    with Receiver(["CE/100"]) as there:
        one = receiver_at(there.port)
        assert [answer.status for answer in one.send([write(), write()], course="1")] == ["refused", "blocked"]
        one.close()
        assert len(there.told) == 1


def test_what_is_not_sent_needs_no_receiver() -> None:
    answer = receiver_at(1).send([write(body(not_sent="too late"))], course="1")[0]
    assert answer == Answer("confirmed", version="not-sent")


def test_a_text_that_the_character_set_lacks_is_refused_by_its_place() -> None:
    with Receiver() as there:
        one = receiver_at(there.port, dataclasses.replace(NAMES, charset="ASCII"))
        (answer,) = one.send([write()], course="1")
        assert (answer.status, answer.code) == ("refused", "text-unwritable")
        assert answer.detail == "PID-5: a text is not in the receiver's character set"
        latin = receiver_at(there.port, dataclasses.replace(NAMES, charset="8859/1"))
        assert latin.send([write()], course="1")[0].status == "confirmed"
        latin.close()
        (message,) = there.messages
        assert message.header.text(18) == "8859/1"
        assert message.named("PID")[0].text(5, 2) == "Zoë"


def test_it_says_honestly_what_it_cannot() -> None:
    one = receiver_at(1)
    assert one.append_only
    assert one.capabilities().types == {"ORU_R01", "ORU_R42", "ORU_R40"}
    assert one.look("ORU_R01", "x", ("s", "v")) is None
    assert one.versions([("ORU_R01", "x")]) == {}
    assert one.find_patient("s", "v").status == "none"
    assert one.find_pump(PumpSought("m", "o", "s")).status == "unsearchable"


def test_our_own_listener_takes_it_and_keeps_the_same_facts(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        one = receiver_at(running.address[1], patience=20.0)
        (answer,) = one.send([write()], course="1")
        assert answer.status == "confirmed"
        one.close()
        (sha256,) = running.store.accepted()
        (found,) = running.store.interrogations(sha256)
    assert not found.is_hospital_pump
    assert stated(found.patient.family) == "Lovelace"
    (state,) = found.channel.states
    assert state.programme is not None
    assert str(stated(state.programme.doses[0].daily)) == "400.00 ug/d"


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("tls"), "ours", "theirs")


def asking(certificates: Path) -> ssl.SSLContext:
    """A receiver's side that asks for a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ours.pem")
    context.load_cert_chain(certificates / "ours.pem", certificates / "ours.key")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize(
    ("own", "trusted", "status"),
    [
        ("ours", "ours", "confirmed"),
        ("theirs", "ours", "paused"),
        ("ours", "theirs", "paused"),
        (None, "ours", "paused"),
        ("missing", "ours", "paused"),
    ],
)
def test_tls_with_our_certificate(certificates: Path, own: str | None, trusted: str, status: str) -> None:
    with Receiver(tls=asking(certificates)) as there:
        one = receiver_at(
            there.port, patience=5.0, tls=True, ca=certificates / f"{trusted}.pem",
            certificate=certificates / f"{own}.pem" if own else None, key=certificates / f"{own}.key" if own else None,
        )  # fmt: skip
        (answer,) = one.send([write()], course="1")
        one.close()
        assert answer.status == status
        assert answer.code == ("" if status == "confirmed" else "destination-tls")
        assert len(there.told) == (status == "confirmed")


def test_the_sender_and_the_receiver_of_the_command_line_meet(tmp_path: Path) -> None:
    """What others try their own receivers and senders with."""
    command = [sys.executable, "-m", "tests.destinations.hl7v2_receiving", "0", str(tmp_path / "got")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as there:
        assert there.stdout is not None
        port = there.stdout.readline().rpartition(":")[2].strip()
        sender = [sys.executable, "-m", "tests.destinations.hl7v2_sending", "127.0.0.1", port]
        done = subprocess.run(sender, cwd=root, capture_output=True, text=True, timeout=60)
        there.communicate(timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "got").iterdir())) == len(done.stdout.splitlines()) > 10
