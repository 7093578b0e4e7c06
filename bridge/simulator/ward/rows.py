"""The segments of a simulated gateway's messages: header, patient, order, and OBX rows by their place in the pump.

Promises: numbers are exact, rounded once to the hundredth as a pump's display is; a term or unit without a verified
number goes out by its name (number 0) or by UCUM alone. Text is plain ASCII, so MSH-18 stays empty.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from bridge.quantity import EXACT
from bridge.simulator.ward.library import Settings
from bridge.simulator.ward.pump import SECONDS, WHOLE, Person
from bridge.terms import mdc
from bridge.wire.er7 import escaped

CENT = Decimal("0.01")
NOBODY = "PID|||Unknown Patient^Unknown Patient||^^^^^^U||||||||||||||||||||||||||Y"
PROFILES = {
    "R01": ("IHE_PCD_001", "1.3.6.1.4.1.19376.1.6.1.1.1"),
    "R42": ("IHE_PCD_010", "1.3.6.1.4.1.19376.1.6.4.10"),
    "R40": ("IHE_PCD_ACM_001", "1.3.6.1.4.1.19376.1.6.1.4.1"),
}
"""Name and assigned number of each profile; source: IHE Patient Care Device technical framework, volume 2."""


def moment(at: datetime) -> str:
    """An instant to the second, in UTC."""
    return f"{at:%Y%m%d%H%M%S}+0000"


def header(event: str, number: str, sent: datetime) -> str:
    """MSH: simulated (T), an accept acknowledgement asked for."""
    name, oid = PROFILES[event]
    kind = "R40" if event == "R40" else "R01"
    return (
        f"MSH|^~\\&|SIMULATED WARD^0011220000AB0000^EUI-64|PUMPBRIDGE SIMULATOR|BRIDGE|ST-ELSEWHERE|{moment(sent)}||"
        f"ORU^{event}^ORU_{kind}|{number}|T|2.6|||AL|NE|||en^English^ISO639||{name}^IHE PCD^{oid}^ISO"
    )


def patient(person: Person | None) -> str:
    """PID, also of a pump that knows no patient."""
    if person is None:
        return NOBODY
    return f"PID|||{person.identifier}^^^MRN^MR||{person.family}^{person.given}||{person.born}|U"


def report(number: str, what: str, at: datetime, order: str = "", parent: str = "") -> str:
    """OBR: the report's number, what it is about, and when it was so."""
    placer = f"{order}^PHARMACY" if order else ""
    after = "|" * 22 + f"^{parent}" if parent else ""
    return f"OBR|1|{placer}|{number}^SIMULATED WARD^0011220000AB0000^EUI-64|{what}^MDC|||{moment(at)}{after}"


@cache
def unit(ucum: str) -> str:
    """OBX-6: by MDC and UCUM, by UCUM alone where there is no verified number."""
    for row in mdc.table():
        if row.kind == "unit" and row.ucum == ucum and row.code:
            return f"{row.code}^{row.refid}^MDC^{ucum}^{ucum}^UCUM"
    return f"{ucum}^{ucum}^UCUM"


@cache
def text(words: str) -> str:
    """Words that can stand in a component."""
    return escaped(words)


def hundredths(count: int) -> str:
    """A number of hundredths as a pump shows it."""
    return f"{count // 100}.{count % 100:02}"


def millilitres(units: int) -> str:
    """A volume of the model, rounded half-even to the hundredth."""
    whole, rest = divmod(units, SECONDS)
    up = 2 * rest > SECONDS or (2 * rest == SECONDS and whole % 2 == 1)
    return hundredths(whole + up)


def dose(units: int, settings: Settings) -> str:
    """What of the drug is in a volume of the model, rounded to the hundredth of its unit."""
    assert settings.fluid.strength is not None, "only a drug has a dose"
    exact = EXACT.divide(settings.fluid.strength * units, Decimal(WHOLE))
    return f"{exact.quantize(CENT, ROUND_HALF_EVEN, EXACT):f}"


class Rows:
    """OBX rows, numbered as they are added."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def device(self, term: str, place: str, equipment: str = "") -> None:
        """A row that names a device or a part of one."""
        after = "|||||||" + equipment if equipment else ""
        self.lines.append(f"OBX|{len(self.lines) + 1}||{term}^MDC|{place}|||||||X{after}")

    def coded(self, term: str, place: str, value: str, after: str = "") -> None:
        """A row whose value is a word of a list."""
        self.lines.append(f"OBX|{len(self.lines) + 1}|CWE|{term}^MDC|{place}|{value}||||||R{after}")

    def text(self, term: str, place: str, value: str, after: str = "") -> None:
        """A row whose value is a text."""
        self.lines.append(f"OBX|{len(self.lines) + 1}|ST|{term}^MDC|{place}|{value}||||||R{after}")

    def number(self, term: str, place: str, value: str, ucum: str, how: str = "") -> None:
        """A row with a number and its unit; `how` is OBX-17."""
        after = f"||||||{how}" if how else ""
        self.lines.append(f"OBX|{len(self.lines) + 1}|NM|{term}^MDC|{place}|{value}|{unit(ucum)}|||||R{after}")


def joined(*segments: str) -> bytes:
    """A bare message: every segment ends with CR."""
    return "".join(f"{segment}\r" for segment in segments).encode("ascii")
