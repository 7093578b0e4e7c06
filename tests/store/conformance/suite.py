"""What every store must do; a store's test class inherits from `StoreConformance` and gives the fixture `store`."""

from __future__ import annotations

from tests.store.conformance.courses import CoursesConformance
from tests.store.conformance.decisions import DecisionsConformance
from tests.store.conformance.hospital_pumps import HospitalPumpsConformance
from tests.store.conformance.intake import IntakeConformance
from tests.store.conformance.ledger import LedgerConformance
from tests.store.conformance.reports import ReportsConformance
from tests.store.conformance.tellings import TellingsConformance
from tests.store.conformance.work import WorkConformance


class StoreConformance(
    IntakeConformance,
    CoursesConformance,
    WorkConformance,
    LedgerConformance,
    DecisionsConformance,
    ReportsConformance,
    HospitalPumpsConformance,
    TellingsConformance,
):
    """All of it."""
