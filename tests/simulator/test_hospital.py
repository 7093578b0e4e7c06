"""A simulated hospital: the same seed gives the same bytes, and a mess is one that the bridge can take."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bridge.adapter import recognise
from bridge.simulator.hospital import Export, Order, exports, write
from bridge.simulator.kinds import FORMATS, KINDS
from tests.simulator.folding import ADAPTERS

SMALL = Order(pumps=25, years=2, seed=4)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_in_one_process_or_two(tmp_path: Path) -> None:
    for name, processes in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        write(SMALL, tmp_path / name, processes)
    one = files(tmp_path / "one")
    assert one == files(tmp_path / "two")
    assert len(one) > 25 * 4


def test_another_seed_gives_other_lives() -> None:
    assert list(exports(SMALL, 0)) != list(exports(Order(25, 2, 5), 0))


def test_a_life_does_not_depend_on_how_many_there_are() -> None:
    assert list(exports(SMALL, 7)) == list(exports(Order(8, 2, 4), 7))


def test_every_file_is_recognised_by_its_own_adapter() -> None:
    made = [export for number in range(25) for export in exports(SMALL, number)]
    assert {export.format for export in made} == set(FORMATS)
    for export in made[::7]:
        assert recognise(export.content, ADAPTERS).name == export.format


def test_only_the_families_that_are_asked_for_are_made() -> None:
    order = Order(6, 1, 1, ("medstream_report", "session_csv"))
    made = {export.format for number in range(6) for export in exports(order, number)}
    assert made == {"medstream_report", "session_csv"}
    assert set(order.kinds) == {name for name in KINDS if name.startswith(("synchromed", "medstream"))}


@pytest.fixture(scope="module")
def messy() -> list[Export]:
    order = Order(25, 3, 4, mess=True)
    return [export for number in range(25) for export in exports(order, number)]


def test_a_mess_has_late_doubled_and_corrected_reports(messy: list[Export]) -> None:
    counted = Counter(export.mess for export in messy)
    assert min(counted[what] for what in ("late", "twice", "corrected")) > 3
    assert counted[""] > len(messy) * 3 // 4


def test_the_names_of_a_mess_sort_by_arrival(messy: list[Export]) -> None:
    late = next(export for export in messy if export.mess == "late")
    arrival, _, session = late.name.removesuffix(Path(late.name).suffix).split("-")[:3]
    assert arrival > session
    assert len({export.name for export in messy}) == len(messy)


def test_a_doubled_report_is_the_same_bytes_and_a_corrected_one_a_higher_revision(messy: list[Export]) -> None:
    doubled = next(export for export in messy if export.mess == "twice")
    assert sum(export.content == doubled.content for export in messy) == 2
    corrected = next(export for export in messy if export.mess == "corrected" and export.format == "session_json")
    (found,) = ADAPTERS["session_json"].read(corrected.content)
    assert found.session.revision.value == 2
    assert found.patient.birth_date.value.day == 18
