"""HL7 v2 peers that others wrote, against the real listener: the Java library HAPI, node-hl7-client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.hl7v2_pcd import ADAPTER
from bridge.wire.acks import CONDITIONS, REJECTED, Verdict, answers
from bridge.wire.mllp import unframed
from tests.adapters.hl7_messages import CASES, continuous
from tests.servers.conftest import give_up
from tests.servers.peers import PEERS, Peer, PeerFailed, ServerUnavailable, java_peer
from tests.sources.certificates import made
from tests.sources.mllp_serving import QUICK, serving

pytestmark = pytest.mark.server
NOW = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
# A batch is a file; a break in MSH-10 is a fault of one sender, which others do not send on.
SENT = {name: unframed(content) for name, content in CASES.items() if name not in ("batch", "power-off")}


@pytest.fixture(scope="module", params=sorted(PEERS))
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    try:
        with PEERS[request.param]() as started:
            yield started
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


@pytest.fixture(scope="module")
def java() -> Iterator[Peer]:
    try:
        with java_peer() as started:
            yield started
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


def in_folder(folder: Path, messages: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in messages.items():
        (folder / name).write_bytes(content)
    return folder


def sent(peer: Peer, address: tuple[str, int], folder: Path, messages: dict[str, bytes]) -> dict[str, list[str]]:
    """The answer to each message of one connection, its segments."""
    asked = in_folder(folder / "asked", messages)
    answered = in_folder(folder / "answered", {})
    assert peer.ask("send", *address, asked, answered) == [str(len(messages))]
    return {file.name: file.read_bytes().decode().rstrip("\r").split("\r") for file in answered.iterdir()}


def number_of(message: bytes) -> str:
    return message.decode().split("|")[9]


def segments(message: bytes) -> list[str]:
    """The segments, without the empty fields that may end each."""
    return [segment.rstrip("|") for segment in message.decode().split("\r")]


def test_what_a_peer_sends_is_committed_and_answered(peer: Peer, tmp_path: Path) -> None:
    """PCD-01, PCD-10, PCD-04 and PCD-09, one after the other over one connection, and all of them again."""
    with serving(tmp_path) as running:
        for turn in ("first", "again"):
            found = sent(peer, running.address, in_folder(tmp_path / turn, {}), SENT)
            assert {name: answer[1] for name, answer in found.items()} == {
                name: f"MSA|CA|{number_of(content)}" for name, content in SENT.items()
            }
        assert len(list(running.store.accepted())) == len(SENT)
        read = {one for sha in running.store.accepted() for one in running.store.interrogations(sha)}
    assert read == {one for content in SENT.values() for one in ADAPTER.read(content)}


def test_a_refusal_reaches_the_peer_and_the_connection_goes_on(peer: Peer, tmp_path: Path) -> None:
    original = {"accept": "", "application": ""}
    messages = {
        "1": continuous("A-1", **original),
        "2": continuous("A-2", **original).replace(b"^MDC_FLOW_FLUID_PUMP^", b"^MDC_VOL_FLUID_TBI^"),
        "3": continuous("A-3", **original).replace(b"ORU^R01^ORU_R01", b"ORU^R30^ORU_R30"),
        "4": continuous("A-4", at="20260302101600+0000", **original),
    }
    with serving(tmp_path) as running:
        found = sent(peer, running.address, tmp_path, messages)
        assert [found[name][1] for name in "1234"] == ["MSA|AA|A-1", "MSA|AE|A-2", "MSA|AR|A-3", "MSA|AA|A-4"]
        assert [found[name][2].split("|")[2] for name in "23"] == ["OBX^10^3^1", "MSH^1^9^1^2"]
        assert len(list(running.store.accepted())) == 2


def test_a_peer_shows_its_certificate(tmp_path: Path, peer: Peer) -> None:
    """TLS, both sides with a certificate; another authority's is refused. It comes last: the peer stays with TLS."""
    folder = made(in_folder(tmp_path / "tls", {}), "ours", "theirs")
    files = {"cert": folder / "ours.pem", "key": folder / "ours.key", "client_ca": folder / "ours.pem"}
    with serving(tmp_path, QUICK, **files) as running:
        peer.show(folder / "ours.pem", folder / "ours.key", folder / "ours.pem", tmp_path)
        found = sent(peer, running.address, in_folder(tmp_path / "good", {}), SENT)
        assert {answer[1].split("|")[1] for answer in found.values()} == {"CA"}
        peer.show(folder / "theirs.pem", folder / "theirs.key", folder / "ours.pem", tmp_path)
        with pytest.raises(PeerFailed):
            sent(peer, running.address, in_folder(tmp_path / "bad", {}), {"1": continuous("NOT-1")})
        assert len(list(running.store.accepted())) == len(SENT)


def test_java_reads_and_writes_the_fixtures_as_they_are(java: Peer, tmp_path: Path) -> None:
    for name, content in SENT.items():
        (tmp_path / name).write_bytes(content)
        kind, number = java.ask("parse", tmp_path / name, tmp_path / f"{name}.out")
        assert (kind, number) == ("ORU_R01", number_of(content))
        assert ADAPTER.read((tmp_path / f"{name}.out").read_bytes()) == ADAPTER.read(content)


@pytest.mark.parametrize("old", ["|12.50|", "|20260302101500+0000"])
def test_the_validating_parser_of_java_does_validate(java: Peer, tmp_path: Path, old: str) -> None:
    (tmp_path / "bad").write_bytes(continuous().replace(old.encode(), b"|12;50|" if "." in old else b"|tomorrow"))
    with pytest.raises(PeerFailed):
        java.ask("parse", tmp_path / "bad", tmp_path / "out")


def test_java_parses_every_acknowledgement(java: Peer, tmp_path: Path) -> None:
    """Each code of a refusal, in original and in enhanced mode, of every kind of message."""
    verdicts = [Verdict()] + [
        Verdict(code, where, "let the sender send |^~\\& as it is")
        for code in sorted(REJECTED | set(CONDITIONS))
        for where in ("", "MSH[1]-9.1", "OBX[10]-5", "message 3, PID[1]-3.1")
    ]
    modes = [{"accept": "", "application": ""}, {"accept": "AL", "application": "AL"}]
    frames = [*CASES.values(), *(continuous(**mode) for mode in modes)]
    count = 0
    for frame in frames:
        for verdict in verdicts:
            for answer in answers(frame, verdict, NOW):
                count += 1
                (tmp_path / "answer").write_bytes(unframed(answer))
                kind, _ = java.ask("parse", tmp_path / "answer", tmp_path / "out")
                assert kind == "ACK"
                assert segments((tmp_path / "out").read_bytes()) == segments(unframed(answer))
    assert count > 1000
