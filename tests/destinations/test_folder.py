"""The folder destination: whole files, versions, hand edits seen, and what is left after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations import folder_course
from bridge.destinations.folder import Folder
from bridge.destinations.protocol import WRITTEN, Destination
from bridge.errors import Bug, DestinationError
from bridge.fhir_json import read
from fhir_profiles.checks import TYPES_OF
from tests.destinations.sent import SYSTEM, our_id, reference, token, write

ROOT = Path(__file__).resolve().parents[2]
KEY = (SYSTEM, token(1))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "charts")


def file(tmp_path: Path, number: int, course: str = "7") -> Path:
    return tmp_path / "charts" / course / f"Observation-{our_id(number)}.json"


def version(number: int, text: str = "first") -> str:
    return hashlib.sha256(write(number, text=text).body).hexdigest()[:16]


def manifest(tmp_path: Path, number: int) -> dict[str, Any]:
    """What the manifest says of a file: its last line."""
    lines = (tmp_path / "charts/7/manifest.jsonl").read_text().splitlines()
    rows = [row for line in lines if (row := json.loads(line))["file"] == file(tmp_path, number).name]
    return dict(rows[-1])


def test_it_is_a_destination(folder: Folder) -> None:
    destination: Destination = folder
    can = destination.capabilities()
    assert (can.transactions, can.client_ids, can.if_match, can.types) == (False, True, True, WRITTEN)
    assert TYPES_OF["R4"] | TYPES_OF["R5"] == WRITTEN
    destination.close()


def test_a_write_is_a_file_of_its_exact_bytes_and_a_line_of_the_manifest(folder: Folder, tmp_path: Path) -> None:
    one = write(1)
    answer = folder.send([one], course="7")[0]
    assert (answer.status, answer.version, answer.created) == ("confirmed", version(1), True)
    assert answer.server_id == our_id(1)
    assert file(tmp_path, 1).read_bytes() == one.body
    assert manifest(tmp_path, 1)["sha256"] == hashlib.sha256(one.body).hexdigest()
    assert manifest(tmp_path, 1)["status"] == "current"


def test_versions_follow_the_content_and_equal_bytes_change_nothing(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1), write(2)], course="7")
    again = folder.send([write(1)], course="7")[0]
    assert (again.status, again.version, again.created) == ("confirmed", version(1), False)
    changed = folder.send([write(1, text="second", if_match=version(1), action="amend")], course="7")[0]
    assert (changed.status, changed.version) == ("confirmed", version(1, "second"))
    retracted = folder.send([write(1, text="third", if_match=changed.version, action="retract")], course="7")[0]
    assert retracted.version == version(1, "third")
    assert manifest(tmp_path, 1)["status"] == "retracted"
    ids = [("Observation", our_id(1)), ("Observation", our_id(2)), ("Flag", our_id(1)), ("Observation", our_id(9))]
    assert folder.versions(ids) == {ids[0]: version(1, "third"), ids[1]: version(2)}


def test_the_manifest_only_grows_and_a_torn_line_is_ended(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    place = tmp_path / "charts/7/manifest.jsonl"
    first = place.read_bytes()
    place.write_bytes(first + b'{"file":"Obs')
    folder.send([write(2)], course="7")
    lines = place.read_bytes().removeprefix(first).split(b"\n")
    assert lines[0] == b'{"file":"Obs'
    assert json.loads(lines[1])["file"] == file(tmp_path, 2).name


def test_a_write_with_another_version_overwrites_nothing(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    answers = folder.send([write(1, text="second", if_match="4"), write(2)], course="7")
    assert [(a.status, a.code) for a in answers] == [("retry", "version-conflict"), ("confirmed", "")]
    assert file(tmp_path, 1).read_bytes() == write(1).body


@pytest.mark.parametrize("course", ["7", ""])
def test_look_reads_the_file_back(folder: Folder, course: str) -> None:
    assert folder.look("Observation", our_id(1), KEY, course) is None
    folder.send([write(1)], course="7")
    folder.send([write(2)], course="8")
    found = folder.look("Observation", our_id(1), KEY, course)
    assert found is not None
    assert (found.version, found.body, found.deleted) == (version(1), read(write(1).body), False)
    assert folder.look("Observation", our_id(3), KEY, course) is None


def test_a_hand_edit_is_another_version(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    file(tmp_path, 1).write_bytes(write(1, text="by hand").body)
    found = folder.look("Observation", our_id(1), KEY)
    assert found is not None
    assert found.body == read(write(1, text="by hand").body)
    assert found.version != version(1)
    assert manifest(tmp_path, 1)["sha256"][:16] == version(1)
    refused = folder.send([write(1, text="second", if_match=version(1))], course="7")[0]
    assert (refused.status, refused.code) == ("retry", "version-conflict")
    mended = folder.send([write(1, text="second", if_match=found.version)], course="7")[0]
    assert (mended.status, mended.version) == ("confirmed", version(1, "second"))


def test_a_hand_edit_taken_back_is_no_edit(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    file(tmp_path, 1).write_bytes(b"{}")
    file(tmp_path, 1).write_bytes(write(1).body)
    assert folder.versions([("Observation", our_id(1))]) == {("Observation", our_id(1)): version(1)}


@pytest.mark.parametrize("content", [b"not json", b"[1]", b'{"a":1,"a":2}'])
def test_what_a_person_left_there_may_be_anything(folder: Folder, tmp_path: Path, content: bytes) -> None:
    folder.send([write(1)], course="7")
    file(tmp_path, 1).write_bytes(content)
    found = folder.look("Observation", our_id(1), KEY)
    assert found is not None
    assert (found.body, found.deleted) == ({}, False)
    assert found.version != version(1)


@pytest.mark.parametrize("empty", [True, False])
def test_a_removed_or_emptied_file_is_gone(folder: Folder, tmp_path: Path, empty: bool) -> None:
    folder.send([write(1)], course="7")
    if empty:
        file(tmp_path, 1).write_bytes(b"")
    else:
        file(tmp_path, 1).unlink()
    assert folder.look("Observation", our_id(1), KEY, "7") is None
    assert folder.versions([("Observation", our_id(1))]) == {}
    assert folder.send([write(1, if_match=version(1))], course="7")[0].status == "retry"
    back = folder.send([write(1)], course="7")[0]
    assert (back.status, back.version, back.created) == ("confirmed", version(1), True)


@pytest.mark.parametrize("left", [None, b"", b"[]\n", b"{"])
def test_a_lost_manifest_is_not_needed_and_is_begun_again(folder: Folder, tmp_path: Path, left: bytes | None) -> None:
    folder.send([write(1)], course="7")
    place = tmp_path / "charts/7/manifest.jsonl"
    place.unlink() if left is None else place.write_bytes(left)
    assert folder.versions([("Observation", our_id(1))]) == {("Observation", our_id(1)): version(1)}
    assert folder.send([write(1)], course="7")[0].status == "confirmed"
    assert json.loads(place.read_bytes().splitlines()[-1])["sha256"][:16] == version(1)


def test_nobody_else_may_read_it(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    for path in (tmp_path / "charts").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_link_beside_a_file_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep")
    folder.send([write(2)], course="7")
    (tmp_path / "charts/7" / f".Observation-{our_id(1)}.json.tmp").symlink_to(victim)
    assert folder.send([write(1)], course="7")[0].status == "in_doubt"
    assert victim.read_bytes() == b"keep"


@pytest.mark.parametrize("course", ["", "..", "a/b", "../x", "patients", ".hidden", "é"])
def test_a_course_is_a_plain_name(folder: Folder, course: str) -> None:
    with pytest.raises(Bug):
        folder.send([write(1)], course=course)


def test_a_full_disk_leaves_a_doubt_that_a_look_resolves(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = folder_course.written

    def full(place: str, name: str, content: bytes, *, fsync: bool) -> None:
        if name == file(Path(), 2).name:
            raise OSError(28, "No space left on device")
        whole(place, name, content, fsync=fsync)

    monkeypatch.setattr(folder_course, "written", full)
    answers = folder.send([write(1), write(2)], course="7")
    assert [(a.status, a.code, a.detail) for a in answers] == [
        ("in_doubt", "folder-unwritable", "No space left on device")
    ] * 2
    monkeypatch.undo()
    found = folder.look("Observation", our_id(1), KEY)
    assert found is not None
    assert (found.body, found.version) == (read(write(1).body), version(1))
    assert folder.look("Observation", our_id(2), (SYSTEM, token(2))) is None
    assert folder.send([write(2)], course="7")[0].version == version(2)


def test_a_full_disk_at_the_manifest_writes_no_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, lines: Iterable[bytes]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_course, "appended", full)
    assert folder.send([write(1)], course="7")[0].status == "in_doubt"
    assert folder.look("Observation", our_id(1), KEY) is None


def test_a_folder_that_went_away_is_unreachable_and_not_empty(folder: Folder, tmp_path: Path) -> None:
    folder.send([write(1)], course="7")
    (tmp_path / "charts").rename(tmp_path / "unmounted")
    assert folder.send([write(1)], course="7")[0].status == "unreachable"
    with pytest.raises(DestinationError, match="folder-unreachable") as caught:
        folder.look("Observation", our_id(1), KEY)
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(DestinationError):
        folder.versions([("Observation", our_id(1))])
    with pytest.raises(DestinationError):
        folder.find_patient("urn:mrn", "0048213")


def test_a_place_that_is_no_folder_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "charts").write_text("a file")
    assert Folder(tmp_path / "charts").send([write(1)], course="7")[0].status == "unreachable"


def test_a_test_patient_is_created_once_and_found(folder: Folder, tmp_path: Path) -> None:
    assert folder.find_patient("urn:mrn", "0048213").status == "none"
    reference_ = folder.create_patient("urn:mrn", "0048213")
    assert folder.create_patient("urn:mrn", "0048213") == reference_
    found = folder.find_patient("urn:mrn", "0048213")
    assert (found.status, found.reference) == ("one", reference_)
    assert folder.find_patient("urn:other", "0048213").status == "none"
    assert all("0048213" not in path.name for path in tmp_path.rglob("*"))
    assert folder.look("Patient", reference_.partition("/")[2], ("urn:mrn", "0048213")) is None


KILLED = """
import sys
from pathlib import Path
from bridge.destinations.folder import Folder
from tests.destinations.sent import write
folder, round = Folder(Path(sys.argv[1])), 0
while True:
    round += 1
    folder.send([write(n, text="x" * 4000 + str(round)) for n in range(8)], course="7")
    print(round, flush=True)
