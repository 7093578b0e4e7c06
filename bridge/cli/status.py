"""`pumpbridge status`: is anything late, parked, quarantined or silent?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.cli.moved import said, switched_off
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import counted, document, line, table
from bridge.cli.setting import site_of
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_UNREACHABLE
from bridge.site import Site
from bridge.sources.inbox import left_alone

app = verb()


@dataclass(frozen=True, slots=True)
class Place:
    """How far one destination is; `late`: its oldest unapplied export waits longer than the site allows.

    `rests_until`: it asked to be left alone until then; None where it did not, or that is over.

    The numbers count courses; `shared` says of what they share whether it is due, waiting or parked.
    """

    name: str
    mode: str
    due: int
    waiting: int
    parked: int
    shared: tuple[str, ...]
    unapplied_courses: int
    oldest_unapplied: datetime | None
    next_change: datetime | None
    rests_until: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Source:
    """When a source was last heard; `silent`: longer ago than the site expects of it."""

    name: str
    last: datetime | None
    expected_hours: int | None
    silent: bool


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Say whether anything is late, parked, quarantined or silent.

    It leaves with status 5 when something is parked, else with 6 when the oldest unapplied export is too old or an
    expected source is silent. What is quarantined, or left alone in the inbox (links, pipes, devices), is counted here
    and does not change it.
    """
    with site_of(config) as site:
        now = site.clock.now()
        places = [_place(site, name.name, now) for name in site.config.destinations]
        sources = _sources(site, now)
        quarantined, courses = site.store.count_quarantined(), site.store.course_count()
        odd = left_alone(site.config.inbox.path) if site.config.inbox else {}
        audiences = site.audiences
    found = {
        "courses": courses, "quarantined": quarantined, "left_in_inbox": odd, "destinations": places,
        "sources": sources, "findings_off": switched_off(audiences),
    }  # fmt: skip
    code = _code(places, sources)
    if as_json:
        document({"at": now, "status": code, **found})
    else:
        _show(places, sources, quarantined, courses)
        _show_odd(odd)
        for words in said(audiences):
            line(words, "red" if switched_off(audiences) else "")
    return code


def _place(site: Site, name: str, now: datetime) -> Place:
    backlog = site.store.backlog(name)
    settings = site.config.destination_named(name)
    oldest = backlog.oldest_unapplied
    patience = timedelta(hours=site.config.status.oldest_unapplied_hours)
    rests = site.store.rests_until(name)
    late = settings.mode != "shadow" and oldest is not None and now - oldest > patience
    return Place(
        name, settings.mode, backlog.due, backlog.waiting, backlog.parked, backlog.shared, backlog.unapplied_courses,
        oldest, site.store.next_wake(name), rests if rests is not None and rests > now else None, late,
    )  # fmt: skip


def _sources(site: Site, now: datetime) -> list[Source]:
    heard = {row.source: row.received for row in site.store.sources()}
    expected = {one.source: one.max_silence_hours for one in site.config.status.expected}
    return [_source(name, heard.get(name), expected.get(name), now) for name in sorted({*heard, *expected})]


def _source(name: str, last: datetime | None, hours: int | None, now: datetime) -> Source:
    silent = hours is not None and (last is None or now - last > timedelta(hours=hours))
    return Source(name, last, hours, silent)


def _code(places: list[Place], sources: list[Source]) -> int:
    if any(place.parked or "parked" in place.shared for place in places):
        return EXIT_PARKED
    late = any(place.late for place in places) or any(source.silent for source in sources)
    return EXIT_UNREACHABLE if late else EXIT_DONE


def _show(places: list[Place], sources: list[Source], quarantined: int, courses: int) -> None:
    line(f"{counted(courses, 'course')}; {counted(quarantined, 'export')} in quarantine")
    columns = (
        "destination",
        "mode",
        "due",
        "waiting",
        "parked",
        "what they share",
        "oldest unapplied",
        "next change",
        "left alone until",
        "late",
    )
    rows = [
        (
            p.name,
            p.mode,
            p.due,
            p.waiting,
            p.parked,
            ", ".join(p.shared),
            p.oldest_unapplied,
            p.next_change,
            p.rests_until,
            p.late,
        )
        for p in places
    ]
    stuck = [p.late or p.parked or "parked" in p.shared for p in places]
    table(columns, rows, styles=["red" if one else "" for one in stuck])
    if sources:
        heard = [(s.name, s.last or "never", s.expected_hours, s.silent) for s in sources]
        styles = ["red" if source.silent else "" for source in sources]
        table(("source", "last export", "expected within hours", "silent"), heard, styles=styles)


def _show_odd(odd: dict[str, int]) -> None:
    """What lies in the inbox and is never taken."""
    if odd:
        said = ", ".join(f"{count} {code}" for code, count in sorted(odd.items()))
        line(f"left alone in the inbox: {said}; put the files themselves there, then remove these")
