"""The MLLP listener with real sockets and a real store (numbers: invariants of mllp_listener.py and mllp_writer.py)."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bridge import log
from bridge.errors import ConfigError, StoreError
from bridge.interrogation import stated
from bridge.sources.mllp_connection import MAX_REFUSED
from bridge.sources.mllp_listener import Listener
from bridge.sources.mllp_port import Limits, Port
from bridge.sources.mllp_writer import Writer
from tests.adapters.hl7_messages import NOBODY, continuous, framed, message, msh
from tests.sources.certificates import made
from tests.sources.mllp_serving import QUICK, Client, code, parts_of, serving

ORIGINAL = {"accept": "", "application": ""}


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def test_an_answer_means_that_it_is_in_the_store(tmp_path: Path) -> None:
    """Listener 1, writer 1."""
    with serving(tmp_path) as running, Client(running.address) as client:
        for number in range(1, 6):
            answer = client.ask(continuous(f"INV-{number:06}", at=f"2026030210{number:02}00+0000"))
            assert code(answer) == "CA"
            assert answer[1].split("|")[2] == f"INV-{number:06}"
            assert len(list(running.store.accepted())) == number
        read = [one for sha in running.store.accepted() for one in running.store.interrogations(sha)]
        infusions = [one.channel.infusion for one in read]
        assert {stated(infusion.message) for infusion in infusions if infusion} == {f"INV-{n:06}" for n in range(1, 6)}


def test_original_mode_is_answered_by_an_application(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as client:
        assert code(client.ask(continuous(**ORIGINAL))) == "AA"


def test_both_acknowledgements_where_both_are_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as client:
        first = client.ask(continuous(accept="AL", application="AL"))
        assert (code(first), code(client.answer())) == ("CA", "AA")


def test_a_thousand_packets_and_many_frames_in_one(tmp_path: Path) -> None:
    content = framed(continuous(**ORIGINAL))
    with serving(tmp_path) as running, Client(running.address) as client:
        for place in range(0, len(content), 2):
            client.send(content[place : place + 2])
        assert code(client.answer()) == "AA"
        client.send(b"".join(framed(continuous(f"M{n}", at=f"2026030211{n:02}00+0000", **ORIGINAL)) for n in range(40)))
        assert [client.answer()[1] for _ in range(40)] == [f"MSA|AA|M{n}" for n in range(40)]
        assert len(list(running.store.accepted())) == 41


def test_a_refused_message_says_where_and_is_kept(tmp_path: Path) -> None:
    bad = continuous(**ORIGINAL).replace(b"|12.50|", b"|12,50|")
    with serving(tmp_path) as running, Client(running.address) as client:
        answer = client.ask(bad)
        assert code(answer) == "AE"
        assert answer[2].split("|")[2:4] == ["OBX^15^5^1^1", "102^Data type error^HL70357"]
        assert "0048213" not in "".join(answer)
        (kept,) = running.store.quarantined()
        assert (kept.code, kept.pump.serial if kept.pump else "") == ("number-unreadable", "LV70001")
        assert code(client.ask(continuous("NEXT", **ORIGINAL))) == "AA"


@pytest.mark.parametrize(
    ("old", "new", "place", "condition"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01^ADT_A01", "MSH^1^9^1^1", "200"),
        ("ORU^R01^ORU_R01", "ORU^R30^ORU_R30", "MSH^1^9^1^2", "201"),
        ("|D|2.6|", "|X|2.6|", "MSH^1^11^1^1", "202"),
        ("|D|2.6|", "|D|3.0|", "MSH^1^12^1", "203"),
    ],
)
def test_what_is_not_read_here_is_rejected(tmp_path: Path, old: str, new: str, place: str, condition: str) -> None:
    content = continuous(**ORIGINAL).replace(old.encode(), new.encode())
    with serving(tmp_path) as running, Client(running.address) as client:
        answer = client.ask(content)
        assert code(answer) == "AR"
        assert (answer[2].split("|")[2], answer[2].split("|")[3][:3]) == (place, condition)


def test_the_same_message_again_has_one_effect(tmp_path: Path) -> None:
    """Writer 2: the same answer."""
    with serving(tmp_path) as running:
        for _ in range(2):
            with Client(running.address) as client:
                client.send(framed(continuous(**ORIGINAL)) * 3)
                assert [client.answer()[1] for _ in range(3)] == ["MSA|AA|INV-000001"] * 3
        assert len(list(running.store.accepted())) == 1


def test_the_same_number_with_other_content_is_an_error(tmp_path: Path) -> None:
    """Writer 2: within one group, and after the listener was started anew."""
    other, third = continuous(flow="9.99", **ORIGINAL), continuous(flow="8.88", **ORIGINAL)
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(framed(continuous(**ORIGINAL)) + framed(other))
        assert [code(client.answer()) for _ in range(2)] == ["AA", "AE"]
    with serving(tmp_path) as running, Client(running.address) as client:
        answer = client.ask(third)
        assert code(answer) == "AE"
        assert answer[2].split("|")[2:4] == ["MSH^1^10^1", "205^Duplicate key identifier^HL70357"]
        assert code(client.ask(other)) == "AE"
        assert code(client.ask(continuous(**ORIGINAL))) == "AA"
        assert len(list(running.store.accepted())) == 1
        assert {row.code for row in running.store.quarantined()} == {"message-number-repeated"}


def test_a_corrected_message_may_keep_its_number(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as client:
        assert code(client.ask(continuous(flow="5,25", **ORIGINAL))) == "AE"
        assert code(client.ask(continuous(flow="5.25", **ORIGINAL))) == "AA"


def test_a_message_without_a_frame_ends_its_connection_only(tmp_path: Path) -> None:
    """Listener 2."""
    with serving(tmp_path) as running, Client(running.address) as good:
        with Client(running.address) as bad:
            bad.send(continuous(**ORIGINAL))
            assert code(bad.answer()) == "AR"
            assert bad.ended()
        assert code(good.ask(continuous(**ORIGINAL))) == "AA"


def test_a_field_without_end_is_refused_without_being_read(tmp_path: Path) -> None:
    """Listener 2: a hundred megabytes are told to stop after the limit."""
    head = b"\x0b" + continuous(**ORIGINAL)[:-1]
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(head)
        sent = 0
        with pytest.raises(OSError):
            while sent < 100_000_000:
                client.send(b"9" * 100_000)
                sent += 100_000
        assert sent < 20_000_000
        assert list(running.store.accepted()) == []


def test_a_long_frame_is_answered_before_its_connection_ends(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(b"\x0b" + continuous(**ORIGINAL) + b"9" * QUICK.message_bytes)
        answer = client.answer()
        assert (code(answer), answer[1].split("|")[2]) == ("AR", "INV-000001")
        assert client.ended()


def test_half_a_frame_and_silence_are_ended(tmp_path: Path) -> None:
    """Listener 2."""
    limits = Limits(idle=0.6, frame=0.3, answer=1.0)
    with serving(tmp_path, limits) as running, Client(running.address) as half, Client(running.address) as silent:
        half.send(framed(continuous(**ORIGINAL))[:-30])
        assert half.ended()
        assert silent.ended()
        assert list(running.store.accepted()) == []
        with Client(running.address) as client:
            assert code(client.ask(continuous(**ORIGINAL))) == "AA"


def test_a_slow_drip_is_no_way_to_stay(tmp_path: Path) -> None:
    """Listener 2: each byte is no new patience."""
    with serving(tmp_path, Limits(idle=30, frame=0.5, answer=1.0)) as running, Client(running.address) as client:
        start = time.monotonic()
        with pytest.raises(OSError):
            for byte in framed(continuous(**ORIGINAL)):
                client.send(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - start < 10


def test_a_steady_stream_is_no_half_frame(tmp_path: Path) -> None:
    """Listener 2: packets that always end in the middle of a frame, for longer than one frame may take."""
    frames = [framed(continuous(f"S{n}", at=f"2026030213{n:02}00", **ORIGINAL)) for n in range(40)]
    content, middle = b"".join(frames), len(frames[0]) // 2
    with serving(tmp_path, Limits(idle=30, frame=0.5, answer=5)) as running, Client(running.address) as client:
        client.send(content[:middle])
        for number, frame in enumerate(frames):
            client.send(content[middle : middle + len(frame)])
            middle += len(frame)
            assert client.answer()[1] == f"MSA|AA|S{number}"
            time.sleep(0.03)
        assert len(list(running.store.accepted())) == 40


def test_who_does_not_read_his_answers_is_ended(tmp_path: Path) -> None:
    """Listener 2: and meanwhile another sender is answered."""
    content = framed(continuous(**ORIGINAL))
    with serving(tmp_path, Limits(idle=30, frame=5, answer=0.5, message_bytes=200_000)) as running:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(running.address)
        deaf.settimeout(1)
        sending = threading.Thread(target=partial(_pour, deaf, content))
        sending.start()
        with Client(running.address) as client:
            assert code(client.ask(continuous("OTHER", **ORIGINAL))) == "AA"
        sending.join(60)
        assert not sending.is_alive()
        deaf.close()


def _pour(connected: socket.socket, content: bytes) -> None:
    """Send until the other side has had enough."""
    end = time.monotonic() + 45
    while time.monotonic() < end:
        try:
            connected.sendall(content * 200)
        except TimeoutError:
            continue
        except OSError:
            return
    raise AssertionError("the listener took all of it")


def test_a_flood_of_nonsense_ends_its_connection(tmp_path: Path) -> None:
    """Listener 2."""
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(b"".join(framed(b"MSH|^~\\&|X||||||NO|%d|P|2.6\r" % n) for n in range(MAX_REFUSED)))
        assert [code(client.answer()) for _ in range(MAX_REFUSED)] == ["AR"] * MAX_REFUSED
        assert client.ended()


def test_one_connection_too_many_is_closed(tmp_path: Path) -> None:
    limits = Limits(connections=2)
    with serving(tmp_path, limits) as running, Client(running.address) as first, Client(running.address) as second:
        assert code(first.ask(continuous("A", **ORIGINAL))) == "AA"
        assert code(second.ask(continuous("B", at="20260302101600", **ORIGINAL))) == "AA"
        with Client(running.address) as third:
            assert third.ended()
        assert code(first.ask(continuous("C", at="20260302101700", **ORIGINAL))) == "AA"


def test_one_address_has_its_share_of_the_connections(tmp_path: Path) -> None:
    """Listener 4: three quarters, where the site says nothing; the rest is for others."""
    with serving(tmp_path, Limits(connections=4)) as running:
        clients = [Client(running.address) for _ in range(3)]
        for number, client in enumerate(clients):
            assert code(client.ask(continuous(f"H{number}", at=f"202603021016{number:02}", **ORIGINAL))) == "AA"
        with Client(running.address) as fourth:
            assert fourth.ended()
        clients.pop().socket.close()
        until(lambda: _is_served(running.address))
        for client in clients:
            client.socket.close()


def _is_served(address: tuple[str, int]) -> bool:
    with Client(address) as client:
        try:
            return code(client.ask(continuous("AGAIN", at="20260302101700", **ORIGINAL))) == "AA"
        except (EOFError, ConnectionError):
            return False


@pytest.mark.parametrize(
    ("connections", "given", "share"), [(64, None, 48), (4, None, 3), (2, None, 2), (1, None, 1), (64, 64, 64)]
)
def test_the_share_of_one_address(connections: int, given: int | None, share: int) -> None:
    assert Limits(connections=connections, per_host=given).from_one_host == share


def test_who_has_said_all_is_answered_all(tmp_path: Path) -> None:
    """Connection 2: a sender that closes its half after the last message still hears of each."""
    frames = [framed(continuous(f"E{n}", at=f"2026030214{n % 60:02}00", **ORIGINAL)) for n in range(150)]
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(b"".join(frames))
        client.socket.shutdown(socket.SHUT_WR)
        assert [client.answer()[1] for _ in frames] == [f"MSA|AA|E{n}" for n in range(150)]
        assert client.ended()


def test_messages_of_one_commit_are_one_line_of_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is named in it, by the beginning of its hash."""
    log.configure("info", json=True, strict=True)
    frames = [framed(continuous(f"L{n}", at=f"2026030215{n:02}00", **ORIGINAL)) for n in range(40)]
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(b"".join(frames))
        assert {code(client.answer()) for _ in frames} == {"AA"}
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    accepted = [line for line in lines if line["event"] in ("export_accepted", "exports_accepted")]
    named = [name for line in accepted for name in str(line.get("exports", line.get("export"))).split()]
    assert [name[:12] for name in named] == [hashlib.sha256(frame).hexdigest()[:12] for frame in frames]
    assert sum(line.get("count", 1) for line in accepted) == len(frames)
    assert len(accepted) < len(frames)


