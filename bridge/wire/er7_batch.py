"""The envelopes of a batch file (FHS, BHS … BTS, FTS): how far it is, and whether its trailers say what was counted.

Promises: envelopes stand in order and are closed, or the batch is refused. Must not know what a message is.
"""

from __future__ import annotations

from bridge.errors import ExportError

ENVELOPES = ("FHS", "BHS", "BTS", "FTS")
AGAIN = "send or export it again, whole"


class Envelope:
    """How far a batch file is, and whether its trailers say what was counted."""

    def __init__(self) -> None:
        self.messages = self.in_batch = self.batches = 0
        self.open: list[str] = []
        self.field = b"|"
        self.over = False

    def take(self, name: str, chunk: bytes) -> None:
        """One envelope segment; raises ExportError."""
        if name in ("FHS", "BHS"):
            self._opens(name, chunk)
        else:
            self._closes(name, chunk)

    def _opens(self, name: str, chunk: bytes) -> None:
        if self.over or name in self.open or (name == "FHS" and (self.open or self.messages)):
            raise _out_of_order(name)
        self.field = chunk[3:4]
        self.open.append(name)
        self.in_batch = 0

    def _closes(self, name: str, chunk: bytes) -> None:
        opener = "BHS" if name == "BTS" else "FHS"
        if not self.open or self.open[-1] != opener:
            raise _out_of_order(name)
        self.open.pop()
        told = [*chunk.split(self.field), b""][1].split(b"\r")[0].strip()
        counted = self.in_batch if name == "BTS" else self.batches
        if told and told != b"%d" % counted:
            raise ExportError(
                f"the trailer counts otherwise: {counted} were found", where=f"{name}[1]-1", code="batch-count-wrong",
                remedy=AGAIN,
            )  # fmt: skip
        self.batches += name == "BTS"
        self.over = name == "FTS"

    def closed(self) -> None:
        """Raises ExportError where an envelope has no trailer, or there is no message."""
        if self.open:
            trailer = {"FHS": "FTS", "BHS": "BTS"}[self.open[-1]]
            raise ExportError(
                f"the batch has no {trailer}", where="the end", code="export-truncated", remedy=AGAIN
            )  # fmt: skip
        if not self.messages:
            raise ExportError("the batch holds no message", where="the file", code="export-empty", remedy=AGAIN)


def _out_of_order(name: str) -> ExportError:
    return ExportError(f"{name} stands where it may not", where=f"{name}[1]", code="segment-order", remedy=AGAIN)
