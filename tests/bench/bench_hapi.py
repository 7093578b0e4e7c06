"""`apply` of a stored plan into a real HAPI server, against a bare loader that posts the very same Bundles.

Two sites hold the same exports under namespaces of their own, so that each run creates its resources anew: one is
applied by the bridge; the other's Bundles are made by the bridge too but kept, and then posted by a loader that does
nothing else, byte for byte, over as many connections as the bridge has processes. The two take turns; before that the
server is warmed up. The bridge's time is that of `apply_all` from its first claim to its last commit, the start of its
second process included, the start of the command line not.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from bridge import log
from bridge.accept import accept_many, settings_of
from bridge.config import load
from bridge.destinations.fhir_server import FhirServer
from bridge.destinations.http import Http, Reply
from bridge.export import files, read_export
from bridge.jobs import Job
from bridge.reconcile import Consent, Reconciler
from bridge.site import Site, open_site
from bridge.workers import apply_all
from tests.bench import site
from tests.bench.exports import one_pump_each
from tests.bench.measure import CORES, Asked, Report, Result, alternated, asked, conditions, median_of
from tests.servers.hapi_server import running_hapi

SHARE = 0.9
NAME = "server"
HEADERS = {"Content-Type": "application/fhir+json; charset=utf-8", "Prefer": "return=minimal"}
JAVA = ("-Xmx3g", "-XX:+UseSerialGC")  # both compilers: a server that is measured is not one that starts quickly


@dataclass(slots=True)
class Recorder:
    """In the place of HTTP: transactions are kept and answered as if they had been stored; the rest goes through."""

    http: Http
    bundles: list[bytes] = field(default_factory=list)

    def ask(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] = {}) -> Reply:
        """Keep a transaction; pass on what is asked otherwise."""
        if method != "POST" or path or body is None:
            return self.http.ask(method, path, body=body, headers=headers)
        self.bundles.append(body)
        entries = [{"response": {"status": "201 Created", "etag": "1"}} for _ in json.loads(body)["entry"]]
        said = json.dumps({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})
        return Reply(200, {"content-type": "application/fhir+json"}, said.encode())

    def close(self) -> None:
        """Close what is passed on to."""
        self.http.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    log.configure("error")
    count = given.size(300, 8)
    (given.folder / "files").mkdir()
    site.with_inbox(given.folder / "files", one_pump_each(count, given.seed))
    report = Report("bench_hapi", given, conditions(given, courses=count, connections=CORES))
    with running_hapi(java_options=JAVA) as server:
        bench = Bench(given, server.base_url, given.folder / "files" / "in")
        for number in range(given.size(3, 1)):
            bench.load(-1 - number)
        tasks = {"bridge": bench.apply, "loader": bench.load}
        rates = alternated(tasks, given.runs)
    report.add(median_of("bare loader", rates["loader"], "resources/s"))
    report.add(median_of("apply of a stored plan", rates["bridge"], "resources/s"))
    shares = tuple(mine / bare for mine, bare in zip(rates["bridge"], rates["loader"], strict=True))
    share = report.results[1].value / report.results[0].value
    report.add(Result("apply over loader", share, "", shares, at_least=SHARE))
    return report.close()


class Bench:
    """A server and the files that every site imports."""

    def __init__(self, given: Asked, url: str, exports: Path) -> None:
        self.folder, self.url, self.exports = given.folder, url, exports

    def apply(self, run: int) -> float:
        """Apply a stored plan with the bridge; answers resources a second."""
        config = self._planned(f"bridge-{run}")
        with open_site(load(config), new_store=True) as opened:
            begun = time.perf_counter()
            sums = apply_all(opened, Job(config, (NAME,), Consent(held=True)), processes=CORES)
            seconds = time.perf_counter() - begun
        if sums.open:
            raise RuntimeError(f"not applied: {next(iter(sums.open.values()))}")
        return sums.confirmed / seconds

    def load(self, run: int) -> float:
        """Post the Bundles of such a plan; answers resources a second."""
        config = self._planned(f"loader-{run}")
        bundles = self._bundles(config)
        loader = Loader(self.url)
        begun = time.perf_counter()
        loader.post(bundles[:1])  # what charts share goes first, as the bridge sends it
        loader.post(bundles[1:])
        seconds = time.perf_counter() - begun
        return sum(len(json.loads(bundle)["entry"]) for bundle in bundles) / seconds

    def _planned(self, name: str) -> Path:
        """A site of its own with every export accepted and every plan stored."""
        held = {"mode": '"held"', "patient": '"create"', "connections": str(CORES), "open_segment": '"write"'}
        config = site.with_fhir(self.folder / name, self.url, **held)
        with open_site(load(config), new_store=True) as opened:
            opened.register()
            found = (read_export(file, "bench", opened.clock.now(), 10**7) for file in files([self.exports]))
            receipts = list(accept_many(found, opened.adapters, opened.store, settings_of(opened.config)))
            tally = opened.reconciler(NAME).run(apply=False)
        if any(receipt.code for receipt in receipts) or any(row.status != "waiting" for row in tally.outcomes):
            raise RuntimeError(f"not planned: {tally.outcomes[:1]}")
        return config

    def _bundles(self, config: Path) -> list[bytes]:
        """What the bridge would post for the stored plans of a site, in its order."""
        with open_site(load(config), new_store=True) as opened:
            server = opened.destination(NAME)
            assert isinstance(server, FhirServer), "the site has one FHIR destination"
            recorder = Recorder(server._http)
            server._http = recorder  # type: ignore[assignment]
            self._reconciler(opened, server).run(apply=True)
        return recorder.bundles

    def _reconciler(self, opened: Site, server: FhirServer) -> Reconciler:
        return Reconciler(opened.store, opened.place(NAME), server, opened.clock, "recorder", Consent(held=True))


class Loader:
    """Posts Bundles over as many connections as there are cores, and does nothing else."""

    def __init__(self, url: str) -> None:
        self.http = Http(url, connections=CORES, timeout=60.0)
        self.failed: list[int] = []

    def post(self, bundles: Sequence[bytes]) -> None:
        """Post all of them; raises where one is refused."""
        queue: SimpleQueue[bytes] = SimpleQueue()
        for bundle in bundles:
            queue.put(bundle)
        threads = [threading.Thread(target=self._work, args=(queue,)) for _ in range(CORES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failed:
            raise RuntimeError(f"{len(self.failed)} Bundles were refused: status {self.failed[0]}")

    def _work(self, queue: SimpleQueue[bytes]) -> None:
        while True:
            try:
                bundle = queue.get_nowait()
            except Empty:
                return
            reply = self.http.ask("POST", "", body=bundle, headers=HEADERS)
            if reply.status != 200:
                self.failed.append(reply.status)


def test_hapi() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
