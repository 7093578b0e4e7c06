"""What we send as HL7 v2, before receivers that others wrote: Java with its validating parser, and node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.hl7v2_pcd import ADAPTER
from bridge.messages.message import ALARM, DELIVERY, INTERROGATION, Message
from bridge.reconcile import Reconciler
from bridge.wire.mllp import unframed
from tests.course.building import continuous, drugs, export, found, left
from tests.destinations import told
from tests.destinations.test_hl7v2_round_trip import FIXTURES, FORMATS, exports, folded
from tests.hospital import JOURNEY, Hospital
from tests.servers.conftest import give_up
from tests.servers.peers import PEERS, Peer, ServerUnavailable, java_peer, node_peer
from tests.servers.test_hl7v2_peers import segments
from tests.sources.certificates import made

pytestmark = pytest.mark.server
NOW = datetime(2025, 9, 1, 10, 40, tzinfo=UTC)
WAYS = [("accept", "CA"), ("application", "AA")]


@pytest.fixture(params=sorted(PEERS))
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    try:
        with PEERS[request.param]() as started:
            yield started
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


@pytest.fixture
def node() -> Iterator[Peer]:
    try:
        with node_peer() as started:
            yield started
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


@pytest.fixture
def java() -> Iterator[Peer]:
    try:
        with java_peer() as started:
            yield started
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


@contextmanager
def receiving(peer: Peer, folder: Path, how: str, *more: str) -> Iterator[Hospital]:
    """A hospital whose only destination is the peer, which answers as told."""
    got = folder / "got"
    got.mkdir()
    (port,) = peer.ask("receive", got, how)
    place = [
        'kind = "hl7v2"', 'host = "127.0.0.1"', f"port = {port}", 'environment = "test"', "accept_simulated = true",
        "start_horizon = 2020-01-01", 'mode = "live"', *more,
    ]  # fmt: skip
    with Hospital(folder, "\n".join(place), now=NOW) as hospital:
        yield hospital
    peer.ask("close")


def applied(hospital: Hospital) -> list[tuple[str, str]]:
    """Apply without waiting between two tries; status and code of what a person should see."""
    site = hospital.site
    reconciler = Reconciler(
        site.store, site.place("charts"), site.destination("charts"), hospital.clock, "tests",
        sleep=lambda seconds: None,
    )  # fmt: skip
    return [(outcome.status, outcome.code) for outcome in reconciler.run(apply=True).outcomes]


def got(folder: Path) -> list[bytes]:
    """What arrived, in order."""
    return [file.read_bytes() for file in sorted((folder / "got").glob("*.hl7"))]


def numbers(message: bytes) -> list[bytes]:
    """MSH-10 of each message that stands in what came."""
    return re.findall(rb"MSH(?:\|[^|\r]*){8}\|([^|\r]*)", message)


def events(messages: list[bytes]) -> set[str]:
    return {message.decode().split("|")[8].split("^")[1] for message in messages}


def visit_now() -> dict[str, object]:
    """A session that has just changed the programme: one delivery ends, another begins."""
    start, after = "2025-09-01T10:00+00:00", "2025-09-01T10:30+00:00"
    states = found(continuous("400.00"), drugs=drugs()), left(after, continuous("450.00"), drugs=drugs())
    return export(start, *states, end=after, update="completed")


@pytest.mark.parametrize(("asked", "code"), WAYS, ids=[way for way, _ in WAYS])
def test_java_takes_the_journey_and_parses_every_message(java: Peer, tmp_path: Path, asked: str, code: str) -> None:
    """Interrogations and delivery events; what the parser refuses it answers with AE: the course would be parked."""
    with receiving(java, tmp_path, code, f'acknowledgement = "{asked}"') as hospital:
        hospital.take(*sorted(JOURNEY.glob("0[1-4]-*.json")))
        hospital.take(visit_now())
        assert applied(hospital) == []
        assert hospital.plan() == []
    messages = got(tmp_path)
    assert events(messages) == {"R01", "R42"}
    assert len({message.split(b"|")[9] for message in messages}) == len(messages) >= 5
    for number, message in enumerate(messages):
        (tmp_path / "one").write_bytes(message)
        assert java.ask("parse", tmp_path / "one", tmp_path / "out")[0] == "ORU_R01", number
        assert ADAPTER.read((tmp_path / "out").read_bytes()) == ADAPTER.read(message)


@pytest.mark.parametrize(("asked", "code"), WAYS, ids=[way for way, _ in WAYS])
def test_node_takes_the_journey(node: Peer, tmp_path: Path, asked: str, code: str) -> None:
    """Its server keeps what came before on a connection, and answers the first message again for each later one.

    An answer to another message confirms nothing: each message comes again on a connection of its own, as it was.
    """
    with receiving(node, tmp_path, code, f'acknowledgement = "{asked}"') as hospital:
        hospital.take(*sorted(JOURNEY.glob("0[1-4]-*.json")))
        assert applied(hospital) == []
        assert hospital.plan() == []
        sent = {row.version.encode() for row in hospital.rows(1) if row.version != "not-sent"}
    alone = {number for message in got(tmp_path) if len(found := numbers(message)) == 1 for number in found}
    assert alone == sent
    assert len(sent) == 4


def test_a_refusal_of_a_peer_parks_the_course(peer: Peer, tmp_path: Path) -> None:
    with receiving(peer, tmp_path, "AE", 'acknowledgement = "application"') as hospital:
        hospital.take(visit_now())
        assert applied(hospital) == [("parked", "hl7-AE")]
        (parked,) = hospital.site.store.parked("charts")
        assert "0000017" not in str(parked)


def test_a_peer_that_does_not_answer_is_told_the_same_again(peer: Peer, tmp_path: Path) -> None:
    with receiving(peer, tmp_path, "nothing", 'acknowledgement = "application"', "timeout_seconds = 0.3") as hospital:
        hospital.take(visit_now())
        assert applied(hospital) == [("unreachable", "no-answer")]
    messages = got(tmp_path)
    assert len(messages) > 1
    assert len(set(messages)) == 1


def test_java_asks_for_our_certificate(java: Peer, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    made(folder, "ours", "theirs")
    (folder / "ours.key").chmod(0o600)
    java.show(folder / "ours.pem", folder / "ours.key", folder / "ours.pem", tmp_path)
    own = [f"tls_{name} = '{folder / file}'" for name, file in (("cert", "ours.pem"), ("key", "ours.key"))]
    trusted = ["tls = true", f"tls_ca = '{folder / 'ours.pem'}'"]
    with receiving(java, tmp_path, "CA", *trusted, *own) as hospital:
        hospital.take(visit_now())
        assert applied(hospital) == []
    assert events(got(tmp_path)) == {"R01", "R42"}


def test_java_parses_messages_of_every_format(java: Peer, tmp_path: Path) -> None:
    """Interrogations, delivery events and alarms; new, corrected and taken back: the last of each, of each format."""
    found = {(path.relative_to(FIXTURES).parts[0], message.type): message for path, message in written()}
    for message in found.values():
        for status in ("F", "C", "D"):
            content = unframed(told.sent(message, status))
            (tmp_path / "one").write_bytes(content)
            assert java.ask("parse", tmp_path / "one", tmp_path / "out") == ["ORU_R01", "PB0123456789ABCDEF01"]
            assert segments((tmp_path / "out").read_bytes()) == segments(content)
    assert {kind for _, kind in found} == {INTERROGATION, DELIVERY, ALARM}
    assert len(found) >= 2 * len(FORMATS)


def written() -> Iterator[tuple[Path, Message]]:
    """Every message of the course that each export alone makes."""
    for path in exports():
        course = folded(path)
        for message in told.messages(course[1]) if course else ():
            yield path, message
