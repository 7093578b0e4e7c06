"""How people read what a hospital pump states: sources, statuses, alarms and how an infusion began and ended.

Promises: a term of the pump is said in plain words where it is one of the published kind, else quoted as it was stated;
no word of implanted pumps. Plain text only. Must not know FHIR.
"""

from __future__ import annotations

import re

from bridge.chart.wording import NOT_RECORDED, joined, printed, readable, span, told
from bridge.course.infusion_facts import Infusion, InfusionReason, Told
from bridge.hospital import Happening
from bridge.interrogation import Reading, stated

_TERM = re.compile(r"pump-(?:status|delivery-status|program-delivery-mode|program|mode)?-?(?P<words>[a-z][a-z-]*)")
_PUMPS = (("LVP", "Large-volume infusion pump"), ("SYRINGE", "Syringe pump"), ("PCA", "Patient-controlled pump"))
_SOURCES = (
    ("CLINICIAN_DOSE", "clinician dose"), ("LOADING_DOSE", "loading dose"), ("PRIMARY", "primary"),
    ("SECONDARY", "secondary"),
)  # fmt: skip
_NUMBERED = {"70075": "secondary", "70079": "clinician dose", "70083": "loading dose"}
_PRIORITIES = {"PH": "high priority", "PM": "medium priority", "PL": "low priority"}
_KINDS_OF_ALARM = {"SP": "of the patient's condition", "ST": "technical", "SA": "advisory"}
_INACTIVATIONS = {
    "audio-paused": "its sound is paused", "audio-off": "its sound is off", "alarm-paused": "paused",
    "alarm-off": "switched off", "alert-acknowledged": "acknowledged",
}  # fmt: skip
REASONS: dict[InfusionReason, str] = {
    "new-settings": "ended by new settings",
    "another-run": "a later message tells of another run; when this one ended is not known",
    "passed-on": "the line passed on to another programme or source",
    "volume-infused": "ended because the volume to be infused was infused",
    "stopped": "stopped",
    "not-delivering": "found not delivering by a later message",
    "powered-off": "the pump was switched off",
    "counted-anew": "the pump counts the volume of another run since",
    "source-gone": "a later message of the line tells of other sources only",
    "another-patient": "the pump reports another patient since",
    "patient-changed": "the pump tells of a change of the patient",
    "too-old": "not confirmed for longer than the configured age",
    "newer-message-unnamed": "a newer message of this pump names no patient",
    "newer-export-unreadable": "a newer message could not be read",
    "newer-export-in-future": "a newer message states a time in the future",
}


def plain_term(reading: Reading[str] | None) -> str:
    """A term of the pump in plain words: pump-status-not-infusing is not infusing; what is no such term is quoted."""
    if reading is None or reading.value is None:
        return NOT_RECORDED
    found = _TERM.fullmatch(reading.value)
    if found is None:
        return f'"{printed(reading)}"'
    return found["words"].replace("stopped-", "stopped: ", 1).replace("-", " ")


def pump_words(kinds: str) -> str:
    """What kind of pump it is, by the names of its terms; an infusion pump where they do not say."""
    return next((words for name, words in _PUMPS if name in kinds), "Infusion pump")


def on_line(line: str) -> str:
    """Of which line something is told, after a comma; nothing where it is of the whole pump."""
    return f", line {line}" if line else ""


def source_words(label: str | None, kind: str | None, address: str) -> str:
    """A source by its label on the pump, else by its kind, with its place: Primary (1.1.2)."""
    name = readable(" ".join(label.split())) if label else source_kind(kind)
    return f"{name} ({address})" if name else f"source {address}"


def source_kind(kind: str | None) -> str:
    """The kind of a source in words; '' where its term does not say."""
    if kind is None:
        return ""
    return _NUMBERED.get(kind) or next((words for name, words in _SOURCES if name in kind), "")


def value_of(one: Told[str] | None) -> str | None:
    """The value of what was told; None where it was not, or cannot be read."""
    return None if one is None else one.reading.value


# --- an infusion ----------------------------------------------------------------------------------------------------


def infused(fact: Infusion) -> str:
    """The drug as it is named, with its concentration: Norepinephrine 80.0 micrograms/mL."""
    name = drug_words(fact.drug)
    return f"{name} {told(fact.concentration.reading)}" if fact.concentration else name


