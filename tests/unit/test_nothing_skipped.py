"""Where nothing may be skipped, a skip fails the run; elsewhere it only says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REQUIRE_ALL

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    "passed": "def test_it(): pass\n",
    "skipped": "import pytest\ndef test_it(): pytest.skip('no Java here')\n",
    "module": "import pytest\npytest.skip('no Java here', allow_module_level=True)\n",
    "expected": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
}


def run(folder: Path, case: str, require_all: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_case.py").write_text("def test_other(): pass\n" if case == "module" else "")
    (folder / "test_first.py").write_text(CASES[case])
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "-rs", *options, ".")
    environment = os.environ | {REQUIRE_ALL: require_all, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("options", [(), ("-n", "2")])
@pytest.mark.parametrize("case", ["skipped", "module", "expected"])
def test_a_skip_fails_the_run(case: str, options: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, case, "1", *options)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "skipped, so the run has failed" in done.stdout


@pytest.mark.parametrize(("case", "require_all"), [("passed", "1"), ("skipped", ""), ("module", "0")])
def test_elsewhere_the_run_passes(case: str, require_all: str, tmp_path: Path) -> None:
    done = run(tmp_path, case, require_all)
    assert done.returncode == 0, done.stdout
    assert ("no Java here" in done.stdout) is (case != "passed")
