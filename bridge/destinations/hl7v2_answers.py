"""What an acknowledgement means for the message that it answers.

    MSA-2 is not our MSH-10     in doubt: it is another message's answer
    AA, CA                      confirmed (CA only where safe keeping is what was asked for)
    AE, CE                      refused
    AR, CR                      refused; retry where the receiver failed or held a lock (206, 207); confirmed where a
                                message that is sent again is known there already (205)
    anything else, unreadable   in doubt

A detail holds codes and places (ERR-2, ERR-3), never text: ERR-7 and ERR-8 quote what was sent.
Sources: HL7 2.6, chapter 2: tables 0008 and 0357.
"""

from __future__ import annotations

import re

from bridge.destinations.protocol import Answer
from bridge.errors import ExportError
from bridge.wire import er7
from bridge.wire.er7 import Message

_LATER = frozenset(("206", "207"))
_KNOWN = "205"
_CODES = {"AE": "hl7-AE", "CE": "hl7-CE", "AR": "hl7-AR", "CR": "hl7-CR"}
_CODE = re.compile(r"[A-Za-z0-9.\-]{1,20}")
_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^[0-9]{0,4}){0,5}")


def is_final(frame: bytes, acknowledgement: str) -> bool:
    """Whether a frame is the answer that is waited for: asked for processing, CA only says that it was kept."""
    code = _said(frame)[0]
    return not (acknowledgement == "application" and code == "CA")


def classify(frame: bytes, number: str, *, again: bool) -> Answer:
    """What became of the message with this number; `again`: it may have been sent before."""
    code, answered, message = _said(frame)
    if message is None or not code:
        return Answer("in_doubt", code="answer-unreadable")
    if answered != number:
        return Answer("in_doubt", code="answer-to-another")
    if code in ("AA", "CA"):
        return Answer("confirmed", version=number)
    found = _conditions(message)
    detail = " ".join([code, *found, *_places(message)])[:200]
    if code in ("AR", "CR") and again and _KNOWN in found:
        return Answer("confirmed", version=number)
    if code in ("AR", "CR") and _LATER & set(found):
        return Answer("retry", code=_CODES[code], detail=detail)
    if code in _CODES:
        return Answer("refused", code=_CODES[code], detail=detail)
    return Answer("in_doubt", code="answer-unreadable")


def _said(frame: bytes) -> tuple[str, str, Message | None]:
    """MSA-1, MSA-2 and the acknowledgement; empty where it is none."""
    try:
        message = er7.read(frame)[0]
    except ExportError:
        return "", "", None
    msa = message.named("MSA")
    return (msa[0].text(1), msa[0].text(2), message) if msa else ("", "", None)


def _conditions(message: Message) -> list[str]:
    """The codes of ERR-3; before version 2.5, of ERR-1 or MSA-6."""
    said = [err.text(3) or err.text(1, 4, 1) for err in message.named("ERR")]
    said += [msa.text(6) for msa in message.named("MSA")]
    return [code for code in dict.fromkeys(said) if _CODE.fullmatch(code)]


def _places(message: Message) -> list[str]:
    found = [err.raw(2) for err in message.named("ERR")]
    return [place.replace("^", ".") for place in found if _PLACE.fullmatch(place)]