def test_nothing_is_answered_where_nothing_is_committed(tmp_path: Path) -> None:
    """Listener 1, writer 1 and 3: the disk of the store is full."""

    class Full:
        def known(self, sha256: str) -> None: ...

        def accepted_as(self, source: str, name: str, since: object) -> None: ...

        def linked_patient(self, pump: object) -> None: ...

        def add(self, items: object) -> None:
            raise StoreError("the disk is full", code="store-full")

    with parts_of(tmp_path / "store.sqlite") as parts:
        from contextlib import nullcontext
        from dataclasses import replace

        writer = Writer(lambda: nullcontext(replace(parts, store=Full())))  # type: ignore[arg-type]
        listener = Listener(Port("pumps", "127.0.0.1", 0), QUICK, writer, parts.clock)
        writer.start()
        listener.start()
        try:
            address = listener.address
            with Client(address) as silent, Client(address) as client:
                client.send(framed(continuous("A", **ORIGINAL)) + framed(continuous("B", **ORIGINAL)))
                assert client.ended()
                assert silent.ended()
            with pytest.raises(OSError):
                Client(address).ask(continuous("C", **ORIGINAL))
            assert writer.failure is not None
            assert writer.failure.code == "store-full"
        finally:
            listener.stop()
            writer.stop()


