"""PDFs: columns kept, nothing passed over, work bounded, and no bytes that raise anything but ExportError."""

from __future__ import annotations

import io
import logging
import zlib

import pytest
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from adapters import pdf
from adapters.pdf_illegible import ADAPTER as ILLEGIBLE
from adapters.printed import MAX_PAGES
from bridge.errors import ExportError
from tests.adapters.printing import as_pdf

TEXT = "HEAD  Page 1 of 1\n  first cell      second (cell)   µg \\ ö\n  more            4.5\n\fHEAD  Page 2 of 1\n"


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(ExportError) as caught:
        pdf.text_of(content)
    assert caught.value.remedy
    return caught.value.code, caught.value.where


def test_columns_and_pages_are_kept() -> None:
    first, second = (sheet.split("\n") for sheet in pdf.text_of(as_pdf(TEXT)).split("\f"))
    assert [line.split() for line in first] == [line.split() for line in TEXT.split("\f")[0].strip().split("\n")]
    assert first[1].index("second") == first[2].index("4.5")
    assert second[0].startswith("HEAD")


def test_pieces_are_what_was_put_down_also_of_a_cut_file() -> None:
    content = as_pdf(TEXT)
    pieces = list(pdf.pieces(content))
    assert pieces[:5] == ["HEAD", "Page 1 of 1", "first cell", "second (cell)", "µg \\ ö"]
    for cut in range(len(content)):
        found = list(pdf.pieces(content[:cut]))
        assert found == pieces[: len(found)]


def test_a_pdf_of_another_writer_says_its_first_line() -> None:
    """Streams that are not compressed are read by pypdf alone."""
    writer = PdfWriter(clone_from=io.BytesIO(as_pdf("OTHER")))
    writer.pages[0][NameObject("/Contents")] = writer._add_object(_stream(b"BT /F1 8 Tf 40 700 Td (HEAD) Tj ET"))
    content = _written(writer)
    assert pdf.first_page(content) == "HEAD"
    assert pdf.text_of(content) == "HEAD"
    assert "HEAD" not in list(pdf.pieces(content))


def _stream(data: bytes) -> DecodedStreamObject:
    stream = DecodedStreamObject()
    stream.set_data(data)
    return stream


def _written(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_a_drawing_within_the_drawing_is_refused() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(as_pdf(TEXT)))
    form = _stream(b"BT /F1 8 Tf 40 600 Td (hidden) Tj ET")
    form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
    page: PageObject = writer.pages[1]
    resources = DictionaryObject()
    resources[NameObject("/XObject")] = DictionaryObject({NameObject("/X0"): writer._add_object(form)})
    page[NameObject("/Resources")] = resources
    assert refused(_written(writer)) == ("layout-unreadable", "page 2")


def test_text_across_the_page_is_refused() -> None:
    assert refused(as_pdf(TEXT, turned=True)) == ("layout-unreadable", "page 2")


def test_pages_have_an_end() -> None:
    assert len(pdf.text_of(as_pdf("\n\f".join(["HEAD"] * MAX_PAGES))).split("\f")) == MAX_PAGES
    assert refused(as_pdf("\n\f".join(["HEAD"] * (MAX_PAGES + 1)))) == ("report-too-long", "the file")


def test_a_page_that_draws_without_end_is_refused() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(as_pdf(TEXT)))
    writer.pages[0][NameObject("/Contents")] = writer._add_object(_stream(b"q Q " * (pdf.MAX_DRAWN // 4 + 1)))
    assert refused(_written(writer)) == ("report-too-long", "page 1")


def test_a_stream_that_swells_is_not_inflated() -> None:
    content = as_pdf(TEXT)
    bomb = zlib.compress(b"\x00" * 50_000_000)
    object_ = b"99 0 obj\n<</Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(bomb), bomb)
    swollen = content.replace(b"xref\n", object_ + b"xref\n", 1)
    assert refused(swollen)[0] == "export-truncated"
    assert list(pdf.pieces(swollen)) == list(pdf.pieces(content))


def test_any_byte_of_a_drawing_that_changes_is_found() -> None:
    """The check sum of a compressed part is looked at: pypdf would go on with what it can inflate."""
    content = as_pdf(TEXT)
    begin = content.index(b"stream\n") + len(b"stream\n")
    whole = pdf.text_of(content)
    for place in range(begin, content.index(b"endstream") - 1):
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        try:
            found = pdf.text_of(damaged)
        except ExportError:
            continue
        assert found == whole, place


@pytest.mark.parametrize("picture", [True, (1,), (2,)])
def test_pictures_are_not_read(picture: bool | tuple[int, ...]) -> None:
    content = as_pdf(TEXT, picture=picture)
    assert refused(content)[0] == "pdf-without-text"
    assert ILLEGIBLE.recognises(content) is (picture != (2,))


def test_an_encrypted_pdf_is_recognised_and_refused() -> None:
    content = as_pdf(TEXT, password="secret")
    assert PdfReader(io.BytesIO(content)).is_encrypted
    assert ILLEGIBLE.recognises(content)
    assert refused(content) == ("pdf-encrypted", "the file")
    assert ILLEGIBLE.hint(content) is None


def test_a_pdf_with_text_is_another_adapters() -> None:
    content = as_pdf(TEXT)
    assert not ILLEGIBLE.recognises(content)
    with pytest.raises(ExportError) as caught:
        ILLEGIBLE.read(content)
    assert caught.value.code == "format-unknown"


class Heard(logging.Handler):
    """Keeps what reaches the root logger."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def test_what_pypdf_warns_of_is_refused_and_reaches_no_log() -> None:
    content, heard, read = as_pdf(TEXT), Heard(), 0
    whole = pdf.text_of(content)
    logging.getLogger().addHandler(heard)
    try:
        for place in range(len(content)):
            try:
                read += pdf.text_of(content[:place] + b"\xff" + content[place + 1 :]) == whole
            except ExportError:
                continue
    finally:
        logging.getLogger().removeHandler(heard)
    assert heard.said == []
    assert 0 < read < len(content) // 2
