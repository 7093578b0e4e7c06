"""The reader of ER7 (numbers: invariants of bridge/wire/er7.py)."""

from __future__ import annotations

import random

import pytest

from bridge.errors import ExportError
from bridge.wire import er7
from bridge.wire.er7 import Marks, escaped, read
from tests.adapters.hl7_messages import START, STOP, batch, continuous, framed, message, msh

HEAD = "MSH|^~\\&|A^1^EUI-64|B|||20260302||ORU^R01^ORU_R01|N1|P|2.6"
OBX = "OBX|1|NM|1^X^MDC|1.1.1.1|5.0^x&y&z~7||||||R"


def test_fields_components_and_places() -> None:
    (found,) = read(message(HEAD, "OBR|1", OBX, OBX.replace("|1|NM", "|2|NM")))
    obx = found.named("OBX")[1]
    assert (obx.text(5), obx.text(5, 2), obx.text(5, 2, 2), obx.text(5, 9), obx.raw(99)) == (
        "5.0",
        "x&y&z",
        "y",
        "",
        "",
    )
    assert (obx.repetitions(5), obx.components(5, 1), obx.components(5, 2), obx.components(6)) == (
        ["5.0^x&y&z", "7"], ["7"], [""], [""],
    )  # fmt: skip
    assert (obx.place(5, 2), obx.place(5), obx.place()) == ("OBX[2]-5.2", "OBX[2]-5", "OBX[2]")
    assert (found.header.text(1), found.header.text(2), found.header.text(9, 2)) == ("|", "^~\\&", "R01")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_end_with_cr_lf_or_both(end: str) -> None:
    (found,) = read(message(HEAD, "OBR|1", OBX, end=end))
    assert [segment.name for segment in found.segments] == ["MSH", "OBR", "OBX"]
    assert found.named("OBX")[0].raw(11) == "R"


def test_other_encoding_characters_are_honoured() -> None:
    text = HEAD.replace("\\", "?") + "\r" + OBX + "\r"
    other = text.translate(str.maketrans("|^~&", "#*!%")).encode()
    (found,) = read(other)
    assert found.marks == Marks("#", "*", "!", "?", "%")
    assert found.named("OBX")[0].text(5, 2, 3) == "z"


@pytest.mark.parametrize("marks", ["|^^\\&", "|a~\\&", "| ~\\&", "|"])
def test_marks_that_are_none_are_refused(marks: str) -> None:
    with pytest.raises(ExportError) as caught:
        read(f"MSH{marks}|A\rOBX|1\r".encode())
    assert caught.value.code == "head-unreadable"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"), ("1\\.br\\2", "1\n2"), ("\\H\\bold\\N\\", "bold"),
        ("\\X41\\\\X42\\", "AB"), ("\\Z9\\", "\\Z9\\"), ("5\\", "5\\"), ("\\\\", "\\\\"), ("C:\\F", "C:\\F"),
        ("Ringer \\XE4\\", "Ringer \\XE4\\"), ("\\XFF41\\", "\\XFF41\\"),
    ],
)  # fmt: skip
def test_escapes(sent: str, meant: str) -> None:
    (found,) = read(message(HEAD, f"OBX|1|ST|||{sent}"))
    assert found.named("OBX")[0].text(5) == meant


def test_an_escape_of_a_mark_that_the_message_does_not_have_stays() -> None:
    (found,) = read(message(HEAD.replace("^~\\&", "^~\\"), "OBX|1|ST|||a\\T\\b\\S\\c"))
    assert found.named("OBX")[0].text(5) == "a\\T\\b^c"


def test_what_is_escaped_reads_as_it_was() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choice("|^~\\&ab\r\n.XH") for _ in range(12))
        (found,) = read(message(HEAD, f"OBX|1|ST|||x{escaped(text)}x"))
        assert found.named("OBX")[0].text(5) == f"x{text}x"


def test_a_break_inside_a_field_survives() -> None:
    (found,) = read(message(HEAD.replace("N1", "N\n1"), "OBX|1|TX|||first\nsecond", "OBX|2|TX|||x", end="\n"))
    assert found.control_id == "N1"
    assert found.named("OBX")[0].text(5) == "first\nsecond"
    assert len(found.named("OBX")) == 2


def test_a_line_feed_does_not_make_a_segment_where_segments_end_with_cr() -> None:
    (found,) = read(message(HEAD, "OBX|1|TX|||note\nOBX|9|NM|||99"))
    assert len(found.named("OBX")) == 1
    assert "99" in found.named("OBX")[0].sent


@pytest.mark.parametrize(
    ("named", "encoded"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/7", "iso8859_7"), ("8859/15", "iso8859_15"),
     ("utf-8", "utf-8")],
)  # fmt: skip
def test_the_character_set_of_msh_18(named: str, encoded: str) -> None:
    text = "Ελλάδα" if encoded in ("utf-8", "iso8859_7") else "Größe"
    content = message(msh(charset=named), f"OBX|1|ST|||{text}").decode().encode(encoded)
    assert read(content)[0].named("OBX")[0].text(5) == text


@pytest.mark.parametrize(
    ("named", "text", "code"),
    [("", "Größe", "encoding-wrong"), ("ASCII", "Größe", "encoding-wrong"), ("KLINGON", "x", "charset-unknown"),
     ("UNICODE", "x", "charset-unknown"), ("ISO IR87", "x", "charset-unknown")],
)  # fmt: skip
def test_another_character_set_is_refused(named: str, text: str, code: str) -> None:
    with pytest.raises(ExportError) as caught:
        read(message(msh(charset=named), f"OBX|1|ST|||{text}"))
    assert caught.value.code == code