def test_nothing_is_answered_where_the_site_wants_none(tmp_path: Path) -> None:
    with serving(tmp_path, send_ack=False) as running, Client(running.address) as client:
        client.send(framed(continuous(**ORIGINAL)))
        until(lambda: len(list(running.store.accepted())) == 1)
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)


def test_it_stops_within_seconds_whatever_is_connected(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as idle, Client(running.address) as half:
        half.send(b"\x0bMSH")
        assert code(idle.ask(continuous(**ORIGINAL))) == "AA"
        start = time.monotonic()
        running.listener.stop()
        assert time.monotonic() - start < 3
        assert idle.ended()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with serving(tmp_path) as running, pytest.raises(ConfigError) as caught:
        Listener(Port("two", *running.address), QUICK, running.writer, running.listener.clock).start()
    assert caught.value.code == "config-mllp-port"


def test_a_message_for_nobody_is_kept_for_a_person(tmp_path: Path) -> None:
    content = continuous(**ORIGINAL).decode().split("\r")
    content[1] = NOBODY
    with serving(tmp_path) as running, Client(running.address) as client:
        assert code(client.ask("\r".join(content).encode())) == "AA"
        (course,) = running.store.courses()
        assert (course.patient, course.pump.serial) == ("", "LV70001")


def test_what_has_no_head_is_refused_without_a_number(tmp_path: Path) -> None:
    with serving(tmp_path) as running, Client(running.address) as client:
        answer = client.ask(b"hello")
        assert answer[1] == "MSA|AR|"
        assert code(client.ask(message(msh(**ORIGINAL)))) == "AE"


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities, each with a certificate for this host."""
    return made(tmp_path_factory.mktemp("tls"), "ours", "theirs")


def test_tls_with_client_certificates(tmp_path: Path, certificates: Path) -> None:
    def wrap(own: str) -> Callable[[socket.socket], ssl.SSLSocket]:
        context = ssl.create_default_context(cafile=certificates / "ours.pem")
        context.load_cert_chain(certificates / f"{own}.pem", certificates / f"{own}.key")
        return lambda plain: context.wrap_socket(plain, server_hostname="127.0.0.1")

    files = {
        "cert": certificates / "ours.pem",
        "key": certificates / "ours.key",
        "client_ca": certificates / "ours.pem",
    }
    with serving(tmp_path, QUICK, **files) as running:
        with Client(running.address, wrap("ours")) as client:
            for number in range(3):
                answer = client.ask(continuous(f"T{number}", at=f"2026030212{number:02}00", **ORIGINAL))
                assert code(answer) == "AA"
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)), Client(running.address, wrap("theirs")) as other:
            other.ask(continuous("T9", **ORIGINAL))
        with Client(running.address) as plain:
            plain.send(framed(continuous("T8", **ORIGINAL)))
            assert plain.ended()
        assert len(list(running.store.accepted())) == 3


def test_whoever_does_not_shake_hands_holds_up_nobody(tmp_path: Path, certificates: Path) -> None:
    """Listener 2, connection 1: silence and half a handshake are ended after a limit."""
    limits = Limits(idle=30, frame=5, answer=1.0)
    files = {"cert": certificates / "ours.pem", "key": certificates / "ours.key"}
    context = ssl.create_default_context(cafile=certificates / "ours.pem")
    with (
        serving(tmp_path, limits, **files) as running,
        Client(running.address) as silent,
        Client(running.address) as half,
    ):
        half.send(b"\x16\x03\x01\x02\x00\x01")
        with Client(running.address, partial(context.wrap_socket, server_hostname="127.0.0.1")) as good:
            assert code(good.ask(continuous(**ORIGINAL))) == "AA"
        assert silent.ended()
        assert half.ended()


def test_many_messages_over_tls_in_any_pieces(tmp_path: Path, certificates: Path) -> None:
    """Connection 1: what TLS holds back is not forgotten, and one that reads slowly is answered all the same."""
    context = ssl.create_default_context(cafile=certificates / "ours.pem")
    files = {"cert": certificates / "ours.pem", "key": certificates / "ours.key"}
    frames = [framed(continuous(f"P{n}", at=f"202603021{n // 60}{n % 60:02}00", **ORIGINAL)) for n in range(300)]
    content = b"".join(frames)
    with serving(tmp_path, QUICK, **files) as running:
        with Client(running.address, partial(context.wrap_socket, server_hostname="127.0.0.1")) as client:
            for start in range(0, len(content), 16_384):
                client.send(content[start : start + 16_384])
            assert [client.answer()[1] for _ in frames] == [f"MSA|AA|P{n}" for n in range(300)]
            client.socket.shutdown(socket.SHUT_WR)
        assert len(list(running.store.accepted())) == 300


def test_certificates_that_cannot_be_used_are_said(certificates: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Port("pumps", "127.0.0.1", 0, cert=certificates / "ours.pem", key=certificates / "theirs.key").tls()
    assert caught.value.code == "config-mllp-tls"
