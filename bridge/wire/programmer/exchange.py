"""Which frame answers which request: the same for a capture on the line and for its transcript read later.

A response counts where its sequence is awaited, its kind and its page or range are those of the request, and its
payload can be decoded. Late and doubled ones are ignored: once a request is answered, none of its sequences is
awaited any more. Pure.
"""

from __future__ import annotations

from bridge.errors import ExportError
from bridge.wire.programmer.requests import Request
from bridge.wire.programmer.responses import Response, answers, decode
from bridge.wire.serial_frames import Frame

SEQUENCES = 256


class Exchange:
    """The requests that are awaited, by sequence."""

    def __init__(self) -> None:
        self._awaited: dict[int, Request] = {}
        self.complaint = ""

    def sent(self, request: Request, sequence: int) -> None:
        """A request went out."""
        self._awaited[sequence] = request

    def received(self, frame: Frame) -> tuple[Request, Response] | None:
        """The request that a frame answers, and its answer; None where it answers nothing that is awaited."""
        request = self._awaited.get(frame.sequence)
        if request is None:
            return None
        try:
            response = decode(frame)
        except ExportError as error:
            self.complaint = error.message
            return None
        if not answers(response, request):
            return None
        self._awaited = {number: other for number, other in self._awaited.items() if other != request}
        return request, response
