"""The codes of the guide, written from the pinned tables: code systems, units, codes of others, maps between them.

Promises: everything here is in the tables of bridge/terms, in the units of fhir_profiles or in an adapter's own words;
nothing is mapped that those do not say to be the same. A map from MDC to LOINC is left out: no pair is verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from adapters import medstream_report, prometra_inquiry, synchromed_layout
from bridge.chart.infusion_readings import CODES, concept_of, field_of
from bridge.interrogation import ALARM_CODES
from bridge.terms import mdc
from bridge.terms.local import SYSTEM, local_terms
from bridge.terms.table import CANONICAL, MDC, VERIFIED, Code, own_systems, table
from fhir_profiles.units import UCUM, UNITS

HEAD = """\
// Generated from the pinned tables by scripts/guide_codes.py (`make guide`); do not edit.
"""
_TITLES = {
    "bolus-kind": "Whose bolus it is",
    "device-kind": "What a device is",
    "device-property": "What is fixed in a device",
    "document": "What a document is",
    "finding": "What the bridge noticed and did not repair",
    "flag": "What a flag warns of",
    "how-known": "How a value is known",
    "infusing-status": "Whether a pump infuses",
    "infusion-mode": "How a programme runs",
    "infusion-reading": "What a hospital infusion pump states",
    "procedure": "What was done to a pump",
    "pump-alarm": "Alarms of an implanted pump",
    "pump-event": "Rows of a pump's log that are no alarm",
    "pump-observation": "What is known of an implanted pump",
    "stop-reason": "Why a delivery ended",
    "tag": "Marks of a resource",
    "unknown-reason": "Why it is not known whether a delivery still runs, or how it went",
    "update-status": "Whether a session updated the pump",
}
_FRAGMENTS = {
    "mdc-used": (MDC, "Terms of IEEE 11073-10101 that charts use; public through NIST's RTMMS"),
    "atc-used": ("http://www.whocc.no/atc", "Codes of ATC that charts use"),
}
"""Systems that no validator has offline, of which the guide brings the codes that it uses."""
_PRINTED = {
    "synchromed": ("SynchroMed", {**synchromed_layout.EVENTS, **synchromed_layout.ALARMS}),
    "prometra": ("Prometra", {**prometra_inquiry.EVENTS, **prometra_inquiry.ALARMS}),
    "medstream": ("MedStream", {**medstream_report.EVENTS, **medstream_report.ALARMS}),
}
"""Words of reports that adapters read as events and alarms, by family."""


def text() -> str:
    """The whole file."""
    parts = [HEAD, *_systems(), *_units(), *_of_others(), *_maps()]
    return "\n".join(parts)


def quoted(words: str) -> str:
    """A string of FSH."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _name(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("-"))


# --- code systems and units ------------------------------------------------------------------------------------------


def _systems() -> Iterator[str]:
    systems = own_systems()
    if systems.keys() != _TITLES.keys():
        raise SystemExit(f"a code system has no title: {sorted(systems.keys() ^ _TITLES.keys())}")
    for name, rows in sorted(systems.items()):
        yield _system(name, _TITLES[name], [(row.code, row.display) for row in rows])
    terms = [(term.name, term.meaning) for term in local_terms().values()]
    yield _system("hl7v2-term", f"Our own terms in HL7 version 2 ({SYSTEM})", terms)
    for family, (maker, words) in _PRINTED.items():
        rows = [(word, word.capitalize()) for word in sorted(words)]
        yield _system(f"printed-{family}", f"Events and alarms in print, {maker}", rows)
    for slug, (system, title) in _FRAGMENTS.items():
        yield _system(slug, title, [(code, name) for (of, code), name in foreign().items() if of == system], system)


