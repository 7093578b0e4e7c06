"""A message of a chart as HL7 version 2.6, built with hl7apy: the same body and settings give the same bytes.

Promises: digits leave as they are; every term and unit is that of the pinned tables, an MDC number beside it only where
the row has one; texts are escaped; a text that the receiver's character set lacks is refused by its place.
hl7apy has no structures of ORU^R40 and ORU^R42: they are built as ORU^R01, whose segments they share.
Sources: HL7 2.6 chapters 2, 3, 4 and 7; IHE PCD technical framework, volume 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.errors import BridgeError
from bridge.fhir_json import Json
from bridge.messages.message import ALARM, DELIVERY, INTERROGATION
from bridge.terms import mdc
from bridge.terms.local import SYSTEM
from bridge.wire.er7 import CHARSETS, escaped

_KINDS = {INTERROGATION: "ORU^R01^ORU_R01", DELIVERY: "ORU^R42^ORU_R01", ALARM: "ORU^R40^ORU_R40"}
_PROFILES = {
    INTERROGATION: "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
    DELIVERY: "IHE_PCD_010^IHE PCD^1.3.6.1.4.1.19376.1.6.4.10^ISO",
    ALARM: "IHE_PCD_004^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO",
}
_SERVICES = {"interrogation": "69985", "delivery": "69985", "alarm": "196616"}
_REPORT = {"F": "F", "C": "C", "D": "X"}  # OBR-25, table 0123, has no D: X says that there are no results any more
_METHODS = {
    "sensed": "AMEAS", "aspirated": "MMEAS", "typed": "MMEAS", "setting": "ASET", "calculated": "ACALC",
    "reported": "",
}  # fmt: skip
_CONTROLS: dict[int, str] = dict.fromkeys((*range(32), 127), " ") | {10: "\x01", 13: "\x02"}
_BREAKS = {1: "\\X0A\\", 2: "\\X0D\\"}  # put in at the end: hl7apy escapes the escape of a break once more


class Unwritable(BridgeError):
    """A text that the receiver's character set does not have; `where` is its field."""

    default_code = "text-unwritable"


@dataclass(frozen=True, slots=True)
class Names:
    """What a receiver calls itself and us, and how it reads."""

    sending: tuple[str, str]
    receiving: tuple[str, str]
    authority: str
    charset: str
    acknowledgement: str


def written(body: Json, names: Names) -> bytes:
    """The message of a body, its segments ended by CR; raises Unwritable."""
    from hl7apy.consts import VALIDATION_LEVEL  # type: ignore[import-untyped]
    from hl7apy.core import Message  # type: ignore[import-untyped]

    message = Message("ORU_R01", version="2.6", validation_level=VALIDATION_LEVEL.TOLERANT)
    _fill(message.msh, _header(body, names))
    result = message.add_group("ORU_R01_PATIENT_RESULT")
    _fill(result.add_group("ORU_R01_PATIENT").pid, _person(body, names))
    order = result.add_group("ORU_R01_ORDER_OBSERVATION")
    _fill(order.obr, _order(body))
    for number, row in enumerate(_rows(body), 1):
        _fill(order.add_group("ORU_R01_OBSERVATION").obx, {1: str(number), **row})
    lines = message.to_er7().split("\r")
    return b"".join(_encoded(line.translate(_BREAKS), names.charset) for line in lines if line)


def _fill(segment: Any, fields: dict[int, str]) -> None:
    for number, text in fields.items():
        if text:
            setattr(segment, f"{segment.name.lower()}_{number}", text)


def _encoded(line: str, charset: str) -> bytes:
    try:
        return line.encode(CHARSETS[charset if charset != "ASCII" else ""]) + b"\r"
    except UnicodeEncodeError as error:
        field = line.count("|", 0, error.start)
        raise Unwritable("a text is not in the receiver's character set", where=f"{line[:3]}-{field}") from None


