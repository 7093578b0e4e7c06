"""The command line: one file a verb, each imported only when it is asked for.

Promises: facts on stdout, progress and errors on stderr; the exit status is one of `bridge.errors`; whatever is our
mistake ends as status 1 with a short report that shows no data.
"""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    _open_streams()
    if sys.platform != "linux":
        _refuse_platform()
    from bridge.cli.app import run

    sys.exit(run())


def _open_streams() -> None:
    """Standard output and error that write everything or say why not.

    Unbuffered ones (PYTHONUNBUFFERED) lose what a slow reader does not take at once; closed ones would have their
    numbers taken by the store; what a terminal's encoding does not know is written as an escape.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for number, name in ((1, "stdout"), (2, "stderr")):
        given = getattr(sys, name)
        if given is not None:
            given.flush()
        raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
        encoding = given.encoding if given is not None else "utf-8"
        lines = number == 2 or os.isatty(number)
        setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", line_buffering=lines))


def _refuse_platform() -> None:
    from bridge.cli.output import problem
    from bridge.errors import ConfigError

    error = ConfigError(
        f"pumpbridge runs on Linux only, and this is {sys.platform}",
        code="platform-unsupported",
        remedy="run it on Linux, in a virtual machine or in a container",
    )
    problem(error)
    sys.exit(error.exit_status)
