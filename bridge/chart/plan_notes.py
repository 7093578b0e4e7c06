"""What an applied plan leaves beside the chart: one Provenance, and a note where it took back what had been confirmed.

Promises: both belong to the plan, their id and instant are fixed when the plan is stored; targets carry no version; a
Provenance has no identifier in R4, so its key stands as a tag; who decided, and why, stands in it. Must not know how a
plan is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.chart import told
from bridge.chart.elements import coded, named, narrative
from bridge.chart.resource import Binding, Resource
from bridge.chart.sheet import ORGANISATION_KEY, Sheet, marks
from bridge.chart.wording import readable
from bridge.course.clocks import words
from bridge.fhir_json import Json
from bridge.identity import PumpIdentity
from bridge.terms.table import display

PAGE = "plan"
MESSAGES_CITED = 100  # of a plan that covers very many: it would be larger than all that it changes
# What was taken back, and how grave that is: what a patient was given or is on; what was done or measured; the rest.
_HIGH = frozenset(("MedicationAdministration", "MedicationRequest", "Medication", "Flag"))
_MODERATE = frozenset(
    ("Observation", "Procedure", "DetectedIssue", "DeviceUseStatement", "DeviceUsage", "DeviceAssociation")
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided: who (as the audit knows them), with a staff identifier where there is one, and why."""

    actor: str
    reason: str
    identifier: Json | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan as it was stored: its id, its instant as FHIR text, its cause, what it touches and what it rests on.

    `targets` are relative references in the order of the plan. `sources` and `withdrawn` are exports by SHA-256 that
    have a DocumentReference in this chart; `messages` have none and are cited by their SHA-256, of many the newest.
    `programmers` are shared keys. `pump` is None for the plan of what charts share.
    """

    plan: str
    recorded: str
    cause: str
    targets: tuple[str, ...]
    created: int = 0
    amended: int = 0
    retracted: int = 0
    sources: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    programmers: tuple[str, ...] = ()
    decision: Decision | None = None
    pump: PumpIdentity | None = None


def provenance(applied: Applied, binding: Binding, version: str) -> Resource:
    """Where what this plan changed came from: `version` is the bridge's, that applied it."""
    sheet = Sheet(binding, applied.pump)
    resource_key = sheet.key("plan", applied.plan)
    token = binding.namespace.token(resource_key)
    body: Json = {
        "resourceType": "Provenance",
        "id": f"{binding.namespace.prefix}-{token}",
        "meta": _meta(binding, token),
        "text": narrative(_words(applied)),
        "target": [{"reference": target} for target in applied.targets],
        "recorded": applied.recorded,
    }
    if applied.decision is not None:
        body |= sheet.dialect.decided({"text": readable(applied.decision.reason)})
    body |= {"activity": {"text": readable(applied.cause)}, "agent": _agents(sheet, applied, version)}
    if entities := _entities(sheet, applied):
        body["entity"] = entities
    return Resource(resource_key, body["id"], PAGE, body, (*applied.sources, *applied.withdrawn))


def amendment_note(
    applied: Applied,
    binding: Binding,
    *,
    said: str,
    since: str,
    taken_back: Sequence[str],
    because: str,
    types: Sequence[str] = (),
) -> Resource:
    """That the chart said something from one plan to another that it takes back now.

    `since` is the instant of the plan that said so, `taken_back` the relative references of what it concerns, `said`
    and `because` what people read; `types` are those of what was taken back, where other types tell it there.
    """
    sheet = Sheet(binding, applied.pump)
    grave, exports = severity(types or taken_back), (*applied.withdrawn, *applied.sources)
    text = f"From {_when(since)} to {_when(applied.recorded)} this chart said: {_closed(said)} {_closed(because)}"
    if not sheet.sends("amendment"):
        return told.amendment(sheet, applied.plan, PAGE, text, applied.recorded, grave, taken_back, exports)
    body: Json = {
        "status": "final",
        "code": named("chart-amended"),
        "severity": grave,
        sheet.dialect.CONCERNED: sheet.subject,
        "identifiedDateTime": applied.recorded,
        "author": sheet.bridge,
    }
    if taken_back:
        body["implicated"] = [{"reference": reference} for reference in taken_back]
    if exports:
        body["evidence"] = [{"detail": [sheet.reference("document", sha256) for sha256 in dict.fromkeys(exports)]}]
    body["detail"] = readable(text)
    return sheet.resource(
        "amendment", applied.plan, PAGE, f"{display('chart-amended')}. {text}", body, rests_on=exports
    )


def severity(taken_back: Iterable[str]) -> str:
    """How grave it is that these were taken back: by the gravest of their types."""
    types = {reference.partition("/")[0] for reference in taken_back}
    return "high" if types & _HIGH else "moderate" if types & _MODERATE else "low"


def _meta(binding: Binding, token: str) -> Json:
    found = marks(binding, "Provenance", {})
    return {**found, "tag": [*found.get("tag", ()), {"system": f"{binding.base}/sid/key", "code": token}]}


def _words(applied: Applied) -> str:
    counts = f"{applied.created} created, {applied.amended} amended, {applied.retracted} retracted"
    decided = f" A person decided it: {_closed(applied.decision.reason)}" if applied.decision else ""
    return f"Plan of {_when(applied.recorded)}: {counts}. Cause: {_closed(applied.cause)}{decided}"


def _when(fhir: str) -> str:
    return words(datetime.fromisoformat(fhir))


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _agents(sheet: Sheet, applied: Applied, version: str) -> list[Json]:
    organisation = sheet.shared("Organization", ORGANISATION_KEY)
    bridge = {**sheet.bridge, "display": f"pumpbridge {version}"}
    found = [_agent("assembler", bridge, organisation)]
    for programmer in dict.fromkeys(applied.programmers):
        found.append(_agent("informant", sheet.shared("Device", programmer), organisation))
    if applied.decision is not None:
        found.append(_agent("author", _who(sheet.base, applied.decision), organisation))
    return found


def _who(base: str, decision: Decision) -> Json:
    """A person by a staff identifier, else as the audit knows them: a name alone is no reference."""
    identifier = decision.identifier or {"system": f"{base}/sid/actor", "value": decision.actor}
    return {"identifier": identifier, "display": decision.actor}


def _agent(role: str, who: Json, organisation: Json) -> Json:
    return {"type": coded(role), "who": who, "onBehalfOf": organisation}


def _entities(sheet: Sheet, applied: Applied) -> list[Json]:
    rows = [("removal", sha256) for sha256 in applied.withdrawn] + [("source", sha256) for sha256 in applied.sources]
    found = [{"role": role, "what": sheet.reference("document", sha256)} for role, sha256 in dict.fromkeys(rows)]
    system = f"{sheet.base}/sid/export-sha256"
    cited = applied.messages[-MESSAGES_CITED:]
    return found + [{"role": "source", "what": {"identifier": {"system": system, "value": one}}} for one in cited]
