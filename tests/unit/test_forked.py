"""A forked process: what ends it says so on its error output, with the exit status that its kind of error has."""

from __future__ import annotations

import subprocess
import sys

import pytest

PARENT = """
import os, signal, sys
from bridge.errors import ConfigError
from bridge.forked import Forked

def task():
    {task}

print(Forked(task).wait(30))
"""


def ended(task: str) -> tuple[int, str]:
    """How a forked process ends, and what it says of it."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PARENT.format(task=task)], capture_output=True, text=True, check=True
    )
    return int(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("task", "status", "said"),
    [
        ("pass", 0, ""),
        ("raise ValueError('of a patient')", 1, "a process of ours ended (ValueError at <string>:7)\n"),
        ("raise ConfigError('no place', code='config-none')", 3, "config-none: no place.\n"),
        ("sys.exit(4)", 4, ""),
        ("os.kill(os.getpid(), signal.SIGINT)", 130, "a process of ours ended (KeyboardInterrupt at <string>:7)\n"),
    ],
)
def test_what_ends_a_forked_process_says_so(task: str, status: int, said: str) -> None:
    assert ended(task) == (status, said)
