"""MLLP frames: 0x0B, the message, 0x1C 0x0D. Pure: bytes in, whole frames out, whatever the packets were.

1. A frame is given out when its end is there, and never before; what follows it is the next frame's.
2. Only blanks and line ends may stand between frames; a frame may not begin inside another.
3. What is kept is never more than the limit and one packet: a longer frame is refused as soon as it is longer.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.errors import Bug, ExportError

START, END, RETURN = b"\x0b", b"\x1c", b"\x0d"
_BETWEEN = b" \t\r\n"


class FrameError(ExportError):
    """What came is no frame, or longer than the limit; what follows it cannot be trusted either."""

    default_code = "frame-unreadable"


class Framer:
    """Takes bytes as they come and gives out whole frames, their marks included."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept = bytearray()
        self._searched = 0

    @property
    def pending(self) -> bytes:
        """What has come of a frame whose end has not."""
        return bytes(self._kept)

    @property
    def is_open(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._kept)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The frames that this piece completes, in order; raises FrameError where what follows them is none."""
        self._kept += piece
        while True:
            self._find_start()
            end = self._find_end()
            if end is None:
                return
            frame = bytes(self._kept[:end])
            del self._kept[:end]
            self._searched = 0
            yield frame

    def _find_start(self) -> None:
        """Drop what may stand between frames; raises FrameError where something else does."""
        if self._kept[:1] == START:
            return
        left = self._kept.lstrip(_BETWEEN)
        if left and left[:1] != START:
            raise FrameError("bytes stand outside a frame", where="the start of the frame", remedy=_REMEDY)
        self._kept = left
        self._searched = 0

    def _find_end(self) -> int | None:
        """Where the frame ends; None where it has not yet; raises FrameError."""
        end = self._kept.find(END, max(self._searched, 1))
        inner = self._kept.find(START, 1 if not self._searched else self._searched, end if end >= 0 else None)
        if inner >= 0:
            raise FrameError("a frame begins inside another", where="the end of the frame", remedy=_REMEDY)
        length = end + 2 if end >= 0 else len(self._kept)
        if length > self.limit:
            raise FrameError(
                f"the message is longer than {self.limit} bytes", where="the frame", code="export-too-large",
                remedy="raise max_message_bytes of the listener, if it is a message at all",
            )  # fmt: skip
        if end < 0 or end + 1 == len(self._kept):
            self._searched = end if end >= 0 else len(self._kept)
            return None
        if self._kept[end + 1 : end + 2] != RETURN:
            raise FrameError("the end of the frame is not closed", where="the end of the frame", remedy=_REMEDY)
        return end + 2


_REMEDY = "let the sender frame each message as 0x0B, message, 0x1C 0x0D"


def framed(message: bytes) -> bytes:
    """A message in its frame; raises Bug where it holds a mark of frames itself."""
    if START in message or END in message:
        raise Bug("a message with a frame's mark in it cannot be framed")
    return START + message + END + RETURN


def unframed(frame: bytes) -> bytes:
    """The message of a frame, whole or begun."""
    return frame.removeprefix(START).removesuffix(RETURN).removesuffix(END) if frame[:1] == START else frame
