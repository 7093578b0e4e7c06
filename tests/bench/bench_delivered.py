"""Messages of 500 hospital pumps, from the wire to a FHIR server: accepted, charted, checked, sent and confirmed.

The bridge is `pumpbridge run` with one MLLP port and one FHIR destination; its store already holds 1,000 messages of
each pump, confirmed. Then every pump sends ten more (PCD-01, 15 segments), in turns, over 8 connections, and is
answered after the commit. Measured is from the first byte sent to the commit after which nothing waits: every message
is then covered by a confirmed plan, with Provenance. The server counts what it is sent and answers as if it stored it.

For comparison, in turns with it: a bridge that only parses each message, stores its bytes in SQLite (one commit for
fifty) and posts its numbers, one transaction a message, over as many processes.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bridge import log
from bridge.accept import accept_many, settings_of
from bridge.clock import SystemClock
from bridge.config import load
from bridge.jobs import Job
from bridge.site import open_site
from bridge.store.protocol import NewExport
from bridge.wire import er7
from bridge.workers import apply_all
from tests.adapters.hl7_messages import ML, ML_H, Rows, delivering, framed, message, msh, obr, source
from tests.bench import site
from tests.bench.measure import CORES, PUMPBRIDGE, Report, Result, alternated, asked, conditions, median_of, pss_mb
from tests.sources.mllp_serving import Client, code

ROOT = Path(__file__).resolve().parents[2]
TARGET = 500
MORE = 10
CONNECTIONS = 8
SECONDS_APART = 10
FIRST = 1_772_445_600
PATIENCE = 300.0
FHIR = {"Content-Type": "application/fhir+json"}


def fifteen(pump: int, number: int) -> bytes:
    """The message with this number of a pump: 15 segments; the volume grows, the flow changes once an hour."""
    at = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime(FIRST + SECONDS_APART * number))
    flow = 4 + number * SECONDS_APART // 3600 % 5
    rows = Rows().device("70049^MDC_DEV_PUMP_INFUS_LVP_MDS", "1.0.0.0", f"BN{pump:05}^^0011220000AC{pump:04}^EUI-64")
    rows.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.0.0.1", "Invented Pumps^IV-3", status="F")
    rows.device("70050^MDC_DEV_PUMP_INFUS_LVP_VMD", "1.1.0.0")
    source(delivering(rows, "infusing", f"{flow}.0"))
    rows.add("NM", "157784^MDC_FLOW_FLUID_PUMP", "1.1.2.3", f"{flow}.0", ML_H, how="MSET")
    rows.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", "1.1.2.8", f"{number * 0.0125:.2f}", ML)
    rows.add("CWE", "158005^MDC_PUMP_CURRENT_DELIVERY_STATUS", "1.1.2.10", "^pump-delivery-status-delivering")
    head = msh(number=f"B{pump:05}-{number}", processing="P", accept="", application="")
    return message(head, f"PID|||{pump:07}^^^MRN^MR||Example^Number {pump}||19610412|F", obr(at), *rows.rows)


# --- what stands before ----------------------------------------------------------------------------------------------


@contextmanager
def counting(port: int = 0) -> Iterator[int]:
    """The counting server, in a process of its own; answers its port."""
    command = [sys.executable, "-m", "tests.bench.counting_server", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None, "asked for as a pipe"
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()


def filled(folder: Path, url: str, pumps: int, earlier: int) -> Path:
    """A site whose store holds so many messages of so many pumps, all confirmed; answers its configuration."""
    settings = {"mode": '"live"', "patient": '"reference"', "open_segment": '"write"'}
    config = site.with_fhir(folder, url, **settings)
    half = pumps // 2
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        shares = [pool.submit(accept_share, config, range(*ends), earlier) for ends in ((0, half), (half, pumps))]
        for share in shares:
            share.result()
    with open_site(load(config), new_store=True) as opened:
        opened.register()
        sums = apply_all(opened, Job(config, ("server",)), processes=CORES)
    if sums.open:
        raise RuntimeError(f"not confirmed: {next(iter(sums.open.values()))}")
    return config


def accept_share(config: Path, pumps: range, earlier: int) -> None:
    """What one of the processes accepts."""
    log.configure("error")
    clock = SystemClock()
    contents = (fifteen(pump, number) for number in range(earlier) for pump in pumps)
    items = (NewExport(hashlib.sha256(one).hexdigest(), one, "bench", "bench", clock.now()) for one in contents)
    with open_site(load(config), new_store=True) as opened:
        for receipt in accept_many(items, opened.adapters, opened.store, settings_of(opened.config)):
            if receipt.outcome != "accepted":
                raise RuntimeError(f"not accepted: {receipt}")


# --- the bridge ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Delivered:
    """One run of the bridge: messages a second until acknowledged and until all were confirmed; memory in MB."""

    accepted: float
    confirmed: float
    memory: float


class Bridge:
    """A site, and how far each pump has come in it."""

    def __init__(self, config: Path, pumps: int, number: int) -> None:
        self.config, self.pumps, self.number = config, pumps, number
        self.port = _free_port()
        text = config.read_text()
        table = f'[[mllp]]\nname = "pumps"\nport = {self.port}\n\n'
        config.write_text(text.replace("[[destination]]", f"{table}[[destination]]", 1))

    def run(self) -> Delivered:
        """Send the next messages of every pump to a running bridge, and wait until all are confirmed."""
        first, self.number = self.number, self.number + MORE
        with self._daemon() as process:
            store = sqlite3.connect(f"file:{self.config.parent / 'pumpbridge.sqlite'}?mode=ro", uri=True)
            before = store.execute("SELECT MAX(number) FROM change").fetchone()[0]
            with senders(self.port, self.pumps, first) as go:
                begun = time.perf_counter()
                go()
            answered = time.perf_counter() - begun
            _await_confirmed(store, before, process)
            confirmed = time.perf_counter() - begun
            memory = pss_mb(process.pid)
            store.close()
        count = self.pumps * MORE
        return Delivered(count / answered, count / confirmed, memory)

    @contextmanager
    def _daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """`pumpbridge run` at rest, stopped as an operator stops it."""
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [*PUMPBRIDGE, "run"],
                cwd=self.config.parent,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            try:
                _await_port(self.port, process, errors.fileno())
                time.sleep(3)  # its reconcilers are ready too
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


@contextmanager
def senders(port: int, pumps: int, first: int) -> Iterator[Callable[[], None]]:
    """Processes that are ready to send, and what lets them; leaving, all has been answered."""
    command = [sys.executable, "-m", __spec__.name, "send", str(port), str(pumps), str(first)]
    started = [
        subprocess.Popen([*command, str(n)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for n in range(CONNECTIONS)
    ]
    for one in started:
        assert one.stdout is not None, "asked for as a pipe"
        assert one.stdout.readline() == b"ready\n"

    def go() -> None:
        for one in started:
            assert one.stdin is not None, "asked for as a pipe"
            one.stdin.write(b"go\n")
            one.stdin.flush()

    yield go
    ended = [one.stdout.readline() for one in started if one.stdout is not None]
    if any(said != b"done\n" for said in ended):
        raise RuntimeError(f"not acknowledged: {ended}")


def send(port: int, pumps: int, first: int, sender: int) -> None:
    """One sender's share: message after message of its pumps in turns, each sent once the one before is answered."""
    mine = range(sender, pumps, CONNECTIONS)
    frames = [framed(fifteen(pump, number)) for number in range(first, first + MORE) for pump in mine]
    with Client(("127.0.0.1", port)) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        for frame in frames:
            client.send(frame)
            if code(client.answer()) != "AA":
                raise RuntimeError("not accepted")
    print("done", flush=True)


