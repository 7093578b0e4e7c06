"""The courses of the scenarios as they are kept in fixtures/courses: a line a field of every fact, to be read.

`python -m tests.course.kept` writes them anew; a person reads the difference before it is kept. What they hold is what
the program said, not what the field says: that is worked out by hand in fixtures/scenarios and in the tests beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bridge.course.clocks import Instant
from bridge.course.facts import CatheterFact, DocumentFact, Known, Mixture, PatientFact, PumpFact, Source
from bridge.course.forecast import ForecastFact, ObservedFlow
from bridge.course.pages import Course, Fact
from bridge.course.remarks import Before, Finding
from bridge.interrogation import Drug, Interrogation, Programme, Reading
from bridge.quantity import Quantity
from tests.scenarios.folders import NAMES, course, scenario

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "courses"
# Not kept: what is only as stated, and what a session's findings are made of; the findings themselves are.
_LEFT_OUT = (PatientFact, DocumentFact, Interrogation, Before)
_ELSEWHERE = (PumpFact, CatheterFact, Finding, ForecastFact, ObservedFlow)  # facts of their own: named where they recur


def written(moments: Iterable[Course]) -> str:
    """A course at several instants as it is kept: of the later ones, what the earlier did not say."""
    lines: list[str] = []
    said: set[tuple[str, str]] = set()
    for moment in moments:
        lines.append(f"next change: {moment.next_change.isoformat() if moment.next_change else 'none'}")
        for page in moment.pages:
            told = [(page.position, block) for fact in page.facts for block in _block(fact)]
            lines += [
                f"page {page.position}: {len(told)} facts",
                *(block for at, block in told if (at, block) not in said),
            ]
            said.update(told)
    return "\n".join(lines) + "\n"


def _block(fact: Fact) -> Iterator[str]:
    if not isinstance(fact, _LEFT_OUT):
        fields = [f"    {name}: {_short(value)}" for name, value in _fields(fact) if name != "discriminator"]
        yield "\n".join([f"  {type(fact).__name__} {getattr(fact, 'discriminator', '')}".rstrip(), *fields])


def _fields(fact: Any) -> Iterator[tuple[str, Any]]:
    """The fields that say something."""
    for field in dataclasses.fields(fact):
        value = getattr(fact, field.name)
        if value not in (None, ()) and not isinstance(value, _LEFT_OUT):
            yield field.name, value


def _short(value: Any) -> str:
    for kind, short in _SHORT:
        if isinstance(value, kind):
            return short(value)
    if dataclasses.is_dataclass(value):
        return f"{type(value).__name__}({', '.join(f'{name}={_short(one)}' for name, one in _fields(value))})"
    return str(value)


def _instant(at: Instant) -> str:
    return f"{at.fhir}{'?' if at.ambiguous else ''} {at.source}"


def _source(source: Source) -> str:
    corrected = " corrected" if source.corrected else ""
    return f"{source.session} read {_instant(source.read)}{corrected}, {len(source.exports)}"


def _reading(one: Reading[Any]) -> str:
    return f"{_short(one.value)} <{one.where}{' ' + one.how if one.how else ''}{one.bound or ''}>"


_SHORT: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (Instant, _instant),
    (Source, _source),
    (Reading, _reading),
    (Known, lambda one: f"{_reading(one.reading)} {_short(one.export)} {_instant(one.read)}"),
    (Drug, lambda drug: f"{drug.name.value if drug.name else None} {drug.concentration and drug.concentration.value}"),
    (Mixture, lambda one: f"{_short(one.drugs)} of {_short(one.export)}"),
    (Programme, lambda one: f"{_reading(one.mode) if one.mode else None} {[_short(dose.daily) for dose in one.doses]}"),
    (_ELSEWHERE, lambda fact: f"{type(fact).__name__} {getattr(fact, 'discriminator', '')}"),
    (tuple, lambda several: f"({'; '.join(map(_short, several))})"),
    (str, lambda text: f"'{text[:6] if len(text) == 64 else text}'"),
    ((Quantity, datetime, date), str),
)  # fmt: skip


def cases() -> dict[str, Callable[[], str]]:
    """What is kept, by name: the scenarios, each at its moments."""
    return {name: partial(_scenario, name) for name in NAMES}


def _scenario(name: str) -> str:
    case = scenario(name)
    return written(course(case, [case.exports[key] for key in one.read], one.as_of) for one in case.moments)


def main() -> None:
    """Write every case, and remove what is no case any more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = {f"{name}.txt": case() for name, case in cases().items()}
    for path in FOLDER.iterdir():
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
