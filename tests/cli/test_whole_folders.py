"""Whole output folders: however the exports came, the folder in the end is the same, byte for byte."""

from __future__ import annotations

import hashlib
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.fhir_json import canonical, read
from tests.cli.shell import AS_OF, FIXTURES, Shell, journey

AT = ("--as-of", AS_OF)
ROOT = Path(__file__).resolve().parent.parent.parent
EVERY = [*journey(), FIXTURES / "late" / "12-bram-check.json", *sorted((FIXTURES / "corrected").glob("*.json"))]


def whole(folder: Path) -> dict[str, str]:
    """Every file of a chart folder with its hash; what belongs to plans (Provenance, amendment notes) left out.

    A course's folder is named by the order in which courses came, so a file stands for itself.
    """
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.json")):
        content = file.read_bytes()
        if file.name.startswith("Provenance-") or b'"chart-amended"' in content:
            continue
        assert canonical(read(content)) == content, "every file is canonical"
        found[file.name] = hashlib.sha256(content).hexdigest()
    return found


def standing(folder: Path) -> dict[str, str]:
    """The same without what is entered in error."""
    files = whole(folder)
    wrong = {file.name for file in folder.rglob("*.json") if b'"entered-in-error"' in file.read_bytes()}
    return {name: digest for name, digest in files.items() if name not in wrong}


@pytest.fixture
def stepwise(shell: Shell) -> Path:
    """The folder of the journey, each export applied as it came."""
    shell.set_up()
    shell("import", *journey(), "--apply", *AT)
    for file in EVERY[11:]:
        shell("import", file, "--apply", *AT)
    shutil.copytree(shell.folder / "charts", shell.folder / "stepwise")
    return shell.folder / "stepwise"


def begin_again(shell: Shell) -> None:
    shutil.rmtree(shell.folder / "charts")
    for file in shell.folder.glob("pumpbridge.*"):
        file.unlink()
    shell.set_up()


def test_all_at_once_backwards_gives_the_same_folder(shell: Shell, stepwise: Path) -> None:
    begin_again(shell)
    shell("import", *reversed(EVERY), "--apply", *AT)
    assert whole(shell.folder / "charts") == whole(stepwise)


def test_what_is_withdrawn_leaves_the_folder_as_if_it_had_never_come(shell: Shell, stepwise: Path) -> None:
    name = (FIXTURES / "withdrawn.txt").read_text().strip()
    shell("withdraw", FIXTURES / name, "--actor", "A. Nurse", "--reason", "printed for the wrong patient")
    shell("apply", "--yes", *AT)
    after = standing(shell.folder / "charts")
    begin_again(shell)
    shell("import", *(file for file in EVERY if file.name != name), "--apply", *AT)
    assert after == standing(shell.folder / "charts")


def test_the_manifests_vouch_for_every_file(stepwise: Path) -> None:
    manifests = list(stepwise.rglob("manifest.jsonl"))
    assert len(manifests) == len([folder for folder in stepwise.iterdir() if folder.name != "patients"])
    for manifest in manifests:
        said = {row["file"]: row for row in map(json.loads, manifest.read_text().splitlines())}
        files = {file.name: file for file in manifest.parent.glob("*.json")}
        assert set(said) == set(files)
        for name, file in files.items():
            assert said[name]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_nothing_names_a_patient_in_a_path(stepwise: Path) -> None:
    paths = " ".join(str(path.relative_to(stepwise)) for path in stepwise.rglob("*"))
    assert not any(text in paths for text in ("0048213", "0051977", "0063340", "Ada", "JX"))


@pytest.mark.slow
def test_the_demonstration_keeps_its_promises(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, str(ROOT / "scripts" / "demo.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "FAILED" not in done.stdout
    assert done.stdout.count("the plan is EMPTY") == 2
    assert "the plan RETRACTS" in done.stdout
    assert "it holds the reading of 2025-06-16" in done.stdout
    assert "its second reading" in done.stdout


def test_the_demonstration_ends_what_it_began_in_the_background(tmp_path: Path) -> None:
    demo = runpy.run_path(str(ROOT / "scripts" / "demo.py"))
    (tmp_path / "life.toml").write_text(demo["LIFE"])
    with pytest.raises(KeyError), demo["Demo"](tmp_path).programmer("2025-05-06", 0) as path:
        assert Path(path).exists()
        raise KeyError
    assert not Path(path).exists()


def test_the_demonstration_wipes_an_earlier_one_and_no_other_folder(tmp_path: Path) -> None:
    wipe = runpy.run_path(str(ROOT / "scripts" / "demo.py"))["_wipe"]
    (tmp_path / "old").mkdir()
    for name in ("pumpbridge-demo", "rest.txt"):
        (tmp_path / "old" / name).write_text("")
    wipe(tmp_path / "old")
    assert [file.name for file in (tmp_path / "old").iterdir()] == ["pumpbridge-demo"]
    (tmp_path / "mine.txt").write_text("precious")
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "demo.py"), str(tmp_path)], capture_output=True)
    assert done.returncode == 1
    assert (tmp_path / "mine.txt").exists()
