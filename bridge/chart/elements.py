"""The small vocabulary of FHIR R4 elements that every resource is written with.

Promises: a quantity leaves with its exact digits, a unit in words and a UCUM code; a coding comes from the pinned table
only; what people read is escaped. What is returned may be shared between resources and must not be changed.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import TypeVar

from bridge.chart.resource import Trace
from bridge.chart.wording import NOT_RECORDED, UNIT_WORDS, in_base, missing, readable, unit_words
from bridge.course.clocks import Instant
from bridge.course.facts import Derived, Known
from bridge.fhir_json import Json, fixed
from bridge.interrogation import Reading
from bridge.quantity import Quantity
from bridge.terms.table import CANONICAL, coding, display

T = TypeVar("T")
UCUM = "http://unitsofmeasure.org"
ABSENT_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_XML = dict.fromkeys((*range(32), 127, 65534, 65535), " ")


def quantity(of: Quantity) -> Json:
    """A quantity in the unit that leaves the house: exact digits, words, UCUM code."""
    base = in_base(of)
    unit = UNIT_WORDS[base.unit]
    named = {"unit": unit} if unit else {}
    return {"value": base.value, **named, "system": UCUM, "code": base.unit}


def kept(of: Quantity) -> Json:
    """A quantity in the very unit that it was stated in, as hospital pumps' leave: a dose by weight stays one."""
    words = unit_words(of.unit)
    named = {"unit": words} if words else {}
    return {"value": of.value, **named, "system": UCUM, "code": of.unit}


def bounded(reading: Reading[Quantity]) -> Json:
    """A stated quantity with its bound, where an element takes one; the reading has a value."""
    assert reading.value is not None, "asked before"
    found = quantity(reading.value)
    return {**found, "comparator": reading.bound} if reading.bound else found


def exact(reading: Reading[Quantity] | None) -> Quantity | None:
    """The quantity where it is stated, readable and no mere bound: what a dose may be written from."""
    return None if reading is None or reading.bound else reading.value


@lru_cache(maxsize=1024)
def concept(text: str, *concepts: str) -> Json:
    """A CodeableConcept: codings of the table in the order given, and its text."""
    said = readable(text)
    return fixed({"coding": [coding(name) for name in concepts], "text": said} if concepts else {"text": said})


@lru_cache(maxsize=512)
def named(*concepts: str) -> Json:
    """A CodeableConcept whose text is the display of its last coding."""
    return concept(display(concepts[-1]), *concepts)


@lru_cache(maxsize=512)
def coded(name: str) -> Json:
    """A CodeableConcept of a coding alone."""
    return fixed({"coding": [coding(name)]})


@lru_cache(maxsize=16)
def route() -> Json:
    """Intrathecal."""
    return concept("Intrathecal", "route-sct", "route-v2")


def absent(reading: Reading[T] | None) -> Json:
    """Why a value is missing: NOT RECORDED (unknown), or NOT USABLE with what was printed (error)."""
    if reading is None:
        return concept(NOT_RECORDED, "absent-unknown")
    return concept(missing(reading), "absent-error")


def period(start: Instant | None, end: Instant | None) -> Json:
    """A Period with the ends that are known."""
    found: Json = {}
    if start is not None:
        found["start"] = start.fhir
    if end is not None:
        found["end"] = end.fhir
    return found


def extension(name: str, **value: object) -> Json:
    """One of our own extensions."""
    return {"url": f"{CANONICAL}/StructureDefinition/{name}", **value}


def confirmed(at: Instant) -> Json:
    """When what is still open was last confirmed."""
    return extension("last-confirmed", valueDateTime=at.fhir)


def narrative(text: str) -> Json:
    """The narrative of a resource: escaped text, without what XML does not take."""
    safe = escape(readable(text).translate(_NOT_XML), quote=False)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{safe}</div>'}


@lru_cache(maxsize=16)
def simulated_meta() -> Json:
    """What marks invented data."""
    return fixed({"security": [coding("htest")], "tag": [coding("simulated")]})


def identifier(base: str, token: str) -> Json:
    """Our own identifier: the key's token."""
    return {"system": f"{base}/sid/key", "value": token}


def serial(base: str, maker: str | None, number: str) -> Json:
    """A serial number under its maker's name, or under none where the maker is not recorded."""
    return {"system": f"{base}/sid/serial-{slug(maker or 'maker-not-recorded')}", "value": number}


def slug(text: str) -> str:
    """A name as part of a URI: small letters, digits and hyphens; what has none of them goes by its hash."""
    found = _SLUG.sub("-", text.lower()).strip("-")
    return found or hashlib.sha256(text.encode()).hexdigest()[:12]


def base64_of(content: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(content).decode()


# --- where a value came from ----------------------------------------------------------------------------------------


def cited(element: str, export: str | None, reading: Reading[T] | None) -> tuple[Trace, ...]:
    """The trace of a stated value; none where nothing is stated."""
    return () if reading is None else (Trace(element, export, reading.where, reading.text),)


def cited_known(element: str, known: Known[T] | None) -> tuple[Trace, ...]:
    """The trace of a value that outlives its report."""
    return () if known is None else cited(element, known.export, known.reading)


def reckoned(element: str, derived: Derived) -> tuple[Trace, ...]:
    """The trace of a value that the bridge calculated: the arithmetic."""
    return (Trace(element, None, "", "", derived.arithmetic),)


def exports(*groups: Iterable[str | None]) -> tuple[str, ...]:
    """The exports that a resource rests on, each once, in the order given."""
    return tuple(dict.fromkeys(export for group in groups for export in group if export))
