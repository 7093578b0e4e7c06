"""A small FHIR server on 127.0.0.1 that fails on command: loses answers, cuts them, refuses, delays, lies in HTML.

    with running_faulty(transactions=False) as server:
        server.fail(lost_answer(), method="PUT", path="^/Observation/", at=2)
        ...                                     # the second PUT is carried out and never answered
        assert [seen.method for seen in server.requests] == [...]

Every request is recorded, refused ones too. What the server does where nothing fails is memory_fhir.py.
Patterns are regular expressions, searched in the method and in the path after the base address, query included. Of
several faults the first that hits acts, and the later ones do not count that request.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.capabilities import Capabilities, Resource, outcome
from tests.servers.digits_json import read_json, write_json
from tests.servers.memory_fhir import Answer, Ask, Memory, Refusal, Version, now, shown

BASE = "/fhir"
FHIR_JSON = "application/fhir+json;charset=utf-8"
PAGE = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer as it goes out."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One way to fail: what is done before, whether the work is done, what is said instead, and how the answer ends."""

    name: str
    works: bool = True
    wait_before: float = 0.0
    wait_after: float = 0.0
    says: Reply | None = None
    ending: str = "whole"  # whole, cut, silent, dripped, or unread: closed before the body is read
    twice: bool = False
    later: float | None = None


def lost_answer() -> Fault:
    """The work is done, then the connection closes without an answer."""
    return Fault("lost_answer", ending="silent")


def error_after_commit(status: int = 500) -> Fault:
    """The work is done, and the answer says that it failed."""
    return Fault("error_after_commit", says=refusal_reply(status, "failed after the commit"))


def late(seconds: float) -> Fault:
    """The connection closes without an answer, and the work is done only a while after."""
    return Fault("late", works=False, later=seconds, ending="silent")


def replayed() -> Fault:
    """A proxy sends the request twice; its second answer is told."""
    return Fault("replayed", twice=True)


def dripped(seconds: float) -> Fault:
    """The work is done; the answer's body comes in pieces, each after a silence."""
    return Fault("dripped", wait_after=seconds, ending="dripped")


def slow(seconds: float) -> Fault:
    """The work begins only after a while: a client that gave up and looks too early does not see it yet."""
    return Fault("slow", wait_before=seconds)


def slow_answer(seconds: float) -> Fault:
    """The work is done at once, the answer takes a while."""
    return Fault("slow_answer", wait_after=seconds)


def cut() -> Fault:
    """The work is done; half of the answer's body arrives, then the connection closes."""
    return Fault("cut", ending="cut")


def html(status: int = 502) -> Fault:
    """A gateway or login page answers; no work is done."""
    return Fault("html", works=False, says=Reply(status, PAGE, {"Content-Type": "text/html;charset=utf-8"}))


def status(code: int, retry_after: int | datetime | None = None, words: str = "refused on command") -> Fault:
    """An OperationOutcome with this status, and Retry-After in seconds or as an HTTP date; no work is done."""
    reply = refusal_reply(code, words)
    if retry_after is not None:
        reply.headers["Retry-After"] = retry_after_text(retry_after)
    return Fault("status", works=False, says=reply)


def refuse() -> Fault:
    """The connection closes before the body is read; no work is done."""
    return Fault("refuse", works=False, ending="unread")


def retry_after_text(when: int | datetime) -> str:
    return str(when) if isinstance(when, int) else format_datetime(when.astimezone(UTC), usegmt=True)


def refusal_reply(code: int, words: str) -> Reply:
    return Reply(code, write_json(outcome(code, words)), {"Content-Type": FHIR_JSON})


@dataclass
class Rule:
    """A fault and the requests that it befalls: of those that match, number `at` and the `times` - 1 after it."""

    fault: Fault
    method: str
    path: str
    at: int
    times: int | None
    matched: int = 0
    hits: int = 0

    def befalls(self, method: str, path: str) -> bool:
        if not (re.search(self.method, method) and re.search(self.path, path)):
            return False
        self.matched += 1
        hit = self.at <= self.matched and (self.times is None or self.matched < self.at + self.times)
        self.hits += hit
        return hit


