"""Every finding that a test of courses makes, word for word as it was kept: fixtures/said/findings.txt.

Each distinct finding stands there once, so the file is also what a person reads who reviews the words. `python -m
tests.course.said` writes it anew; the difference is read before it is kept. Tests of random lives are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bridge.course.clocks import Instant
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from tests.course import building

KEPT = Path(__file__).resolve().parents[2] / "fixtures" / "said" / "findings.txt"
RANDOM = ("test_properties", "test_bridging_lives", "test_soft_pages")


def said(course: Course) -> set[str]:
    """The findings of a course, each as it is kept."""
    return {_written(fact) for page in course.pages for fact in page.facts if isinstance(fact, Finding)}


def _written(one: Finding) -> str:
    name = "of a document" if len(one.discriminator) == 64 else one.discriminator
    lines = [f"{one.code} {name} ({one.audience}, {one.severity}) {_at(one.since)} - {_at(one.until)}", one.text]
    if one.plain is not None:
        lines.append(f"without calculated values: {one.plain or 'nothing'}")
    lines.append(f"of {one.source.session or 'the pump'}: {_names(one.evidence)} / {_names(one.implicated)}")
    return "\n    ".join(lines)


def _at(at: Instant | None) -> str:
    return at.fhir if at else "open"


def _names(names: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(kind if len(name) == 64 else f"{kind} {name}".rstrip() for kind, name in names) or "none"


@cache
def kept() -> frozenset[str]:
    """What was kept."""
    return frozenset(KEPT.read_text(encoding="utf-8").removesuffix("\n").split("\n\n"))


@pytest.fixture(autouse=True)
def every_finding_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """What this test's courses say is among what was kept."""
    building.MADE.clear()
    yield
    if request.module.__name__.rpartition(".")[2] not in RANDOM:
        made = {text for course in building.MADE for text in said(course)}
        anew = request.config.stash.get(ANEW, None)
        if anew is not None:
            anew |= made
        else:
            new = "\n\n".join(sorted(made - kept()))
            assert not new, f"not kept; if it is right as it stands, python -m tests.course.said keeps it:\n\n{new}"


ANEW: pytest.StashKey[set[str]] = pytest.StashKey()


class Keeping:
    """Gathers what is said in a whole run, and keeps it."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[ANEW] = self.made

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK:
            KEPT.parent.mkdir(parents=True, exist_ok=True)
            KEPT.write_text("\n\n".join(sorted(self.made)) + "\n", encoding="utf-8")


def main() -> int:
    """Run the tests of courses and findings, and keep what they said; nothing is kept where one fails."""
    return int(pytest.main(["-q", "-n", "0", "tests/course", "tests/findings"], plugins=[Keeping()]))


if __name__ == "__main__":
    from tests.course import said as module  # the one that the tests import: its key of the stash is another's here

    sys.exit(module.main())
