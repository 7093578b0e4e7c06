"""The sheets of the printed layouts, read off their data: `python -m adapters.printed_sheets` writes them.

A sheet says of every datum of the model under which heading and label it stands, or that the layout does not have it;
which labels are printed and not read; and what is printed twice and compared.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters import constant_flow_sheet, medstream_report, prometra_inquiry
from adapters.printed_form import TURN, Labels, Layout, Rows
from bridge.interrogation import Field, Interrogation, Leaf, fields_of

FOLDER = Path(__file__).parent
SHAPE = """The layout is ours, version 1. No manufacturer publishes the layout of its report or a schema of an export:
a site, a converter or a simulator prints this one. It is UTF-8 text, a form feed between pages. Every page
begins with the title and `Page n of m` (n must count 1, 2, 3; m is not trusted) and the line that names
patient, pump and start, and ends with the name. A heading stands at the left edge; under it stand indented
`label: value` rows or one table. The last line is `END OF REPORT: r table rows, n lines`. Dates are `Jan 17
2017`, times `09:05` or `9:05 AM`, with seconds and an offset where they are printed. `--` is not recorded
(absent), `##` is illegible (unreadable)."""
TWICE = (
    "dose, concentration, flow and volume: in two units, `6.250 mg/day (6250 mcg/day)`; the first is kept as stated",
    "patient identifier, name, date of birth, pump and start: in the body and on every page",
)
NOT_IN_FORMAT = (
    ("who programmed, managing physician, telephone", "typed by staff; the site knows them better"),
    ("rate of a step, day pattern of several days", "a step states its dose; one day is printed"),
    ("MR label of the model", "not a statement of the pump; it depends on region and label date"),
    ("the printed page itself", "the file is kept whole beside what is read of it"),
)


@dataclass(frozen=True)
class Sheet:
    """What one sheet says beside its table."""

    layout: Layout
    heading: str
    about: str
    twice: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    not_read: str


def render(name: str) -> str:
    """The sheet of one adapter in Markdown."""
    sheet = SHEETS[name]
    places = _places(sheet.layout)
    rows = [_row(path, places) for path in leaves()]
    return "\n".join(
        [
            f"# {name}: {sheet.heading}\n\n{filled(SHAPE)}\n\n{filled(sheet.about)}\n",
            "Required: manufacturer, model (REF) and serial of the pump, and the start. What is not printed reads as",
            "NOT RECORDED. A heading, label or column that is not listed here is refused (`field-unknown`).\n",
            "## Read\n\n| datum | what it means | where it stands | |\n|---|---|---|---|",
            *[row for row in rows if row.endswith("| read |")],
            "\n## Not in this format\n\n| datum | why |\n|---|---|",
            *[row for row in rows if not row.endswith("| read |")],
            *[f"| {datum} | {reason} |" for datum, reason in (*sheet.missing, *NOT_IN_FORMAT)],
            "\n## Printed twice\n\nWhat the layout prints twice must agree, or the report is refused"
            " (`values-contradict`, `patients-several`,\n`pumps-several`); where the second statement is missing it is"
            " refused too (`value-unconfirmed`).\n",
            *[f"- {part}" for part in (*TWICE, *sheet.twice)],
            f"\n## Not read\n\n{filled(sheet.not_read)}\n",
        ]
    )


def filled(prose: str) -> str:
    """Prose in lines of up to 120 characters."""
    return textwrap.fill(" ".join(prose.split()), 120, break_long_words=False, break_on_hyphens=False)


def _row(path: tuple[Field, ...], places: dict[str, list[str]]) -> str:
    dotted = ".".join(field.name for field in path)
    found = places.get(dotted)
    if found is None:
        return f"| `{dotted}` | this layout does not print it |"
    return f"| `{dotted}` | {meaning(path[-1].leaf)} | {', '.join(f'`{place}`' for place in found)} | read |"


def leaves(group: type = Interrogation, above: tuple[Field, ...] = ()) -> Iterator[tuple[Field, ...]]:
    """Every datum of the model, as the path of fields that leads to it."""
    for field in fields_of(group):
        if field.group is None:
            yield (*above, field)
        else:
            yield from leaves(field.group, (*above, field))


def meaning(leaf: Leaf | None) -> str:
    """What a datum means, with its dimension or codes."""
    if leaf is None:
        raise TypeError("only a leaf has a meaning")
    kind = " or ".join(leaf.dimensions) or ", ".join(f"`{code}`" for code in leaf.codes) or leaf.kind
    return f"{leaf.meaning} ({kind})"


def _places(layout: Layout) -> dict[str, list[str]]:
    """Where each datum stands: heading and label, by the datum's dotted name."""
    found: dict[str, list[str]] = {"kind": [layout.title]}
    for title, section in layout.sections.items():
        if isinstance(section, Rows) and section.mark is not None:
            found.setdefault(dotted(section.mark[0]), []).append(title)
        for label, path in targets(section.labels if isinstance(section, Rows) else section.columns):
            found.setdefault(dotted(path), []).append(f"{title}: {label}")
    return found


