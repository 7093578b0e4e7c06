"""What another reader of HL7 says of a message: hl7apy, tolerant parse and full check of structure, types and tables.

Promises: it is loaded only when it is asked; what it says wrongly of messages of pumps is left out, each for a reason
in `KNOWN_FALSE`; no value of a message is repeated. It reads some 45 ms a message: of a batch only the first ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.wire import er7
from bridge.wire.er7 import Message

MOST = 100
"""How many messages of a batch are checked."""

# What hl7apy 1.3.5 says, and why it is no fault: (pattern of its words, reason).
KNOWN_FALSE = (
    (r"Value (?:CWE|DTM) not in table HL70125", "types of OBX-5 since 2.6; its table was not brought up to date"),
    (r"Value EUI-64 not in table HL70301", "IHE names devices by EUI-64, which later versions of the table hold"),
    (r"Value MDC not in table HL70396", "MDC is a registered code system that older versions of the table lack"),
)  # fmt: skip
_NOT_IN_TABLE = re.compile(r"Value .* not in table (?P<table>\S+) in element (?P<element>\S+)")
_PLAIN = re.compile(r"(?:Missing required child|Child limit exceeded|Invalid children detected for) (?P<element>\S+)")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that the other reader noticed."""

    severity: str
    rule: str
    element: str
    message: str


def remarks(content: bytes) -> Iterator[Remark]:
    """What hl7apy says of the messages of an export that our reader can read; raises ExportError where it cannot."""
    for message in er7.read(content)[:MOST]:
        for found in _said(message):
            if not any(re.search(pattern, found) for pattern, _ in KNOWN_FALSE):
                yield _remark(found, message.before)


def _said(message: Message) -> list[str]:
    from hl7apy.consts import VALIDATION_LEVEL  # type: ignore[import-untyped]
    from hl7apy.exceptions import HL7apyException  # type: ignore[import-untyped]
    from hl7apy.parser import parse_message  # type: ignore[import-untyped]
    from hl7apy.validation import Validator  # type: ignore[import-untyped]

    with TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        try:
            parsed = parse_message(_text(message), validation_level=VALIDATION_LEVEL.TOLERANT)
            Validator.validate(parsed, report_file=str(report))
        except HL7apyException as error:
            return [f"Error: {error}"]
        except Exception as error:  # another reader's mistake is no fault of the message, but it is said
            return [f"Warning: hl7apy failed on it ({type(error).__name__})"]
        return report.read_text(encoding="utf-8").splitlines() if report.exists() else []


def _text(message: Message) -> str:
    """The message as one line a segment; alarm reports as ORU^R01, since hl7apy has no structure of R40 and R42."""
    lines = [" ".join(segment.sent.split("\n")) for segment in message.segments]
    head = message.header
    control = re.escape(head.raw(9))
    lines[0] = re.sub(
        rf"(?<=\{message.marks.field}){control}(?=\{message.marks.field})", _r01(message), lines[0], count=1
    )
    return "\r".join(lines)


def _r01(message: Message) -> str:
    return message.marks.component.join(["ORU", "R01", "ORU_R01"])


def _remark(found: str, before: str) -> Remark:
    severity = "error" if found.startswith("Error") else "warning"
    if match := _NOT_IN_TABLE.search(found):
        return Remark(severity, "table", before + match["element"], f"a value is not in table {match['table']}")
    if match := _PLAIN.search(found):
        return Remark(severity, "structure", before + match["element"], match[0])
    words = re.sub(r"<[^>]*>|'[^']*'|\"[^\"]*\"", "…", found.partition(": ")[2])
    return Remark(severity, "other", before, words if words.startswith("hl7apy failed") else "hl7apy refuses it")
