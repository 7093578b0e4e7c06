"""Files that a verb reads without a store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import ExportError
from bridge.export import read_export
from bridge.store.protocol import NewExport

LIMIT = 20_000_000


def export_of(file: Path) -> NewExport:
    """The export in a file; raises ExportError where it is none, not readable or too large."""
    export = read_export(file, "", datetime.now(UTC), LIMIT)
    if export.oversize:
        raise ExportError(
            f"the file is larger than {LIMIT} bytes", where=str(file), code="export-too-large",
            remedy="name an export",
        )  # fmt: skip
    return export


def content_of(file: Path) -> bytes:
    """The bytes of such an export."""
    return export_of(file).content
