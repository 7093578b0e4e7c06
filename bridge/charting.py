"""The chart of one course at one destination, from what the store holds: fold, notice, write, check.

Promises: only what can have changed is folded and written; a resource that fails our own checks stops the whole course.
Must not know what is sent, or how.

Where folding begins: pages since a filling are soft, so at the newest checkpoint before the filling in force at the
first change. Where sessions were only added after all others, no page before them can lose a revision: then at the
newest checkpoint before them, and again from before the filling if one of them turns out to revise earlier pages.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable

from bridge.chart.dialect import Version
from bridge.chart.resource import Binding, Resource
from bridge.chart.write import write
from bridge.course.facts import OPEN, PatientFact
from bridge.course.fold import Folded, News, Notice, Settings, fold
from bridge.course.hospital_pump import Elsewhere
from bridge.course.pages import Course, Page
from bridge.course.replaced import OtherPump
from bridge.course.sessions import Report
from bridge.course.state import State, dump_state, load_state
from bridge.errors import ParkedError
from bridge.findings.noticed import Notices, noticed, on_page
from bridge.interrogation import stated
from bridge.store.protocol import CourseRow, Courses, Held
from fhir_profiles.checks import check
from fhir_profiles.structure import Structure, library

MESSAGES = 1_000  # of a hospital pump are folded at once: a pump may have sent many more than memory holds
_CODE = ("course", "families", "findings", "chart", "messages", "terms")


@dataclass(frozen=True, slots=True)
class Charted:
    """A course's tail as resources, the position after which it was folded, and the checkpoints to keep."""

    course: Course
    resources: tuple[Resource, ...]
    after: str
    checkpoints: tuple[tuple[str, bytes], ...]

    @property
    def patient(self) -> PatientFact | None:
        """The patient's name and birth date as the exports state them."""
        facts = self.course.pages[-1].facts
        return next((fact for fact in facts if isinstance(fact, PatientFact)), None)


def folded(
    store: Courses, row: CourseRow, since: str | None, as_of: datetime, settings: Settings, *, added: bool = False,
    notice: Notice = on_page,
) -> tuple[Folded, str]:  # fmt: skip
    """Fold what can have changed since a position (None: everything); answers with the position that it follows.

    `added`: nothing changed but that sessions were added after all that were there.
    """
    if row.hospital:
        return _at_hospital_pump(store, row, since, as_of, settings, notice)
    news = [News(marker.sha256, marker.local) for marker in store.markers(row.pump)] + _unnamed(store, row)
    added = added or since == OPEN
    base, after = (
        _checkpoint(store, row.course, since, settings) if added else _base(store, row.course, since, settings)
    )
    reports = [report_of(held) for held in store.held(row.course, after)]
    if added and since is not None and _told_again(reports, since):
        base, after = _base(store, row.course, since, settings)
        reports = [report_of(held) for held in store.held(row.course, after)]
    made = partial(
        fold, as_of=as_of, settings=settings, patient=row.patient, notice=notice, news=news,
        others=_others(store, row, since, settings), since="" if since is None or since == OPEN else since,
    )  # fmt: skip
    done = made(reports, base=base)
    if done.reaches is not None:
        base, after = _checkpoint(store, row.course, done.reaches, settings)
        reports = [report_of(held) for held in store.held(row.course, after)]
        done = made(reports, base=base)
    return done, after


def _at_hospital_pump(
    store: Courses, row: CourseRow, since: str | None, as_of: datetime, settings: Settings, notice: Notice
) -> tuple[Folded, str]:
    """Fold a hospital pump's course, a part at a time: no page is soft, and what it told of others belongs to it."""
    base, after = _checkpoint(store, row.course, since, settings)
    news = [News(marker.sha256, marker.local) for marker in store.markers(row.pump)]
    made = partial(fold, as_of=as_of, settings=settings, patient=row.patient, notice=notice, news=news)
    pages, states, at = list[Page](), list[tuple[str, State]](), after
    while (until := store.position_after(row.course, at, MESSAGES)) is not None:
        reports = [report_of(held) for held in store.held(row.course, at, until)]
        part = made(reports, base=base, elsewhere=_elsewhere(store, row, at, until))
        if not part.states or part.states[-1][0] < until:
            break  # what follows lies in the future
        pages += part.course.pages[:-1]
        states += _thinned(part.states)
        at, base = part.states[-1]
    reports = [report_of(held) for held in store.held(row.course, at)]
    done = made(reports, base=base, elsewhere=_elsewhere(store, row, at, OPEN))
    course = dataclasses.replace(done.course, pages=(*pages, *done.course.pages), folded_after=after)
    return Folded(course, (*states, *_thinned(done.states))), after


def _elsewhere(store: Courses, row: CourseRow, after: str, until: str) -> Elsewhere:
    others, unnamed = store.elsewhere(row.course, after, until)
    return Elsewhere(tuple(map(report_of, others)), None if unnamed is None else report_of(unnamed))


def _told_again(reports: Sequence[Report], since: str) -> bool:
    """Whether a session among the changes has another report: it may have been charted without it."""
    sessions = [report.session for report in reports if report.position >= since]
    return len(set(sessions)) < len(sessions)


