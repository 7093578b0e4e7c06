"""Messages that this bridge itself writes of implanted pumps (terms of system 99PBR): read back as they were told.

Promises: every row of ours becomes the field of the model that it was made of, digits, unit, bound, time and how it is
known as they stand; a row of another system beside them repeats what ours say, and is left. A term of ours that the
table lacks is refused: it is of a newer version. The patient and the mark of simulated data are those of the message.
A message that is taken back whole (OBR-25 X, each row D) is read too: it says what does not hold any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from adapters import hl7v2_message as said
from adapters.hl7v2_values import HOWS, MAX_TEXT, cleaned, day, moment, refusal
from bridge.errors import ExportError
from bridge.interrogation import How, Interrogation, Leaf, Moment, Reading, Telling, all_fields_of
from bridge.quantity import Quantity, decimal_of, dimension_of
from bridge.terms.local import SYSTEM, LocalTerm, local_terms
from bridge.wire.er7 import Message, Segment

_HOWS: frozenset[str] = frozenset(("calculated", "sensed", "aspirated", "typed", "reported", "setting"))
_LISTS = ("states", "boluses", "refills", "alarms", "events")
_Tree = dict[str, Any]


def is_ours(message: Message) -> bool:
    """Whether a message has terms of ours: its OBR-4 names one."""
    return any(SYSTEM in (obr.text(4, 3), obr.text(4, 6)) for obr in message.named("OBR"))


def interrogation(message: Message) -> Interrogation:
    """The interrogation that a message was made of; raises ExportError."""
    kind = said.kind_of(message)
    tree: _Tree = {}
    told = sorted(_rows(message), key=lambda row: _place(row[0]))
    for obx, term in told:
        if term.path and (obx.raw(5) or obx.text(8)):
            _put(tree, term, obx)
    if message.header.text(9, 2) != "R01":
        tree["kind"] = kind
    tree["telling"] = _telling(message)
    tree |= {"simulated": found} if (found := said.simulated(message)) else {}
    _name_session(tree, message)
    made: Interrogation = _made(Interrogation, tree)
    pump = made.pump_identity
    if not (pump.manufacturer and pump.model and pump.serial):
        raise refusal("pump-identity-missing", "the pump is not stated", message.header.place())
    return made


def _name_session(tree: _Tree, message: Message) -> None:
    """An event has no session of its own: OBR-3 names it, OBR-7 says when it was; its pump stands in device rows."""
    tree["patient"] = said.patient(message)
    obr = message.named("OBR")[0]
    session = tree.setdefault("session", {})
    if "start" not in session:
        at = moment(obr, 7)
        if at is None:
            raise refusal("session-start-missing", "OBR-7 does not say when it was", obr.place(7))
        session["start"] = at
        number = cleaned(obr.text(3), obr.place(3, 1))
        session["number"] = Reading(number, number, obr.place(3, 1))
    if _is_taken_back(message) or any(obx.text(11) == "C" for obx in message.named("OBX")):
        session.setdefault("reported", moment(message.header, 7))


def _telling(message: Message) -> Telling:
    """Which message of its name it is: OBR-3, MSH-7, and whether it takes back."""
    obr = message.named("OBR")[0]
    name, where = cleaned(obr.text(3), obr.place(3, 1)), obr.place(3, 1)
    back = Reading(True, obr.text(25), obr.place(25)) if _is_taken_back(message) else None
    return Telling(Reading(name, name, where) if name else None, moment(message.header, 7), back)


def _is_taken_back(message: Message) -> bool:
    """Whether the whole message is taken back."""
    return message.named("OBR")[0].text(25) == "X"


def _rows(message: Message) -> Iterator[tuple[Segment, LocalTerm]]:
    report = message.named("OBR")[0].text(25)
    for obx in message.named("OBX"):
        status = obx.text(11)
        if status in ("D", "W") and report == "C":
            continue  # a correction takes back single rows: what it still states is what holds
        if status == "W" or (status in ("D", "F", "C") and (status == "D") != (report == "X")):
            remedy = "find the export that it concerns, and `pumpbridge withdraw` it"
            raise refusal("message-takes-back", "a row takes back what was sent", obx.place(11), remedy)
        for first in (1, 4):
            name, system = obx.text(3, first + 1), obx.text(3, first + 2)
            if system == SYSTEM:
                if name not in local_terms():
                    raise refusal("term-unknown", "a term of ours that this version does not know", obx.place(3))
                yield obx, local_terms()[name]
                break


def _place(obx: Segment) -> list[int]:
    levels = obx.text(4).split(".")
    if not 4 <= len(levels) <= 5 or not all(level.isascii() and level.isdigit() for level in levels):
        raise refusal("place-unreadable", "OBX-4 is no place in a pump", obx.place(4))
    return [int(level) for level in levels]


def _put(tree: _Tree, term: LocalTerm, obx: Segment) -> None:
    """Put one value at its path: the channel of OBX-4 tells the items of a list apart, its last level those below."""
    levels = _place(obx)
    into: Any = tree
    *groups, last = term.path.split(".")
    group: Any = Interrogation
    for name in groups:
        field = next(field for field in all_fields_of(group) if field.name == name)
        group = field.group
        into = into.setdefault(name, {})
        if field.many:
            number = 1 if name == "channels" else levels[2] if name in _LISTS else levels[4] if len(levels) > 4 else 1
            into = into.setdefault(number, {})
    leaf = next(field.leaf for field in all_fields_of(group) if field.name == last)
    assert leaf is not None, "the table names leaves"
    if last in into:
        raise refusal("field-repeated", "one term stands twice at one place of the pump", obx.place(3))
    into[last] = _reading(obx, leaf, last)


def _made(group: Any, tree: Mapping[str, Any]) -> Any:
    """A group of the model from what was put at its place; what was not put is absent."""
    found: dict[str, Any] = {}
    for field in all_fields_of(group):
        value = tree.get(field.name)
        if value is None:
            continue
        if field.leaf is not None or field.name in ("patient", "telling"):
            found[field.name] = value
        elif field.many:
            found[field.name] = tuple(_made(field.group, value[number]) for number in sorted(value))
        else:
            found[field.name] = _made(field.group, value)
    return group(**found)


# --- values ---------------------------------------------------------------------------------------------------------


def _reading(obx: Segment, leaf: Leaf, name: str) -> Reading[Any]:
    where = obx.place(5)
    how = _how(obx)
    if obx.text(8) == "INV":
        return Reading(None, obx.text(5), where, how)
    if leaf.kind == "quantity":
        return _quantity(obx, leaf, how)
    if leaf.kind in ("moment", "day") and moment(obx, 5) is None:
        raise refusal("date-unreadable", "this is no time", where)
    if leaf.kind == "moment":
        at = moment(obx, 5)
        assert at is not None, "looked at before"
        return Reading(_as_fine(at.value, at.text), at.text, at.where, how)
    if leaf.kind == "day":
        found = day(obx, 5)
        return found or Reading[date](None, "", where)
    text = obx.text(5, 2) or obx.text(5)
    if len(text) > MAX_TEXT:
        raise refusal("text-too-long", f"a text has more than {MAX_TEXT} characters", where)
    return Reading(_plain(leaf, text, name, where), text, where, how)


def _as_fine(at: Moment | None, text: str) -> Moment | None:
    """A time as fine as it stands there: a day alone is a day."""
    return at if at is None or len(text.split("+")[0].split("-")[0]) > 8 else Moment(at.local, "day", at.offset_minutes)


def _plain(leaf: Leaf, text: str, name: str, where: str) -> Any:
    if leaf.kind in ("integer", "time-of-day"):
        if not (text.isascii() and text.isdigit()):
            raise refusal("number-unreadable", "this is not a whole number", where)
        return int(text)
    if leaf.kind == "boolean":
        yes, no = ("infusing", "not-infusing") if name == "infusing" else ("true", "false")
        said_so = text.removeprefix("pump-status-")
        if said_so not in (yes, no):
            raise refusal("code-unknown", "this is not a code of its term", where)
        return said_so == yes
    if leaf.kind == "code" and text not in leaf.codes:
        raise refusal("code-unknown", "this is not a code of its term", where)
    return text


def _quantity(obx: Segment, leaf: Leaf, how: How | None) -> Reading[Quantity]:
    where, parts = obx.place(5), obx.components(5)
    bound: Literal["<", ">"] | None = None
    if obx.text(2) == "SN":
        bound = ">" if parts[0] == ">" else "<" if parts[0] == "<" else None
        parts = parts[1:]
    try:
        value: Decimal = decimal_of("".join(parts[:1]))
    except ExportError as error:
        raise refusal(error.code, error.message, where) from None
    unit = obx.text(6, 4) or obx.text(6, 1)
    try:
        fits = dimension_of(unit) in leaf.dimensions
    except ExportError:
        fits = False
    if not fits:
        raise refusal("unit-dimension", "this unit does not measure what the term means", obx.place(6))
    return Reading(Quantity(value, unit), f"{bound or ''}{parts[0]} {unit}", where, how, bound)


def _how(obx: Segment) -> How | None:
    """How a value is known: our word where there is one, else what the method means."""
    ours = obx.text(17, 5) or obx.text(17, 2)
    for word in _HOWS:
        if word == ours:
            return word  # type: ignore[return-value]
    return HOWS.get(obx.text(17))
