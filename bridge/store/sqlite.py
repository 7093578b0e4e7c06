"""The store in one SQLite file, made of its parts; `open.py` opens it.

Parts: intake (accepting), courses (what folding reads), work (what is due), ledger (what is confirmed), decisions,
reread, reports. Each is a class over one connection; their SQL stands in `queries/`.
"""

from __future__ import annotations

from bridge.store.sqlite_courses import SqliteCourses
from bridge.store.sqlite_decisions import SqliteDecisions
from bridge.store.sqlite_intake import SqliteIntake
from bridge.store.sqlite_ledger import SqliteLedger
from bridge.store.sqlite_reports import SqliteReports
from bridge.store.sqlite_reread import SqliteReread


class SqliteStore(SqliteIntake, SqliteCourses, SqliteLedger, SqliteDecisions, SqliteReread, SqliteReports):
    """All of it, over one connection: one a thread, and one a process after a fork."""
