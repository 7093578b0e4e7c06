"""The wheel, built, installed with the runtime lock only, and run outside the repository."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import bridge

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bridge", "adapters", "fhir_profiles")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
ADAPTERS = (
    "constant_flow_sheet", "hl7v2_pcd", "medstream_report", "pdf_illegible", "prometra_inquiry", "serial_capture",
    "session_csv", "session_json", "session_xml", "synchromed_report",
)  # fmt: skip


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, in an environment that knows nothing of the repository."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def install(python: str | Path, *arguments: str | Path) -> None:
    """Runs pip with the caller's own settings, for it may need a mirror."""
    command = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    install(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("pumpbridge-*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel and what requirements.lock names, nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    install(folder / "bin" / "python", "install", "--require-hashes", "-r", "requirements.lock")
    install(folder / "bin" / "python", "install", "--no-deps", wheel)
    return folder / "bin"


def test_it_carries_every_file_of_the_three_packages(wheel: Path) -> None:
    there = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    made = {"__pycache__", "target"}  # by running and by building: git ignores it, and so does the wheel
    assert there == {str(file.relative_to(ROOT)) for file in files if not made & set(file.parts)}
    for kind in ("StructureDefinition-pump-delivery", "CodeSystem-pump-observation", "ValueSet-codes-of-others"):
        assert f"fhir_profiles/built/{kind}.json" in there, "without it no resource can be checked"


def test_it_carries_its_licence(wheel: Path) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_the_version_in_the_code_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert bridge.__version__ == project["version"]


def test_the_command_runs_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    assert "import" in run(installed / "pumpbridge", "--help", cwd=tmp_path)


def test_every_adapter_loads(installed: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='pumpbridge.adapters'): print(point.name, point.load().name)"
    )
    lines = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    assert sorted(lines) == [f"{name} {name}" for name in ADAPTERS]


def test_every_module_imports_with_the_runtime_lock_alone(installed: Path, tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil\n"
        f"for package in {PACKAGES}:\n"
        "    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + '.'):\n"
        "        if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
    )
    run(installed / "python", "-c", code, cwd=tmp_path)
