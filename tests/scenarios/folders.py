"""The folders of fixtures/scenarios: their exports, read by the real adapters, and what is expected of them.

A folder holds exports (read in the order of their names), `expected.json` and `why.md`. Expected values were written by
hand from the scenario's text and arithmetic; they are never written from what the program says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bridge.adapter import find, recognise
from bridge.course.fold import News, Settings, fold
from bridge.course.pages import Course
from bridge.course.replaced import OtherPump
from bridge.course.sessions import Report, placed
from bridge.errors import ExportError
from bridge.findings.noticed import noticed, on_page

FOLDER = Path(__file__).parents[2] / "fixtures" / "scenarios"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))
PRINTED = [f"{name}/printed" for name in NAMES if (FOLDER / name / "printed").is_dir()]
MAX_AGE = timedelta(days=200)


@dataclass(frozen=True)
class Moment:
    """What the course and its chart are at one instant, once some of the exports have been read.

    `beside` are those of the patient's other pump, which is another course.
    """

    name: str
    as_of: datetime
    read: tuple[str, ...]
    beside: tuple[str, ...]
    expected: dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One folder: the bytes of its exports by name, which of them are refused, the site's zone, its moments."""

    name: str
    exports: dict[str, bytes]
    refused: dict[str, str]
    settings: Settings
    moments: tuple[Moment, ...]


@cache
def scenario(name: str) -> Scenario:
    """A folder of fixtures/scenarios, or its exports as printed reports: the same is expected of both."""
    folder = FOLDER / name
    told = json.loads((FOLDER / name.split("/")[0] / "expected.json").read_text())
    exports = {path.stem: path.read_bytes() for path in sorted(folder.iterdir()) if _is_export(path)}
    exports |= {key: (FOLDER.parent / place).read_bytes() for key, place in told.get("exports", {}).items()}
    refused = {key: code for key, code in told.get("refused", {}).items() if key in exports}
    whole = tuple(key for key in exports if key not in refused)
    moments = tuple(
        Moment(
            f"{name} {number}",
            datetime.fromisoformat(one["as_of"]),
            tuple(one.get("read", whole)),
            tuple(one.get("beside", ())),
            one,
        )
        for number, one in enumerate(told["moments"], 1)
        if {*one.get("read", whole), *one.get("beside", ())} <= set(exports)
    )
    return Scenario(name, exports, refused, Settings(told.get("zone", "Europe/London"), MAX_AGE), moments)


def _is_export(path: Path) -> bool:
    return path.is_file() and path.name not in ("expected.json", "why.md")


def read(content: bytes, zone: str) -> Report | News:
    """One export, read by the adapter that recognises it; one that is refused is news of a pump, as far as it hints."""
    sha256 = hashlib.sha256(content).hexdigest()
    adapter = recognise(content, find())
    try:
        (interrogation,) = adapter.read(content)
    except ExportError:
        hint = adapter.hint(content)
        return News(sha256, hint.local if hint else None)
    session, position = placed(interrogation, zone)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return Report(sha256, sha1, len(content), adapter.media_type, session, position, interrogation)


def course(case: Scenario, contents: Iterable[bytes], as_of: datetime, beside: Iterable[bytes] = ()) -> Course:
    """The course of some exports, in any order, with its findings; `beside` are those of the patient's other pump."""
    found = [read(content, case.settings.zone) for content in contents]
    reports = [one for one in found if isinstance(one, Report)]
    news = [one for one in found if isinstance(one, News)]
    told = tuple(one for one in (read(content, case.settings.zone) for content in beside) if isinstance(one, Report))
    others = [OtherPump(None, told)] if told else []
    done = fold(reports, as_of, case.settings, patient="0091000", notice=on_page, news=news, others=others)
    return noticed(done.course)
