"""What holds for every test: a skip says why, and where nothing may be skipped it fails the run."""

from __future__ import annotations

import os
import signal

import pytest

REQUIRE_ALL = "PUMPBRIDGE_REQUIRE_ALL"


class NothingSkipped:
    """Fails the run when a test or a module was skipped, or was expected to fail."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    # First of all, so that the summary and every other plugin see the status as it is.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section(f"{REQUIRE_ALL}=1: skipped, so the run has failed", red=True)
            for node in self.skipped:
                terminalreporter.line(node)


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: what tests start would ignore it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    is_worker = hasattr(config, "workerinput")
    if os.environ.get(REQUIRE_ALL) == "1" and not is_worker:
        config.pluginmanager.register(NothingSkipped(), "nothing-skipped")
