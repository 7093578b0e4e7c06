"""Another process of the same program, by forking this one: what is loaded here is there at once, and in memory once.

1. Only a process of one thread that holds no file open is forked: a store carried across would lose its locks.
2. The new process has nothing of this one's open but its error output: its input and output are pipes to this one.
3. It ends without what this process does at its end: nothing of this one's is closed, flushed or deleted there.
4. An error that ends it is said on its error output, with the exit status of its kind; a text that is not ours is not.
"""

from __future__ import annotations

import gc
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import IO

from bridge.errors import EXIT_BUG, EXIT_DONE, BridgeError
from bridge.log import raised_at

_INTERRUPTED = 130
LOOKS_EVERY = 0.005
HANDLES = Path("/proc/self/fd")


class Forked:
    """A forked process and the pipes to it, with what is used of `subprocess.Popen`."""

    def __init__(self, task: Callable[[], None]) -> None:
        cue, self_cue = os.pipe()
        self_said, said = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _be(task, cue, said)
        os.close(cue)
        os.close(said)
        self.stdin: IO[bytes] = os.fdopen(self_cue, "wb", buffering=0)
        self.stdout: IO[bytes] = os.fdopen(self_said, "rb", buffering=0)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raises TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() >= until:
                raise TimeoutExpired("forked", timeout or 0.0)
            time.sleep(LOOKS_EVERY)
        return status

    def kill(self) -> None:
        """End it at once."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, 9)


def may_fork() -> bool:
    """Whether this process has one thread and no file open but its standard ones."""
    return threading.active_count() == 1 and not any(_is_file(int(fd.name)) for fd in HANDLES.iterdir())


def _is_file(handle: int) -> bool:
    try:
        return handle > 2 and stat.S_ISREG(os.fstat(handle).st_mode)
    except OSError:
        return False  # it was the listing's own


def _be(task: Callable[[], None], cue: int, said: int) -> None:
    """The new process: the task, and nothing of what called for it."""
    status = EXIT_BUG
    try:
        os.dup2(cue, 0)
        os.dup2(said, 1)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        gc.freeze()
        task()
        status = EXIT_DONE
    except BaseException as error:
        status = _status(error)
        os.write(2, _last_words(error).encode())
    finally:
        os._exit(status)


def _status(error: BaseException) -> int:
    """The exit status that an error means; an interrupt's is the shell's own."""
    if isinstance(error, BridgeError):
        return error.exit_status
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return error.code
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_BUG


def _last_words(error: BaseException) -> str:
    """Why it ends, in one line: an error of ours by its text, any other by its type and place; nothing of an exit."""
    if isinstance(error, BridgeError | SystemExit):
        return f"{error}\n" if isinstance(error, BridgeError) else ""
    return f"a process of ours ended ({raised_at(error)})\n"