def test_a_message_whose_last_segment_has_no_end_is_refused() -> None:
    """Invariant 1: half a number must not pass for a number; a frame says that it is whole."""
    content = message(HEAD, OBX)
    with pytest.raises(ExportError) as caught:
        read(content[:-1])
    assert caught.value.code == "export-truncated"
    assert read(framed(content[:-1]))[0].named("OBX")[0].raw(11) == "R"


def test_a_batch_gives_its_messages_with_their_places() -> None:
    """Invariant 2."""
    first, second = read(batch(START, STOP))
    assert (first.control_id, second.control_id) == ("INV-000101", "INV-000102")
    assert second.named("OBX")[3].place(5, 1) == "message 2, OBX[4]-5.1"
    assert len(read(batch(START, STOP).replace(b"\r", b"\r\n"))) == 2
    assert len(read(START + STOP)) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (batch(START, STOP, count=3), "batch-count-wrong"),
        (batch(START).replace(b"FTS|1", b"FTS|2"), "batch-count-wrong"),
        (batch(START).replace(b"FTS|1\r", b""), "export-truncated"),
        (batch(START).replace(b"BTS|1\rFTS|1\r", b""), "export-truncated"),
        (batch(START).replace(b"BTS|1\r", b""), "segment-order"),
        (batch(START) + b"BTS|1\r", "segment-order"),
        (b"BHS|^~\\&|\rFHS|^~\\&|\r" + START + b"FTS|1\rBTS|1\r", "segment-order"),
        (START + b"FTS|1\r", "segment-order"),
        (b"FHS|^~\\&|\rFTS|0\r", "export-empty"),
    ],
)
def test_a_batch_that_lies_is_refused(content: bytes, code: str) -> None:
    """Invariant 2."""
    with pytest.raises(ExportError) as caught:
        read(content)
    assert (caught.value.code, bool(caught.value.where), bool(caught.value.remedy)) == (code, True, True)


def test_trailers_may_leave_their_counts_out() -> None:
    assert len(read(batch(START, STOP).replace(b"BTS|2", b"BTS|").replace(b"FTS|1", b"FTS"))) == 2


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 3."""
    with pytest.raises(ExportError) as caught:
        read(message(HEAD, "OBX|1|ST|||" + "x" * (er7.MAX_FIELD + 1)))
    assert caught.value.code == "text-too-long"
    with pytest.raises(ExportError) as caught:
        read(message(HEAD, *(["NTE|1"] * er7.MAX_SEGMENTS)))
    assert caught.value.code == "list-too-long"
    monkeypatch.setattr(er7, "MAX_MESSAGES", 2)
    with pytest.raises(ExportError) as caught:
        read(START * 3)
    assert caught.value.code == "list-too-long"


def test_a_frame_in_a_frame_and_an_open_frame_are_refused() -> None:
    for content, code in ((framed(framed(START)), "frame-unreadable"), (framed(START)[:-2], "export-truncated")):
        with pytest.raises(ExportError) as caught:
            read(content)
        assert caught.value.code == code


def test_damaged_bytes_raise_nothing_but_export_errors() -> None:
    chance = random.Random(20260302)
    for content in (continuous(), framed(continuous()), batch(START, STOP)):
        for _ in range(300):
            place = chance.randrange(len(content))
            damaged = content[:place] + chance.randbytes(chance.randrange(4)) + content[place + chance.randrange(4) :]
            try:
                messages = read(damaged)
            except ExportError:
                continue
            for segment in (segment for found in messages for segment in found.segments):
                assert segment.place(1).endswith("-1")
                assert segment.components(5)


def test_a_row_that_comes_again_is_the_same_as_far_as_it_reads_the_same() -> None:
    def rows(content: bytes, one: int = 0) -> list[er7.Segment]:
        return read(content)[one].named("OBX")

    er7.rows.forget()
    (unknown,) = rows(message(HEAD, "OBR|1", OBX))
    (first,) = rows(message(HEAD, "OBR|1", OBX))
    assert first is not unknown
    assert rows(message(HEAD.replace("N1", "N2"), "OBR|2", OBX)) == [first]
    for named, charset in (("UNICODE UTF-8", "utf-8"), ("8859/1", "iso8859_1"), ("", "ascii")):
        (other,) = rows(message(HEAD + "|" * 6 + named, "OBR|1", OBX))
        assert other.coding.charset == charset
    for _ in range(3):
        before, second = rows(message(HEAD, "OBR|1", OBX.replace("5.0", "6.0"), OBX))
        assert second is not first
        assert (before.place(), second.place()) == ("OBX[1]", "OBX[2]")
        (marked,) = rows(message(HEAD.replace("^~\\&", "^~\\@"), "OBR|1", OBX))
        assert marked.text(5, 2, 1) == "x&y&z"
        (batched,) = rows(batch(message(HEAD, "OBR|1", OBX), message(HEAD, "OBR|1", OBX)), 1)
        assert batched.place() == "message 2, OBX[1]"
    long = OBX + "|" * er7.SHORT
    assert len({id(row) for row in [rows(message(HEAD, "OBR|1", long))[0] for _ in range(3)]}) == 3