def _system(slug: str, title: str, rows: Iterable[tuple[str, str]], whose: str = "") -> str:
    """A code system of ours, or the codes that we use of somebody else's (`whose`), as a fragment of it."""
    what = [f'* ^url = "{whose}"', "* ^content = #fragment"] if whose else ["* ^content = #complete"]
    return "\n".join([
        f"CodeSystem: {_name(slug)}System", f"Id: {slug}", f"Title: {quoted(title)}",
        f"Description: {quoted(f'{title}.')}",
        "* ^caseSensitive = true", *what, "* ^experimental = true",
        *(f"* {_code(code)} {quoted(display)}".removesuffix(' ""') for code, display in rows), "",
    ])  # fmt: skip


def _code(code: str) -> str:
    return f'#"{code}"' if " " in code else f"#{code}"


def _units() -> Iterator[str]:
    yield "\n".join([
        "ValueSet: Units", "Id: unit", 'Title: "Units that a chart of a pump may hold"',
        'Description: "UCUM units of charts; rule `ucum` holds every quantity to them."',
        "* ^experimental = true", "* ^copyright = \"UCUM codes are used under the UCUM licence, unchanged.\"",
        *(f"* {UCUM}#{code}" for code in sorted(UNITS)), "",
    ])  # fmt: skip
    known = "".join(f"|{code}" for code in sorted(UNITS))
    words = "".join(f"|{code}={word}" for code in sorted(UNITS) for word in sorted(UNITS[code]) or [""])
    yield _invariant(
        "ucum", "A value has a UCUM unit that a chart of a pump may hold.",
        f"value.empty() or (system = '{UCUM}' and '{known}|'.contains('|' & code & '|'))",
    )  # fmt: skip
    yield _invariant(
        "unit-text", "The words beside a unit mean what its code means; a plain number has none.",
        f"'{known}|'.contains('|' & code & '|').not() or '{words}|'.contains('|' & code & '=' & unit & '|')",
    )  # fmt: skip


def _invariant(name: str, description: str, expression: str) -> str:
    return "\n".join([
        f"Invariant: {name}", f"Description: {quoted(description)}", "Severity: #error",
        f"Expression: {quoted(expression)}", "",
    ])  # fmt: skip


# --- codes of others -------------------------------------------------------------------------------------------------


def foreign() -> dict[tuple[str, str], str]:
    """Every code of others that may leave the house, with its display; '' where it leaves without one."""
    rows = [row for row in table().values() if not row.system.startswith("ours:") and row.status in VERIFIED]
    found = {(row.system, row.code): row.display for row in rows}
    return found | {(MDC, term.code): term.refid for term in mdc.table() if term.code}


def _of_others() -> Iterator[str]:
    rows = foreign()
    yield _set(
        "codes-of-others", "Codes of others that a chart may hold",
        "Every code of another system that leaves the house; each was verified, and docs/reference/terms names "
        "its source. A resource with another code of these systems is refused before it is planned.",
        [f"{system}#{code} {quoted(display)}".removesuffix(' ""') for (system, code), display in rows.items()],
    )  # fmt: skip
    kinds = [term for term in mdc.table() if term.kind == "device" and term.code and term.refid]
    yield _set(
        "mdc-device-kind", "Kinds of infusion pumps by IEEE 11073-10101",
        "The terms of devices by which hospital pumps name their kind.",
        [f"{MDC}#{term.code} {quoted(term.refid)}" for term in kinds],
    )  # fmt: skip
    stated = [term for term in mdc.table() if term.kind in ("metric", "text") and term.code]
    yield _set(
        "mdc-reading", "What hospital pumps state, by IEEE 11073-10101",
        "The terms under which hospital pumps state values; one whose name is not public leaves by its number alone.",
        [f"{MDC}#{term.code} {quoted(term.refid)}".removesuffix(' ""') for term in stated],
    )  # fmt: skip


