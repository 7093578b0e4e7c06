"""A PDF that no program can read: encrypted, or pictures only, such as a scan. It is recognised to be refused by name.

Without it such a file would be of an unknown format, and nobody would know what to do. Promises: nothing is read
of one. Must not know a report.
"""

from __future__ import annotations

from adapters import pdf
from adapters.session_tree import refusal
from bridge.adapter import Hint
from bridge.interrogation import Interrogation


class PdfIllegible:
    """Recognises a PDF that is encrypted or has no text on its first page, and refuses it."""

    name = "pdf_illegible"
    version = "1"
    media_type = "application/pdf"

    def recognises(self, content: bytes) -> bool:
        """Whether a whole PDF is encrypted, or its first page has no text."""
        return pdf.is_pdf(content) and pdf.is_closed(content)

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """Raises ExportError, always."""
        pdf.text_of(content)
        raise refusal("format-unknown", "this PDF has text: another adapter reads it, or none", "the file", "see them")

    def hint(self, content: bytes) -> Hint | None:
        """None: such a file says nothing."""
        return None


ADAPTER = PdfIllegible()
