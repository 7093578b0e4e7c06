"""A printed report as a PDF with text in it, set at the columns of the print; the same text gives the same bytes.

Needs fpdf2, which only a development environment has: it is imported when a page is set, not before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

MARGIN, TOP = 30, 36
LEADING = 9
ADVANCE = 4
"""Points from column to column: Helvetica at 6.5 points keeps within it."""
_PIECE = re.compile(r"\S+(?: \S+)*")


def as_pdf(text: str) -> bytes:
    """The pages of a report on A4."""
    from fpdf import FPDF

    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    document.set_creation_date(datetime(2025, 1, 1, tzinfo=UTC))
    document.set_producer("pumpbridge simulator")
    for page in text.removesuffix("\n").split("\n\f"):
        document.add_page()
        document.set_font("Helvetica", size=6)
        for number, line in enumerate(page.split("\n")):
            for piece in _PIECE.finditer(line):
                document.text(MARGIN + ADVANCE * piece.start(), TOP + LEADING * number, piece[0])
    return bytes(document.output())
