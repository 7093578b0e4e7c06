"""The session format in XML: `<session-export version="1">`; places are XPaths with their line.

An element's name is the field's name with hyphens; the items of a list stand under its singular; unit, how and bound
are attributes, and so is unreadable, which holds the illegible text of an empty element. Promises: no network, no
entity, no DOCTYPE, no namespace; text between elements is refused, not dropped; a file that was cut anywhere is not
well-formed, and is refused. Must not know the model's fields, but the singulars of its lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias, cast

from lxml import etree

from adapters.session import build
from adapters.session_facts import Facts
from adapters.session_tree import (
    FORMAT_VERSION,
    Cell,
    Group,
    Node,
    Series,
    decoded,
    head_of,
    lenient,
    refusal,
    safe_name,
    truncated,
)
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation

ROOT = "session-export"
LEAF_ATTRIBUTES = frozenset({"unit", "how", "bound", "unreadable"})
ROOT_ATTRIBUTES = frozenset({"version", "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"})
PLURALS = {
    "alarm": "alarms",
    "bolus": "boluses",
    "channel": "channels",
    "dose": "doses",
    "drug": "drugs",
    "event": "events",
    "refill": "refills",
    "state": "states",
    "step": "steps",
}

_Element: TypeAlias = "etree._Element"
_PROLOG = re.compile(
    r"(?>\s++|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*+(?:\[(?>.*?\]))?\s*+>)*+<session-export(?=[\s/>])",
    re.DOTALL,
)
_DECLARED = re.compile(r"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_CLOSED = re.compile(rf"</{ROOT}\s*+>(?>\s++|<!--(?>.*?-->)|<\?(?>.*?\?>))*+\Z", re.DOTALL)


class SessionXml:
    """Reads the bridge's own session format in XML."""

    name = "session_xml"
    version = "1"
    media_type = "application/xml"

    def recognises(self, content: bytes) -> bool:
        """Whether the root element says that it is a session of ours; also where the rest was cut off."""
        return _PROLOG.match(head_of(content)) is not None

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the file; raises ExportError with the XPath and line of what is wrong."""
        text = decoded(content)
        _check_prolog(text)
        root = _parsed(text)
        if root.get("version") != FORMAT_VERSION:
            remedy = f'write <{ROOT} version="{FORMAT_VERSION}">'
            raise refusal(
                "version-unsupported", "this version of the format is not read", _at(root, f"/{ROOT}"), remedy
            )
        return (build(_group(root, f"/{ROOT}", ROOT_ATTRIBUTES)),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and session start as far as the closed elements before any damage state them; never raises."""
        return _facts(content).hint()


def _check_prolog(text: str) -> None:
    if _PROLOG.match(text) is None:
        remedy = f'make <{ROOT} version="{FORMAT_VERSION}"> its root'
        raise refusal("format-unknown", "this is not a session in XML", "line 1", remedy)
    declared = _DECLARED.match(text.lstrip())
    if declared is not None and declared[1].lower() not in ("utf-8", "us-ascii"):
        raise refusal("encoding-wrong", "the file declares another encoding than UTF-8", "line 1", "export it as UTF-8")
    if "<!DOCTYPE" in text:
        raise refusal("xml-doctype", "the file has a document type", "line 1", "export it without a DOCTYPE")


def _parsed(text: str) -> _Element:
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        where = f"line {error.lineno or 1}"
        if _CLOSED.search(text) is None:
            raise truncated(f"the file ends before </{ROOT}>", where) from None
        raise refusal("xml-malformed", "this is not well-formed XML", where, "export the session again") from None


def _at(element: _Element, path: str) -> str:
    return f"{path} (line {element.sourceline})"


def _group(element: _Element, path: str, attributes: frozenset[str] = frozenset()) -> Group:
    where = _at(element, path)
    _refuse_attributes(element, attributes, where)
    fields: dict[str, Node] = {}
    items: dict[str, list[Group]] = {}
    for child in _children(element, where):
        name = _name(child)
        if name in PLURALS and len(child):
            series = items.setdefault(PLURALS[name], [])
            series.append(_group(child, f"{path}/{name}[{len(series) + 1}]"))
        elif name.replace("-", "_") in fields:
            raise _repeated(_at(child, f"{path}/{name}"))
        else:
            fields[name.replace("-", "_")] = _node(child, f"{path}/{name}")
    if items.keys() & fields.keys():
        raise _repeated(where)
    return Group(fields | {name: Series(tuple(series), series[0].where) for name, series in items.items()}, where)


def _repeated(where: str) -> ExportError:
    return refusal("field-repeated", "an element is given twice", where, "keep the one that is meant")


def _children(element: _Element, where: str) -> Iterator[_Element]:
    texts = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in texts):
        raise refusal("xml-mixed-content", "text stands between elements", where, "put it into an element or remove it")
    return element.iterchildren("*")


def _name(element: _Element) -> str:
    tag = str(element.tag)
    return "?" if "_" in tag else safe_name(tag)


def _node(element: _Element, path: str) -> Node:
    if next(element.iterchildren("*"), None) is not None:
        return _group(element, path)
    where = _at(element, path)
    if len(element):
        remedy = "move the comment out of the value"
        raise refusal("xml-mixed-content", "a comment stands in a value", where, remedy)
    _refuse_attributes(element, LEAF_ATTRIBUTES, where)
    return _cell(element, where)


def _cell(element: _Element, where: str) -> Cell:
    text, illegible = element.text or "", element.get("unreadable")
    unit, how, bound = element.get("unit"), element.get("how"), element.get("bound")
    if illegible is None:
        return Cell(text, where, unit, how, bound)
    if text.strip():
        remedy = "keep the value, or the printed text in `unreadable`"
        raise refusal("kind-wrong", "a value is given and called unreadable", where, remedy)
    return Cell(illegible, where, unit, how, bound, readable=False)


def _refuse_attributes(element: _Element, known: frozenset[str], where: str) -> None:
    foreign = {str(name) for name in element.attrib} - known
    if foreign:
        message = f"attribute {safe_name(min(foreign))!r} does not belong here"
        raise refusal("field-unknown", message, where, f"only {', '.join(sorted(known)) or 'no attribute'}")


def _facts(content: bytes) -> Facts:
    """Notes what root/pump and root/session state in elements that were closed before any damage."""
    facts, path = Facts(), list[_Element]()
    for event, element in _events(content):
        if event == "start":
            path.append(element)
            if len(path) == 2:
                facts.opens(str(element.tag))
        else:
            if len(path) == 3 and not len(element) and "unreadable" not in element.attrib:
                facts.states(str(path[1].tag), str(element.tag).replace("-", "_"), element.text or "")
            path.pop()
    return facts


def _events(content: bytes) -> list[tuple[str, _Element]]:
    parser = etree.XMLPullParser(("start", "end"), encoding="utf-8", resolve_entities=False, no_network=True)
    try:
        parser.feed(lenient(content).encode())
        parser.close()
    except (etree.LxmlError, ValueError):
        pass  # the events before the damage are what is asked for
    return cast("list[tuple[str, _Element]]", list(parser.read_events()))


ADAPTER = SessionXml()
