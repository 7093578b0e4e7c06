"""The truth about simulated hospital pumps as plain data, for who compares it with a chart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.simulator.ward.library import KVO_FLOW
from bridge.simulator.ward.pump import Run
from bridge.simulator.ward.rows import dose, hundredths, millilitres
from bridge.simulator.ward.traffic import Life


def as_document(lives: Iterable[Life]) -> dict[str, Any]:
    """Every run of every pump: what really left it (mL and doses to the hundredth), between which instants."""
    return {"pumps": [{"serial": one.serial, "delivered": [_run(run) for run in one.pump.truth()]} for one in lives]}


def _run(one: Run) -> dict[str, Any]:
    settings = one.settings
    told = {
        "patient": one.patient.identifier if one.patient else None, "source": one.source,
        "keeps_vein_open": not settings.volume and settings.flow == KVO_FLOW, "drug": settings.fluid.name,
        "start": one.start.isoformat(), "end": one.end.isoformat(), "ended": one.ended,
        "rate_ml_h": hundredths(settings.flow), "volume_ml": millilitres(one.units), "order": settings.order,
    }  # fmt: skip
    if settings.fluid.strength is not None:
        told |= {"concentration": f"{settings.fluid.strength:f} {settings.fluid.per_ml}"}
        told |= {"dose": f"{dose(one.units, settings)} {settings.fluid.unit}"}
    return told
