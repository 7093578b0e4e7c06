"""What a printed report says twice must agree: counts, days, a dose and its multiple, a REF and its model.

Promises: only what a layout itself prints twice is compared here, so that one misread digit contradicts; what the
clinic could have set wrongly is left to findings. An illegible or unrecorded part leaves nothing to compare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from adapters.printed import Said
from adapters.printed_form import Check, Print, when
from adapters.printed_sections import STATES, unconfirmed
from adapters.printed_values import ILLEGIBLE, contradiction, measured, quantity
from adapters.session_tree import refusal
from bridge.quantity import Quantity

CONTROL = "PATIENT CONTROL"

_DAYS = re.compile(r"(?P<days>[0-9]{1,5})(?P<over> overdue)?")


def count_of(said: Said | None) -> int | None:
    """The whole number that a row prints, or None where there is none to compare."""
    return int(said.text) if said is not None and re.fullmatch(r"[0-9]{1,9}", said.text) else None


def quantity_of(said: Said | None) -> Quantity | None:
    """The quantity that a row prints, or None where there is none to compare; raises where its two units differ."""
    cell = quantity(said) if said is not None else None
    return measured(cell.text, cell.unit, cell.where) if cell and cell.readable and cell.unit else None


def date_of(said: Said | None) -> date | None:
    """The day that a row prints, or None where there is none to compare."""
    cell = when(said) if said is not None else None
    try:
        return date.fromisoformat(cell.text[:10]) if cell is not None else None
    except ValueError:
        return None  # the shared reading refuses it


def check_requests(printed: Print) -> None:
    """Requests made are boluses given and requests denied; raises ExportError where the three do not fit."""
    said = {name: printed.get(CONTROL, name) for name in ("Boluses given", "Requests denied", "Requests made")}
    given_, denied, made = (count_of(part) for part in said.values())
    total = said["Requests made"]
    if total is None and (said["Boluses given"] or said["Requests denied"]):
        raise unconfirmed("the requests made are not printed", next(part for part in said.values() if part).where)
    if total is not None and None not in (given_, denied, made) and (given_ or 0) + (denied or 0) != made:
        raise contradiction("the requests made are not those given and denied", total.where)


def check_most(printed: Print) -> None:
    """The most by bolus a day is the dose of one times those allotted; raises ExportError where it is not."""
    dose, most = (printed.get(CONTROL, name) for name in ("Dose per bolus", "Most by bolus per day"))
    per_day = printed.get(CONTROL, "Allotted boluses per day")
    if per_day is not None and dose is not None and most is None:
        raise unconfirmed("the most by bolus a day is not printed", per_day.where)
    number, one, all_ = count_of(per_day), quantity_of(dose), quantity_of(most)
    if most is None or number is None or one is None or all_ is None:
        return
    if one.unit != all_.unit or one.value * number != all_.value:
        raise contradiction("the most by bolus a day is not the dose of one times those allotted", most.where)


def check_stopped(printed: Print) -> None:
    """The mode `stopped` is printed with a daily dose of 0, and only with it: no rate of 0 passes for a running one."""
    for title in STATES:
        mode = printed.get(title, "Mode")
        rows = printed.tables.get(f"DRUGS {title}", ())
        doses = [dose for dose in (quantity_of(row.get("DAILY DOSE")) for row in rows) if dose is not None]
        if mode is None or not doses or ILLEGIBLE.fullmatch(mode.text):
            continue
        if (mode.text == "stopped") != all(dose.value == 0 for dose in doses):
            raise contradiction("a dose of 0 and the mode `stopped` do not stand together", mode.where)


def check_update(printed: Print) -> None:
    """AS LEFT is printed after an update that completed, PENDING after one that did not, and neither otherwise."""
    update = printed.get("REPORT", "Programming")
    titles = {title for title, _ in printed.said}
    for title, outcome in (("AS LEFT", "completed"), ("PENDING", "not completed")):
        if update is not None and title in titles and update.text != outcome and not ILLEGIBLE.fullmatch(update.text):
            raise contradiction("the settings printed and the outcome of the programming do not fit", update.where)


Place = tuple[str, str]


def days_between(first: Place, last: Place, stated: Place) -> Check:
    """A check that the days printed at `stated` are those from `first` to `last`, `2 overdue` where it is earlier."""
    return partial(_check_days, first, last, stated)


def _check_days(first: Place, last: Place, stated: Place, printed: Print) -> None:
    said, days = printed.get(*last), printed.get(*stated)
    begun, ends = date_of(printed.get(*first)), date_of(said)
    if said is None or begun is None or ends is None:
        return
    match = _DAYS.fullmatch(days.text) if days is not None else None
    if days is None or match is None:
        raise unconfirmed("the days to a date are not printed beside it", said.where)
    if int(match["days"]) * (-1 if match["over"] else 1) != (ends - begun).days:
        raise contradiction("the days beside a date are not those to it", days.where)


def ref_known(refs: Mapping[str, tuple[Mapping[str, str], int | None]]) -> Check:
    """A check that the REF is one of these, and that labels and reservoir (mL) are those of the REF."""
    return partial(_check_ref, refs)


def _check_ref(refs: Mapping[str, tuple[Mapping[str, str], int | None]], printed: Print) -> None:
    ref = printed.get("PUMP", "REF")
    if ref is None:
        return  # the shared reading refuses a pump without a model
    if ref.text not in refs:
        raise refusal("code-unknown", "this REF is not of these pumps", ref.where, f"use one of: {', '.join(refs)}")
    labels, size = refs[ref.text]
    for label, known in labels.items():
        said = printed.get("PUMP", label)
        if said is None:
            raise unconfirmed("what belongs to the REF is not printed beside it", ref.where)
        if said.text != known:
            raise contradiction("what is printed beside the REF belongs to another one", said.where)
    reservoir = quantity_of(printed.get("PUMP", "Reservoir"))
    if size is not None and reservoir is not None and reservoir != Quantity(Decimal(size), "mL"):
        raise contradiction("the reservoir is not that of the REF", ref.where)
