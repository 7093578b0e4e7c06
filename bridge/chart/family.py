"""What the chart tells of a pump from its family, not from its reports: whether it can be interrogated, MR labelling.

Promises: each says that the pump did not state it, with source and date; MR labelling stands by region and label date,
only where a source was seen, and always asks to confirm the current label. An unlisted pump gets nothing.
"""

from __future__ import annotations

from bridge.chart.wording import readable
from bridge.families.facts import Family
from bridge.families.table import family_of
from bridge.fhir_json import Json
from bridge.identity import PumpIdentity


def of(pump: PumpIdentity | None) -> Family | None:
    """The family of a pump; None where it is not listed."""
    return family_of(pump.manufacturer, pump.model) if pump else None


def constant_flow(pump: PumpIdentity | None) -> bool:
    """Whether the pump is one that has no telemetry: its flow was set by its maker."""
    family = of(pump)
    return family is not None and family.has_telemetry is False


def telemetry_words(pump: PumpIdentity | None) -> str:
    """That a pump cannot be interrogated or switched off, as a sentence; empty for one that can, or is not known."""
    family = of(pump)
    words = family.fact("telemetry-words") if family and constant_flow(pump) else None
    return f"This pump {words.text}." if words else ""


def mr_notes(pump: PumpIdentity | None, region: str = "") -> list[Json]:
    """The MR labelling of a pump's model as notes of its Device, a label each, the newest first.

    Told is that of the site's region; every region's where none is configured, or where the region's is not known.
    """
    family = of(pump)
    if family is None or pump is None:
        return []
    head = f"MR labelling of {family.name}, as published, not stated by the pump."
    labels = family.mr_labels(pump.model, region) or family.mr_labels(pump.model)
    return [{"text": readable(f"{head} {label} Source: {label.source} ({label.date}).")} for label in labels]
