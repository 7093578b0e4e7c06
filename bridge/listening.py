"""The ports that messages come to, as the site configured them: their listeners, and the one writer behind them.

Promises: nothing is started where no port is configured; leaving ends every connection, then commits what was taken.
A failure of the writer is raised by `check` in the thread that looks after everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from bridge.accept import settings_of
from bridge.config.model import Mllp
from bridge.site import Site, open_site
from bridge.sources.inbox import Parts
from bridge.sources.mllp_listener import Listener
from bridge.sources.mllp_port import Limits, Port
from bridge.sources.mllp_writer import Writer


class Messages:
    """A context manager: listens while it is open."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._writer: Writer | None = None
        self.listeners: list[Listener] = []

    def __enter__(self) -> Self:
        tables = self._site.config.mllp
        if not tables:
            return self
        writer = Writer(self._parts)
        listeners = [Listener(port_of(one), _limits(one), writer, self._site.clock) for one in tables]
        self._writer = writer
        writer.start()
        try:
            for listener in listeners:
                listener.start()
                self.listeners.append(listener)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        for listener in self.listeners:
            listener.stopping.set()
        for listener in self.listeners:
            listener.stop()
        if self._writer is not None:
            self._writer.stop()

    def check(self) -> bool:
        """Whether something new was committed since it was last asked; raises what ended the writer."""
        if self._writer is None:
            return False
        if self._writer.failure is not None:
            raise self._writer.failure
        news = self._writer.news.is_set()
        self._writer.news.clear()
        return news

    @contextmanager
    def _parts(self) -> Iterator[Parts]:
        """A store of the writer's own: a connection to it belongs to one thread."""
        config = self._site.config
        with open_site(config, self._site.clock) as own:
            yield Parts(self._site.adapters, own.store, settings_of(config), self._site.clock)


def port_of(table: Mllp) -> Port:
    """The port of one [[mllp]] table."""
    return Port(table.name, table.host, table.port, table.send_ack, table.tls_cert, table.tls_key, table.tls_client_ca)


def _limits(table: Mllp) -> Limits:
    return Limits(
        table.max_message_bytes,
        table.idle_seconds,
        connections=table.max_connections,
        per_host=table.max_connections_per_host,
    )
