"""Rows that come again are not read again (bridge/wire/er7.py, 4): what came before changes nothing of what is read."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from adapters import hl7v2_identity, hl7v2_message, hl7v2_rows, hl7v2_values
from adapters.hl7v2_pcd import ADAPTER
from bridge.errors import ExportError
from bridge.interrogation import dump
from bridge.wire import er7
from tests.adapters.hl7_messages import CASES, batch, continuous, framed
from tests.adapters.test_hl7v2_mutilated import FRAMED, segments_of

MODULES = (hl7v2_identity, hl7v2_message, hl7v2_rows, hl7v2_values)


def forget() -> None:
    """Forget all that was read."""
    er7.rows.forget()
    for module in MODULES:
        for one in vars(module).values():
            if hasattr(one, "cache_clear"):
                one.cache_clear()


def told(content: bytes) -> list[bytes] | tuple[str, str, str]:
    """What is read, whole, with every place; or why it is refused, and where."""
    try:
        return [dump(found) for found in ADAPTER.read(content)]
    except ExportError as error:
        return error.code, error.where, error.message


def altered(chance: random.Random, count: int) -> Iterator[bytes]:
    """Messages with rows of one another: left out, doubled, exchanged, moved, with another value, flag or time."""
    framed_ones = (segments_of(content) for _, content in sorted(FRAMED.items()))
    whole = [rows for rows in framed_ones if len(rows) > 3]
    for _ in range(count):
        rows = list(chance.choice(whole))
        for _ in range(chance.randrange(1, 4)):
            at, other = chance.randrange(1, len(rows)), chance.choice(chance.choice(whole)[1:])
            way = chance.randrange(5)
            if way == 0:
                rows[at] = other
            elif way == 1:
                rows.insert(at, other)
            elif way == 2 and len(rows) > 3:
                del rows[at]
            elif way == 3:
                fields = rows[at].split(b"|")
                fields[-1] = chance.choice((b"R", b"X", b"C", b"D", b"20260302101500+0000", b"nonsense"))
                rows[at] = b"|".join(fields)
            else:
                rows[at] = rows[at].replace(b"5", b"6")
        yield framed(b"\r".join(rows) + b"\r")


@pytest.mark.parametrize("seed", range(4))
def test_what_came_before_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    contents = [*CASES.values(), *altered(chance, 300)]
    alone = {}
    for content in contents:
        forget()
        alone[content] = told(content)
    assert sum(isinstance(found, list) for found in alone.values()) > 50
    assert len({found[0] for found in alone.values() if isinstance(found, tuple)}) > 5
    for _ in range(3):
        chance.shuffle(contents)
        for content in contents:
            assert told(content) == alone[content]


def test_the_rows_of_a_pump_are_read_twice_however_often_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time nobody knows that they come again."""
    forget()
    read: list[str] = []
    reads = hl7v2_rows._read
    monkeypatch.setattr(hl7v2_rows, "_read", lambda obx: read.append(obx.sent) or reads(obx))
    for number in range(50):
        at = f"202603021015{number:02}+0000"
        (found,) = ADAPTER.read(continuous(f"N-{number}", at=at, accept="", application=""))
        assert found.session.start is not None
        assert found.session.start.text == at
    rows = [obx.sent for obx in er7.read(continuous())[0].named("OBX")]
    assert Counter(read) == dict.fromkeys(rows, 2)


def test_a_value_that_is_refused_is_refused_each_time_at_its_own_place() -> None:
    wrong = continuous().replace(b"|5.25|", b"|five|", 1)
    moved = wrong.replace(b"OBX|1||", b"OBX|1|ST|67891^MDC_ATTR_ID_SOFT^MDC|1.0.0.9|x||||||R\rOBX|1||", 1)
    first = told(wrong)
    assert told(wrong) == first
    assert isinstance(first, tuple)
    assert first[:2] == ("number-unreadable", "OBX[6]-5.1")
    assert told(moved)[:2] == ("number-unreadable", "OBX[7]-5.1")
    assert told(batch(continuous(), wrong))[:2] == ("number-unreadable", "message 2, OBX[6]-5.1")


@pytest.mark.parametrize(("count", "equipment"), [(40, "PUMP-1"), (1, "P" * 300)], ids=["many", "long"])
def test_what_many_or_long_rows_name_is_not_kept(count: int, equipment: str) -> None:
    """A message may have thousands of rows that name a device, each as long as it may be itself."""
    forget()
    row = "OBX|{}||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.{}.0.1|||||||X|||||||" + equipment
    rows = "".join(row.format(100 + place, 50 + place) + "\r" for place in range(count))
    assert len(ADAPTER.read(continuous(accept="", application="") + rows.encode())) == 1
    assert hl7v2_identity._known.cache_info().currsize == hl7v2_identity._known_id.cache_info().currsize == 0
    assert len(ADAPTER.read(continuous(accept="", application=""))) == 1
    assert hl7v2_identity._known.cache_info().currsize == hl7v2_identity._known_id.cache_info().currsize == 1
