"""The SQLite store against the shared conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.store.open import open_store
from bridge.store.protocol import Store
from tests.store.conformance.suite import StoreConformance


class TestSqlite(StoreConformance):
    """Every promise of the protocol."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """An empty store."""
        opened = open_store(tmp_path / "store.db", ("real", "simulated"))
        yield opened
        opened.close()
