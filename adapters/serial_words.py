"""The status and alarm words of a serial capture: what they state beside the sections, and that both agree.

Promises: a set bit fills a field that the section leaves out, with the word and the bit as its text; where the
section states the field, both must say the same, or the capture is refused. A clear bit states nothing, but that
ALARM1 = 0 states that no alarm is in force. A bit that the protocol does not have is refused.
"""

from __future__ import annotations

from adapters.session_branches import Branch
from adapters.session_tree import Cell, refusal
from bridge.errors import ExportError
from bridge.wire.programmer.responses import Words
from bridge.wire.programmer.tables import ALARM_BITS, STATUS_BITS

NEWEST = ("as-left", "observed", "as-found")
CHANNEL = ["channels", "1"]


def add_words(root: Branch, words: Words, line: int) -> None:
    """Fill the tree with what the words state; raises ExportError where they contradict it, or themselves."""
    where = f"line {line}"
    _check_bits("STATUS1", words.status, STATUS_BITS, where)
    _check_bits("ALARM1", words.alarms, ALARM_BITS, where)
    _check_bits("ALARM2", words.silenced, ALARM_BITS, where)
    if words.silenced & ~words.alarms:
        raise _contradict("ALARM2 silences an alarm that is not in force", where)
    _add_status(root, _set(words.status, STATUS_BITS), where)
    _add_alarms(root, words, where)


def _check_bits(name: str, word: int, known: dict[int, str], where: str) -> None:
    if word & ~sum(1 << bit for bit in known):
        remedy = "use a version of the bridge that knows it"
        raise refusal("bit-unknown", f"{name} has a bit that the protocol does not have", f"{where}, {name}", remedy)


def _set(word: int, known: dict[int, str]) -> dict[str, int]:
    return {name: bit for bit, name in known.items() if word >> bit & 1}


def _add_status(root: Branch, stated: dict[str, int], where: str) -> None:
    if "infusing" in stated and "stopped" in stated:
        raise _contradict("STATUS1 states that the pump infuses and that it is stopped", where)
    for name, text in (("infusing", "true"), ("stopped", "false")):
        if name in stated:
            _agree(_newest_state(root, where), "infusing", text, "STATUS1", stated[name], where)
    if "simulated" in stated:
        _agree(root, "simulated", "true", "STATUS1", stated["simulated"], where)
    for name, field in (("eri", "eri"), ("end-of-service", "end_of_service")):
        if name in stated:
            _agree(root.walk(["longevity"], where), field, "true", "STATUS1", stated[name], where)


def _newest_state(root: Branch, where: str) -> Branch:
    states = root.walk(CHANNEL, where).fields.get("states")
    for tag in NEWEST:
        for state in states if isinstance(states, list) else []:
            if _text(state, "tag") == tag:
                return state
    raise _contradict("STATUS1 states whether the pump infuses, and no state is as left, observed or as found", where)


def _add_alarms(root: Branch, words: Words, where: str) -> None:
    channel = root.walk(CHANNEL, where)
    stated = _set(words.alarms, ALARM_BITS)
    if "alarms" not in channel.fields and "alarm_status" not in channel.fields:
        for number, (code, bit) in enumerate(stated.items(), 1):
            alarm = root.walk([*CHANNEL, "alarms", str(number)], f"{where}, ALARM1")
            _agree(alarm, "code", code, "ALARM1", bit, where)
    elif {_text(alarm, "code") for alarm in _alarms(channel)} != set(stated):
        raise _contradict("the section of alarms and ALARM1 state different alarms", where)
    for alarm in _alarms(channel):
        bit = stated[_text(alarm, "code")]
        if words.silenced >> bit & 1:
            _agree(alarm, "silenced", "true", "ALARM2", bit, where)
    status, printed = ("active", "ALARM1") if stated else ("none", "ALARM1 = 0")
    _agree(channel, "alarm_status", status, printed, None, where)


def _alarms(channel: Branch) -> list[Branch]:
    found = channel.fields.get("alarms")
    return found if isinstance(found, list) else []


def _agree(branch: Branch, name: str, text: str, word: str, bit: int | None, where: str) -> None:
    """The field is what the word states: filled where it is left out, else compared."""
    known = branch.fields.get(name)
    if known is None:
        printed = word if bit is None else f"{word} bit {bit}"
        branch.fields[name] = Cell(text, f"{where}, {word.split()[0]}", printed=printed)
    elif not isinstance(known, Cell) or (known.readable and known.text.strip() != text):
        raise _contradict(f"{word.split()[0]} and the section differ in {name}", where)


def _text(branch: Branch, name: str) -> str:
    cell = branch.fields.get(name)
    return cell.text.strip() if isinstance(cell, Cell) and cell.readable else ""


def _contradict(message: str, where: str) -> ExportError:
    return refusal("values-contradict", message, where, "interrogate the pump and capture again")
