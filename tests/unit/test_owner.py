"""Whose lease it is, and whether he is still there."""

from __future__ import annotations

import os
import subprocess
import sys

from bridge.owner import has_ended, this_process


def test_this_process_has_not_ended() -> None:
    assert this_process() == this_process()
    assert not has_ended(this_process())


def test_an_ended_process_has() -> None:
    code = "from bridge.owner import this_process; print(this_process())"
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert has_ended(owner)


def test_a_later_process_with_the_same_number_is_another() -> None:
    host, pid, _ = this_process().split(":")
    assert has_ended(f"{host}:{pid}:1")


def test_of_another_machine_and_of_other_names_nothing_is_known() -> None:
    assert not has_ended(f"another-{os.uname().nodename}:1:1")
    assert not has_ended("a test")
    assert not has_ended(f"{os.uname().nodename}:{os.getpid()}")
