"""Named queries: each stands once, each is used, and each that runs for one course finds its rows by an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bridge.store.sqlite as parts
from bridge.errors import Bug
from bridge.store.named_sql import queries
from bridge.store.open import open_store
from bridge.store.sqlite import SqliteStore

CODE = Path(parts.__file__).parent
WHOLE_STORE = frozenset(
    {
        "count_quarantined", "decisions", "due_by_mapping", "programmers", "quarantined", "rouse",
        "rows_by_id", "sources", "unapplied_at_first", "waiting_plans",
    }
)  # fmt: skip
"""Queries that may read a whole table: they are asked once, by a person or at a new mapping."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    opened = open_store(tmp_path / "store.db", ("real", "simulated"))
    yield opened
    opened.close()


def test_a_name_that_stands_twice_is_our_bug(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- words\n\n-- name: one\nSELECT 1;\n\n-- more words\n-- name: two\nSELECT 2;\n")
    assert dict(queries(tmp_path)) == {"one": "SELECT 1", "two": "SELECT 2"}
    twice = tmp_path / "twice"
    twice.mkdir()
    (twice / "a.sql").write_text("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")
    with pytest.raises(Bug):
        queries(twice)


def test_every_query_is_used_and_every_used_query_exists() -> None:
    code = "\n".join(path.read_text() for path in CODE.glob("*.py"))
    quoted = set(re.findall(r'"([a-z_]+)"', code))
    assert sorted(set(queries()) - quoted) == []
    used = set(re.findall(r'self\._(?:all|one|value|run|add|many)\(\s*"([a-z_]+)"', code))
    assert sorted(used - set(queries())) == []


def test_an_unknown_query_is_our_bug(store: SqliteStore) -> None:
    with pytest.raises(Bug):
        store._one("nothing_of_the_kind")


@pytest.mark.parametrize("name", sorted(queries()))
def test_no_query_for_one_course_reads_a_whole_table(store: SqliteStore, name: str) -> None:
    sql = queries()[name]
    values = dict.fromkeys(re.findall(r":([a-z_0-9]+)", sql), "1")
    plan = store._database.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    scans = [row[3] for row in plan if re.match(r"SCAN (?!CONSTANT|json_each|.*destination)", row[3])]
    assert (scans != []) == (name in WHOLE_STORE), plan
