"""What a validator found beside what is left as it is: some warnings, each with the reason why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.fhir_json import Json


@dataclass(frozen=True, slots=True)
class Left:
    """A warning that is left: patterns of its words and of the element, and why."""

    words: str
    element: str
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a validator says of an element."""

    severity: str
    element: str
    words: str


PERFORMER = Left(
    r"Best Practice Recommendation: In general, all observations should have a performer",
    r"^Observation$",
    "nobody performed it: the pump said it (device), and who read the pump is not stated; absent is absent",
)
NO_CODE = Left(
    r"No code provided, and a code should be provided from the value set",
    r"^Provenance\.(reason|activity)",
    "a person's reason and a plan's cause are words: the value sets have no code for a late or corrected export",
)
KEY_IN_A_TAG = Left(
    r"CodeSystem is unknown and can't be validated: https://pumpbridge\.invalid/sid/key ",
    r"^Provenance\.meta\.tag",
    "Provenance has no identifier: its key is a tag, and keys are no code system",
)


def unexplained(
    found: Iterable[tuple[Json, Iterable[Finding]]], left: Sequence[Left], *, each_is_met: bool = True
) -> list[str]:
    """Every error, every warning that is not left, and (unless they need not all be met) what is left for nothing."""
    met: set[Left] = set()
    told = [said for body, findings in found for said in _told(body, findings, left, met)]
    idle = [one for one in left if each_is_met and one not in met]
    return [*told, *(f"nothing is warned of so: {one.words}" for one in idle)]


def _told(body: Json, findings: Iterable[Finding], left: Sequence[Left], met: set[Left]) -> Iterator[str]:
    for one in findings:
        known = [may for may in left if re.match(may.words, one.words) and re.search(may.element, one.element)]
        if one.severity == "warning" and known:
            met.update(known)
        elif one.severity != "information":
            yield f"{one.severity} {body['resourceType']}/{body.get('id')} {one.element}: {one.words}"
