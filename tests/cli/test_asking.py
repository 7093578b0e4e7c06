"""At a terminal it asks: who decides and why, and before it applies; what it asks stands on standard error."""

from __future__ import annotations

import os
import pty
import subprocess

from tests.cli.shell import AS_OF, COMMAND, FIXTURES, Shell, journey


def typed(shell: Shell, *arguments: str, answers: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard input is a terminal at which these answers are typed."""
    ours, theirs = pty.openpty()
    os.write(ours, answers.encode())
    try:
        command = [*COMMAND, *arguments]
        return subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60, cwd=shell.folder)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_decision_asks_for_actor_and_reason(site: Shell) -> None:
    site("import", *journey()[:2])
    done = typed(site, "withdraw", str(FIXTURES / "02-ada-refill.json"), "--json", answers="A. Nurse\nwrong patient\n")
    assert done.returncode == 0, done.stderr
    assert "Actor" in done.stderr
    assert done.stdout.startswith("{")
    decision = site.json("plan", "--as-of", AS_OF)["destinations"][0]["plans"][-1]["decision"]
    assert "A. Nurse" in decision
    assert "wrong patient" in decision


def test_apply_shows_the_plan_and_asks(site: Shell) -> None:
    site("import", journey()[0])
    done = typed(site, "apply", "--as-of", AS_OF, answers="n\n")
    assert (done.returncode, site.resources()) == (130, {})
    assert "+ create Device/" in done.stdout
    assert "Apply to folder?" in done.stderr
    assert typed(site, "apply", "--as-of", AS_OF, answers="y\n").returncode == 0
    assert site.resources() != {}