@dataclass
class Seen:
    """One request as it arrived; `path` follows the base address, header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float  # time.monotonic()
    fault: str | None
    status: int | None = None  # None: not answered, or not yet

    def json(self) -> Any:
        return json.loads(self.body)


class FaultyServer:
    """A running server: `base_url`, `requests` as they came, `memory` as it is."""

    def __init__(self, can: Capabilities) -> None:
        self.requests: list[Seen] = []
        self.rules: list[Rule] = []
        self.timers: list[threading.Timer] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.network = Network(self)
        self.base_url = f"http://127.0.0.1:{self.network.server_port}{BASE}"
        self.memory = Memory(can, self.base_url)
        self.thread = threading.Thread(target=self.network.serve_forever, args=(0.02,), name="faulty-server")
        self.thread.start()

    def fail(self, fault: Fault, *, method: str = "", path: str = "", at: int = 1, times: int | None = 1) -> Rule:
        """Add a fault for matching requests: `times` of them from the `at`-th on, or all (times=None)."""
        rule = Rule(fault, method, path, at, times)
        with self.lock:
            self.rules.append(rule)
        return rule

    def heal(self) -> None:
        """Forget every fault."""
        with self.lock:
            self.rules.clear()

    def seed(self, *resources: Resource | bytes) -> None:
        """Put resources there as if they always had been, without a request."""
        for given in resources:
            resource = read_json(given if isinstance(given, bytes) else json.dumps(given).encode())
            self.memory.current[resource["resourceType"], resource["id"]] = Version(1, resource, now())

    def stored(self, kind: str) -> list[bytes]:
        """Return the resources of one type as the server gives them, in the order of their creation."""
        current = list(self.memory.current.items())
        return [write_json(shown(v)) for (type_, _), v in current if type_ == kind and v.resource is not None]

    def stop(self) -> None:
        """Close every connection and wait until each thread is over; a second call does nothing."""
        self.stopping.set()
        for timer in self.timers:
            timer.cancel()
        self.network.shutdown()
        self.network.hang_up()
        self.network.server_close()
        self.thread.join()

    def arrived(self, method: str, path: str, headers: dict[str, str]) -> tuple[Seen, Fault]:
        with self.lock:
            fault = next((rule.fault for rule in self.rules if rule.befalls(method, path)), Fault("none"))
            seen = Seen(method, path, headers, b"", time.monotonic(), None if fault.name == "none" else fault.name)
            self.requests.append(seen)
        return seen, fault

    def reply(self, seen: Seen, fault: Fault) -> Reply:
        """Do what the fault leaves to be done and return what is to be said."""
        self.stopping.wait(fault.wait_before)
        if fault.later is not None:
            self.do_later(seen, fault.later)
            return Reply(504)
        done = self.work(seen) if fault.works else None
        done = self.work(seen) if fault.twice else done
        self.stopping.wait(0 if fault.ending == "dripped" else fault.wait_after)
        said = fault.says or done
        assert said is not None
        return said

    def do_later(self, seen: Seen, seconds: float) -> None:
        """Carry a request out after a while, whatever was done meanwhile."""
        timer = threading.Timer(seconds, self.work, (seen,))
        self.timers.append(timer)
        timer.start()

    def work(self, seen: Seen) -> Reply:
        try:
            return self.answer_reply(seen, self.memory.perform(ask(seen)))
        except Refusal as refusal:
            return refusal_reply(refusal.status, str(refusal))
        except (AttributeError, LookupError, TypeError, ValueError) as bug:  # what a server cannot stand is a 500
            return refusal_reply(500, repr(bug))

    def answer_reply(self, seen: Seen, answer: Answer) -> Reply:
        headers = {"Content-Type": FHIR_JSON}
        is_read = seen.method == "GET"
        answer = answer if is_read else replace(self.memory.told(answer), resource=answer.resource)
        if answer.version is not None:
            headers["ETag"] = f'W/"{answer.version}"'
        if answer.location is not None:
            headers["Location"] = f"{self.base_url}/{answer.location}"
        is_written = seen.method in ("POST", "PUT") and not seen.path.endswith("_search") and seen.path != "/"
        if answer.resource is None or (is_written and "return=minimal" in seen.headers.get("prefer", "")):
            return Reply(answer.status, b"", headers)
        return Reply(answer.status, write_json(answer.resource), headers)


def ask(seen: Seen) -> Ask:
    """Return a request as an interaction; raises Refusal for a body that cannot be read."""
    path, _, query = seen.path.partition("?")
    fresh = "no-cache" in seen.headers.get("cache-control", "")
    if path.endswith("/_search"):
        return Ask(seen.method, path, seen.body.decode(), fresh=fresh)
    conditions = seen.headers.get("if-match"), seen.headers.get("if-none-exist")
    return Ask(seen.method, path, query, body_of(seen), *conditions, fresh=fresh)


def body_of(seen: Seen) -> Resource | None:
    if seen.method not in ("POST", "PUT"):
        return None
    if "json" not in seen.headers.get("content-type", ""):
        raise Refusal(415, "only JSON is understood")
    try:
        return read_json(seen.body)
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from error


class Network(ThreadingHTTPServer):
    """The sockets of one server; a thread a connection, none left after the end."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, owner: FaultyServer) -> None:
        self.owner = owner
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def hang_up(self) -> None:
        for connection in list(self.connections):
            close_now(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is no news
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: Network

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)
        if self.server.owner.stopping.is_set():
            close_now(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen, fault = self.server.owner.arrived(self.command, path_after_base(self.path), headers)
        if fault.ending == "unread":
            return self.hang_up()
        seen.body = self.rfile.read(int(headers.get("content-length", 0)))
        reply = self.server.owner.reply(seen, fault)
        if fault.ending == "silent":
            return self.hang_up()
        seen.status = reply.status
        if fault.ending == "dripped":
            return self.drip(reply, fault.wait_after)
        self.send(reply, is_cut=fault.ending == "cut")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def drip(self, reply: Reply, seconds: float) -> None:
        """Say the answer in pieces, each after a silence."""
        self.send_response(reply.status)
        body = reply.body or b" "
        for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(body), 1 + len(body) // 20):
            if self.server.owner.stopping.wait(seconds):
                break
            self.wfile.write(body[start : start + 1 + len(body) // 20])
            self.wfile.flush()

    def send(self, reply: Reply, is_cut: bool) -> None:
        promised = max(len(reply.body), 2) if is_cut else len(reply.body)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(reply.body[: promised // 2] if is_cut else reply.body)
        if is_cut:
            self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True
        close_now(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `requests` is the log."""


def path_after_base(path: str) -> str:
    """Return the path that is recorded; one outside the base address keeps a prefix that no type has."""
    return (path.removeprefix(BASE) or "/") if path.startswith(BASE) else f"/outside{path}"


def close_now(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was first


@contextmanager
def running_faulty(**capabilities: Any) -> Iterator[FaultyServer]:
    """Yield a server with these Capabilities (capabilities.py) on a free port, and stop it."""
    server = FaultyServer(Capabilities(**capabilities))
    try:
        yield server
    finally:
        server.stop()
