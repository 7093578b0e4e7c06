"""Simulated lives as courses: exported, read by the real adapters, folded; and small lives to begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters import (
    constant_flow_sheet,
    medstream_report,
    prometra_inquiry,
    session_csv,
    session_json,
    session_xml,
    synchromed_report,
)
from bridge.course.fold import Settings, fold
from bridge.course.pages import Course
from bridge.course.sessions import Report, placed
from bridge.findings.noticed import noticed, on_page
from bridge.interrogation import Interrogation
from bridge.simulator.exports import FORMATS
from bridge.simulator.kinds import KINDS, Identity, Person
from bridge.simulator.life import ZONE, Implant
from bridge.simulator.programmer import Document
from bridge.simulator.regimen import Drug, Mixture, Regimen, constant_flow, continuous

START = datetime(2024, 1, 8, 9, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SETTINGS = Settings(ZONE, timedelta(days=400))
MODULES = (
    session_json, session_csv, session_xml, synchromed_report, prometra_inquiry, medstream_report, constant_flow_sheet,
)  # fmt: skip
ADAPTERS: dict[str, Any] = {module.ADAPTER.name: module.ADAPTER for module in MODULES}


def read(document: Document, format: str) -> Interrogation:
    """A document as the adapter of a format reads it."""
    (found,) = ADAPTERS[format].read(FORMATS[format].write(document.body))
    return found  # type: ignore[no-any-return]


def report(document: Document, format: str) -> Report:
    """A document as the store would hold it."""
    content = FORMATS[format].write(document.body)
    (found,) = ADAPTERS[format].read(content)
    name, position = placed(found, ZONE)
    sums = hashlib.sha256(content).hexdigest(), hashlib.sha1(content).hexdigest()
    return Report(*sums, len(content), "text/plain", name, position, found)


def course(documents: Iterable[Document], as_of: datetime, format: str = "session_json") -> Course:
    """The course of a life's exports, with its findings."""
    reports = [report(document, format) for document in documents]
    return noticed(fold(reports, as_of, SETTINGS, patient="x", notice=on_page).course)


def filled(concentration: int = 2000, lot: str = "INV-1", drug: str = "baclofen") -> Mixture:
    """A filling of one drug."""
    return Mixture((Drug(drug, Decimal(concentration)),), lot)


def implanted(kind: str = "synchromed-20", regimen: Regimen | None = None, **more: Any) -> Implant:
    """A pump with 2000 ug/mL that runs 400 ug a day, or what is given."""
    made, mixture = KINDS[kind], filled()
    programme = regimen or continuous(Decimal(400), Decimal(2000))
    if made.set_flow is not None:
        programme = constant_flow(made.set_flow, Decimal(2000))
    person = Person("9000000001", "Example", "Ada", "1980-01-17")
    identity = Identity(made, f"{made.serials}900001", "JC900001", "JP900001", person)
    return Implant(identity, START, more.pop("mixture", mixture), programme, catheter=Decimal("0.180"), **more)
