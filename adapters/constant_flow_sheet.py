"""The refill worksheet of a constant-flow pump, as text: our own form, since these pumps have no telemetry.

Promises: nothing is stated but what a person wrote: which pump, its factory flow, what was withdrawn and filled and
when. The sheet states no daily dose, no reservoir volume now, no alarm and no event; none is made up. A dose follows
later from the flow observed between two fills, and is the bridge's calculation. The volume used must be the difference
of the volumes, and the days those between the dates. What is read and what is not: adapters/constant_flow_sheet.md.
"""

from __future__ import annotations

import re

from adapters.printed import unfit
from adapters.printed_checks import days_between, quantity_of
from adapters.printed_form import (
    CHECKED,
    NOT_READ,
    TURN,
    Labels,
    Layout,
    Print,
    PrintedAdapter,
    Rows,
    Table,
    running_lines,
    when,
)
from adapters.printed_sections import (
    CATHETER,
    CHANNEL,
    DATA,
    PATIENT,
    PUMP_FIELDS,
    PURPOSES,
    Fields,
    aspirated,
    labels_of,
    typed,
    unconfirmed,
    word,
)
from adapters.printed_values import NOT_RECORDED, check_difference, contradiction, day, quantity, text

TITLE = "CONSTANT-FLOW PUMP REFILL WORKSHEET"
LEFT, LAST, THIS = f"{CHANNEL}/states/#left", f"{CHANNEL}/refills/#last", f"{CHANNEL}/refills/#this"
VISIT, NEXT, DAYS_LEFT = ("REPORT", "Visit"), ("NEXT REFILL", "Next refill by"), ("NEXT REFILL", "Days to next refill")
LAST_FILLED, LAST_VOLUME = ("PREVIOUS FILL", "Filled"), ("PREVIOUS FILL", "Filled volume")
FILLED, EMPTIED, WITHDRAWN = ("REFILL", "Filled"), ("REFILL", "Emptied"), ("REFILL", "Withdrawn")
DAYS, USED = ("REFILL", "Days since previous fill"), ("REFILL", "Used since previous fill")

# The model numbers of one maker state the size of the reservoir in mL. Source: the maker's ordering list.
_SIZED = re.compile(r"8472-(?P<size>[0-9]{2})-[0-9]{2}")


def _drugs(*groups: str) -> Table:
    columns: Fields = {"DRUG": ("name", text), "CONCENTRATION": ("concentration", typed), "LOT": ("lot", text)}
    return Table(
        {
            column: tuple((f"{group}/drugs/{TURN}/{name}", read) for group in groups)
            for column, (name, read) in columns.items()
        }
    )


def _check_used(printed: Print) -> None:
    """What was used is the previous fill less what was withdrawn; raises ExportError where it is not printed so."""
    filled, withdrawn, used = (printed.get(*place) for place in (LAST_VOLUME, WITHDRAWN, USED))
    if filled is None or withdrawn is None:
        return
    if used is None:
        raise unconfirmed("what was used since the previous fill is not printed", withdrawn.where)
    quantity(used)
    check_difference(filled, withdrawn, used)


def _check_previous(printed: Print) -> None:
    """A previous fill names its drugs: without them it would pass for one of the drugs that were filled now."""
    filled = printed.get(*LAST_FILLED) or printed.get(*LAST_VOLUME)
    drugs = [row["DRUG"].text for row in printed.tables.get("DRUGS OF PREVIOUS FILL", ())]
    if filled is not None and (not drugs or NOT_RECORDED in drugs):
        raise unfit("the previous fill is printed without its drugs", filled.where)


def _check_size(printed: Print) -> None:
    """A model number that states the size of the reservoir is printed with a reservoir of that size."""
    ref, size = printed.get("PUMP", "REF"), quantity_of(printed.get("PUMP", "Reservoir"))
    match = _SIZED.fullmatch(ref.text) if ref is not None else None
    if ref is not None and match is not None and size is not None and size.value != int(match["size"]):
        raise contradiction("the reservoir is not that of the model number", ref.where)


_REPORT: Labels = {
    "Layout": CHECKED,
    "Data": (("simulated", word(DATA)),),
    **labels_of("session", {
        "Visit": ("start", when), "Written": ("reported", when), "Revision": ("revision", text),
        "Purpose": ("type", word(PURPOSES)),
    }),
    **labels_of("clocks", {"Time zone": ("zone", text)}),
    "Clinic": NOT_READ,
    "Filled by": NOT_READ,
}  # fmt: skip

LAYOUT = Layout(
    title=TITLE,
    kind="worksheet",
    running=running_lines(TITLE, "Visit"),
    start=VISIT,
    sections={
        "REPORT": Rows(_REPORT),
        "PATIENT": PATIENT,
        "PUMP": Rows(labels_of("pump", PUMP_FIELDS)),
        "CATHETER": CATHETER,
        "PREVIOUS FILL": Rows(labels_of(LAST, {"Filled": ("filled_at", when), "Filled volume": ("filled", typed)})),
        "DRUGS OF PREVIOUS FILL": _drugs(LAST),
        "REFILL": Rows({
            **labels_of(THIS, {
                "Emptied": ("aspirated_at", when), "Withdrawn": ("aspirated", aspirated),
                "Filled": ("filled_at", when), "Filled volume": ("filled", typed),
            }),
            DAYS[1]: CHECKED, USED[1]: CHECKED,
        }),
        "DRUGS FILLED": _drugs(THIS, LEFT),
        "PUMP AS LEFT": Rows(labels_of(f"{LEFT}/programme", {
            "Flow control": ("mode", word({"constant flow": "constant-flow"})), "Factory flow": ("flow", typed),
        }), mark=(f"{LEFT}/tag", "as-left")),
        "NEXT REFILL": Rows({
            **labels_of(f"{CHANNEL}/reservoir", {NEXT[1]: ("refill_by", day)}), DAYS_LEFT[1]: CHECKED,
        }),
    },
    checks=(
        _check_used, _check_previous, _check_size,
        days_between(LAST_FILLED, EMPTIED, DAYS), days_between(VISIT, NEXT, DAYS_LEFT),
    ),
)  # fmt: skip
ADAPTER = PrintedAdapter("constant_flow_sheet", LAYOUT)