def _header(body: Json, names: Names) -> dict[int, str]:
    accepts = names.acknowledgement == "accept"
    return {
        3: escaped(names.sending[0]), 4: escaped(names.sending[1]),
        5: escaped(names.receiving[0]), 6: escaped(names.receiving[1]),
        7: f"{datetime.fromisoformat(str(body['sent'])):%Y%m%d%H%M%S%z}",
        9: _KINDS[body["type"]], 10: str(body["number"]), 11: "T" if body.get("simulated") else "P", 12: "2.6",
        15: "AL" if accepts else "NE", 16: "NE" if accepts else "AL",
        18: "" if names.charset == "ASCII" else names.charset, 19: "en^English^ISO639", 21: _PROFILES[body["type"]],
    }  # fmt: skip


def _person(body: Json, names: Names) -> dict[int, str]:
    stated = body["patient"]
    name = "^".join(_text(stated.get(part, "")) for part in ("family", "given"))
    return {
        3: f"{_text(stated['value'])}^^^{_authority(stated, names)}^MR",
        5: f"{name}^^^^^L" if name != "^" else "^^^^^^U",
        7: stated.get("born", ""),
    }


def _authority(stated: Json, names: Names) -> str:
    """Who assigned the number: as the receiver calls it, else as the export printed it; its URI or OID beside it."""
    uri = str(stated.get("system", ""))
    oid = uri.removeprefix("urn:oid:") if uri.startswith("urn:oid:") else ""
    name = _text(names.authority or stated.get("label", ""))
    return f"{name}&{_text(oid or uri)}&{'ISO' if oid else 'URI'}" if uri else name


def _order(body: Json) -> dict[int, str]:
    return {
        1: "1", 3: f"{body['id']}^PUMPBRIDGE", 4: _coded(_SERVICES[body["service"]], body["service"]),
        7: body["start"], 8: body.get("end", ""), 25: _REPORT[body["status"]],
        29: f"^{body['parent']}&PUMPBRIDGE" if "parent" in body else "",
    }  # fmt: skip


# --- rows -----------------------------------------------------------------------------------------------------------


def _rows(body: Json) -> Iterator[dict[int, str]]:
    stated = [(row, body["status"]) for row in body["rows"]] + [(row, "D") for row in body.get("gone", ())]
    for row, status in sorted(stated, key=lambda one: _order_of(one[0])):
        yield _row(row, status, body)


def _order_of(row: Json) -> list[int]:
    return [int(part) for part in row["place"].split(".")]


def _row(row: Json, status: str, body: Json) -> dict[int, str]:
    named = {3: _coded(row.get("mdc", ""), row.get("name", "")), 4: row["place"]}
    if "kind" not in row:
        pump = body["pump"]
        equipment = f"{_text(pump['serial'])}^{_text(pump['manufacturer'])}" if row["place"] == "1.0.0.0" else ""
        return {**named, 11: "X", 18: equipment}
    return {
        2: row["kind"], **named, 5: _value(row), 6: _unit(row["unit"]) if "unit" in row else "",
        8: row.get("flag", ""), 11: status, 14: row.get("at", ""), 17: _method(row.get("how", "")),
    }  # fmt: skip


def _coded(number: str, name: str) -> str:
    """MDC by its number and name with our term beside it; our term alone, without a number, where MDC has none."""
    if not number:
        return f"^{name}^{SYSTEM}"
    refid = next(term.refid for term in mdc.table() if term.code == number)
    return f"{number}^{refid}^MDC" + (f"^^{name}^{SYSTEM}" if name else "")


def _value(row: Json) -> str:
    if row["kind"] == "SN":
        return f"{row['bound']}^{row['value']}"
    if row["kind"] == "CWE":
        number, text = (row["value"], row["text"]) if "text" in row else ("", row["value"])
        return f"{number}^{_text(text)}^{row['system']}"
    return _text(row["value"])


def _unit(ucum: str) -> str:
    """The unit as UCUM, with its MDC number before it where that is verified."""
    known = next((t for t in mdc.table() if t.kind == "unit" and t.ucum == ucum and t.code), None)
    return f"{known.code}^{known.refid}^MDC^{ucum}^{ucum}^UCUM" if known else f"{ucum}^{ucum}^UCUM"


def _method(how: str) -> str:
    if not how:
        return ""
    method = _METHODS.get(how, "")
    return f"{method}^^MDC^^{how}^{SYSTEM}" if method else f"^{how}^{SYSTEM}"


def _text(text: object) -> str:
    return escaped(str(text).translate(_CONTROLS))