def targets(labels: Labels) -> Iterator[tuple[str, str]]:
    """Each label with the field that it states."""
    for label, targets in labels.items():
        for path, _ in targets:
            yield label, path


def dotted(path: str) -> str:
    """The dotted name of a field of the tree."""
    return ".".join(part for part in path.split("/") if not part.startswith("#") and part != TURN)


STOPPED = "a programme of `stopped`: beside a daily dose of 0, and only there"
OUTCOME = "AS LEFT: only after programming that completed; PENDING: only after programming that did not"
SHEETS = {
    "prometra_inquiry": Sheet(
        prometra_inquiry.LAYOUT,
        "the inquiry report of a Prometra or Prometra II",
        """Title: `PROMETRA INQUIRY REPORT`. Pumps: REF 11827, 13827, 16827 (US), 91827, 93827 (EU); another REF is
refused. Doses and concentrations stay in mg as printed. `Next refill at 3.0 mL` is the date on which the
anticipated volume is 3.0 mL if every allotted bolus is taken; the pump sets it anew at each bolus. The
reservoir volume is calculated by the pump. A pump that was emptied for an MRI scan is printed as mode
`stopped`, 0.0 mg/day, not infusing, with a refill that has no filled volume; the reset and the new fill are
the next report. `Market` tells US from EU; MR labels differ by it.""",
        (
            "durations: `30 min (00:30)`",
            "the next refill: as a date, and in days from the start of the inquiry (`2 overdue` where it is past)",
            "boluses given and requests denied: beside the requests made",
            "dose per bolus and allotted boluses: beside the most by bolus per day",
            "REF: beside model, market and reservoir",
            STOPPED,
            OUTCOME,
        ),
        (
            ("boluses given beyond the table BOLUSES", "those that are listed are read; of the others, their number"),
            ("the anticipated volume at other dates", "one date is printed"),
        ),
        """`REPORT: Layout`, `PUMP: Model`, `PUMP: Market`, `RESERVOIR: Days to next refill`, `PATIENT CONTROL: Most by
bolus per day` and `PATIENT CONTROL: Requests made` are compared and not kept: the model has no place for
them. Nothing else is skipped.""",
    ),
    "medstream_report": Sheet(
        medstream_report.LAYOUT,
        "the status report of a MedStream pump",
        """Title: `MEDSTREAM STATUS REPORT`. Pumps: REF 91-4200 (20 mL) and 91-4201 (40 mL); the numbers of the US
variants are not known to us, and another REF is refused. The reservoir volume is *sensed* by the fill level
sensor, not calculated, and is marked so; `< 1.0 mL` is a bound. The low reservoir alarm normally stands at
3.0 mL; what is printed is what is read. No expected volume is printed beside what was withdrawn: the sensed
volume as found is no calculation.""",
        (
            "durations: `15 min (00:15)`",
            "the refill date: in days from the start of the session too (`13 overdue` where it is past)",
            "REF: beside the reservoir",
            STOPPED,
            OUTCOME,
        ),
        (("raw readings of the sensor", "the volume is printed, not what it was made of"),),
        """`REPORT: Layout` and `RESERVOIR: Days to refill` are compared and not kept: the model has no place for them.
Nothing else is skipped.""",
    ),
    "constant_flow_sheet": Sheet(
        constant_flow_sheet.LAYOUT,
        "the refill worksheet of a pump without telemetry",
        """Title: `CONSTANT-FLOW PUMP REFILL WORKSHEET`. A person fills it in at a visit; volumes are *typed* or
*aspirated*, the factory flow is what the sheet states of the pump. A sheet tells of one visit, and of the
fill before it where that is written: a fill that an earlier sheet has told already is one fill where its
date and time are printed alike. A previous fill without its drugs is refused (`layout-unreadable`): it
would pass for a fill with the drugs of now. A date may stand without a time. No daily dose is stated and none is made
up: it follows later from the flow observed between two fills, as a calculation of the bridge.""",
        (
            "the days since the previous fill: from its date to the date of emptying",
            "the volume used: the previous fill less what was withdrawn",
            "the next refill: in days from the visit too",
            "a model number such as 8472-20-05: beside the reservoir, whose mL its middle part states",
        ),
        (
            ("observed flow", "it is reckoned from what is read, never taken from the sheet"),
            ("temperature, altitude, viscosity", "they change the flow; no sheet of ours states them"),
        ),
        """`REPORT: Clinic` and `REPORT: Filled by` are printed and not read: the model has no place for them. `REPORT:
Layout`, `REFILL: Days since previous fill`, `REFILL: Used since previous fill` and `NEXT REFILL: Days to
next refill` are compared and not kept. Nothing else is skipped.""",
    ),
}  # fmt: skip


if __name__ == "__main__":
    for sheet_name in SHEETS:
        (FOLDER / f"{sheet_name}.md").write_text(render(sheet_name), encoding="utf-8")
