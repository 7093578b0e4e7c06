"""Acknowledgements: which, and how they are written; hl7apy reads each of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hl7apy.consts import VALIDATION_LEVEL  # type: ignore[import-untyped]
from hl7apy.parser import parse_message  # type: ignore[import-untyped]
from hl7apy.validation import Validator  # type: ignore[import-untyped]

from bridge.wire.acks import CONDITIONS, REJECTED, Head, Verdict, answers
from bridge.wire.er7 import read
from tests.adapters.hl7_messages import continuous, framed

NOW = datetime(2026, 3, 2, 10, 16, tzinfo=UTC)
GOOD = Verdict()
BAD = Verdict("unit-unknown", "message 1, OBX[10]-6.1", "state the unit | as UCUM")
WORSE = Verdict("message-type-unsupported", "MSH[1]-9.1", "send ORU only")


def lines(frame: bytes) -> list[str]:
    return frame[1:-2].decode().split("\r")[:-1]


def codes(accept: str, application: str, verdict: Verdict) -> list[str]:
    found = answers(framed(continuous(accept=accept, application=application)), verdict, NOW)
    return [lines(one)[1].split("|")[1] for one in found]


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad", "worse"),
    [
        ("", "", ["AA"], ["AE"], ["AR"]),
        ("AL", "NE", ["CA"], ["CE"], ["CR"]),
        ("NE", "AL", ["AA"], ["AE"], ["AR"]),
        ("AL", "AL", ["CA", "AA"], ["CE", "AE"], ["CR", "AR"]),
        ("ER", "NE", [], ["CE"], ["CR"]),
        ("SU", "", ["CA"], [], []),
        ("NE", "ER", [], ["AE"], ["AR"]),
        ("NE", "NE", [], [], []),
    ],
)
def test_what_is_asked_for_is_answered(
    accept: str, application: str, good: list[str], bad: list[str], worse: list[str]
) -> None:
    found = [codes(accept, application, verdict) for verdict in (GOOD, BAD, WORSE)]
    assert found == [good, bad, worse]


def test_an_answer_names_the_message_and_goes_back_where_it_came_from() -> None:
    (found,) = answers(framed(continuous(accept="", application="")), GOOD, NOW)
    msh, msa = (line.split("|") for line in lines(found))
    assert msh[2:6] == ["BRIDGE", "ST-ELSEWHERE", "INVENTED PUMPS^0011220000AB0001^EUI-64", "ST-ELSEWHERE"]
    assert (msh[6], msh[8], msh[10], msh[11]) == ("20260302101600+0000", "ACK^R01^ACK", "D", "2.6")
    assert msa == ["MSA", "AA", "INV-000001"]


def test_a_refusal_says_where_and_why() -> None:
    (found,) = answers(framed(continuous(accept="", application="")), BAD, NOW)
    (message,) = read(found)
    err = message.named("ERR")[0]
    assert (err.components(2), err.text(3), err.text(4), err.text(5)) == (
        ["OBX", "10", "6", "1", "1"], "103", "E", "unit-unknown",
    )  # fmt: skip
    assert err.text(8) == "message 1, OBX[10]-6.1: state the unit | as UCUM"


@pytest.mark.parametrize("verdict", [GOOD, BAD, WORSE, Verdict("adapter-failed", "the file", "report it")])
@pytest.mark.parametrize("version", ["2.3", "2.4", "2.5", "2.6", "2.7"])
def test_another_reader_takes_the_answer(verdict: Verdict, version: str) -> None:
    (found,) = answers(framed(continuous(accept="", application="", version=version)), verdict, NOW)
    parsed = parse_message(found[1:-2].decode(), validation_level=VALIDATION_LEVEL.TOLERANT)
    assert parsed.msa.msa_2.value == "INV-000001"
    if version in ("2.5", "2.6"):
        assert Validator.validate(parsed) is True


def test_a_broken_number_is_answered_whole() -> None:
    (found,) = answers(framed(continuous("INV-00\n0001", accept="", application="")), GOOD, NOW)
    assert lines(found)[1] == "MSA|AA|INV-000001"


def test_other_marks_are_kept() -> None:
    content = continuous(accept="", application="").translate(bytes.maketrans(b"|^~\\&", b"#*!?%"))
    (found,) = answers(framed(content), BAD, NOW)
    assert lines(found)[1] == "MSA#AE#INV-000001"
    assert lines(found)[2].split("#")[2] == "OBX*10*6*1*1"


@pytest.mark.parametrize("head", [b"", b"hello", b"MSH", b"MSH|", b"MSHxxxxxxxxx", b"MSH|||||||||", b"\x0bMSH|^~\\&|A"])
def test_what_has_no_head_is_answered_without_a_number(head: bytes) -> None:
    (found,) = answers(head, WORSE, NOW)
    assert lines(found)[1] == "MSA|AR|"
    assert Head(head).name == ""


def test_the_same_refusal_is_the_same_answer() -> None:
    content = framed(continuous())
    assert answers(content, BAD, NOW) == answers(content, BAD, NOW)


def test_every_condition_has_its_words() -> None:
    for code in {*CONDITIONS, *REJECTED, "number-unreadable"}:
        (found,) = answers(framed(continuous(accept="", application="")), Verdict(code, "", "r"), NOW)
        assert code in lines(found)[2]
