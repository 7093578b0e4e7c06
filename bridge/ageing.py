"""What still goes out for a parked course: that what ran there is not known to run any more (law 6).

1. Only running administrations that the destination has confirmed are touched. Each becomes `unknown` because time has
   passed, under its id, bound to the patient and the pump that it was confirmed for; nothing else of it differs.
2. Such a plan is a part of the difference: the course stays parked, and nothing counts as applied.
3. Nothing goes out where somebody else changed the course there, where its mapping changed, or where another plan has
   begun or still has something to explain.
4. Where the course cannot be folded or charted, the confirmed bytes alone tell what is older than the configured age:
   this does not rest on the code that fails. What could be known only by folding (a dry date) is left as it is.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.chart import administration, r5
from bridge.chart.dialect import Version
from bridge.chart.elements import named
from bridge.chart.resource import Binding, Resource
from bridge.charting import chart
from bridge.errors import ParkedError
from bridge.fhir_json import Json, canonical, digest, read
from bridge.notes import with_notes
from bridge.patients import confirmed_element
from bridge.place import Place
from bridge.plan import NOTES
from bridge.pumps import ASKED_AGAIN, parted
from bridge.store.protocol import OPEN_PAGE, CourseRow, LedgerRow, PlanEntry, Store, StoredPlan
from fhir_profiles.checks import check
from fhir_profiles.structure import Structure

AGES = ASKED_AGAIN | {"serial-on-two-patients", "patient-system-unknown", "lane-blocked"}
"""Why a course may be parked and its running segments age all the same: nothing of these was refused or contested."""
PART = ""
"""The mapping of a plan that is only a part: no stored plan of it ever still holds."""
UNCHARTED = frozenset(("check-failed", "bug"))
"""Why a course may be parked whose chart cannot be made: what was confirmed ages by its own bytes."""
_LAST_CONFIRMED = "/StructureDefinition/last-confirmed"
_RUNNING = re.compile(
    r", (?P<began>running since|first seen running) (?P<since>[^<]*); "
    r"last confirmed (?P<last>[0-9]+ [A-Z][a-z]+ [0-9 :]+)\."
)
_AGED = (
    ", {began} {since}, last confirmed {last}; whether it still runs is not known (not confirmed for longer than the "
    "configured age).{rest}"
)
_REST = " What ran after it was last confirmed is not known."  # of a programme; an infusion's words do without it
_JUDGED = ("refused", "contested")


def runs(row: LedgerRow) -> bool:
    """Whether the destination shows this as running, going by what it has confirmed."""
    return administration.runs(row.type, row.confirmed)


def aged(
    course: int, store: Store, place: Place, now: datetime, recorded: datetime, structure: Structure
) -> StoredPlan | None:
    """The plan that makes unknown what is too old to be called running; None where there is nothing of the kind.

    The store keeps the next instant at which that may change.
    """
    state = store.state(place.name, course)
    running = [row for row in store.ledger(place.name, course) if row.state not in _JUDGED and runs(row)]
    held_up = state.mapping != place.mapping or store.contested(place.name, course) or _busy(course, store, place)
    if not running or held_up:
        return None
    row = store.course(course)
    binding = _binding(row, state.patient, place)
    first = min((change.position for change in store.changes(course, state.applied)), default=OPEN_PAGE)
    since = first if place.horizon is None else None
    charted = chart(store, row, since, now, place.fold, binding, structure)
    store.wake_at(place.name, course, charted.course.next_change)
    desired = charted.resources if place.horizon is None else place.horizon.cut(charted.resources)
    entries = _entries(running, desired)
    if not entries:
        return None
    plan = _plan(row, place.name, state.patient, state.applied, recorded, entries)
    return with_notes(plan, store, row, (), binding, place.version, place.fold.zone)


# --- without folding ------------------------------------------------------------------------------------------------


def aged_by_bytes(
    course: int, store: Store, place: Place, now: datetime, recorded: datetime, structure: Structure
) -> StoredPlan | None:
    """The plan of a course that cannot be charted: what was last confirmed longer ago than the configured age.

    A mapping that has changed is no obstacle: nothing is written anew by it.
    """
    state = store.state(place.name, course)
    running = [row for row in store.ledger(place.name, course) if row.state not in _JUDGED and runs(row)]
    if not running or store.contested(place.name, course) or _busy(course, store, place):
        return None
    row = store.course(course)
    age, rest = (place.fold.infusion_max_age, "") if row.hospital else (place.fold.max_age, _REST)
    limits = [(one, limit) for one in running if (limit := _limit(read(one.confirmed), age))]
    entries = tuple(_entry(one, _made_unknown(read(one.confirmed), structure, rest)) for one, at in limits if at <= now)
    store.wake_at(place.name, course, min((at for _, at in limits if at > now), default=None))
    if not entries:
        return None
    plan = _plan(row, place.name, state.patient, state.applied, recorded, entries)
    return with_notes(plan, store, row, (), _binding(row, state.patient, place), place.version, place.fold.zone)


def _limit(confirmed: Json, age: timedelta) -> datetime | None:
    """When a running administration is too old, by the extension that says when it was last confirmed."""
    stated = [e for e in confirmed.get("extension", ()) if str(e.get("url", "")).endswith(_LAST_CONFIRMED)]
    at = datetime.fromisoformat(str(stated[0]["valueDateTime"])) if stated else None
    return at + age if at is not None and at.tzinfo is not None else None


def _made_unknown(confirmed: Json, structure: Structure, rest: str) -> Json:
    """The same resource as unknown, with its reason and narrative; raises ParkedError where our checks refuse it."""
    reason = named("reason:too-old")
    said = _RUNNING.sub(lambda found: _aged_words(found, rest), str(confirmed["text"]["div"]))
    body = administration.made_unknown(confirmed, reason, said)
    fhir: Version = "R5" if r5.GIVEN in confirmed else "R4"  # as it was confirmed, whatever is written by now
    problems = check(body, fhir) or structure.check(body, fhir)
    if problems:
        kind = body["resourceType"]
        raise ParkedError(
            f"{kind} fails {problems[0].rule} when it ages", where=f"{kind}/{body['id']}",
            code="check-failed", remedy="this is a fault of ours: report it, then `parked retry`",
        )  # fmt: skip
    return body


def _aged_words(found: re.Match[str], rest: str) -> str:
    began = "since" if found["began"] == "running since" else "first seen"
    return _AGED.format(began=began, since=found["since"], last=found["last"], rest=rest)


def _binding(row: CourseRow, patient: str, place: Place) -> Binding:
    """As the running segments were confirmed: their patient and pump."""
    person, pump = parted(patient)
    return place.binding(row.simulated, row.patient, confirmed_element(row, place.patient, person), pump)


def _busy(course: int, store: Store, place: Place) -> bool:
    """Whether a stored plan must not be replaced: it has begun, or carries what an earlier one had to say."""
    stored = store.plan(place.name, course)
    if stored is None or stored.mapping == PART:
        return False
    return store.is_begun(stored.id) or any(e.page == NOTES and stored.id not in e.key for e in stored.entries)


def _entries(running: Sequence[LedgerRow], desired: Sequence[Resource]) -> tuple[PlanEntry, ...]:
    by_key = {resource.key: resource for resource in desired}
    pairs = [(row, by_key[row.key].body) for row in running if row.key in by_key]
    return tuple(_entry(row, body) for row, body in pairs if _only_aged(read(row.confirmed), body))


def _only_aged(confirmed: Json, now: Json) -> bool:
    if administration.state(now) != "unknown":
        return False
    before, after = administration.apart_from_age(confirmed), administration.apart_from_age(now)
    return canonical(before) == canonical(after)


def _entry(row: LedgerRow, body: Json) -> PlanEntry:
    content = canonical(body)
    return PlanEntry("amend", row.key, row.page, row.type, row.id, content, digest(content), "time")


def _plan(
    row: CourseRow, destination: str, patient: str, applied: int, recorded: datetime, entries: tuple[PlanEntry, ...]
) -> StoredPlan:
    return StoredPlan(
        id=uuid.uuid4().hex,
        destination=destination,
        course=row.course,
        covers=applied,
        mapping=PART,
        recorded=recorded.replace(microsecond=0),
        causes=("time",),
        decision=None,
        waits="",
        patient=patient,
        next_change=None,
        entries=entries,
    )
