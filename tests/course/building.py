"""Sessions for tests, built as exports and read by the real adapter, so that what is folded could have been sent."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.session_json import ADAPTER
from bridge.course.fold import Folded, News, Settings, fold
from bridge.course.pages import Course, Page
from bridge.course.sessions import Report, placed
from bridge.course.state import State
from bridge.findings.noticed import noticed, on_page

ZONE = "Europe/London"
SETTINGS = Settings(ZONE, timedelta(days=200))
AS_OF = datetime(2025, 8, 1, tzinfo=UTC)
MADE: list[Course] = []
"""Every course that the running test has made so far: what they say is held against what was kept."""


def q(value: str, unit: str, how: str | None = None) -> dict[str, str]:
    """A quantity as the format writes it."""
    return {"value": value, "unit": unit, **({"how": how} if how else {})}


def continuous(daily: str = "400.00", flow: str = "0.200") -> dict[str, Any]:
    """A simple continuous programme in mcg/day and mL/day."""
    return {
        "mode": "simple-continuous",
        "flow": q(flow, "mL/day"),
        "doses": [{"drug": "baclofen", "daily": q(daily, "mcg/day")}],
    }


def drugs(concentration: str = "2000.0") -> list[dict[str, Any]]:
    """Baclofen at a concentration in mcg/mL."""
    return [{"name": "baclofen", "concentration": q(concentration, "mcg/mL")}]


def found(programme: dict[str, Any] | None = None, *, infusing: bool | None = True, **more: Any) -> dict[str, Any]:
    """A state as found."""
    return _state("as-found", programme, infusing, more)


def left(at: str, programme: dict[str, Any], *, infusing: bool | None = True, **more: Any) -> dict[str, Any]:
    """A state as left since a time."""
    return {**_state("as-left", programme, infusing, more), "at": at}


def _state(tag: str, programme: dict[str, Any] | None, infusing: bool | None, more: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {"tag": tag, **more}
    if infusing is not None:
        state["infusing"] = infusing
    if programme is not None:
        state["programme"] = programme
    return state


def export(start: str, *states: dict[str, Any], end: str | None = None, **parts: Any) -> dict[str, Any]:
    """An export of the invented pump; `parts` go into session (update, revision, …) or channel (events, refills, …)."""
    session = {"start": start, **({"end": end} if end else {})}
    channel: dict[str, Any] = {"states": list(states)} if states else {}
    body: dict[str, Any] = {"format": "pumpbridge-session", "version": "1", "kind": "session", "simulated": True}
    for name, value in parts.items():
        if name in ("update", "revision", "reported", "type", "number"):
            session[name] = value
        elif name in ("events", "refills", "boluses", "alarms", "alarm_status", "reservoir", "patient_control"):
            channel[name] = value
        else:
            body[name] = value
    body.setdefault("pump", {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"})
    body.setdefault("patient", {"identifier": "0000017", "system": "MRN"})
    return {**body, "session": session, "channels": [channel]}


def report(body: dict[str, Any], supersedes: tuple[str, ...] = ()) -> Report:
    """An export as the store would hold it."""
    content = json.dumps(body).encode()
    (interrogation,) = ADAPTER.read(content)
    discriminator, position = placed(interrogation, ZONE)
    sha256, sha1 = hashlib.sha256(content).hexdigest(), hashlib.sha1(content).hexdigest()
    return Report(sha256, sha1, len(content), "application/json", discriminator, position, interrogation, supersedes)


def folded(
    *bodies: dict[str, Any], as_of: datetime = AS_OF, base: State | None = None, news: tuple[News, ...] = ()
) -> Folded:
    """The fold of exports."""
    reports = [report(body) for body in bodies]
    return fold(reports, as_of, SETTINGS, patient="0000017", notice=on_page, base=base, news=news)


def course(*bodies: dict[str, Any], as_of: datetime = AS_OF, news: tuple[News, ...] = ()) -> Course:
    """The course of exports, with its findings."""
    made = noticed(folded(*bodies, as_of=as_of, news=news).course)
    MADE.append(made)
    return made


def only(course: Course, kind: type[Any], *, open_page: bool | None = None) -> Any:
    """The one fact of a kind; fails where there is none or more than one."""
    facts = every(course, kind, open_page=open_page)
    assert len(facts) == 1, f"{len(facts)} facts of kind {kind.__name__}"
    return facts[0]


def every(course: Course, kind: type[Any], *, open_page: bool | None = None) -> list[Any]:
    """All facts of a kind, on sealed pages, the open page, or both."""
    pages: list[Page] = [p for p in course.pages if open_page is None or (p.position == "~") == open_page]
    return [fact for page in pages for fact in page.facts if isinstance(fact, kind)]
