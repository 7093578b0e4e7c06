"""Builds and starts the HAPI FHIR server of tests/servers/hapi, and stops it again.

Standard library only and no pytest, so that benchmarks use it too. The build is repeated only when the POM or a source
changed; the server ends with this process even when this one is killed (it watches its standard input and its parent).
"""

import fcntl
import hashlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).parent / "hapi"
TARGET = PROJECT / "target"
STAMP = TARGET / "built.sha256"
JAVA_OPTIONS = ("-Xmx1200m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BUILD_SECONDS = 900.0
START_SECONDS = 180.0


class ServerUnavailable(Exception):
    """The server cannot be had on this machine; `reason` says why in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HapiServer:
    """A started HAPI server that answers at `base_url`."""

    def __init__(self, process: subprocess.Popen[bytes], base_url: str, log: IO[bytes]) -> None:
        self.process = process
        self.base_url = base_url
        self._log = log

    def log(self) -> str:
        """Return what the server wrote to standard error so far."""
        return read_log(self._log)

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
    ensure_built()
    log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
    process = launch(java, java_options, lifetime_minutes, log)
    try:
        return HapiServer(process, wait_until_ready(process, log, start_seconds), log)
    except BaseException:
        end(process)
        log.close()
        raise


def program(name: str) -> str:
    """Return the path of a program; raises ServerUnavailable where it is missing."""
    path = shutil.which(name)
    if path is None:
        raise ServerUnavailable(f"{name} is not installed")
    return path


def ensure_built() -> None:
    """Build the server unless these sources are built already; one process builds, others wait."""
    if is_built():
        return
    TARGET.mkdir(exist_ok=True)
    with (TARGET / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built():
            build()


def is_built() -> bool:
    """Tell whether the last complete build was of the present sources."""
    return STAMP.is_file() and STAMP.read_text() == source_hash()


def source_hash() -> str:
    """Return one hash over the POM and every source, names included."""
    digest = hashlib.sha256()
    for path in [PROJECT / "pom.xml", *sorted((PROJECT / "src").rglob("*"))]:
        if path.is_file():
            digest.update(f"{path.relative_to(PROJECT)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Compile and copy the libraries with Maven; raises ServerUnavailable with Maven's own words."""
    maven = program("mvn")
    STAMP.unlink(missing_ok=True)
    for old in ("classes", "lib"):
        shutil.rmtree(TARGET / old, ignore_errors=True)
    built = source_hash()
    run_maven([maven, "-q", "-B", "-f", str(PROJECT / "pom.xml"), "process-classes"])
    STAMP.write_text(built)


def run_maven(command: list[str]) -> None:
    """Run Maven within a bounded time; raises ServerUnavailable when it fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BUILD_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ServerUnavailable(f"mvn did not finish within {BUILD_SECONDS:.0f} s") from None
    if done.returncode != 0:
        raise ServerUnavailable(f"mvn failed with {done.returncode}: {first_error(done.stdout)}")


def first_error(output: bytes) -> str:
    """Return the first line that Maven marks as an error, else its last line."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return (errors or lines[-1:] or ["it said nothing"])[0]


def launch(java: str, options: tuple[str, ...], lifetime_minutes: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server's process in a session of its own, so that Ctrl-C reaches the tests and not the server."""
    classpath = f"{TARGET / 'classes'}:{TARGET / 'lib'}/*"
    return subprocess.Popen(
        [java, *options, "-cp", classpath, "pumpbridge.hapi.Main", "0", str(lifetime_minutes)],
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