def drug_words(drug: Told[str] | None) -> str:
    """The drug as the pump names it."""
    name = value_of(drug)
    return readable(" ".join(name.split())) if name and name.strip() else f"Drug {NOT_RECORDED}"


def settings(fact: Infusion) -> str:
    """Flow and dose rate as stated; the weight beside a dose by weight: 5.25 mL/hour, 0.100 micrograms/kg/minute."""
    parts = [told(one.reading) for one in (fact.rate, fact.dose_rate) if one is not None]
    by_weight = fact.dose_rate is not None and "/kg" in str(fact.dose_rate.reading.value or "")
    if by_weight and fact.weight is not None:
        parts[-1] += f" (weight as set at the pump: {told(fact.weight.reading)})"
    return ", ".join(parts) if parts else f"rate {NOT_RECORDED}"


def story(fact: Infusion) -> str:
    """What was infused, from when to when, and how it ended, in one or two sentences."""
    source = source_words(value_of(fact.label), value_of(fact.kind), fact.address)
    planned = [told(one.reading) for one in (fact.volume_to_infuse, fact.dose_to_infuse) if one is not None]
    to_come = f", {joined(planned)} to be infused" if planned else ""
    given = [told(one.reading) for one in (fact.volume, fact.dose) if one is not None]
    gave = f" {joined(given)} delivered in this time by the pump's count." if given else ""
    return f"{infused(fact)}, {source}: {settings(fact)}{to_come}{_course(fact)}.{gave}"


def _course(fact: Infusion) -> str:
    """When it ran, and how it ended."""
    seen = fact.start_certainty == "inferred"
    if fact.status == "in-progress":
        since = "first seen running" if seen else "running since"
        return f", {since} {fact.start.words}; last confirmed {fact.last_confirmed.words}"
    why = _reason(fact)
    if fact.end is None:
        began = "first seen" if seen else "since"
        since = f", {began} {fact.start.words}, last confirmed {fact.last_confirmed.words}"
        return f"{since}; whether it still runs is not known{f' ({why})' if why else ''}"
    last = "" if fact.end_certainty == "recorded" else " (last seen)"
    return f", {'first seen ' if seen else ''}{span(fact.start, fact.end)}{last}; {why or 'ended'}"


def _reason(fact: Infusion) -> str:
    words = REASONS[fact.reason] if fact.reason else ""
    if fact.stated_reason is None:
        return words
    return f"{words}, the pump states: {plain_term(fact.stated_reason.reading)}".removeprefix(", ")


def certainty(fact: Infusion) -> str:
    """What of it was not recorded by the pump, but follows from its messages, or from its end alone; '' for nothing."""
    parts = ["start"] if fact.start_certainty == "inferred" else []
    parts += ["end"] if fact.end_certainty == "inferred" else []
    said = ""
    if parts:
        said = f" Its {joined(parts)} {'is' if len(parts) == 1 else 'are'} inferred from the messages, not recorded."
    return said + _bridged(fact)


def _bridged(fact: Infusion) -> str:
    """That nothing was heard of it for long before it ended, where that is so."""
    if fact.unheard_since is None or fact.end is None:
        return ""
    silence = f"No message from {fact.unheard_since.words} to {fact.end.words} told of it"
    return f" {silence}: that it ran in this time rests on the pump's record of its end alone."


# --- alarms and events ----------------------------------------------------------------------------------------------


def alarm_words(fact: Happening) -> str:
    """An alarm by its own words, else by its term: Occlusion downstream (high priority, technical)."""
    facets = [_PRIORITIES.get(stated(fact.priority) or ""), _KINDS_OF_ALARM.get(stated(fact.type) or "")]
    facets += [_INACTIVATIONS.get(stated(fact.inactivation) or "")]
    said = ", ".join(facet for facet in facets if facet)
    return f"{happening_words(fact)} ({said})" if said else happening_words(fact)


def happening_words(fact: Happening) -> str:
    """What happened, in the pump's own words, else by its term."""
    reading = fact.text or fact.term
    words = printed(reading) if reading is not None else ""
    return f'"{words}"' if words else NOT_RECORDED
