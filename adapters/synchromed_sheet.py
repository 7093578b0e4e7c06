"""The sheet of the SynchroMed report, read off its layout: `python -m adapters.synchromed_sheet` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.printed_form import Rows, Section
from adapters.printed_sheets import dotted, filled, leaves, meaning, targets
from adapters.synchromed_layout import COLUMNS, EVENTS, SECTIONS, SETTINGS, TITLE, settings_of

FILE = Path(__file__).with_name("synchromed_report.md")
ABOUT = """The layout is ours, version 1. No report of a SynchroMed programmer with values is public, and no
schema of one; what is public describes its parts: a running header and footer on every page, a page total that
can be wrong, one event table of hundreds of rows that runs over pages, times such as `Jan 17 2017 09:05`
without zone and seconds, the name in two orders, the current and the new settings side by side. A site, a
converter or a simulator prints this layout."""
SHAPE = """Text is UTF-8 with a form feed between pages; a PDF needs text in it (a scan is refused:
`pdf-without-text`). Every page begins with the title and `Page n of m` (n must count 1, 2, 3; m is not trusted)
and with manufacturer, model, serial number and session start; it ends with the patient (`Given FAMILY`), the
patient number and the time of print. A heading stands at the left edge; under it stand indented `label: value`
rows or one table, which go on over pages under `HEADING (continued)`. A value goes on in the next line,
indented further; a table cell within its column, under an empty first cell. The last line is `END OF REPORT: n
events, n lines`. `--` is not recorded (absent), `##` illegible."""
RULES = (
    "`CURRENT` is as found. `NEW` is as left where the update completed, pending where it did not or was cancelled.",
    "`Last updated` is since when `NEW` holds where the update completed, else `CURRENT`.",
    "An event is known by its words, listed below; another one is `other`. EVENT and CODE together are its"
    " text: no list of\n  code numbers is public.",
)
TWICE = (
    "dose, rate, concentration, flow and volume: in two units, `400.0 mcg/day (0.4000 mg/day)`; the first is kept",
    "a daily dose as found and new: beside its change",
    "actual and expected residual: beside actual minus expected",
    "pump and programmer clock: beside pump minus programmer (may be left out)",
    "patient, pump, session start, time of print: in the body and on every page",
)
ONCE = """Printed once, so that a misread digit is not found by the report itself: dates and times, durations,
lengths, counts, months, the tubing's and the reservoir's size excepted (in two units); lot, model, version and
event numbers."""
MISSING = (
    ("clinic, user, managing physician, telephone", "typed at the programmer; the site knows them better"),
    ("allergies, notes, diagnosis", "free text about a person; no part of what a pump did"),
    ("calibration constant", "used inside older programmers; the stated volumes already rest on it"),
    ("day pattern of a flex programme", "one flex day is printed; a week of different days is not"),
    ("alarm intervals, alarm test", "alarms in force are printed, their settings not"),
)
NOT_READ = """`SESSION: Layout`, `STEP`, and what is printed only to be compared (`PROGRAMMING: CHANGE`, `REFILL:
Actual minus expected`, `CLOCKS: Pump minus programmer`) are not kept: the model has no place for them. Nothing
else is skipped: a heading, label or column that is not listed here is refused (`field-unknown`)."""


def render() -> str:
    """The sheet in Markdown."""
    places = _places()
    rows = [(".".join(field.name for field in path), path[-1].leaf) for path in leaves()]
    read = [f"| `{name}` | {meaning(leaf)} | {places[name]} | read |" for name, leaf in rows if name in places]
    gaps = [f"| `{name}` | this layout does not print it |" for name, _ in rows if name not in places]
    return "\n".join(
        [
            "# synchromed_report: the printed report of a SynchroMed programmer\n",
            f"{filled(ABOUT)}\n\n{filled(SHAPE)}\n",
            *[f"- {rule}" for rule in RULES],
            "\n## Read\n\n| datum | what it means | where it stands | |\n|---|---|---|---|",
            *read,
            "\n## Events by their words\n\n| words | code |\n|---|---|",
            *[f"| `{words}` | `{code}` |" for words, code in EVENTS.items()],
            "\n## Not in this format\n\n| datum | why |\n|---|---|",
            *gaps,
            *[f"| {datum} | {reason} |" for datum, reason in MISSING],
            "\n## Printed twice\n\nWhat the layout prints twice must agree, or the report is refused"
            " (`values-contradict`, `patients-several`,\n`pumps-several`); where the second is missing too"
            " (`value-unconfirmed`).\n",
            *[f"- {part}" for part in TWICE],
            f"\n{filled(ONCE)}\n\n## Not read\n\n{filled(NOT_READ)}\n",
        ]
    )


def _places() -> dict[str, str]:
    found: dict[str, list[str]] = {
        "kind": [TITLE],
        "channels.states.tag": [f"{SETTINGS}: {column}" for column in COLUMNS],
        "channels.states.at": ["SESSION: Last updated"],
        "channels.states.programme.doses.drug": [f"{SETTINGS}: Drug 1"],
        "channels.events.text": ["EVENTS: EVENT and CODE"],
    }
    for title, section in _sections():
        for label, path in targets(section.labels if isinstance(section, Rows) else section.columns):
            place = f"{title}: {label}"
            if not any(digit in label for digit in "234") and place not in found.setdefault(dotted(path), []):
                found[dotted(path)].append(place)
    return {name: ", ".join(f"`{place}`" for place in places) for name, places in found.items()}


def _sections() -> list[tuple[str, Section]]:
    settings: list[tuple[str, Section]] = [(SETTINGS, Rows(settings_of(above))) for above in COLUMNS.values()]
    others = [(title if title != "BOLUS 1" else "BOLUS n", section) for title, section in SECTIONS.items()]
    return [*settings, *(part for part in others if not re.fullmatch("BOLUS [0-9]+", part[0]))]


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
