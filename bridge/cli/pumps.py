"""`pumpbridge pumps`: every pump, whose it is, and its newest session."""

from __future__ import annotations

from typing import Any

from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import document, table
from bridge.cli.setting import site_of
from bridge.store.answers import PumpRow
from bridge.store.protocol import Store

app = verb()


@app.command()
def pumps(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the pumps, their patients and their newest session.

    The list names patients: it is meant for the hospital's own eyes.
    """
    with site_of(config) as site:
        found = [_facts(site.store, row) for row in site.store.pumps() if row.pump.manufacturer]
    if as_json:
        document({"pumps": found})
        return
    columns = ("manufacturer", "model", "serial", "patient", "exports", "newest session", "quarantined", "simulated")
    table(columns, [_row(pump) for pump in found])


def _facts(store: Store, row: PumpRow) -> dict[str, Any]:
    courses = [store.course(number) for number in row.courses]
    return {
        "manufacturer": row.pump.manufacturer,
        "model": row.pump.model,
        "serial": row.pump.serial,
        "simulated": row.simulated,
        "courses": [
            {"course": course.course, "patient": course.patient, "system": course.patient_system, "live": course.live}
            for course in courses
        ],
        "exports": row.exports,
        "newest_session": row.last_session,
        "newest_received": row.last_received,
        "quarantined": row.quarantined,
    }


def _row(pump: dict[str, Any]) -> tuple[object, ...]:
    patients = ", ".join(course["patient"] or "none stated" for course in pump["courses"] if course["live"])
    names = (pump["manufacturer"], pump["model"], pump["serial"])
    return (*names, patients, pump["exports"], pump["newest_session"], pump["quarantined"], pump["simulated"])
