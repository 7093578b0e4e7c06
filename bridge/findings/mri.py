"""Findings on MRI scans: one that no interrogation has followed. Ward audience.

Source: the label asks for an interrogation, and the log may show a recovery only at a second one (rules, scans); FDA
safety communication of 2017. What must follow is told as the labels of the pump's family state it, with region and
date, never as advice of the bridge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from bridge.course.remarks import Condition, Finding
from bridge.course.scans import UNREAD
from bridge.families.facts import CONFIRM, UNDATED, MRLabel
from bridge.families.table import family_of
from bridge.findings.finding import finding

_UNSEEN = "Not seen."


def unread(fact: Condition) -> Iterator[Finding]:
    """An MRI scan in the pump's log with no later interrogation, or with one that found the motor stalled still."""
    told = dict(fact.told)
    number = f" (event {told['number']})" if told.get("number") else ""
    head = f"The pump's log tells of an MRI scan on {fact.since.words}{number}."
    text = " ".join(part for part in (head, _state(fact, told.get("interrogated")), _labels(told)) if part)
    yield finding(
        "mri-without-interrogation", fact.discriminator, fact.source, text, since=fact.since, until=fact.until,
        evidence=fact.places,
    )  # fmt: skip


def _state(fact: Condition, interrogated: str | None) -> str:
    if fact.until is not None:
        return f"The pump was interrogated after it on {fact.until.words}."
    if interrogated is None:
        return "No interrogation after it is known."
    return (
        f"Interrogated on {interrogated}, the pump was still found stalled; its log may show the recovery only at a "
        "second interrogation."
    )


def in_region(fact: Condition, region: str) -> Condition:
    """The condition at a site of a region, whose labels alone are told; '': each region's."""
    return dataclasses.replace(fact, told=(*fact.told, ("region", region))) if region and fact.kind == UNREAD else fact


def _labels(told: dict[str, str]) -> str:
    """What must follow by the labels of the site's region; by each region's where that is not known."""
    model = told.get("model", "")
    family = family_of(told.get("manufacturer"), model)
    if family is None:
        return ""
    own, every = (_said(family.mr_labels(model, region)) for region in (told.get("region", ""), ""))
    return f"{' '.join(own or every)} {CONFIRM}" if every else ""


def _said(labels: tuple[MRLabel, ...]) -> list[str]:
    return list(dict.fromkeys(_after(label) for label in labels if label.after != _UNSEEN))


def _after(label: MRLabel) -> str:
    when = "without date" if label.label_date == UNDATED else label.label_date
    return f"Label {when}, region {label.region}: {label.after}"
