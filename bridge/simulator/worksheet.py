"""A document as our refill worksheet of a constant-flow pump; its reader is adapters/constant_flow_sheet.py.

These pumps have no telemetry: the sheet tells of the visit's filling and of the one before it, and states no dose.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from bridge.simulator.inquiries import PURPOSES, days_to, drugs_filled, patient, running
from bridge.simulator.printing import Block, Rows, amount, day, moment, printed, rows_of, state_of
from bridge.simulator.stated import Json

TITLE = "CONSTANT-FLOW PUMP REFILL WORKSHEET"
PUMP = [
    ("manufacturer", "Manufacturer", str), ("model", "REF", str), ("serial", "Serial number", str),
    ("capacity", "Reservoir", amount), ("implanted", "Implanted", day), ("explanted", "Explanted", day),
]  # fmt: skip
CATHETER = [
    ("manufacturer", "Manufacturer", str), ("serial", "Serial number", str), ("volume", "Volume", amount),
    ("tip", "Tip", str), ("implanted", "Implanted", day),
]  # fmt: skip


def sheet(body: Json) -> bytes:
    """The worksheet of one visit."""
    return printed(running(TITLE, "Visit", body, moment(body["session"]["start"])), _blocks(body))


def _blocks(body: Json) -> Iterator[Block]:
    channel = body["channels"][0]
    yield "REPORT", _head(body)
    yield "PATIENT", patient(body)
    yield "PUMP", rows_of(body["pump"], PUMP)
    yield "CATHETER", rows_of(body.get("catheter", {}), CATHETER)
    yield from _fillings(channel.get("refills", []))
    reservoir = channel.get("reservoir", {})
    if "refill_by" in reservoir:
        by = reservoir["refill_by"]
        yield "NEXT REFILL", [("Next refill by", day(by)), ("Days to next refill", days_to(body, by))]
    programme = state_of(body, "as-left").get("programme")
    if programme:
        yield "PUMP AS LEFT", [("Flow control", "constant flow"), ("Factory flow", amount(programme["flow"]))]


def _fillings(refills: list[Json]) -> Iterator[Block]:
    if not refills:
        return
    *before, this = refills
    for one in before:
        yield "PREVIOUS FILL", rows_of(one, [("filled_at", "Filled", moment), ("filled", "Filled volume", amount)])
        yield "DRUGS OF PREVIOUS FILL", drugs_filled(one, amount)
    yield "REFILL", _refill(before, this)
    yield "DRUGS FILLED", drugs_filled(this, amount)


def _head(body: Json) -> Rows:
    rows: Rows = [("Layout", "1"), ("Data", "simulated" if body["simulated"] else "recorded")]
    rows += rows_of(body["session"], [
        ("start", "Visit", moment), ("reported", "Written", moment), ("revision", "Revision", str),
        ("type", "Purpose", lambda code: PURPOSES.get(code, code)),
    ])  # fmt: skip
    return rows + rows_of(body["clocks"], [("zone", "Time zone", str)])


def _refill(before: list[Json], this: Json) -> Rows:
    rows = rows_of(this, [("aspirated_at", "Emptied", moment)])
    if before:
        days = (date.fromisoformat(this["aspirated_at"][:10]) - date.fromisoformat(before[0]["filled_at"][:10])).days
        used = Decimal(before[0]["filled"]["value"]) - Decimal(this["aspirated"]["value"])
        rows += [("Days since previous fill", str(days)), ("Withdrawn", amount(this["aspirated"]))]
        rows += [("Used since previous fill", amount({"value": f"{used:f}", "unit": "mL"}))]
    return rows + rows_of(this, [("filled_at", "Filled", moment), ("filled", "Filled volume", amount)])
