"""The command line: one file a verb, each imported only when it is asked for.

Promises: facts on stdout, progress and errors on stderr; the exit status is one of `bridge.errors`; whatever is our
mistake ends as status 1 with a short report that shows no data.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    if sys.platform != "linux":
        _refuse_platform()
    from bridge.cli.app import run

    sys.exit(run())


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
