"""Which sources of a line deliver at one moment, by what one message of a hospital pump states.

Promises: a source in transition, or of which the message does not say it, is neither; what contradicts is neither.
A rate that is set is not a delivery. Source: IHE Patient Care Device, Infusion Pump Event Communication: the values of
infusing status, delivery status and active sources. Must not know courses.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.hospital import Infusion, Source
from bridge.reading import Reading

_BOLUS_KINDS = ("CLINICIAN", "LOADING", "PCA", "PATIENT", "70079", "70083")
_BOLUS_WORDS = ("clinician", "loading", "pca", "bolus")
_KIND_NUMBERS = {"primary": "70071", "secondary": "70075", "clinician": "70079", "loading": "70083"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One source at one moment: whether it delivers (None: not said), and why not, as stated."""

    address: str
    source: Source | None
    delivers: bool | None
    why: Reading[str] | None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A line at one moment: its sources, and whether the line as a whole is said not to infuse."""

    line: str
    seen: tuple[Seen, ...]
    stopped: bool
    why: Reading[str] | None

    @property
    def delivering(self) -> bool:
        """Whether a source is seen to deliver."""
        return any(one.delivers for one in self.seen)


def glimpse(told: Infusion) -> Glimpse:
    """What a message says of who delivers."""
    line = line_of(told)
    infuses = _line_infuses(told)
    seen = tuple(_seen(one, told, infuses) for one in told.sources if one.address is not None)
    if not seen and infuses:
        seen = (Seen(line, None, True, None),)
    whys = [one.why for one in seen if one.why is not None]
    stopped = infuses is False and not any(one.delivers is None and _passes(one.source) for one in seen)
    return Glimpse(line, seen, stopped, whys[0] if len(whys) == 1 else None)


def line_of(told: Infusion) -> str:
    """The address of a line."""
    return (told.address.value if told.address else None) or "1"


def is_bolus(source: Source | None, told: Infusion) -> bool:
    """Whether what a source gives is a dose in addition, by the term of its kind, its mode, or the only active one."""
    if source is None:
        return False
    kind = (source.kind.text if source.kind else "").upper()
    if any(word in kind for word in _BOLUS_KINDS):
        return True
    words = [reading.text.lower() for reading in (source.mode,) if reading is not None]
    if len(told.sources) == 1 and told.active_sources is not None:
        words.append(told.active_sources.text.lower())
    return any(word in text for text in words for word in _BOLUS_WORDS)


def is_active(source: Source, told: Infusion) -> bool:
    """Whether the line names this source among those that deliver now."""
    named = told.active_sources.text.lower() if told.active_sources else ""
    kind = (source.kind.text if source.kind else "").upper()
    return any(
        word in named and (f"_{word.upper()}" in kind or kind == number) for word, number in _KIND_NUMBERS.items()
    )


def passes_on(source: Source | None) -> bool:
    """Whether a source that stops says that another programme or source of its line follows."""
    if source is None:
        return False
    why = source.not_delivering.text if source.not_delivering else ""
    return _passes(source) or why.endswith("switching-source")


def _passes(source: Source | None) -> bool:
    return source is not None and source.status is not None and "transition" in source.status.text


def _line_infuses(told: Infusion) -> bool | None:
    if told.status is not None:
        return None if "transition" in told.status.text else _says(told.status, "infusing")
    flow = told.current_flow.value if told.current_flow else None
    return None if flow is None else flow.value > 0


def _seen(source: Source, told: Infusion, infuses: bool | None) -> Seen:
    assert source.address is not None, "asked only of a source with a place"
    own = _own(source)
    if own is None and not _passes(source) and (source.status is None or source.status.value is not None):
        own = _by_line(source, told, infuses)
    if (own and infuses is False) or (told.status is not None and "transition" in told.status.text):
        own = None
    return Seen(source.address.text, source, own, source.not_delivering)


def _own(source: Source) -> bool | None:
    """What the source itself says; one that keeps the vein open delivers."""
    if source.status is not None:
        return True if source.status.text.endswith("-kvo") else _says(source.status, "delivering")
    return False if source.not_delivering is not None else None


def _by_line(source: Source, told: Infusion, infuses: bool | None) -> bool | None:
    """What the line says of a source that does not say it itself."""
    if not infuses:
        return infuses
    if told.active_sources is not None and len(told.sources) > 1:
        return True if is_active(source, told) else None
    return True if len(told.sources) == 1 else None


def _says(reading: Reading[str], word: str) -> bool | None:
    """True for `…-word`, False for `…not-word`; None for anything else, and for what is unreadable."""
    text = reading.value or ""
    return False if text.endswith(f"not-{word}") else True if text.endswith(word) else None
