"""Builds the small Maven projects of the tests; why one cannot be had on this machine, in one line.

Standard library only and no pytest, so that benchmarks use it too. A build is repeated only when the POM or a source
changed.
"""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

BUILD_SECONDS = 900.0


class ServerUnavailable(Exception):
    """The server cannot be had on this machine; `reason` says why in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def program(name: str) -> str:
    """Return the path of a program; raises ServerUnavailable where it is missing."""
    path = shutil.which(name)
    if path is None:
        raise ServerUnavailable(f"{name} is not installed")
    return path


def ensure_built(project: Path, target: Path) -> None:
    """Build a project unless these sources are built already; one process builds, others wait."""
    if is_built(project, target):
        return
    target.mkdir(exist_ok=True)
    with (target / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built(project, target):
            build(project, target)


def is_built(project: Path, target: Path) -> bool:
    """Tell whether the last complete build was of the present sources."""
    stamp = stamp_of(target)
    return stamp.is_file() and stamp.read_text() == source_hash(project)


def stamp_of(target: Path) -> Path:
    """Return the file that says which sources were built."""
    return target / "built.sha256"


def source_hash(project: Path) -> str:
    """Return one hash over the POM and every source, names included."""
    digest = hashlib.sha256()
    for path in [project / "pom.xml", *sorted((project / "src").rglob("*"))]:
        if path.is_file():
            digest.update(f"{path.relative_to(project)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build(project: Path, target: Path) -> None:
    """Compile and copy the libraries with Maven; raises ServerUnavailable with Maven's own words."""
    maven = program("mvn")
    stamp_of(target).unlink(missing_ok=True)
    for old in ("classes", "lib"):
        shutil.rmtree(target / old, ignore_errors=True)
    built = source_hash(project)
    run([maven, "-q", "-B", "-f", str(project / "pom.xml"), "process-classes"], BUILD_SECONDS)
    stamp_of(target).write_text(built)


def run(command: list[str], seconds: float) -> None:
    """Run a build tool within a bounded time; raises ServerUnavailable when it fails."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise ServerUnavailable(f"{name} did not finish within {seconds:.0f} s") from None
    if done.returncode != 0:
        raise ServerUnavailable(f"{name} failed with {done.returncode}: {first_error(done.stdout)}")


def first_error(output: bytes) -> str:
    """Return the first line that is marked as an error, else the last line."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return (errors or lines[-1:] or ["it said nothing"])[0]


def classpath(target: Path) -> str:
    """Return what Java is to load of a build."""
    return f"{target / 'classes'}:{target / 'lib'}/*"
