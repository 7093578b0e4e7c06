"""Builds and starts the HAPI FHIR server of tests/servers/hapi, and stops it again.

Standard library only and no pytest, so that benchmarks use it too. The server ends with this process even when this one
is killed (it watches its standard input and its parent).
"""

import os
import select
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.servers.maven import ServerUnavailable, classpath, ensure_built, program

PROJECT = Path(__file__).parent / "hapi"
TARGET = PROJECT / "target"
JAVA_OPTIONS = ("-Xmx1200m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 180.0


class HapiServer:
    """A started HAPI server that answers at `base_url`."""

    def __init__(self, process: subprocess.Popen[bytes], base_url: str, log: IO[bytes]) -> None:
        self.process = process
        self.base_url = base_url
        self._log = log

    def log(self) -> str:
        """Return what the server wrote to standard error so far."""
        return read_log(self._log)

    def install(self, name: str, version: str, package: bytes) -> tuple[int, str]:
        """Have the server's own installer take a FHIR package in; answers the status and its words."""
        url = f"{self.base_url.removesuffix('/fhir')}/packages?name={name}&version={version}"
        request = urllib.request.Request(url, package, {"Content-Type": "application/gzip"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def stop(self) -> None:
        """End the server and wait until its process is gone; a second call does nothing."""
        end(self.process)
        self._log.close()


@contextmanager
def running_hapi(
    lifetime_minutes: int = 45,
    java_options: tuple[str, ...] = JAVA_OPTIONS,
    start_seconds: float = START_SECONDS,
) -> Iterator[HapiServer]:
    """Yield a server of our own on a free port, built first if needed; raises ServerUnavailable."""
    server = start_hapi(lifetime_minutes, java_options, start_seconds)
    try:
        yield server
    finally:
        server.stop()


def start_hapi(
    lifetime_minutes: int = 45,
    java_options: tuple[str, ...] = JAVA_OPTIONS,
    start_seconds: float = START_SECONDS,
) -> HapiServer:
    """Return a server that answers; the caller stops it. Raises ServerUnavailable."""
    java = program("java")
    ensure_built(PROJECT, TARGET)
    log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
    process = launch(java, java_options, lifetime_minutes, log)
    try:
        return HapiServer(process, wait_until_ready(process, log, start_seconds), log)
    except BaseException:
        end(process)
        log.close()
        raise


def launch(java: str, options: tuple[str, ...], lifetime_minutes: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server's process in a session of its own, so that Ctrl-C reaches the tests and not the server."""
    return subprocess.Popen(
        [java, *options, "-cp", classpath(TARGET), "pumpbridge.hapi.Main", "0", str(lifetime_minutes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        bufsize=0,
        start_new_session=True,
    )


def wait_until_ready(process: subprocess.Popen[bytes], log: IO[bytes], seconds: float) -> str:
    """Return the base address that the server announces; raises ServerUnavailable when it does not."""
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    said = b""
    while not said.endswith(b"\n"):
        if not select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ServerUnavailable(f"the server was not ready within {seconds:.0f} s")
        some = os.read(process.stdout.fileno(), 4096)
        if not some:
            raise ServerUnavailable(f"the server ended while starting: {last_line(log)}")
        said += some
    return said.decode().removeprefix("READY ").strip()


def last_line(log: IO[bytes]) -> str:
    """Return the last cause that a log names, else its last line."""
    lines = [line.strip() for line in read_log(log).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return (causes[-1:] or lines[-1:] or ["it wrote no log"])[0]


def read_log(log: IO[bytes]) -> str:
    """Return a log's text without moving the place where the server writes on."""
    size = os.fstat(log.fileno()).st_size
    return os.pread(log.fileno(), size, 0).decode(errors="replace")


def end(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """End a process that we started, politely and then not, and close its pipes."""
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
