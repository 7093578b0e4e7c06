"""The narrative: an XHTML div that any chart may show, well-formed, escaped, with no active content.

Source: FHIR R4 Narrative, txt-1 and txt-2; narrower here: few tags, no attributes. A server without validation stores
a script as it comes, so this test is the only gate.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from fhir_profiles.grammar import plain_words, words_fault
from fhir_profiles.problem import Faults

XHTML = "http://www.w3.org/1999/xhtml"
TAGS = frozenset("div p br b i em strong span ul ol li table caption thead tbody tr th td".split())

_HEAD = f'<div xmlns="{XHTML}">'
_PLAIN = re.compile(rf"{re.escape(_HEAD)}[^<>&]*+(?:&(?:amp|lt|gt|quot|apos);[^<>&]*+)*+</div>")
_BROKEN: Faults = (("narrative", "", f"is not one well-formed, escaped div of {XHTML}"),)
_ACTIVE: Faults = (("narrative", "", "holds a tag or an attribute beyond plain text, lists and tables"),)
_EMPTY: Faults = (("narrative", "", "says nothing"),)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xhtml(value: object) -> Faults:
    """The faults of `text.div`: not well-formed, active content, nothing said, or a forbidden word."""
    if type(value) is not str or not value.startswith(_HEAD) or (not value.isprintable() and _CONTROL.search(value)):
        return _BROKEN
    text = value[len(_HEAD) : -len("</div>")] if _PLAIN.fullmatch(value) else _text_of(value)
    if not isinstance(text, str):
        return text
    if not text.strip():
        return _EMPTY
    return () if plain_words(text) else words_fault()


def _text_of(div: str) -> str | Faults:
    if "<!" in div or "<?" in div:
        return _BROKEN
    try:
        root = ElementTree.fromstring(div)
    except ElementTree.ParseError:
        return _BROKEN
    if any(element.tag.removeprefix(f"{{{XHTML}}}") not in TAGS or element.attrib for element in root.iter()):
        return _ACTIVE
    return " ".join(root.itertext())
