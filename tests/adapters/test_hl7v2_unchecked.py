"""What is read of HL7 messages is built without a second check, and is what a checked construction would be.

And what the reader remembers of codes, units, times and patients never takes a place, a time or a refusal along.
"""

from __future__ import annotations

import dataclasses
import pickle
from decimal import Decimal
from typing import Any

import pytest

from adapters import hl7v2_message, hl7v2_rows, hl7v2_values
from adapters.hl7v2_pcd import ADAPTER
from bridge.errors import Bug, ExportError
from bridge.hospital import Source
from bridge.interrogation import Channel, Drug, Interrogation, Reading, Session, dump, load
from bridge.quantity import Quantity
from bridge.reading import Moment, built, proven
from tests.adapters.hl7_messages import CASES, PATIENT, batch, continuous, message, msh, obr

ML_H = b"265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM"
VARIED = {
    "a number that is none by its flag": continuous().replace(
        b"|12.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R", b"|---|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||INV|||R"
    ),
    "a bound": continuous().replace(b"|NM|157993", b"|SN|157993").replace(b"|12.50|", b"|<^12.50|"),
    "a number with a point at its end": continuous().replace(b"|12.50|", b"|12.|"),
    "a number with a sign": continuous().replace(b"|12.50|", b"|+12.50|"),
}  # fmt: skip


def checked(value: Any) -> Any:
    """The same made anew by the constructors that check what they are given."""
    if isinstance(value, tuple):
        return tuple(map(checked, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{one.name: checked(getattr(value, one.name)) for one in dataclasses.fields(value)})
    return value


@pytest.mark.parametrize("content", [*CASES.values(), *VARIED.values()], ids=[*CASES, *VARIED])
def test_what_is_read_is_what_a_checked_construction_makes(content: bytes) -> None:
    for found in ADAPTER.read(content):
        again = load(dump(found))
        assert again == found == checked(found)
        assert dump(again) == dump(found) == dump(checked(found))
        assert hash(found) == hash(again)
        assert pickle.loads(pickle.dumps(found)) == found
        assert types_of(again) == types_of(found)


def types_of(value: Any) -> Any:
    """The type of every part: equal values may be of unequal types."""
    if isinstance(value, tuple):
        return tuple(map(types_of, value))
    if dataclasses.is_dataclass(value):
        return type(value), tuple(types_of(getattr(value, one.name)) for one in dataclasses.fields(value))
    return type(value)


def test_a_proven_reading_is_a_reading() -> None:
    value = Quantity(Decimal("5.25"), "mL/h")
    assert proven(value, "5.25 mL/h", "OBX[7]-5.1", "sensed", "<") == Reading(
        value, "5.25 mL/h", "OBX[7]-5.1", "sensed", "<"
    )
    assert proven(None, "x", "y") == Reading(None, "x", "y")


@pytest.mark.parametrize("group", [Source, Channel, Session, Interrogation, Drug])
def test_a_built_group_has_the_defaults_of_its_type(group: type[Any]) -> None:
    assert built(group, {}) == group()


def test_a_group_is_built_of_its_own_fields_only() -> None:
    with pytest.raises(Bug):
        built(Source, {"label": proven("A", "A", "here"), "colour": None})
    with pytest.raises(Bug):
        built(Moment, {})


def test_a_refusal_names_its_own_place_though_the_same_was_refused_before() -> None:
    faults = ((ML_H, b"rod^rod^UCUM"), (b"158014^MDC_FLOW_FLUID_PUMP_CURRENT", b"158014^MDC_CONC_DRUG"))
    for was, became in (*faults, (b"20260302101500+0000", b"20261302101500+0000")):
        first = refused(continuous().replace(was, became))
        assert refused(continuous().replace(was, became)) == first
        assert refused(batch(continuous("A"), continuous("B").replace(was, became))) == (
            first[0], f"message 2, {first[1]}"
        )  # fmt: skip


def refused(content: bytes) -> tuple[str, str]:
    """The code and the place that a message is refused with."""
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(content)
    return caught.value.code, caught.value.where


def test_the_same_patient_in_another_message_stands_in_that_message() -> None:
    places = [
        found.patient.identifier.where
        for found in ADAPTER.read(batch(*(continuous(f"N{n}") for n in range(3))))
        if found.patient.identifier
    ]
    assert places == [f"message {n}, PID[1]-3.1" for n in (1, 2, 3)]


def test_the_same_bytes_mean_another_thing_under_other_marks_and_another_character_set() -> None:
    row = "OBX|1|ST|67880^MDC_ATTR_ID_MODEL^MDC|1.0.0.1|A\\XC4\\^B"
    western = message(msh(charset="8859/1"), PATIENT, obr(), DEVICE, row, STATED)
    greek = message(msh(charset="8859/7"), PATIENT, obr(), DEVICE, row, STATED)
    makers = [one(content).pump.manufacturer for content in (western, greek, western)]
    assert [maker.value for maker in makers if maker] == ["AÄ", "AΔ", "AÄ"]
    other = western.translate(bytes.maketrans(b"^", b"*"))
    assert one(other).pump == one(western).pump


DEVICE = "OBX|2||70049^MDC_DEV_PUMP_INFUS_LVP_MDS^MDC|1.0.0.0|||||||X|||||||LV70001"
STATED = "OBX|3|CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-infusing||||||R"


def one(content: bytes) -> Interrogation:
    """What a message says of its only line."""
    (found,) = ADAPTER.read(content)
    return found


def test_what_is_remembered_is_bounded() -> None:
    """A sender cannot fill the memory: neither with many texts nor with long ones."""
    memos = (
        hl7v2_rows._known, hl7v2_rows._known_place, hl7v2_values._known_unit, hl7v2_values._known_moment,
        hl7v2_message._known,
    )  # fmt: skip
    ADAPTER.read(continuous())
    sizes = [memo.cache_info().currsize for memo in memos]
    long = b"X" * 1_900
    content = continuous()
    for word in (b"MDC_ATTR_PUMP_PILLAR_DETAILS", b"mL/h^UCUM", b"Example"):
        assert word in content
        content = content.replace(word, long + word)
    found = one(content)
    assert found.patient.family
    assert len(found.patient.family.text) > 1_900
    assert [memo.cache_info().currsize for memo in memos] == sizes
    assert all(memo.cache_info().maxsize in (1024, hl7v2_values.MEMO) for memo in memos)
