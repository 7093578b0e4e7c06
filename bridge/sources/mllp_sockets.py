"""The sockets of one thread: none of them is waited for alone, and whoever owns the one that is ready is asked.

1. Only the thread that polls touches sockets. What another thread wants done there it asks for, and rings.
2. A socket is watched for what its owner wants of it at that moment: one that nothing is wanted of is not looked at.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Do = Callable[[], None]


class Sockets:
    """What is watched, and a bell for other threads."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._asked: deque[Do] = deque()
        self._gate = threading.Lock()
        self._closed = False
        self._selector.register(self._ear, READ, self._hear)

    def watch(self, one: socket.socket, events: int, ready: Do) -> None:
        """Call `ready` when one of these is possible; 0 watches it no longer."""
        known = one.fileno() >= 0 and one in self._selector.get_map()
        if known and not events:
            self._selector.unregister(one)
        elif known:
            self._selector.modify(one, events, ready)
        elif events:
            self._selector.register(one, events, ready)

    def poll(self, seconds: float) -> None:
        """Serve what is ready, after so long a wait at most."""
        for key, _ in self._selector.select(seconds):
            key.data()

    def ask(self, do: Do) -> bool:
        """Let the polling thread do something; False where there is none any more."""
        with self._gate:
            if self._closed:
                return False
            self._asked.append(do)
        self.ring()
        return True

    def ring(self) -> None:
        """End a wait."""
        try:
            self._bell.send(b"\0")
        except OSError:
            pass  # it is full: it rings already; or closed

    def _hear(self) -> None:
        try:
            self._ear.recv(4096)
        except BlockingIOError:
            pass
        self._do_asked()

    def _do_asked(self) -> None:
        while self._asked:
            self._asked.popleft()()

    def end_asking(self) -> None:
        """Do what was asked for until now, and nothing more."""
        with self._gate:
            self._closed = True
        self._do_asked()

    def close(self) -> None:
        """Watch nothing more; the sockets of others stay theirs."""
        self._selector.close()
        self._bell.close()
        self._ear.close()