_OPEN = """
SELECT COUNT(*) FROM (SELECT course, MAX(number) AS last FROM change WHERE number > ? GROUP BY course) AS new
LEFT JOIN progress ON progress.course = new.course
    AND progress.destination = (SELECT number FROM destination WHERE name = 'server')
WHERE COALESCE(progress.applied, 0) < new.last
"""
_PARKED = "SELECT course, parked, parked_detail FROM progress WHERE parked <> '' LIMIT 1"


def _await_confirmed(store: sqlite3.Connection, before: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while store.execute(_OPEN, (before,)).fetchone()[0]:
        if time.monotonic() > until or process.poll() is not None:
            raise RuntimeError(f"not confirmed: {store.execute(_PARKED).fetchall()}")
        time.sleep(0.1)


def _await_port(port: int, process: subprocess.Popen[bytes], errors: int) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the bridge ended with status {process.returncode}: {os.pread(errors, 2000, 0)!r}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- a bridge that only parses, stores and posts ---------------------------------------------------------------------


def naive(folder: Path, port: int, pumps: int, first: int) -> float:
    """Messages a second that it parses, stores and posts."""
    folder.mkdir()
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(CORES)))
        begun = time.perf_counter()
        shares = [pool.submit(_post, folder / f"{n}.sqlite", port, range(n, pumps, CORES), first) for n in range(CORES)]
        for share in shares:
            share.result()
        return pumps * MORE / (time.perf_counter() - begun)


