"""Installs the npm packages of a small project of the tests, exactly those that its lock file names.

Standard library only and no pytest. An installation is repeated only when the lock file changed.
"""

import fcntl
import hashlib
from pathlib import Path

from tests.servers.maven import program, run

INSTALL_SECONDS = 300.0


def ensure_installed(project: Path) -> None:
    """Install what the lock file names, unless that was done; one process installs, others wait."""
    lock_file = project / "package-lock.json"
    stamp = project / "node_modules" / "installed.sha256"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    with lock_file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(project)]
        run([program("npm"), "ci", *options], INSTALL_SECONDS)
        stamp.write_text(wanted)