def _set(slug: str, title: str, description: str, rows: Iterable[str]) -> str:
    return "\n".join([
        f"ValueSet: {_name(slug)}", f"Id: {slug}", f"Title: {quoted(title)}", f"Description: {quoted(description)}",
        "* ^experimental = true", *(f"* {row}" for row in rows), "",
    ])  # fmt: skip


# --- maps ------------------------------------------------------------------------------------------------------------


def _maps() -> Iterator[str]:
    for family, (maker, words) in _PRINTED.items():
        yield _printed(family, maker, words)
    mdc_of = {term.field: term for term in mdc.table() if term.code and term.field}
    readings = {code: mdc_of[field_of(code)] for code in CODES if field_of(code) in mdc_of}
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for code, term in readings.items():
        row = table()[concept_of(code)]
        groups.setdefault(_url(row), []).append((term.code, term.refid, row.code))
    yield _map(
        "mdc-to-reading", "MDC terms of hospital pumps, and our codes of readings",
        "By which of our codes a value leaves that a hospital pump states under a term of IEEE 11073-10101.",
        [(MDC, target, rows) for target, rows in sorted(groups.items())],
    )  # fmt: skip
    units = [(term.code, term.refid, term.ucum) for term in mdc.table() if term.kind == "unit" and term.code]
    yield _map("mdc-to-ucum", "MDC units, and UCUM", "Units by term of IEEE 11073-10101 as UCUM.", [(MDC, UCUM, units)])
    terms = [(term.name, "", term.mdc) for term in local_terms().values() if term.mdc]
    yield _map(
        "hl7v2-term-to-mdc", "Our own terms in HL7 version 2, and MDC",
        "Where MDC has a verified number for what one of our own terms says of what is in force.",
        [(f"{CANONICAL}/CodeSystem/hl7v2-term", MDC, terms)],
    )  # fmt: skip


def _url(row: Code) -> str:
    return f"{CANONICAL}/CodeSystem/{row.system.removeprefix('ours:')}"


def _printed(family: str, maker: str, words: Mapping[str, str]) -> str:
    source = f"{CANONICAL}/CodeSystem/printed-{family}"
    alarms = [(word, "", code) for word, code in sorted(words.items()) if code in ALARM_CODES]
    events = [(word, "", code) for word, code in sorted(words.items()) if code not in ALARM_CODES]
    ours = f"{CANONICAL}/CodeSystem/pump-"
    return _map(
        f"printed-{family}-to-event", f"Events and alarms in print, {maker}, and our codes",
        f"What a report of a {maker} prints in its event log and of its alarms, by our codes of alarms and events.",
        [(source, f"{ours}alarm", alarms), (source, f"{ours}event", events)],
    )  # fmt: skip


def _map(slug: str, title: str, description: str, groups: list[tuple[str, str, list[tuple[str, str, str]]]]) -> str:
    lines = [
        f"Instance: {slug}", "InstanceOf: ConceptMap", "Usage: #definition", f"Title: {quoted(title)}",
        f"Description: {quoted(description)}", f"* url = {quoted(f'{CANONICAL}/ConceptMap/{slug}')}",
        f"* name = {quoted(_name(slug))}", f"* title = {quoted(title)}", f"* description = {quoted(description)}",
        "* status = #active", "* experimental = true", '* version = "0.1.0"',
    ]  # fmt: skip
    for n, (source, target, rows) in enumerate(group for group in groups if group[2]):
        lines += [f"* group[{n}].source = {quoted(source)}", f"* group[{n}].target = {quoted(target)}"]
        for m, (code, display, other) in enumerate(rows):
            place = f"* group[{n}].element[{m}]"
            alone = sum(row[2] == other for row in rows) == 1
            lines.append(f"{place}.code = {_code(code)}")
            lines += [f"{place}.display = {quoted(display)}"] if display else []
            lines.append(f"{place}.target.code = {_code(other)}")
            lines.append(f"{place}.target.equivalence = #{'equivalent' if alone else 'wider'}")
    return "\n".join([*lines, ""])
