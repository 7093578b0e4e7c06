"""Servers that are not as they should be, each in one way: the faulty server, with what it does to what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from bridge.fhir_json import canonical, read
from bridge.rehearsal.outcome import Rehearsal
from bridge.rehearsal.rehearse import rehearse
from bridge.rehearsal.step import Step
from bridge.rehearsal.target import Target, Typed, target_of
from tests.servers.capabilities import Capabilities
from tests.servers.faulty import FaultyServer, Reply, Seen

Change = Callable[[Any], Any]


class Moody(FaultyServer):
    """A server that changes what it is given to store."""

    def __init__(self, change: Change, **capabilities: Any) -> None:
        self.change = change
        super().__init__(Capabilities(**capabilities))

    def work(self, seen: Seen) -> Reply:
        """Carry a request out, in its mood."""
        if seen.method in ("POST", "PUT") and "json" in seen.headers.get("content-type", ""):
            seen.body = canonical(self.change(read(seen.body)))
        return super().work(seen)


@contextmanager
def moody(change: Change = lambda body: body, **mood: Any) -> Iterator[Moody]:
    """Yield a server in a mood, and stop it."""
    server = Moody(change, **mood)
    try:
        yield server
    finally:
        server.stop()


def everywhere(value: Any, change: Change) -> Any:
    """A value with every part of it changed, the innermost first."""
    if isinstance(value, dict):
        value = {name: everywhere(item, change) for name, item in value.items()}
    elif isinstance(value, list):
        value = [everywhere(item, change) for item in value]
    return change(value)


def rounding(body: Any) -> Any:
    """Every decimal with one digit after the point at most."""

    def round_(value: Any) -> Any:
        return value.quantize(Decimal("0.1"), ROUND_HALF_EVEN) if is_long(value) else value

    return everywhere(body, round_)


def is_long(value: Any) -> bool:
    return isinstance(value, Decimal) and value.as_tuple().exponent < -1  # type: ignore[operator]


def unlabelled(body: Any) -> Any:
    """Every meta without its security labels."""

    def strip(value: Any) -> Any:
        known = isinstance(value, dict) and "security" in value
        return {name: item for name, item in value.items() if name != "security"} if known else value

    return everywhere(body, strip)


def target(url: str, **typed: Any) -> Target:
    """A server as a person names it, with the word that it is a test server."""
    return target_of(Typed(url, None, **{"test_server": True, **typed}), None)


def impatient(url: str) -> Target:
    """The same, where a silence of a third of a second is too long."""
    found = target(url)
    return replace(found, settings=found.settings.model_copy(update={"timeout_seconds": 0.3}))


def rehearsed(server: FaultyServer, **options: Any) -> Rehearsal:
    """A rehearsal at a server."""
    return rehearse(target(server.base_url), **options)


def step(found: Rehearsal, name: str) -> Step:
    """The step of a name."""
    (one,) = [step for step in found.steps if step.name == name]
    return one


def missed(found: Rehearsal) -> list[str]:
    """The names of the needed steps that did not pass."""
    return [step.name for step in found.missed]


def standing(server: FaultyServer) -> list[str]:
    """What stands at a server, by reference."""
    return [f"{kind}/{id}" for (kind, id), version in server.memory.current.items() if version.resource is not None]
