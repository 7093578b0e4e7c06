"""What a course says is what was kept of it, word for word: a difference is a decision, never a surprise.

`python -m tests.course.kept` keeps what it says now.
"""

from __future__ import annotations

from difflib import unified_diff

import pytest

from tests.course.kept import FOLDER, cases

CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_the_course_is_the_kept_one(name: str) -> None:
    kept, now = (FOLDER / f"{name}.txt").read_text(encoding="utf-8"), CASES[name]()
    assert kept == now or "\n".join(unified_diff(kept.split("\n"), now.split("\n"), "kept", "now", lineterm="")) == ""


def test_nothing_is_kept_of_what_is_no_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)