def _post(path: Path, port: int, pumps: range, first: int) -> None:
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE message (content BLOB)")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    contents = [fifteen(pump, number) for number in range(first, first + MORE) for pump in pumps]
    for start in range(0, len(contents), 50):
        store.execute("BEGIN")
        store.executemany("INSERT INTO message VALUES (?)", [(content,) for content in contents[start : start + 50]])
        store.execute("COMMIT")
        for content in contents[start : start + 50]:
            connection.request("POST", "/", body=json.dumps(_bundle(content)), headers=FHIR)
            connection.getresponse().read()


def _bundle(content: bytes) -> dict[str, object]:
    heard = er7.read(content)[0]
    numbers = [segment for segment in heard.named("OBX") if segment.text(2) == "NM"]
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(heard, obx) for obx in numbers]}


def _entry(heard: er7.Message, obx: er7.Segment) -> dict[str, object]:
    resource = {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"code": obx.text(3, 1)}]},
        "subject": {"identifier": {"value": heard.named("PID")[0].text(3, 1)}},
        "effectiveDateTime": heard.named("OBR")[0].text(7),
        "valueQuantity": {"value": float(obx.text(5)), "unit": obx.text(6, 1)},
    }  # fmt: skip
    return {"resource": resource, "request": {"method": "POST", "url": "Observation"}}


# --- the whole -------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    log.configure("error")
    pumps, earlier = given.size(500, 6), given.size(1_000, 5)
    report = Report("bench_delivered", given, conditions(given, pumps=pumps, earlier=earlier, more=MORE))
    with counting() as port:
        bridge = Bridge(filled(given.folder / "site", f"http://127.0.0.1:{port}", pumps, earlier), pumps, earlier)
        runs: dict[str, list[Delivered | float]] = alternated(
            {
                "bridge": lambda run: bridge.run(),
                "naive": lambda run: naive(given.folder / f"naive-{run}", port, pumps, earlier + run * MORE),
            },
            given.runs,
        )
    done = [run for run in runs["bridge"] if isinstance(run, Delivered)]
    bare = [run for run in runs["naive"] if isinstance(run, float)]
    report.add(median_of("accepted and delivered", (one.confirmed for one in done), "messages/s", at_least=TARGET))
    report.add(median_of("acknowledged meanwhile", (one.accepted for one in done), "messages/s"))
    report.add(median_of("only parsed, stored and posted", bare, "messages/s"))
    ratios = tuple(one.confirmed / other for one, other in zip(done, bare, strict=True))
    report.add(median_of("delivered over only posted", ratios, ""))
    report.add(Result("memory of the daemon's processes (PSS)", max(one.memory for one in done), "MB"))
    return report.close()


def test_delivered() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(*map(int, sys.argv[2:6]))
    else:
        sys.exit(main())
