"""What is known of a pump family: facts, MR labelling and recalls, each with source, date and status.

Promises: a fact is asked for by key and answers with its exact value or not at all; an unverified one answers only to
who asks for unverified ones; texts report what a source says and never judge or advise. A model that is not listed
belongs to no family. Must not know exports, courses or FHIR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date as Day
from fnmatch import fnmatchcase
from typing import Literal, TypeVar, get_args

from bridge.errors import Bug
from bridge.quantity import Quantity

Status = Literal["verified", "ours", "unverified"]
"""verified: seen in the named public source; ours: a bound or wording that this bridge sets; unverified: neither."""

Key = Literal[
    "telemetry", "telemetry-words", "programmers", "capacity", "flow-min", "flow-max", "minimum-rate-flow", "set-flow",
    "dose-unit", "alarm-volume", "low-alarm-basis", "refill-volume", "refill-boluses", "tubing-volume",
    "volume-method", "over-infusion-ratio", "under-delivery-ratio", "ratio-floor", "patient-bolus-background",
    "clinician-bolus-background", "bridge-background", "patient-bolus-drugs", "stopped-alarm", "eri-to-eos-minimum",
    "noncritical-alarm-sound", "critical-alarm-sound", "critical-alarm-interval", "noncritical-alarms",
    "critical-alarms", "battery-fault-alarms", "mr-release-limit", "longevity",
]  # fmt: skip

KEYS: tuple[Key, ...] = get_args(Key)

# Keys that hold a quantity, with its dimension; the rest of the kinds stand in the three sets below.
DIMENSIONS: dict[Key, str] = {
    "capacity": "volume",
    "flow-min": "flow per day",
    "flow-max": "flow per day",
    "minimum-rate-flow": "flow per day",
    "set-flow": "flow per day",
    "alarm-volume": "volume",
    "refill-volume": "volume",
    "tubing-volume": "volume",
    "over-infusion-ratio": "ratio",
    "under-delivery-ratio": "ratio",
    "ratio-floor": "volume",
    "stopped-alarm": "hours",
    "eri-to-eos-minimum": "days",
    "critical-alarm-interval": "minutes",
    "mr-release-limit": "volume",
}
FLAGS: frozenset[Key] = frozenset({"telemetry"})
LISTS: frozenset[Key] = frozenset(
    {"programmers", "patient-bolus-drugs", "noncritical-alarms", "critical-alarms", "battery-fault-alarms"}
)
CODES: dict[Key, frozenset[str]] = {
    "dose-unit": frozenset({"ug/d", "mg/d"}),
    "low-alarm-basis": frozenset({"programmed-rate", "sensor"}),
    "refill-boluses": frozenset({"all-taken", "none-taken"}),
    "volume-method": frozenset({"calculated", "sensed", "none"}),
    "patient-bolus-background": frozenset({"adds", "replaces"}),
    "clinician-bolus-background": frozenset({"adds", "replaces"}),
    "bridge-background": frozenset({"adds", "replaces"}),
}

UNDATED = "undated"
CONFIRM = "Confirm the current label."
_LABEL = re.compile(r"^(ref|model|model no|model number)[.:]? ")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """A public source and the date that it bears: a day, a month, a year, or "undated"."""

    title: str
    date: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a family; it holds for `models` (empty: all), at `capacity` and in the circumstance `when`."""

    key: Key
    value: Quantity | bool | str | tuple[str, ...]
    source: str
    date: str
    status: Status
    models: tuple[str, ...] = ()
    capacity: Quantity | None = None
    when: str = ""
    note: str = ""

    @property
    def quantity(self) -> Quantity:
        """The value as a quantity; raises Bug where the key holds none."""
        return self._as(Quantity)

    @property
    def flag(self) -> bool:
        """The value as yes or no; raises Bug where the key holds neither."""
        return self._as(bool)

    @property
    def text(self) -> str:
        """The value as a code or words; raises Bug where the key holds none."""
        return self._as(str)

    @property
    def texts(self) -> tuple[str, ...]:
        """The value as a list of words; raises Bug where the key holds none."""
        return self._as(tuple)

    def _as(self, kind: type[T]) -> T:
        if not isinstance(self.value, kind):
            raise Bug(f"the fact {self.key} is not a {kind.__name__}")
        return self.value

    def holds(self, number: str, capacity: Quantity | None) -> bool:
        """Whether it holds for a model number and a capacity; what is not known fulfils no condition."""
        if self.models and not listed(number, self.models):
            return False
        return self.capacity is None or (capacity is not None and capacity.to("mL").value == self.capacity.value)


