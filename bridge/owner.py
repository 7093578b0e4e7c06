"""Who holds a lease: one process of one machine, told apart from a later process with its number.

Promises: a lease of a process that has ended here can be given to another at once; of another machine's processes
nothing is known, and their leases run out by themselves. Linux only: start times come from /proc.
"""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def this_process() -> str:
    """The name that this process takes leases under: host, process number, start time in clock ticks."""
    pid = os.getpid()
    return f"{os.uname().nodename}:{pid}:{_started(pid)}"


def has_ended(owner: str) -> bool:
    """Whether an owner was a process of this machine that runs no more; False where that is not known."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    if host != os.uname().nodename or not pid.isdigit() or not started:
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat, or '' where there is no such process; the name in field 2 may hold blanks."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
