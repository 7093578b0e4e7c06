"""The three sheets of the session format, read off the model: `python -m adapters.session_sheets` writes them.

A sheet says of every datum whether this adapter reads it and where it stands, what a pump session may hold that
this format has no place for, and what the adapter does not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.session_xml import PLURALS
from bridge.interrogation import Field, Interrogation, Leaf, fields_of

FOLDER = Path(__file__).parent
LAYOUT = """The layout is ours. No manufacturer of intrathecal pumps publishes an export schema, and none exports this
format: a site, a converter or a simulator writes it. `mcg`, `ug` and both micro signs are read; units are kept as
printed and named in UCUM; digits, printed text and place are kept for every value."""
NOT_IN_FORMAT = (
    ("clinic, user, managing physician, telephone", "typed at the programmer; the site knows them better"),
    ("allergies, notes, diagnosis", "free text about a person; no part of what a pump did"),
    ("calibration constant", "used inside older programmers; the stated volumes already rest on it"),
    ("day pattern of a flex programme", "one flex day is carried; a week of different days is not"),
    ("deliverable beside programmed dose", "only stroke-metering pumps state both"),
    ("alarm intervals, alarm test, alarms that are switched off", "alarms in force are carried, their settings not"),
    ("end of an event", "the log states the recovery as an event of its own"),
    ("an event log that is stated to be empty", "an empty list and no list are one: no event is stated"),
    ("MR label of the model", "not a statement of the pump; it depends on region and label date"),
    ("body weight, weight-based rates, pressure and VTBI of hospital pumps", "no intrathecal pump states them"),
    ("screens, signatures, the printed page itself", "the file is kept whole beside what is read of it"),
)


@dataclass(frozen=True)
class Sheet:
    """What differs from one encoding to the next."""

    title: str
    shape: str
    place: Callable[[tuple[Field, ...]], str]
    not_read: str


def render(name: str) -> str:
    """The sheet of one adapter in Markdown."""
    sheet = SHEETS[name]
    rows = [f"| `{_dotted(path)}` | {_meaning(path[-1].leaf)} | `{sheet.place(path)}` | read |" for path in _leaves()]
    gaps = [f"| {datum} | {reason} |" for datum, reason in NOT_IN_FORMAT]
    return "\n".join(
        [
            f"# {name}: {sheet.title}\n\n{LAYOUT}\n\n{sheet.shape}\n",
            "Every place below names the first item of a list; an export may hold up to 5,000. One export holds one",
            "session of one pump. Required: manufacturer, model and serial of the pump, the start of the session, and",
            "the tag of each state. All else may be left out, which reads as NOT RECORDED.\n",
            "## Read\n\n| datum | what it means | where it stands | |\n|---|---|---|---|",
            *rows,
            "\n## Not in this format\n\n| datum | why |\n|---|---|",
            *gaps,
            f"\n## Not read\n\n{sheet.not_read}\n",
        ]
    )


def _leaves(group: type = Interrogation, above: tuple[Field, ...] = ()) -> Iterator[tuple[Field, ...]]:
    for field in fields_of(group):
        if field.group is None:
            yield (*above, field)
        else:
            yield from _leaves(field.group, (*above, field))


def _dotted(path: tuple[Field, ...]) -> str:
    return ".".join(field.name for field in path)


def _meaning(leaf: Leaf | None) -> str:
    if leaf is None:
        raise TypeError("only a leaf has a meaning")
    kind = " or ".join(leaf.dimensions) or ", ".join(f"`{code}`" for code in leaf.codes) or leaf.kind
    return f"{leaf.meaning} ({kind})"


def _pointer(path: tuple[Field, ...]) -> str:
    return "".join(f"/{field.name}{'/0' if field.many else ''}" for field in path)


def _row(path: tuple[Field, ...]) -> str:
    section = "/".join(f"{field.name}{'/1' if field.many else ''}" for field in path[:-1])
    return f"[{section}] {path[-1].name}" if section else path[-1].name


def _xpath(path: tuple[Field, ...]) -> str:
    singulars = {plural: singular for singular, plural in PLURALS.items()}
    names = (f"{singulars[field.name]}[1]" if field.many else field.name.replace("_", "-") for field in path)
    return "/session-export/" + "/".join(names)


SHEETS = {
    "session_json": Sheet(
        "the session format in JSON",
        """`{"format": "pumpbridge-session", "version": "1", ...}`, `format` first. A quantity is
`{"value": "400.00", "unit": "mcg/day"}`, with `how` and `bound` where stated; its value is a text or a number, whose
digits are kept. Other values are plain. An illegible one is `{"unreadable": "4?0.00 mcg/day"}`. Schema:
docs/reference/session.schema.json.""",
        _pointer,
        "Nothing is skipped: a key that is not listed above is refused (`field-unknown`).",
    ),
    "session_csv": Sheet(
        "the session format in CSV",
        """A head line, sections of `field;value;unit;how;mark` rows, an end line with the number of rows. Layout:
docs/reference/session-csv.md. An illegible value has the mark `unreadable`, a bound the mark `<` or `>`.""",
        _row,
        "Blank rows. Nothing else is skipped: a row that is not listed above is refused (`field-unknown`).",
    ),
    "session_xml": Sheet(
        "the session format in XML",
        """`<session-export version="1">`; `unit`, `how` and `bound` are attributes; the items of a list stand under the
singular, one after the other. An illegible value is an empty element with its text in `unreadable`. Schema:
docs/reference/session.xsd.""",
        _xpath,
        "Comments and processing instructions between elements, and a schema location on the root. Nothing else is\n"
        "skipped: an element or attribute that is not listed above is refused (`field-unknown`).",
    ),
}


if __name__ == "__main__":
    for sheet_name in SHEETS:
        (FOLDER / f"{sheet_name}.md").write_text(render(sheet_name), encoding="utf-8")
