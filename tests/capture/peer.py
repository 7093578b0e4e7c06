"""The programmer of the tests on a real line: a TCP port or a pseudo-terminal, with faults by script, at line speed.

A peer runs in a thread, keeps every request that it heard, and ends with its context.
"""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.capture.answering import Reading, requests_in

Deal = Callable[[int, bytes, bytes], bytes | None]
"""What leaves instead of the answer: given the number of the request, its frame and the answer; None hangs up."""


def plainly(number: int, request: bytes, answer: bytes) -> bytes | None:
    return answer


class Peer:
    """One programmer that answers."""

    def __init__(self, reading: Reading, deal: Deal = plainly, baud: int = 0) -> None:
        self.reading, self.deal, self.baud = reading, deal, baud
        self.heard: list[bytes] = []
        self.errors: list[BaseException] = []
        self.sent = 0
        self._stop = threading.Event()

    def serve(self, descriptor: int) -> None:
        try:
            self._serve(descriptor)
        except (ConnectionError, OSError):
            pass  # the other side has gone
        except BaseException as error:
            self.errors.append(error)

    def stop(self) -> None:
        self._stop.set()

    def _serve(self, descriptor: int) -> None:
        buffer, free = bytearray(), time.monotonic()
        while not self._stop.is_set():
            if not select.select([descriptor], [], [], 0.02)[0]:
                continue
            piece = os.read(descriptor, 4096)
            if not piece:
                return
            buffer += piece
            for request in requests_in(buffer):
                self.heard.append(request)
                answer = self.deal(len(self.heard), request, self.reading.answer(request))
                if answer is None:
                    return
                free = self._send(descriptor, answer, free)

    def _send(self, descriptor: int, answer: bytes, free: float) -> float:
        """Send at line speed: each piece leaves when the bytes before it would have left."""
        self.sent += len(answer)
        if not self.baud:
            _write(descriptor, answer)
            return time.monotonic()
        free = max(free, time.monotonic())
        for start in range(0, len(answer), 64):
            piece = answer[start : start + 64]
            free += len(piece) * 10 / self.baud
            time.sleep(max(0.0, free - time.monotonic()))
            _write(descriptor, piece)
        return free


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


@contextmanager
def on_socket(peer: Peer) -> Iterator[str]:
    """The peer behind a TCP port; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=_accepting, args=(server, peer), daemon=True)
        thread.start()
        try:
            yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        finally:
            peer.stop()
            thread.join(10)
    assert not peer.errors, peer.errors


def _accepting(server: socket.socket, peer: Peer) -> None:
    while not peer._stop.is_set():
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        with connection:
            peer.serve(connection.fileno())


@contextmanager
def on_pty(peer: Peer) -> Iterator[str]:
    """The peer behind a pseudo-terminal; yields its path."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    thread = threading.Thread(target=peer.serve, args=(master,), daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        peer.stop()
        thread.join(10)
        os.close(slave)
        os.close(master)
    assert not peer.errors, peer.errors
