"""Which profiles of others resources meet, and what is missing for the rest: one verdict a kind and profile.

A package holds profiles for many purposes, and no resource is meant to meet them all: each kind of resource is held to
each profile of its type, and what does not fit is counted, not refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bridge.cli.output import table
from bridge.fhir_json import Json, canonical
from fhir_profiles.engine.process import Engine, Issue, Profile
from fhir_profiles.structure import shape_of

# What the engine calls its messages, and what that means for a resource: a pattern of the name, the kind of error.
_KINDS = (
    (r"Validation_VAL_Profile_Minimum", "missing"),
    (r"Validation_VAL_Profile_(Maximum|NotAllowed|NotSlice)", "not allowed"),
    (r"Terminology_TX_|.*_CODE_SYSTEM", "code of another value set"),
    (r"TYPE_CHECKS_(PATTERN|FIXED)|.*_Fixed_|.*_DT_Fixed", "another value than fixed"),
    (r"Reference_REF_", "reference to another type"),
    (r"Extension_PROF_Type|Validation_VAL_Profile_NoType|Extension_EXT_Type", "another data type"),
    (r"Validation_VAL_(Unknown_Profile|Profile_Unknown)|.*CANNOT_BE_EVALUATED|SLICING_", "cannot be told"),
)  # fmt: skip
_COUNTED = re.compile(
    r"(?:Slice '(?P<slice>[^']+)'|(?P<element>[A-Z][\w.\[\]:]*)): (?:minimum required|max allowed|a matching)"
)
_CAST = re.compile(r"\.ofType\((\w+)\)")
_INDEX = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Verdict:
    """How many resources of a kind meet a profile, and what keeps the others from it: how many resources, each."""

    kind: str
    profile: str
    url: str
    resources: int = 0
    meet: int = 0
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """In one word."""
        return "meets" if self.meet == self.resources else "partly" if self.meet else "not"


def verdicts(engine: Engine, resources: Iterable[tuple[str, Json]], profiles: Sequence[Profile]) -> list[Verdict]:
    """Each kind of resource held to each of these profiles of its type; of each shape one resource is asked about."""
    shapes = {(kind, shape_of(body)): (kind, body) for kind, body in resources}
    pairs = [
        (kind, body, one) for kind, body in shapes.values() for one in profiles if one.type == body.get("resourceType")
    ]
    found: dict[tuple[str, str], Verdict] = {}
    answers = engine.judge((canonical(body).decode(), [one.url]) for _, body, one in pairs)
    for (kind, _, one), issues in zip(pairs, answers, strict=True):
        verdict = found.setdefault((kind, one.url), Verdict(kind, one.name, one.url))
        reasons = {reason(issue) for issue in issues if issue.is_error}
        verdict.resources += 1
        verdict.meet += not reasons
        for why in sorted(reasons):
            verdict.missing[why] = verdict.missing.get(why, 0) + 1
    return [found[place] for place in sorted(found)]


def reason(issue: Issue) -> str:
    """What an error means, without the values of the resource."""
    kind = next((kind for pattern, kind in _KINDS if re.match(pattern, issue.name)), f"rule {issue.name}")
    counted = _COUNTED.match(issue.message)
    element = (counted["slice"] or counted["element"]) if counted else issue.element
    return f"{kind}: {_INDEX.sub('', _CAST.sub('', element))}"


def show(found: Sequence[Verdict]) -> None:
    """Print them as a table."""
    rows = [(one.kind, one.profile, one.says, f"{one.meet} of {one.resources}", _reasons(one)) for one in found]
    table(("resources", "profile", "verdict", "meet it", "what keeps the others from it"), rows, title="profiles")


def _reasons(verdict: Verdict) -> str:
    return "; ".join(
        f"{why} ({times})" for why, times in sorted(verdict.missing.items(), key=lambda one: (-one[1], one))
    )
