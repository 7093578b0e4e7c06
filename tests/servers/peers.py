"""HL7 v2 peers that others wrote, as processes that do what they are told: the Java library HAPI, and two npm packages.

    with java_peer() as peer:
        peer.ask("send", host, port, folder, answers)

Commands are the same for both (hl7v2/…/Main.java, node_hl7/peer.mjs). A peer ends with this process, even when this one
is killed: it reads its commands from here.
"""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.hapi_server import end
from tests.servers.maven import ServerUnavailable, classpath, ensure_built, program
from tests.servers.npm import ensure_installed

JAVA = Path(__file__).parent / "hl7v2"
NODE = Path(__file__).parent / "node_hl7"
JAVA_OPTIONS = (
    "-Xmx300m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
)
ANSWER_SECONDS = 90.0


class PeerFailed(Exception):
    """A peer could not do what it was told; its own words."""


class Peer:
    """A started peer."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            start_new_session=True,
        )  # fmt: skip
        self._heard = b""

    def ask(self, *words: object) -> list[str]:
        """Give a command and return its answer; raises PeerFailed."""
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join(str(word) for word in words).encode() + b"\n")
        said, *answer = self._line().split("\t")
        if said != "ok":
            raise PeerFailed(*answer)
        return answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        until = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self._heard:
            if not select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise PeerFailed("no answer in time")
            some = os.read(self._process.stdout.fileno(), 65_536)
            if not some:
                raise PeerFailed("the peer has ended")
            self._heard += some
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def show(self, certificate: Path, key: Path, authority: Path, folder: Path) -> None:
        """From now on speak TLS, show this certificate and believe this authority."""
        if self.name == "node":
            self.ask("certificates", certificate, key, authority)
            return
        store = folder / "peer.p12"
        subprocess.run(
            ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-certfile", authority, "-out", store,
             "-passout", "pass:peers"],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        self.ask("certificates", store, "peers")

    def stop(self) -> None:
        """End the process."""
        end(self._process)


@contextmanager
def java_peer() -> Iterator[Peer]:
    """Yield a peer made of the Java library HAPI, built first if needed; raises ServerUnavailable."""
    java = program("java")
    target = JAVA / "target"
    ensure_built(JAVA, target)
    yield from _running(Peer("java", [java, *JAVA_OPTIONS, "-cp", classpath(target), "pumpbridge.hl7v2.Main"]))


@contextmanager
def node_peer() -> Iterator[Peer]:
    """Yield a peer made of node-hl7-client and node-hl7-server, installed first; raises ServerUnavailable."""
    node = program("node")
    ensure_installed(NODE)
    yield from _running(Peer("node", [node, str(NODE / "peer.mjs")]))


def _running(peer: Peer) -> Iterator[Peer]:
    try:
        yield peer
    finally:
        peer.stop()


PEERS = {"java": java_peer, "node": node_peer}
__all__ = ["PEERS", "Peer", "PeerFailed", "ServerUnavailable", "java_peer", "node_peer"]
