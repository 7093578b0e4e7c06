"""The shared reading of the bridge's own session format: from a located tree of texts to an Interrogation.

Three encodings (JSON, CSV, XML) bring the tree; this module alone knows what it must hold. It walks the fields of
the model, so that a field added there is read here. Rules:
1. A field that the model does not have is refused: nothing of an export is dropped silently.
2. No pump identity, no session start, no interrogation.
3. Stated steps cover 24 hours exactly, without gap or overlap; no steps means NOT RECORDED.
4. A state says which state it is; as found, as left and pending are each given at most once a channel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.session_tree import MAX_ITEMS, PLAIN, Cell, Group, Node, Notation, Series, refusal, safe_name
from adapters.session_values import BLANKS, DAY_MINUTES, is_clean, moment_of, read_leaf
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Channel, Field, Interrogation, Programme, Step, fields_of, stated

IDENTITY = ("manufacturer", "model", "serial")
ONCE = ("as-found", "as-left", "pending")


def build(tree: Group, notation: Notation = PLAIN) -> Interrogation:
    """The interrogation that a tree states; raises ExportError with the place of what cannot be represented."""
    interrogation: Interrogation = _group(Interrogation, tree, notation)
    return interrogation


def hint_of(pump: Mapping[str, str], start: str | None, notation: Notation = PLAIN) -> Hint | None:
    """The hint that the whole values of one pump object and the session start give; never raises."""
    values = [pump.get(name, "").strip(BLANKS) for name in IDENTITY]
    identity = PumpIdentity(*values) if all(map(is_clean, values)) else None
    try:
        local = moment_of(start.strip(BLANKS), "", notation).local if start else None
    except ExportError:
        local = None
    return Hint(identity, local) if identity or local else None


def _group(model: Any, node: Group, notation: Notation) -> Any:
    fields = {field.name: field for field in fields_of(model)}
    _refuse_unknown(fields, node)
    if not node.fields and model is not Interrogation:
        raise refusal("group-empty", "a group states nothing", node.where, "leave it out where nothing is recorded")
    value = model(**{name: _field(fields[name], child, notation) for name, child in node.fields.items()})
    rule = _RULES.get(model)
    if rule is not None:
        rule(value, node)
    return value


def _refuse_unknown(fields: Mapping[str, Field], node: Group) -> None:
    for name in node.fields:
        if name not in fields:
            remedy = f"remove or correct it; known here: {', '.join(fields)}"
            place = node.fields[name].where
            raise refusal("field-unknown", f"field {safe_name(name)!r} is not of this format", place, remedy)


def _field(field: Field, node: Node, notation: Notation) -> Any:
    if field.leaf is not None and isinstance(node, Cell):
        return read_leaf(field, node, notation)
    if field.many and isinstance(node, Series):
        return _items(field, node, notation)
    if field.leaf is None and not field.many and isinstance(node, Group):
        return _group(_model(field), node, notation)
    wanted = "one value" if field.leaf else "a list" if field.many else "a group of fields"
    raise refusal("kind-wrong", f"{field.name} is not {wanted}", node.where, f"write {field.name} as {wanted}")


def _items(field: Field, node: Series, notation: Notation) -> tuple[Any, ...]:
    if len(node.items) > MAX_ITEMS:
        raise refusal("list-too-long", f"{field.name} has more than {MAX_ITEMS} items", node.where, "split the export")
    return tuple(_item(field, item, notation) for item in node.items)


def _item(field: Field, node: Node, notation: Notation) -> Any:
    if not isinstance(node, Group):
        message = f"an item of {field.name} is not a group of fields"
        raise refusal("kind-wrong", message, node.where, "write each item as a group of fields")
    return _group(_model(field), node, notation)


def _model(field: Field) -> Any:
    if field.group is None:
        raise TypeError(f"the model gives no group for {field.name}")
    return field.group


def _check_whole(interrogation: Interrogation, node: Group) -> None:
    pump, session = node.fields.get("pump", node), node.fields.get("session", node)
    for name in IDENTITY:
        if not stated(getattr(interrogation.pump, name)):
            message = f"the pump's {name} is not stated readably"
            raise refusal("pump-identity-missing", message, pump.where, "state manufacturer, model and serial")
    if stated(interrogation.session.start) is None:
        message = "the start of the session is not stated readably"
        raise refusal("session-start-missing", message, session.where, "state when the session started")
    zone = interrogation.clocks.zone
    if zone is not None and zone.value is not None and not _is_zone(zone.value):
        raise refusal("zone-unknown", "the zone is not one of the IANA time zones", zone.where, "such as Europe/London")


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_states(channel: Channel, node: Group) -> None:
    seen: set[str] = set()
    for state, place in zip(channel.states, _places(node, "states"), strict=True):
        tag = stated(state.tag)
        if tag is None:
            remedy = "give its tag: as-found, as-left, pending or observed"
            raise refusal("state-tag-missing", "a state does not say which it is", place, remedy)
        if tag in seen:
            raise refusal("state-repeated", f"the state {tag} is given twice", place, "give it once a channel")
        seen |= {tag} & set(ONCE)


def _check_steps(programme: Programme, node: Group) -> None:
    spans = sorted(_span(step, place) for step, place in zip(programme.steps, _places(node, "steps"), strict=True))
    following = spans[1:] + spans[:1]
    for (start, minutes, place), (next_start, _, _) in zip(spans, following, strict=True):
        if (start + minutes) % DAY_MINUTES != next_start:
            raise _not_a_day("the step that ends here is not followed by the next: a gap or an overlap", place)
    if spans and sum(minutes for _, minutes, _ in spans) != DAY_MINUTES:
        raise _not_a_day("the steps overlap", spans[0][2])


def _span(step: Step, place: str) -> tuple[int, int, str]:
    start, end = stated(step.start), stated(step.end)
    if start is None or end is None:
        raise _not_a_day("a step has no readable start or end", place)
    if start == end:
        raise _not_a_day("a step has no length", place)
    return start, (end - start) % DAY_MINUTES or DAY_MINUTES, place


def _not_a_day(message: str, where: str) -> ExportError:
    return refusal("steps-not-24h", message, where, "state steps that cover 24 hours exactly, or none")


def _places(node: Group, name: str) -> list[str]:
    series = node.fields.get(name)
    return [item.where for item in series.items] if isinstance(series, Series) else []


_RULES: dict[type[Any], Callable[[Any, Group], None]] = {
    Interrogation: _check_whole,
    Channel: _check_states,
    Programme: _check_steps,
}
