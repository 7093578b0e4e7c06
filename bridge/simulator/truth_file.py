"""The truth about a simulated pump as plain data, for who compares it with a chart."""

from __future__ import annotations

from decimal import Decimal, localcontext

from bridge.quantity import EXACT, rounded
from bridge.simulator.stated import Json
from bridge.simulator.truth import Stretch, Truth


def as_document(truth: Truth) -> Json:
    """Every stretch with what left in it (mL to 4 places, ug to 2), and every interval without delivery."""
    with localcontext(EXACT):
        return {
            "delivered": [_stretch(one) for one in truth.stretches],
            "not_delivered": [
                {"start": one.start.isoformat(), "end": one.end.isoformat(), "reason": one.reason}
                for one in truth.stills
            ],
        }  # fmt: skip


def _stretch(one: Stretch) -> Json:
    doses = {drug.name: one.dose(drug.name, one.start, one.end) for drug in (one.mixture.drugs if one.mixture else ())}
    return {
        "kind": one.kind, "start": one.start.isoformat(), "end": one.end.isoformat(),
        "volume_ml": _text(one.volume(one.start, one.end), 4), "factor": f"{one.factor:f}",
        "doses_ug": {name: _text(dose, 2) for name, dose in doses.items()},
    }  # fmt: skip


def _text(value: Decimal, places: int) -> str:
    return f"{rounded(value, places):f}"