"""


@pytest.mark.crash
@pytest.mark.parametrize("moment", [0.0, 0.003, 0.007, 0.011])
def test_after_a_kill_every_file_is_whole_and_the_next_send_heals(tmp_path: Path, moment: float) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "charts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as run:
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(moment)
        run.send_signal(signal.SIGKILL)
    folder = Folder(tmp_path / "charts")
    for number in range(8):
        found = folder.look("Observation", our_id(number), (SYSTEM, token(number)), "7")
        assert found is not None
        assert found.body
        assert found.body["id"] == our_id(number)
        assert len(found.body["note"][0]["text"]) > 4000
    assert {a.status for a in folder.send([write(n) for n in range(8)], course="7")} == {"confirmed"}
    ids = [("Observation", our_id(n)) for n in range(8)]
    assert folder.versions(ids) == {id: version(n) for n, id in enumerate(ids)}
    assert [manifest(tmp_path, n)["sha256"][:16] for n in range(8)] == [version(n) for n in range(8)]


def test_references_are_nothing_special(folder: Folder) -> None:
    answers = folder.send([write(1, refers=reference(2)), write(2, refers=reference(1))], course="7")
    assert [answer.status for answer in answers] == ["confirmed", "confirmed"]


def test_files_are_on_the_disk_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    Folder(tmp_path / "a").send([write(1), write(2)], course="7")
    assert len(synced) == 2  # manifest and directory
    Folder(tmp_path / "b", fsync_files=True).send([write(1), write(2)], course="7")
    assert len(synced) == 6