def _unnamed(store: Courses, row: CourseRow) -> list[News]:
    """The newest report of this pump that names no patient: it may say that the pump has stopped since."""
    others = [c for c in store.courses(pump=row.pump) if c.course != row.course and not c.patient and c.live]
    reports = [
        held for course in others if course.simulated == row.simulated for held in store.held(course.course)[-1:]
    ]
    starts = [(held.sha256, stated(held.interrogation.session.start)) for held in reports]
    return [News(sha256, start.local if start else None) for sha256, start in starts]


def _others(store: Courses, row: CourseRow, since: str | None, settings: Settings) -> list[OtherPump]:
    """The other pumps of this patient: each from its newest checkpoint, from scratch where this one is."""
    from_new = None if since is None else OPEN
    return [_other(store, course, from_new, settings) for course in store.other_pumps(row.course)]


def _other(store: Courses, course: int, since: str | None, settings: Settings) -> OtherPump:
    base, after = _checkpoint(store, course, since, settings)
    return OtherPump(base, tuple(report_of(held) for held in store.held(course, after)))


def chart(
    store: Courses, row: CourseRow, since: str | None, as_of: datetime, settings: Settings, binding: Binding,
    structure: Structure, *, added: bool = False,
) -> Charted:  # fmt: skip
    """The checked chart of a course from the first change on; raises ParkedError `check-failed`."""
    notices = Notices(binding.mr_region)
    done, after = folded(store, row, since, as_of, settings, added=added, notice=notices)
    course = noticed(done.course, calculated=binding.calculated, audiences=binding.audiences, notices=notices)
    told = len(course.pages) > 1 or bool(course.pages[0].facts)
    if binding.dialect == "hl7v2":
        written: tuple[Resource, ...] = _messages(course, binding) if told else ()
    else:
        written = write(course, binding) if told else ()
        checked(written, structure, binding.fhir)
    states = done.states if row.hospital else _thinned(done.states)
    stamp = _stamp(settings)
    points = tuple((position, stamp + dump_state(state)) for position, state in states)
    return Charted(course, written, after, points)


def _messages(course: Course, binding: Binding) -> tuple[Resource, ...]:
    from bridge.messages.write import write_messages  # few sites have such a destination

    return write_messages(course, binding)


def get_ready() -> None:
    """Load what the first chart would wait for: half a second, where there is time for it."""
    library()


def checked(written: Sequence[Resource], structure: Structure, fhir: Version = "R4") -> None:
    """Our own rules on every resource and the structure of every new shape; raises ParkedError `check-failed`."""
    for resource in written:
        problems = check(resource.body, fhir) or structure.check(resource.body, fhir)
        if problems:
            first = problems[0]
            raise ParkedError(
                f"{resource.type} fails {first.rule}: {first.message}",
                where=f"{resource.reference} {first.element}",
                code="check-failed",
                remedy="this is a fault of ours or of an export that no check caught: report it, then `parked retry`",
            )


def report_of(held: Held) -> Report:
    """What the store holds of an export as the fold takes it."""
    return Report(
        held.sha256, held.sha1, held.size, held.media_type, held.session, held.position, held.interrogation,
        held.supersedes,
    )  # fmt: skip


def _base(store: Courses, course: int, since: str | None, settings: Settings) -> tuple[State | None, str]:
    """The newest checkpoint before the filling in force at a change: pages since that filling are soft."""
    state, _ = _checkpoint(store, course, since, settings)
    return (None, "") if state is None else _checkpoint(store, course, state.filled_on, settings)


def _checkpoint(store: Courses, course: int, since: str | None, settings: Settings) -> tuple[State | None, str]:
    """The newest checkpoint before a position."""
    if not since:
        return None, ""
    found = store.checkpoint(course, since)
    stamp = _stamp(settings)
    if found is None or not found[1].startswith(stamp):
        return None, ""
    return load_state(found[1][len(stamp) :]), found[0]


def _thinned(points: Sequence[tuple[str, State]]) -> tuple[tuple[str, State], ...]:
    return tuple(point for number, point in enumerate(points, 1) if number % 32 == 0 or number == len(points))


@cache
def _stamp(settings: Settings) -> bytes:
    """What a checkpoint begins with: a fold of another version, or by other settings, does not read it."""
    return hashlib.sha256(f"{code_fingerprint()} {settings}".encode()).hexdigest()[:16].encode() + b"\n"


@cache
def code_fingerprint() -> str:
    """A hash over the code and terms that decide a chart's content: other software, other mapping."""
    digest = hashlib.sha256()
    for package in _CODE:
        for path in sorted(_files(resources.files("bridge") / package), key=lambda p: p.name):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in ("interrogation.py", "quantity.py", "identity.py", "fhir_json.py"):
        digest.update((resources.files("bridge") / name).read_bytes())
    return digest.hexdigest()[:16]


def _files(folder: Traversable) -> list[Traversable]:
    return [path for path in folder.iterdir() if path.name.endswith((".py", ".csv", ".toml"))]
