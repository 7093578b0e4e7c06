"""The text of a PDF, page by page, with its columns kept; and what can be said of one without reading it whole.

pypdf reads the file, in strict mode and nowhere else in the bridge. Promises: no page, no text and no damaged stream is
passed over, and a file that pypdf warns of is refused; work is bounded (pages, bytes of drawing, no drawing within a
drawing); whatever the bytes, nothing but ExportError is raised. `pieces` is what recognition and hints use: it looks
for shown texts in the raw bytes, so that it needs no whole file, and it proves nothing. Must not know a report.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from adapters.printed import MAX_PAGES, PAGE_END
from adapters.session_tree import refusal, truncated
from bridge.errors import ExportError

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAGIC = b"%PDF-"
END = b"%%EOF"
STREAM_END = b"endstream"
MAX_DRAWN = 2_000_000
MAX_PIECES = 50_000
MAX_STREAMS = 2_000

_STREAM = re.compile(rb"/FlateDecode\b[^<>]{0,200}>>\s{0,4}stream\r?\n")
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*+)\)\s{0,4}Tj", re.DOTALL)
_ESCAPED = re.compile(r"\\([nrtbf()\\]|[0-7]{1,3})")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "(": "(", ")": ")", "\\": "\\"}


class _Complaints(logging.Handler):
    """Counts what pypdf warns of in this thread; the words are not kept, since they may quote the file."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread, self.count = threading.get_ident(), 0

    def emit(self, record: logging.LogRecord) -> None:
        """One more, if it is ours."""
        self.count += record.thread == self.thread


_LOG = logging.getLogger("pypdf")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


def is_pdf(content: bytes) -> bool:
    """Whether the content sets out to be a PDF."""
    return content.startswith(MAGIC)


def text_of(content: bytes) -> str:
    """The text of all pages, columns kept, a form feed between pages; raises ExportError."""
    if not is_pdf(content):
        raise refusal("format-unknown", "this is not a PDF", "the file", "send a PDF or a text")
    if END not in content[-1024:]:
        raise truncated("the PDF has no end", "the end of the file")
    complaints = _Complaints()
    _LOG.addHandler(complaints)
    try:
        text = _text(content)
    except ExportError:
        raise
    except Exception:  # a damaged PDF makes pypdf fail in every way there is
        raise truncated("the PDF is damaged", "the file") from None
    finally:
        _LOG.removeHandler(complaints)
    if complaints.count:
        raise truncated("the PDF is damaged: what could be read of it need not be all", "the file")
    return text


def _text(content: bytes) -> str:
    reader = _opened(content)
    _check_streams(content)
    if len(reader.pages) > MAX_PAGES:
        remedy = "print fewer events, or split the report"
        raise refusal("report-too-long", f"the report has more than {MAX_PAGES} pages", "the file", remedy)
    sheets, drawn = [], 0
    for number, page in enumerate(reader.pages, 1):
        drawn += _drawn(page, f"page {number}")
        if drawn > MAX_DRAWN:
            remedy = "print fewer events, or split the report"
            raise refusal("report-too-long", f"the pages draw more than {MAX_DRAWN} bytes", f"page {number}", remedy)
        sheets.append(_sheet(page, f"page {number}"))
    return PAGE_END.join(sheets)


def _opened(content: bytes) -> PdfReader:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content), strict=True)
    if reader.is_encrypted:
        remedy = "save it without a password, or export the report as text"
        raise refusal("pdf-encrypted", "the PDF is encrypted", "the file", remedy)
    return reader


def _drawn(page: PageObject, where: str) -> int:
    """How many bytes a page draws with; a drawing within a drawing is refused: its text would need no bound."""
    if any(drawing.get("/Subtype") == "/Form" for drawing in _drawings(page)):
        remedy = "print the report to a plain PDF, or export it as text"
        raise refusal("layout-unreadable", "the page holds a drawing within the drawing", where, remedy)
    contents = page.get_contents()
    return 0 if contents is None else len(contents.get_data())


def _drawings(page: PageObject) -> list[Any]:
    """The pictures and drawings that a page may use."""
    found = _part(_part(page, "/Resources"), "/XObject")
    return [found[name] for name in found]


def _part(whole: Any, name: str) -> Any:
    """What a dictionary of the PDF holds under a name; pypdf's `get` would leave a reference unresolved."""
    try:
        return whole[name]
    except KeyError:
        return {}


def _sheet(page: PageObject, where: str) -> str:
    sheet = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
    plain = page.extract_text()
    if not sheet.strip() and not plain.strip():
        remedy = "export the report as a PDF with text; a scan is not read"
        raise refusal("pdf-without-text", "a page has no text: a picture, perhaps a scan", where, remedy)
    if Counter("".join(sheet.split())) != Counter("".join(plain.split())):
        remedy = "print the report again; texts overlap or are turned"
        raise refusal("layout-unreadable", "texts of the page cannot be put in lines", where, remedy)
    return sheet


def _check_streams(content: bytes) -> None:
    """Refuse a PDF with a compressed part that does not inflate whole: pypdf would read what is left of it."""
    for _, whole, place in _streams(content):
        if not whole:
            raise truncated("a compressed part of the PDF is damaged or too large", f"byte {place}")


def _streams(content: bytes) -> Iterator[tuple[bytes, bool, int]]:
    """What the compressed parts hold as far as they inflate, whether whole, and where they begin."""
    left = 4 * MAX_DRAWN
    for number, match in enumerate(_STREAM.finditer(content)):
        unpacker, end = zlib.decompressobj(), content.find(STREAM_END, match.end())
        packed = content[match.end() : min(len(content) if end < 0 else end, match.end() + MAX_DRAWN)]
        try:
            piece = unpacker.decompress(packed, max(left, 1))
        except zlib.error:
            piece = b""
        left -= len(piece)
        yield piece, unpacker.eof and number < MAX_STREAMS, match.start()
        if left <= 0 or number >= MAX_STREAMS:
            return


def pieces(content: bytes) -> Iterator[str]:
    """The texts that a PDF shows, each as it was put down, in the order of the file; also of a cut file; bounded."""
    found = 0
    for stream, _, _ in _streams(content):
        for match in _SHOWN.finditer(stream):
            found += 1
            if found > MAX_PIECES:
                return
            yield _ESCAPED.sub(_unescaped, match[1].decode("cp1252", "replace"))


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1]) or chr(int(match[1], 8) & 0xFF)


def first_page(content: bytes) -> str:
    """The text of the first page of a whole PDF, for recognition and hints alone; empty where there is none."""
    if not is_pdf(content) or END not in content[-1024:]:
        return ""
    try:
        page = _opened(content).pages[0]
        return _sheet(page, "page 1") if _drawn(page, "page 1") <= MAX_DRAWN else ""
    except Exception:  # recognition is total
        return ""


def is_closed(content: bytes) -> bool:
    """Whether a whole PDF is encrypted or shows no text on its first page; never raises."""
    if END not in content[-1024:]:
        return False
    try:
        page = _opened(content).pages[0]
        return _drawn(page, "page 1") <= MAX_DRAWN and not page.extract_text().strip()
    except ExportError as error:
        return error.code == "pdf-encrypted"
    except Exception:  # recognition is total
        return False
