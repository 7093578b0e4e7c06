"""The catalogue of findings: its page, its tests and its words.

`raised.csv` beside this names for each code a test that raises it and one, at the boundary, that must not.
"""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bridge.terms.findings import catalogue
from tests.findings.table import PAGE, rows

ROOT = Path(__file__).resolve().parents[2]
LABELS = ("What", "Why", "Source", "Whom to call")
TREATMENT = (
    r"recommend\w*|advise[sd]?|increas\w+|decreas\w+|reduce\w*|titrat\w+|administer\w*|restart\w*|treat\w*|consider\w*"
    r"|ensure|safe|safely|unsafe|OK|mcg|IT|harmless|dangerous"
)
ADVICE = re.compile(rf"\b(should (?:be|not|have|get|take)|must|{TREATMENT})\b")
"""Words that tell somebody what to do with a patient, that reassure, or that may be misread."""


def sections() -> dict[str, str]:
    """The text under each code's heading."""
    parts = re.split(r"^### `([a-z0-9-]+)`\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_page_has_the_catalogue_in_its_order() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == rows(), "run python -m tests.findings.table"


def test_every_code_has_a_section_in_the_order_of_the_alphabet() -> None:
    assert list(sections()) == sorted(catalogue())


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_a_section_says_what_why_whence_and_whom_to_call(code: str) -> None:
    text = sections().get(code, "")
    assert re.findall(r"^- \*\*([A-Za-z ]+):\*\* \S", text, re.MULTILINE) == list(LABELS)


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_no_section_speaks_of_treatment(code: str) -> None:
    assert re.findall(rf"\b({TREATMENT})\b", sections().get(code, "")) == []


# --- tests -----------------------------------------------------------------------------------------------------------


def named() -> dict[str, tuple[str, str]]:
    with Path(__file__).with_name("raised.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["raised"], row["not_raised"]) for row in csv.DictReader(file)}


@cache
def functions(file: Path) -> dict[str, str]:
    """The source of each test of a file, with what parametrises it."""
    text = file.read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = min((one.lineno for one in node.decorator_list), default=node.lineno)
            found[node.name] = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return found


@pytest.mark.parametrize("code", catalogue())
def test_a_test_raises_it_and_one_does_not(code: str) -> None:
    assert code in named(), "add a row to raised.csv"
    for place in named()[code]:
        file, _, name = place.partition("::")
        assert name in functions(ROOT / file), place
        assert code in (ROOT / file).read_text(encoding="utf-8"), f"{file} does not speak of {code}"


def test_no_test_is_named_for_a_code_that_there_is_not() -> None:
    assert set(named()) == set(catalogue())


# --- words -----------------------------------------------------------------------------------------------------------


def texts(file: Path) -> Iterator[str]:
    """The string constants of a module that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("file", sorted((ROOT / "bridge" / "findings").glob("*.py")), ids=lambda file: file.stem)
def test_no_text_of_a_finding_gives_advice(file: Path) -> None:
    assert [text for text in texts(file) if ADVICE.search(text)] == []


def test_no_words_of_the_catalogue_give_advice() -> None:
    assert [one.display for one in catalogue().values() if ADVICE.search(one.display)] == []


@pytest.mark.parametrize("text", ["The dose should be lower.", "Restart it: restart", "This is safe.", "400 mcg/day"])
def test_advice_is_recognised(text: str) -> None:
    assert ADVICE.search(text)