@dataclass(frozen=True, slots=True)
class MRLabel:
    """How models of a family are labelled for MR in one region at one date, and what is reported to happen."""

    models: tuple[str, ...]
    region: str
    label_date: str
    label: str
    scanner: str
    after: str
    source: str
    date: str
    status: Status

    def __str__(self) -> str:
        when = "without date" if self.label_date == UNDATED else self.label_date
        whose = f", {', '.join(self.models)}" if self.models else ""
        told = f"In the scanner: {self.scanner} Afterwards: {self.after}"
        return f"Label {when}, region {self.region}{whose}: {self.label} {told} {CONFIRM}"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days, both included; None is open."""

    first: Day | None
    last: Day | None

    def holds(self, day: Day) -> bool:
        """Whether the day is in it."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall or field action. It can say that it may concern a pump, never that the pump is affected."""

    key: str
    number: str
    families: tuple[str, ...]
    models: tuple[str, ...]
    region: str
    made: tuple[Span, ...]
    distributed: tuple[Span, ...]
    serials: str
    what: str
    source: str
    date: str
    also: tuple[Source, ...]
    status: Status

    def may_concern(self, family: str, number: str, made: Day | None, implanted: Day | None) -> bool:
        """Whether model and days of manufacture and implant leave it possible; what is not known excludes nothing."""
        if family not in self.families or (number and self.models and not listed(number, self.models)):
            return False
        if made and self.made and not any(span.holds(made) for span in self.made):
            return False
        # No pump is implanted before the first of its series was made, or, where that is not stated, sent out.
        firsts = [span.first for span in self.made or self.distributed]
        begins = min((first for first in firsts if first), default=None) if all(firsts) else None
        return not (implanted and begins and implanted < begins)


@dataclass(frozen=True, slots=True)
class Family:
    """A pump family: how its makers, names and models are printed, and what is known of it."""

    key: str
    name: str
    names: tuple[str, ...]
    makers: tuple[str, ...]
    models: tuple[str, ...]
    sources: tuple[Source, ...]
    facts: tuple[Fact, ...]
    mr: tuple[MRLabel, ...]

    @property
    def has_telemetry(self) -> bool | None:
        """Whether the pump can be interrogated at all; None where no verified source says."""
        fact = self.fact("telemetry")
        return fact.flag if fact else None

    def made_by(self, manufacturer: str) -> bool:
        """Whether the printed manufacturer is one of its makers: case, dots, commas and blanks do not matter."""
        return maker_as_matched(manufacturer) in map(maker_as_matched, self.makers)

    def number(self, model: str) -> str | None:
        """The model number in a printed model; "" where it is the family's bare name, None where it is not of it."""
        text = as_matched(model)
        for name in sorted(map(as_matched, self.names), key=len, reverse=True):
            if text == name:
                return ""
            if text.startswith(f"{name} "):
                text = text.removeprefix(f"{name} ")
                break
        text = _LABEL.sub("", text)
        return text if listed(text, self.models) else None

    def stated(
        self, key: Key, *, model: str = "", capacity: Quantity | None = None, unverified: bool = False
    ) -> tuple[Fact, ...]:
        """The facts of a key that hold for a model as printed and a capacity; unverified ones only when asked for."""
        number = self.number(model) or ""
        found = (fact for fact in self.facts if fact.key == key and fact.holds(number, capacity))
        return tuple(fact for fact in found if unverified or fact.status != "unverified")

    def fact(
        self, key: Key, *, model: str = "", capacity: Quantity | None = None, unverified: bool = False
    ) -> Fact | None:
        """The one such fact, None where nothing is known; raises Bug for a key that depends on a circumstance."""
        found = self.stated(key, model=model, capacity=capacity, unverified=unverified)
        if len(found) > 1:
            raise Bug(f"{key} of {self.key} depends on a circumstance: read all with stated()")
        return found[0] if found else None

    def mr_labels(self, model: str = "", region: str = "", *, unverified: bool = False) -> tuple[MRLabel, ...]:
        """The MR labelling for a model as printed and a region, newest label first, those without date last.

        Without a number in the model every model's label answers, without a region every region's.
        """
        number = self.number(model) or ""
        found = [
            label
            for label in self.mr
            if (not number or not label.models or listed(number, label.models))
            and (not region or label.region in (region, "any"))
            and (unverified or label.status != "unverified")
        ]
        return tuple(sorted(found, key=lambda label: (label.label_date != UNDATED, label.label_date), reverse=True))


def as_matched(text: str) -> str:
    """A printed name or model as it is compared: lower case, single blanks, no trade mark signs."""
    return " ".join(re.sub("[®™]", " ", text).split()).casefold()


def maker_as_matched(text: str) -> str:
    """A printed manufacturer as it is compared: as a name, and without dots and commas."""
    return as_matched(re.sub("[.,]", " ", text))


def listed(number: str, models: tuple[str, ...]) -> bool:
    """Whether a model number is one of those listed; `*` and `[0-9]` in the list stand for what they do in a shell."""
    return any(fnmatchcase(number.casefold(), model.casefold()) for model in models)
