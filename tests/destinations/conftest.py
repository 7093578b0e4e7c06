"""A faulty server that takes our ids and transactions, for each test its own."""

from collections.abc import Iterator

import pytest

from tests.servers.faulty import FaultyServer, running_faulty


@pytest.fixture
def ours() -> Iterator[FaultyServer]:
    with running_faulty() as running:
        yield running
