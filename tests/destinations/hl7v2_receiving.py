"""A receiver of ours for HL7 version 2: it keeps what it is told, acknowledges as it is told to, and has faults.

    python -m tests.destinations.hl7v2_receiving PORT [FOLDER] [FAULT ...]

listens on loopback until its standard input ends, writes each message to FOLDER and prints its number; a FAULT is one
of FAULTS, each used once for the next message (`MSA-1/ERR-3`, such as AE/102 or AR/207, answers so).
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from bridge.wire import er7
from bridge.wire.er7 import Message
from bridge.wire.mllp import Framer, framed

FAULTS = ("lost", "cut", "half", "slow", "close", "wrong-number", "no-number", "no-ack", "not-hl7", "two", "commit")
_CODED = re.compile(r"(?P<code>[AC][AER])/(?P<condition>[0-9]+)(?:/(?P<place>\S+))?")


class Receiver:
    """Listens on a free port of loopback; `told` holds the frames' contents in order, as bytes."""

    def __init__(self, faults: Iterable[str] = (), *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.faults = list(faults)
        self.told: list[bytes] = []
        self.connections = 0
        self.on_message: Callable[[bytes], None] = lambda content: None
        self._tls = tls
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for one in list(self._open):
            one.close()
        self._thread.join(10)

    def open_connections(self) -> list[socket.socket]:
        """The connections that were made, ended or not."""
        return list(self._open)

    @property
    def messages(self) -> list[Message]:
        """What it was told, read by our own reader."""
        return [er7.read(content)[0] for content in self.told]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        framer = Framer(10_000_000)
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while piece := connection.recv(65_536):
                for frame in framer.feed(piece):
                    self._take(connection, frame)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def _take(self, connection: socket.socket, frame: bytes) -> None:
        content = frame[1:-2]
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "cut":  # it ends before it has kept anything
            raise OSError
        self.told.append(content)
        self.on_message(content)
        message = er7.read(content)[0]
        if fault in ("lost", "close"):
            raise OSError
        if fault == "slow":
            time.sleep(0.6)
        if fault == "no-ack":
            return
        answer = self._answer(message, fault)
        connection.sendall(answer[: len(answer) // 2] if fault == "half" else answer)
        if fault == "half":
            raise OSError

    def _answer(self, message: Message, fault: str) -> bytes:
        if fault == "not-hl7":
            return framed(b"hello\r")
        letter = "C" if message.header.text(15) == "AL" else "A"
        number = {"wrong-number": "PB000", "no-number": ""}.get(fault, message.control_id)
        coded = _CODED.fullmatch(fault)
        if coded:
            place = coded["place"] or ""
            error = f"ERR||{place}|{coded['condition']}^Error^HL70357|E|||Ada Lovelace 0000017|Ada Lovelace is unknown"
            return ack(message, coded["code"], number, error)
        early = ack(message, "CA", number) if fault in ("two", "commit") else b""
        return early if fault == "commit" else early + ack(message, f"{letter}A", number)


def ack(message: Message, code: str, number: str, *more: str) -> bytes:
    """An acknowledgement in its frame."""
    head = f"MSH|^~\\&|ENGINE||PUMPBRIDGE||20260101000000||ACK^{message.header.text(9, 2)}^ACK|E{number}|P|2.6"
    return framed("".join(f"{line}\r" for line in (head, f"MSA|{code}|{number}", *more)).encode())


def main() -> None:
    """Listen until standard input ends."""
    port, *rest = sys.argv[1:]
    folder = Path(rest.pop(0)) if rest and not _is_fault(rest[0]) else None
    with Receiver(rest, port=int(port)) as receiver:

        def keep(content: bytes) -> None:
            number = er7.read(content)[0].control_id
            if folder is not None:
                folder.mkdir(exist_ok=True)
                (folder / f"{len(receiver.told):05}-{number}.hl7").write_bytes(content)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

        receiver.on_message = keep
        sys.stdout.write(f"listening at 127.0.0.1:{receiver.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


def _is_fault(text: str) -> bool:
    return text in FAULTS or bool(_CODED.fullmatch(text))


if __name__ == "__main__":
    main()
