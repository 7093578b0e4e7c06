"""A hospital of simulated pumps: every pump's life as exports, in files that sort in the order of their arrival.

Promises: the same seed, numbers and options give the same bytes, in one process or several; each life depends on the
seed and its own number alone. With a mess, reports come late, twice, corrected or never; without one, each arrives when
it was printed. A few files of a second, thousands: they are written as they are made.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from bridge.simulator.chance import FIRST, MINUTE, Clinic
from bridge.simulator.exports import FORMATS
from bridge.simulator.kinds import KINDS, Kind
from bridge.simulator.life import Life
from bridge.simulator.programmer import Document

YEAR = timedelta(days=365)
CHUNK = 20
"""How many pumps a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file: its name, which sorts by arrival, its bytes, and what happened to it on its way."""

    name: str
    content: bytes
    format: str
    mess: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: how many pumps over how many years, of which formats, with or without a mess."""

    pumps: int
    years: int
    seed: int
    formats: tuple[str, ...] = ()
    mess: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of pumps whose exports are wanted."""
        wanted = (name for name, kind in KINDS.items() if not self.formats or set(self.formats) & set(kind.formats))
        return tuple(wanted)


@dataclass(slots=True)
class Made:
    """What was written: exports by format, and those that came late, twice, corrected or never."""

    exports: Counter[str] = field(default_factory=Counter)
    mess: Counter[str] = field(default_factory=Counter)

    def add(self, other: Made) -> None:
        """Both together."""
        self.exports += other.exports
        self.mess += other.mess


def lived(seed: int, number: int, years: int, kinds: tuple[str, ...]) -> tuple[Life, Iterator[tuple[Document, bool]]]:
    """One pump's life, and its documents as it is lived, each with whether its report reaches anybody."""
    clinic = Clinic(seed, number, FIRST + years * YEAR, kinds)
    implant = clinic.implant()
    life = Life(implant, clinic.faults(implant))
    return life, _documents(life, clinic)


def _documents(life: Life, clinic: Clinic) -> Iterator[tuple[Document, bool]]:
    yield life.begin(), True
    while (visit := clinic.next_visit(life)) is not None:
        life.pump.passed(max(visit.at, life.pump.now))
        orders = clinic.orders(life)
        yield life.programmer.session(orders), visit.exported
        if orders.type == "explant":
            return
    life.pump.passed(max(clinic.until, life.pump.now))


def exports(order: Order, number: int) -> Iterator[Export]:
    """The exports of one pump, in the order of its sessions."""
    life, documents = lived(order.seed, number, order.years, order.kinds)
    chance = random.Random(f"mess {order.seed} {number}")
    name = _format(life.implant.identity.kind, order, chance)
    for document, reaches in documents:
        if reaches or not order.mess:
            yield from _arrivals(document, name, number, chance if order.mess else None)


def _format(kind: Kind, order: Order, chance: random.Random) -> str:
    known = [name for name in kind.formats if not order.formats or name in order.formats]
    return chance.choice(known)


def _arrivals(document: Document, name: str, number: int, chance: random.Random | None) -> Iterator[Export]:
    """The files in which one report arrives."""
    at, mess = document.at + 30 * MINUTE, ""
    if chance is not None and chance.randrange(20) == 0:
        at, mess = at + timedelta(days=chance.randrange(1, 120)), "late"
    content = FORMATS[name].write(document.body)
    yield _export(at, number, document, name, content, mess)
    if chance is not None and chance.randrange(25) == 0:
        again = at + timedelta(days=chance.randrange(1, 30))
        yield _export(again, number, document, name, content, "twice")
    if chance is not None and chance.randrange(30) == 0:
        later = at + timedelta(days=chance.randrange(1, 10))
        yield _export(later, number, document, name, FORMATS[name].write(_corrected(document, later)), "corrected")


def _export(at: datetime, number: int, document: Document, name: str, content: bytes, mess: str) -> Export:
    mark = f"-{mess}" if mess in ("twice", "corrected") else ""
    file = f"{at:%Y%m%dT%H%M}-{number:06}-{document.at:%Y%m%dT%H%M}{mark}.{FORMATS[name].ending}"
    return Export(file, content, name, mess)


def _corrected(document: Document, at: datetime) -> dict[str, object]:
    """The report of the same session, printed again: somebody had typed the wrong birth date."""
    body = copy.deepcopy(document.body)
    body["patient"]["birth_date"] = body["patient"]["birth_date"][:8] + "18"
    body["session"] |= {"revision": 2, "reported": f"{at:%Y-%m-%dT%H:%M}{body['session']['reported'][16:]}"}
    return body


def write(order: Order, folder: Path, processes: int = 1) -> Made:
    """Write every export into a folder; in several processes where that is wanted."""
    chunks = [range(first, min(first + CHUNK, order.pumps)) for first in range(0, order.pumps, CHUNK)]
    if processes <= 1 or len(chunks) == 1:
        return _summed(write_some(order, folder, chunk) for chunk in chunks)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _summed(pool.map(write_some, [order] * len(chunks), [folder] * len(chunks), chunks))


def _summed(parts: Iterator[Made]) -> Made:
    made = Made()
    for part in parts:
        made.add(part)
    return made


def write_some(order: Order, folder: Path, numbers: range) -> Made:
    """Write the exports of some pumps."""
    made = Made()
    for number in numbers:
        for export in exports(order, number):
            (folder / export.name).write_bytes(export.content)
            made.exports[export.format] += 1
            made.mess[export.mess] += bool(export.mess)
    return made
