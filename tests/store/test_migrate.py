"""Migrations: in order, backed up, all or nothing (numbers: invariants of migrate.py)."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.course.shared import hospital_pump
from bridge.errors import Bug, StoreError
from bridge.identity import PumpIdentity
from bridge.store.migrate import FOLDER, migrate, steps, version
from bridge.store.open import open_store
from tests.course.bedside_messages import Source, alarm, told

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
FIRST = "CREATE TABLE a (x TEXT);\n-- a comment; with a semicolon\nINSERT INTO a VALUES ('one;two');\n"
SECOND = "ALTER TABLE a ADD COLUMN y TEXT;\nUPDATE a SET y = 'new';\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations."""
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_first.sql").write_text(FIRST)
    (made / "0002_second.sql").write_text(SECOND)
    (made / "notes.txt").write_text("not a migration")
    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty database file."""
    opened = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    yield opened
    opened.close()


def backups(folder: Path) -> list[Path]:
    """The backup files."""
    return sorted(folder.glob("*.backup"))


def test_a_new_store_needs_no_backup(database: sqlite3.Connection, tmp_path: Path, folder: Path) -> None:
    assert migrate(database, tmp_path / "store.db", NOW, folder) == 0
    assert database.execute("SELECT * FROM a").fetchall() == [("one;two", "new")]
    assert version(database) == 2
    assert backups(tmp_path) == []
    assert migrate(database, tmp_path / "store.db", NOW, folder) == 2


def test_an_older_store_is_backed_up_first(database: sqlite3.Connection, tmp_path: Path, folder: Path) -> None:
    """Invariant 2."""
    database.executescript(FIRST + "PRAGMA user_version = 1;")
    assert migrate(database, tmp_path / "store.db", NOW, folder) == 1
    (backup,) = backups(tmp_path)
    assert backup.name == "store.db.v1-20250620T120000Z.backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT * FROM a").fetchall() == [("one;two",)]
    assert version(copy) == 1
    copy.close()


def test_a_failing_step_leaves_the_old_version(database: sqlite3.Connection, tmp_path: Path, folder: Path) -> None:
    """Invariant 3."""
    database.executescript(FIRST + "PRAGMA user_version = 1;")
    (folder / "0003_broken.sql").write_text("CREATE TABLE b (x TEXT);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(Bug):
        migrate(database, tmp_path / "store.db", NOW, folder)
    assert version(database) == 1
    assert [name for (name,) in database.execute("SELECT name FROM sqlite_master")] == ["a"]
    assert len(database.execute("SELECT * FROM a").fetchone()) == 1


def test_a_newer_store_is_refused(database: sqlite3.Connection, tmp_path: Path, folder: Path) -> None:
    """Invariant 1."""
    database.execute("PRAGMA user_version = 3")
    with pytest.raises(StoreError, match="store-newer"):
        migrate(database, tmp_path / "store.db", NOW, folder)
    assert backups(tmp_path) == []


def test_a_gap_in_the_numbers_is_refused(folder: Path) -> None:
    (folder / "0004_gap.sql").write_text("SELECT 1;")
    with pytest.raises(StoreError, match="gap"):
        steps(folder)


def test_our_own_steps_make_a_store(tmp_path: Path) -> None:
    assert min(steps(FOLDER)) == 1
    open_store(tmp_path / "store.db", ("real", "simulated")).close()
    database = sqlite3.connect(tmp_path / "store.db")
    assert version(database) == max(steps(FOLDER))
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


def first_four(place: Path) -> Path:
    """The steps of a store that knew no hospital pumps."""
    before = place / "before"
    before.mkdir()
    for number, path in steps(FOLDER).items():
        if number < 5:
            (before / path.name).write_bytes(path.read_bytes())
    return before


def test_hospital_pumps_of_an_older_store_are_known_as_such(tmp_path: Path, database: sqlite3.Connection) -> None:
    """Charts refer to their Devices: each must stand among what courses share, under the key that charts use."""
    migrate(database, tmp_path / "store.db", NOW, first_four(tmp_path))
    for lane, adapter in ((1, "hl7v2_pcd"), (2, "session_json")):
        database.executescript(f"""
            INSERT INTO pump (lane, manufacturer, model, serial, simulated) VALUES ({lane}, 'M|1', '50%', 'S{lane}', 1);
            INSERT INTO course (number, lane, patient, system) VALUES ({lane}, {lane}, '7', 'urn:mrn');
            INSERT INTO export (number, sha256, state, sha1, size, media_type, name, source, received)
                VALUES ({lane}, 'h{lane}', 'accepted', '', 1, '', '', '', '');
            INSERT INTO interrogation (export, ordinal, course, live, session, placed, position, revision, reported,
                started, linkable, adapter, adapter_version, schema_version, body)
                VALUES ({lane}, 0, {lane}, 1, 's', '2026', '2026', 0, '', '', 0, '{adapter}', '1', 1, x'');
        """)
    assert migrate(database, tmp_path / "store.db", NOW) == 4
    assert database.execute("SELECT number, hospital FROM course WHERE number > 0").fetchall() == [(1, 1), (2, 0)]
    assert database.execute("SELECT lane, led, led_at FROM pump").fetchall() == [
        (0, None, ""),
        (1, 1, "2026"),
        (2, None, ""),
    ]
    key = hospital_pump(PumpIdentity("M|1", "50%", "S1"))
    assert database.execute("SELECT key, simulated FROM programmer").fetchall() == [(key, 1)]


def test_messages_of_one_second_in_an_older_store_get_their_turns(tmp_path: Path, database: sqlite3.Connection) -> None:
    """What was stored before there were turns stands where it would stand if it came today."""
    migrate(database, tmp_path / "store.db", NOW, first_four(tmp_path))
    database.executescript("""
        INSERT INTO pump (lane, manufacturer, model, serial, simulated) VALUES (1, 'M', '50', 'S', 0);
        INSERT INTO course (number, lane, patient, system) VALUES (1, 1, '7', 'urn:mrn');
    """)
    at = "10:40"
    messages = [told(at, Source(), event=event) for event in ("STOP", "START", "COMP", "PATIENT")]
    messages += [told(at, Source()), alarm("start", at), alarm("end", at)]
    for number, one in enumerate(messages, 1):
        old = f"20260302T104000Z {one.session}"
        export = (number, one.sha256)
        database.execute(
            "INSERT INTO export (number, sha256, state, sha1, size, media_type, name, source, received)"
            " VALUES (?, ?, 'accepted', '', 1, '', '', '', '')", export,
        )  # fmt: skip
        database.execute(
            "INSERT INTO interrogation (export, ordinal, course, live, session, placed, position, revision, reported,"
            " started, linkable, adapter, adapter_version, schema_version, body)"
            " VALUES (?, 0, 1, 1, ?, ?, ?, 0, '', '', 0, 'hl7v2_pcd', '1', 1, x'')", (number, one.session, old, old),
        )  # fmt: skip
    database.executescript("""
        INSERT INTO pump (lane, manufacturer, model, serial, simulated) VALUES (2, 'M', 'implanted', 'S', 0);
        INSERT INTO course (number, lane, patient, system) VALUES (2, 2, '7', 'urn:mrn');
        INSERT INTO export (number, sha256, state, sha1, size, media_type, name, source, received)
            VALUES (99, 'other', 'accepted', '', 1, '', '', '', '');
        INSERT INTO interrogation (export, ordinal, course, live, session, placed, position, revision, reported,
            started, linkable, adapter, adapter_version, schema_version, body)
            VALUES (99, 0, 2, 1, 'session 7', '20260302T104000Z session 7', '20260302T104000Z session 7', 0, '', '', 0,
                'session_json', '1', 1, x'');
    """)
    migrate(database, tmp_path / "store.db", NOW)
    (implanted,) = database.execute("SELECT position, placed FROM interrogation WHERE course = 2").fetchall()
    assert implanted == ("20260302T104000Z session 7",) * 2
    found = database.execute("SELECT position, placed FROM interrogation WHERE course = 1 ORDER BY number").fetchall()
    assert found == [(one.position, one.position) for one in messages]
    assert database.execute("SELECT led, led_at FROM pump WHERE lane = 1").fetchone() == (
        1, max(one.position for one in messages),
    )  # fmt: skip
