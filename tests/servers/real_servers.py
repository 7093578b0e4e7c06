"""Starts the FHIR servers that others wrote and that need no Java: SEKMET (Python) and Medplum's router (Node).

    with running_sekmet() as server:
        ...                                     # it answers at server.base_url

Both keep what they get in memory, listen on 127.0.0.1, and end with this process even when this one is killed. Standard
library only and no pytest. HAPI is hapi_server.py.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.servers.hapi_server import HapiServer, end, wait_until_ready
from tests.servers.maven import ServerUnavailable, program
from tests.servers.npm import ensure_installed

HERE = Path(__file__).parent
MEDPLUM = HERE / "medplum"
START_SECONDS = 60.0
MINUTES = 45


@contextmanager
def running_sekmet(*how: str) -> Iterator[HapiServer]:
    """Yield a SEKMET server on a free port; raises ServerUnavailable where its package is not installed.

    `how`: "absolute" where it is to answer with absolute references.
    """
    if find_spec("sekmet") is None:
        raise ServerUnavailable("the Python package sekmet-fhir is not installed")
    yield from _running([sys.executable, str(HERE / "sekmet" / "main.py"), str(MINUTES), *how])


@contextmanager
def running_medplum() -> Iterator[HapiServer]:
    """Yield Medplum's router over its memory on a free port, installed first; raises ServerUnavailable."""
    node = program("node")
    ensure_installed(MEDPLUM)
    yield from _running([node, str(MEDPLUM / "server.mjs"), str(MINUTES)])


def _running(command: list[str]) -> Iterator[HapiServer]:
    log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0, start_new_session=True
    )
    try:
        server = HapiServer(process, wait_until_ready(process, log, START_SECONDS), log)
    except BaseException:
        end(process)
        log.close()
        raise
    try:
        yield server
    finally:
        server.stop()
