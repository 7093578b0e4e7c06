"""Files that a verb reads without a store."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import ExportError, UsageError
from bridge.export import read_export
from bridge.store.protocol import NewExport

LIMIT = 20_000_000


def existing(file: Path) -> Path:
    """The path; raises UsageError where nothing is there, as `import` does."""
    if not os.path.lexists(file):
        raise UsageError(
            "there is no such file or folder", where=str(file), code="path-missing", remedy="name one that exists"
        )
    return file


def export_of(file: Path) -> NewExport:
    """The export in a file; raises ExportError where it is none, not readable or too large, UsageError if missing."""
    export = read_export(existing(file), "", datetime.now(UTC), LIMIT)
    if export.oversize:
        raise ExportError(
            f"the file is larger than {LIMIT} bytes", where=str(file), code="export-too-large",
            remedy="name an export",
        )  # fmt: skip
    return export


def content_of(file: Path) -> bytes:
    """The bytes of such an export."""
    return export_of(file).content
