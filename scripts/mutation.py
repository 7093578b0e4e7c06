"""A seeded sample of mutmut's changes, each tried on the tests that reach it.

`python scripts/mutation.py SAMPLE SEED PACKAGE…` after `mutmut run`, which makes the changes and learns which test
reaches which function. mutmut collects the tests anew for each change, and runs them in no order; here they are
collected once, each change is tried in a forked copy of this process, the tests that noticed most go first, and the
first that fails ends it. Verdicts go where mutmut keeps its own, so `mutmut show NAME` and `mutmut results` know them.
"""

from __future__ import annotations

import json
import math
import os
import random
import resource
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test

FOLDER = Path("mutants")
NOTICED, SURVIVED, NO_TESTS, TIMEOUT = 1, 0, 33, 36  # as mutmut writes them
CHILDREN = 2
FIRST = 0.01  # what a test that has noticed nothing yet counts for, and what starting one costs in seconds
MEMORY = 4 * 2**30  # bytes; a change that fills the memory is noticed


class Watch:
    """Which test has failed in this process."""

    def __init__(self) -> None:
        self.failed: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


class Trials:
    """Runs in pytest's place once the tests are collected: tries the changes instead."""

    def __init__(self, names: list[str], stats: dict[str, Any]) -> None:
        self.names, self.watch = names, Watch()
        self.reach: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
        self.seconds: dict[str, float] = stats["duration_by_test"]
        self.kills: Counter[str] = Counter()
        self.verdicts: dict[str, int] = {}
        self.running: dict[int, tuple[str, int]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        session.config.pluginmanager.register(self.watch)
        self.items = {item.nodeid: item for item in session.items}
        for name in self.names:
            tests = self._in_order(name)
            if not tests:
                self.verdicts[name] = NO_TESTS
                continue
            if len(self.running) == CHILDREN:
                self._ended()
            self._start(name, tests)
        while self.running:
            self._ended()
        return True

    def _in_order(self, name: str) -> list[pytest.Item]:
        """The tests that reach a change: those that noticed most in their time first."""
        reached = [test for test in self.reach.get(name.partition("__mutmut_")[0], ()) if test in self.items]
        reached.sort(key=lambda test: (-(self.kills[test] + FIRST) / (self.seconds[test] + FIRST), test))
        return [self.items[test] for test in reached]

    def _start(self, name: str, tests: list[pytest.Item]) -> None:
        told, tell = os.pipe()
        child = os.fork()
        if child:
            os.close(tell)
            self.running[child] = name, told
            return
        self._limit(10 + 10 * sum(self.seconds[test.nodeid] for test in tests))
        set_mutant_under_test(name)
        failed = self._first_failed(tests)
        os.write(tell, (failed or "").encode())
        os._exit(NOTICED if failed else SURVIVED)

    def _limit(self, seconds: float) -> None:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def _first_failed(self, tests: list[pytest.Item]) -> str | None:
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            try:
                test.ihook.pytest_runtest_protocol(item=test, nextitem=following)
            except BaseException:
                return test.nodeid
            if self.watch.failed:
                return self.watch.failed
        return None

    def _ended(self) -> None:
        child, status = os.wait()
        name, told = self.running.pop(child)
        with os.fdopen(told) as pipe:
            test = pipe.read()
        self.kills[test] += bool(test)
        self.verdicts[name] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else TIMEOUT
        if self.verdicts[name] == SURVIVED:
            print(f"    {name}: survived", flush=True)
        print(f"\r{len(self.verdicts)} of {len(self.names)}", end="", file=sys.stderr, flush=True)


def sampled(package: str, size: int, seed: int) -> list[str]:
    """The names of so many changes of a package, or all of them where there are no more."""
    names = sorted(name for meta in _metas() for name in json.loads(meta.read_text())["exit_code_by_key"])
    names = [name for name in names if name.startswith(f"{package}.")]
    return random.Random(seed).sample(names, min(size, len(names)))


def _metas() -> Iterator[Path]:
    return FOLDER.glob("bridge/**/*.meta")


def tried(names: list[str]) -> dict[str, int]:
    """The verdict on each change."""
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    trials = Trials(names, json.loads((FOLDER / "mutmut-stats.json").read_text()))
    home = Path.cwd()
    os.chdir(FOLDER)
    sys.path.insert(0, str(Path.cwd()))
    chosen = [*settings["pytest_add_cli_args_test_selection"], *settings["pytest_add_cli_args"]]
    pytest.main(["--rootdir=.", "-q", "--tb=no", "--assert=plain", "-p", "no:xdist", *chosen], plugins=[trials])
    os.chdir(home)
    return trials.verdicts


def kept(verdicts: dict[str, int]) -> None:
    """Write the verdicts where mutmut keeps its own."""
    for meta in _metas():
        told = json.loads(meta.read_text())
        told["exit_code_by_key"] |= {name: code for name, code in verdicts.items() if name in told["exit_code_by_key"]}
        meta.write_text(json.dumps(told, indent=4))


def interval(noticed: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share."""
    z, share = 1.96, noticed / of
    middle, half = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def main(size: int, seed: int, *packages: str) -> None:
    """Try a sample of each package; print what nobody noticed and the shares."""
    began = time.monotonic()
    samples = {package: sampled(package, size, seed) for package in packages}
    verdicts = tried([name for names in samples.values() for name in names])
    kept(verdicts)
    for name in sorted(name for name, code in verdicts.items() if code == NO_TESTS):
        print(f"    {name}: no test reaches it")
    for package, names in samples.items():
        noticed = sum(verdicts[name] not in (SURVIVED, NO_TESTS) for name in names)
        low, high = interval(noticed, len(names))
        print(f"{package}: {noticed} of {len(names)} noticed, {noticed / len(names):.1%} ({low:.1%} to {high:.1%})")
    print(f"seed {seed}, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
