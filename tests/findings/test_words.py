"""What findings say where little or something unusual is stated: whole sentences, and the bounds that choose them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bridge.findings.recalls import made
from tests.course.building import continuous, drugs, found, left, q
from tests.findings.sessions import SYNCHROMED, noticed_in, read, row

LABEL = "Calculated by pumpbridge, not the pump."
STALLED = found(continuous(), infusing=False)


def told(code: str, *bodies: dict[str, Any]) -> str:
    """The text of the one finding of a code."""
    (one,) = noticed_in(code, *bodies)
    return one.text


# --- clocks ----------------------------------------------------------------------------------------------------------


def clocks(pump: str, programmer: str) -> str:
    both = {"pump": f"2025-05-12T{pump}", "programmer": f"2025-05-12T{programmer}"}
    return told("clocks-differ", read("05-12", clocks=both))


@pytest.mark.parametrize(
    ("pump", "programmer", "text"),
    [
        ("09:07:00+05:30", "09:00:00+05:30", "12 May 2025 09:07 (+05:30) and the programmer's 12 May 2025 09:00 "
         "(+05:30): the pump's is 7 min ahead. "),
        ("09:00:00-03:30", "09:10:00-03:30", "12 May 2025 09:00 (-03:30) and the programmer's 12 May 2025 09:10 "
         "(-03:30): the pump's is 10 min behind. "),
        ("09:00:00", "12:00:00+02:00", "12 May 2025 09:00 and the programmer's 12 May 2025 12:00 (+02:00): "
         "the pump's is 180 min behind. "),
        ("09:00:00-04:00", "09:00:00+02:00", "12 May 2025 09:00 (-04:00) and the programmer's 12 May 2025 09:00 "
         "(+02:00): the pump's is 360 min ahead. "),
    ],
)  # fmt: skip
def test_both_clocks_are_told_with_their_zones(pump: str, programmer: str, text: str) -> None:
    assert clocks(pump, programmer).startswith(f"At the same instant the pump's clock read {text}{LABEL}")


HOUR = " A whole hour: daylight saving, or another zone, may not have been set."
TWO = " 2 whole hours: another zone may be set."


@pytest.mark.parametrize(
    ("pump", "ending"),
    [
        ("09:54:59", ""), ("09:55:00", HOUR), ("10:05:00", HOUR), ("10:05:01", ""),
        ("10:54:59", ""), ("10:55:00", TWO), ("11:05:00", TWO), ("11:05:01", ""), ("09:31:00", ""), ("08:00:00", HOUR),
    ],
)  # fmt: skip
def test_whole_hours_are_told_to_five_minutes(pump: str, ending: str) -> None:
    assert clocks(pump, "09:00:00").endswith(f"{LABEL}{ending}")


@pytest.mark.parametrize(
    ("pump", "never_set"), [("2000-05-12T08:59", 1), ("2000-12-31T09:00", 1), ("1999-05-12T09:00", 0)]
)
def test_only_years_in_which_clocks_begin_are_never_set(pump: str, never_set: int) -> None:
    body = read("05-12", clocks={"pump": pump, "programmer": "2025-05-12T09:00:00"})
    assert (len(noticed_in("clock-never-set", body)), len(noticed_in("clocks-differ", body))) == (
        never_set,
        1 - never_set,
    )


# --- a change of what is in the reservoir ----------------------------------------------------------------------------

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "tubing_volume": q("0.140", "mL")}
CATHETER = {"model": "IC-1", "serial": "C-1", "volume": q("0.200", "mL")}


def changed(old: list[dict[str, Any]], new: list[dict[str, Any]], **more: Any) -> tuple[dict[str, Any], ...]:
    """Two sessions of 12 May: the reservoir as it was before, then as it is left."""
    dose = {"mode": "simple-continuous", "doses": [{"daily": q("200", "mcg/day")}]}
    first = read("05-02", state=found(dose, drugs=old), pump=PUMP, catheter=CATHETER)
    second = {**read("05-12", state=found(dose, drugs=old), pump=PUMP, catheter=CATHETER, **more)}
    second["session"] = {**second["session"], "update": "completed", "end": "2025-05-12T09:50+00:00"}
    second["channels"][0]["states"].append(left("2025-05-12T09:40+00:00", dose, drugs=new))
    return first, second


def test_another_drug_is_told_without_strengths() -> None:
    other = [{"name": "morphine", "concentration": q("2000.0", "mcg/mL")}]
    text = told("concentration-changed-without-bridge", *changed(drugs("500"), other))
    assert text.startswith(
        "As of 12 May 2025 09:40 the mixture in the reservoir was changed, and no bridge bolus is reported (no filling "
        "is reported either). What it held before leaves tubing and catheter first, at the new flow: of another "
        "strength or kind than programmed until it has left. "
    )


def test_a_residue_without_a_dose_as_left_tells_the_mixture_alone() -> None:
    filling = {"filled_at": "2025-05-12T09:30+00:00", "filled": q("18.0", "mL"), "expected": q("3.0", "mL"),
               "aspirated": q("0.0", "mL"), "drugs": drugs("2000")}  # fmt: skip
    bodies = changed(drugs("500"), drugs("2000"), refills=[filling])
    bodies[1]["channels"][0]["states"][1]["programme"]["doses"] = []
    assert told("residue-dilutes", *bodies).endswith(
        f"(3.0 mL x 500 + 18.0 mL x 2000) / 21.0 mL = 1785.7 micrograms/mL. {LABEL}"
    )


def test_a_residue_is_rounded_once_to_a_tenth() -> None:
    filling = {"filled_at": "2025-05-12T09:30+00:00", "filled": q("18.0", "mL"), "expected": q("3.0", "mL"),
               "aspirated": q("0.0", "mL"), "drugs": drugs("2300")}  # fmt: skip
    assert told("residue-dilutes", *changed(drugs("500"), drugs("2300"), refills=[filling])).endswith(
        f"= 2042.9 micrograms/mL; at 0.087 mL/d 177.6 instead of 200 micrograms/day. {LABEL}"
    )


# --- stops that are told of late -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "what"), [("motor-stall", "motor stall"), ("pump-stopped", "stop")])
@pytest.mark.parametrize("recovered", [True, False])
def test_a_stop_that_the_log_tells_late(code: str, what: str, recovered: bool) -> None:
    after = "motor-stall-recovered" if code == "motor-stall" else "pump-started"
    rows = [row("7", "05-03T06:00+00:00", code)]
    rows += [row("8", "05-03T18:00+00:00", after)] if recovered else []
    last = read("05-20", events=rows)
    last["channels"][0]["states"] = [found(continuous(), infusing=None)]
    changing = read("05-10", state=left("2025-05-10T09:10+00:00", continuous("500.00")))
    changing["session"]["update"] = "completed"
    (one,) = noticed_in("stop-logged-late", read("05-01"), changing, last)
    assert one.text.startswith(
        f"The pump's log, as read 20 May 2025 09:00, tells of a {what} on 3 May 2025 06:00, before the delivery that "
        "was charted when it was read last. "
    )
    assert one.evidence == (("event", "event 7"),)


def test_a_stall_is_read_again_until_it_is_over() -> None:
    stall = row("7", "05-10T14:02+00:00", "motor-stall")
    bodies = (read("05-11", state=STALLED, events=[stall]), read("05-12", state=STALLED, events=[stall]))
    since = "The motor stall of 10 May 2025 14:02 was read again without its recovery on 12 May 2025 09:00"
    assert told("stall-without-recovery", *bodies) == f"{since}, last 12 May 2025 09:00."
    over = read("05-20", events=[stall, row("8", "05-14T16:02+00:00", "motor-stall-recovered")])
    assert told("stall-without-recovery", *bodies, over) == f"{since}, over by 14 May 2025 16:02."


# --- the log ---------------------------------------------------------------------------------------------------------


def test_rows_without_words_and_one_row_alone() -> None:
    text = told("event-unknown", read("05-02", events=[row("1", "05-01T06:00+00:00", "other")]))
    assert "has one row whose meaning is not known, kept as printed: " in text


@pytest.mark.parametrize(("rows", "ending"), [(5, '"CODE 5".'), (6, '"CODE 5"; and 1 more.')])
def test_five_rows_are_shown(rows: int, ending: str) -> None:
    odd = [row(str(n), f"05-01T06:0{n}+00:00", "other", f"CODE {n}") for n in range(1, rows + 1)]
    assert told("event-unknown", read("05-02", events=odd)).endswith(ending)


def test_a_reset_without_a_number_is_told_without_one() -> None:
    events = [{"at": "2025-05-01T06:00+00:00", "code": "low-battery-reset"}]
    assert told("pump-reset", read("05-02", events=events)) == (
        "The pump recorded a reset for low battery on 1 May 2025 06:00, as read 2 May 2025 09:00. Whether it keeps its "
        "programme and delivers by it is known only from what it is read to do."
    )


@pytest.mark.parametrize(
    ("severity", "code"),
    [
        ("critical", "pump-reset"),
        ("non-critical", "memory-error"),
        ("information", "memory-error"),
        (None, "pump-reset"),
    ],
)
def test_how_grave_a_memory_error_is(severity: str | None, code: str) -> None:
    one = {**row("3", "05-01T06:00+00:00", "memory-error"), **({"severity": severity} if severity else {})}
    body = read("05-02", events=[one])
    assert [len(noticed_in(name, body)) for name in ("pump-reset", "memory-error")] == [
        int(code == "pump-reset"), int(code == "memory-error"),
    ]  # fmt: skip


# --- the end of the pump's life --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"), [("end-of-service", "end of its service"), ("eri-reached", "elective replacement indicator")]
)
def test_a_row_of_the_log_dates_it_in_words(code: str, name: str) -> None:
    body = read("05-03", events=[row("7", "05-01T06:00+00:00", code)])
    assert told(code, body) == (
        f"The pump states that {'the' if code == 'end-of-service' else 'its'} {name} is reached, on 1 May 2025 06:00; "
        "last read 3 May 2025 09:00."
    )


def test_too_short_a_time_between_two_rows_of_the_log() -> None:
    events = [row("7", "05-01T06:00+00:00", "eri-reached"), row("8", "07-20T18:20+00:00", "end-of-service")]
    text = told("eri-to-eos-short", read("10-01", pump=SYNCHROMED, events=events))
    assert text.startswith(
        "The replacement indicator was reached on 1 May 2025 06:00, the end of service by 20 Jul 2025 18:20: at most "
        f"80.51 days between. {LABEL} For this model 90 days at least are stated ("
    )


@pytest.mark.parametrize(
    ("months", "first", "last"), [("1.5", "12 May 2025", "12 Nov 2025"), ("0", "12 Apr 2025", "12 Sep 2025")]
)
def test_parts_of_a_month_widen_the_span(months: str, first: str, last: str) -> None:
    body = read("05-12", pump=SYNCHROMED, longevity={"replace_by": "2027-01-01", "months_to_eri": q(months, "months")})
    assert told("replace-by-contradicts", body).startswith(
        f"The replace-by date, 1 Jan 2027, does not agree with {months} months to elective replacement as read 12 May "
        f"2025, which leads to between {first} and {last}. {LABEL}"
    )


def test_a_month_without_that_day_ends_with_its_last() -> None:
    body = read("05-31", longevity={"replace_by": "2030-01-01", "months_to_eri": q("0", "months")})
    assert "between 30 Apr 2025 and 30 Sep 2025." in told("replace-by-contradicts", body)


@pytest.mark.parametrize(("months", "span"), [("99999", "between 31 Dec 9999 and 31 Dec 9999")])
def test_months_beyond_the_calendar_end_with_it(months: str, span: str) -> None:
    body = read("05-12", longevity={"replace_by": "2030-01-01", "months_to_eri": q(months, "months")})
    assert span in told("replace-by-contradicts", body)


@pytest.mark.parametrize(("day", "found"), [("2020-01-02", 0), ("2020-01-01", 1), ("2019-12-31", 1)])
def test_a_replace_by_date_is_later_than_the_implant(day: str, found: int) -> None:
    body = read("05-12", pump={**PUMP, "implanted": "2020-01-01"}, longevity={"replace_by": day})
    assert len(noticed_in("replace-by-contradicts", body)) == found


# --- what a session states without its time --------------------------------------------------------------------------


def test_boluses_and_fillings_without_a_time() -> None:
    boluses = [{"kind": "clinician", "dose": q("10.0", "mcg")}, {"volume": q("0.1", "mL")}, {"kind": "patient"}]
    refills = [{"aspirated": q("5.0", "mL")}, {"filled": q("20.0", "mL")}]
    assert told("time-not-recorded", read("05-12", boluses=boluses, refills=refills)).startswith(
        "The report of 12 May 2025 09:00 gives no time that can be used for: bolus clinician 10.0 micrograms (start "
        "NOT RECORDED); bolus of kind NOT RECORDED 0.1 mL (start NOT RECORDED); bolus patient NOT RECORDED (start NOT "
        "RECORDED); emptying (time NOT RECORDED); filling with 20.0 mL (time NOT RECORDED). A bolus without its time "
    )


def test_an_emptied_reservoir_is_told_with_what_was_drawn() -> None:
    emptied = {"aspirated_at": "2025-05-12T09:10+00:00", "aspirated": q("5.0", "mL")}
    assert told("reservoir-emptied", read("05-12", refills=[emptied])) == (
        "In the session of 12 May 2025 09:00 the reservoir was emptied (aspirated: 5.0 mL), and no filling is told of."
    )


# --- what is fixed in a pump, and dates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("capacity", q("40.0", "mL"), q("20", "mL"), "reservoir capacity 40.0 mL (read 1 May 2025 09:00), now 20 mL"),
        ("udi", "(01)1(21)A", "(01)1(21)B", "UDI (01)1(21)A (read 1 May 2025 09:00), now (01)1(21)B"),
        ("implanted", "2020-01-02", "2021-02-01", "date of implant 2 Jan 2020 (read 1 May 2025 09:00), now 1 Feb 2021"),
    ],
)
def test_what_is_fixed_in_a_pump_and_stated_otherwise(part: str, old: Any, new: Any, said: str) -> None:
    bodies = (read("05-01", pump={**PUMP, part: old}), read("05-12", pump={**PUMP, part: new}))
    assert told("value-disputed", *bodies) == (
        f"The report of 12 May 2025 09:00 states otherwise than one before it what is fixed in a pump: {said}. The "
        "newest statement is shown."
    )


def test_a_capacity_with_other_digits_is_the_same() -> None:
    bodies = (
        read("05-01", pump={**PUMP, "capacity": q("40.0", "mL")}),
        read("05-12", pump={**PUMP, "capacity": q("40", "mL")}),
    )
    assert noticed_in("value-disputed", *bodies) == []


@pytest.mark.parametrize(
    ("rows", "ending"), [(3, "log row 3, 20 Dec 2025."), (4, "log row 3, 20 Dec 2025; and 1 more.")]
)
def test_three_dates_are_shown(rows: int, ending: str) -> None:
    events = [row(str(n), "12-20T06:00+00:00", "low-reservoir") for n in range(1, rows + 1)]
    assert told("date-future", read("05-12", events=events)).endswith(ending)


def test_a_row_without_number_and_a_bolus_without_kind_are_told_so() -> None:
    events = [{"at": "2025-12-20T06:00+00:00", "code": "low-reservoir"}]
    boluses = [{"start": "2025-12-21T06:00+00:00", "dose": q("1.0", "mcg")}]
    text = told("date-future", read("05-12", events=events, boluses=boluses))
    assert text.endswith("log row without number, 20 Dec 2025; bolus (kind not stated), 21 Dec 2025.")


# --- pump and catheter -----------------------------------------------------------------------------------------------


def test_a_tubing_volume_of_no_software_is_told_without_one() -> None:
    pump = {**SYNCHROMED, "tubing_volume": q("0.250", "mL")}
    text = told("tubing-volume-against-software", read("05-12", pump=pump))
    assert "showed 0.250 mL for the internal tubing; 0.140 mL is what it should show (" in text
    assert "that value is of" not in text


PROMETRA = {"manufacturer": "Flowonix", "model": "13827", "serial": "XX0002"}


@pytest.mark.parametrize(("given", "times"), [(1, 1), (0, 0)])
def test_boluses_that_the_patient_was_given_count_as_allowed(given: int, times: int) -> None:
    body = read("05-12", state=found(continuous(), drugs=drugs()), pump=PROMETRA, patient_control={"given": given})
    assert len(noticed_in("patient-bolus-not-allowed", body)) == times


def test_the_drug_is_known_from_an_earlier_session() -> None:
    earlier = read("05-01", state=found(continuous(), drugs=drugs()), pump=PROMETRA)
    body = read("05-12", pump=PROMETRA, patient_control={"given": 2})
    assert "with baclofen in the reservoir" in told("patient-bolus-not-allowed", earlier, body)


def test_a_priming_of_an_unknown_strength_is_told_in_millilitres() -> None:
    boluses = [{"kind": "priming", "start": "2025-05-12T09:00+00:00", "volume": q("0.5", "mL")}]
    text = told("priming-excess", read("05-12", pump=PUMP, catheter=CATHETER, boluses=boluses))
    assert "larger than the empty tubing and catheter (" in text


# --- doses -----------------------------------------------------------------------------------------------------------


def test_a_flow_an_hour_is_told_a_day() -> None:
    programme = {**continuous("400.00"), "flow": q("0.010", "mL/h")}
    text = told("dose-triangle", read("05-12", state=found(programme, drugs=drugs("2000.0"))))
    assert text == (
        "In the session of 12 May 2025 09:00: as found, flow 0.010 mL/hour, concentration 2000.0 micrograms/mL and "
        "daily dose 400.00 micrograms/day of baclofen do not agree within their printed digits: the first two make "
        f"480 micrograms/day. {LABEL}"
    )


def test_a_made_dose_is_rounded_to_a_tenth() -> None:
    programme = continuous("400.00", flow="0.2503")
    assert "the first two make 500.6 micrograms/day" in told(
        "dose-triangle", read("05-12", state=found(programme, drugs=drugs("2000.0")))
    )
    odd = continuous("400.00", flow="0.25037")
    assert "make 500.7 micrograms/day" in told("dose-triangle", read("05-12", state=found(odd, drugs=drugs("2000.0"))))


@pytest.mark.parametrize(("daily", "times"), [("0.40000", 1), ("0.40100", 0), ("400000.0", 1), ("401000.0", 0)])
def test_a_thousandfold_is_a_thousand_to_the_printed_digits(daily: str, times: int) -> None:
    body = read("05-12", state=found(continuous(daily, flow="0.20000"), drugs=drugs("2000.0")))
    assert [len(noticed_in(code, body)) for code in ("units-thousandfold", "dose-triangle")] == [times, 1]


# --- which drug, which year ------------------------------------------------------------------------------------------

MIXED = [{"name": "morphine", "concentration": q("10000", "mcg/mL")}, *drugs("500")]


@pytest.mark.parametrize(
    ("name", "dose", "times"), [("Baclofen", "50", 0), ("Baclofen", "1000", 1), ("morphine", "1000", 0)]
)
def test_a_bolus_is_held_against_the_drug_that_it_names(name: str, dose: str, times: int) -> None:
    bolus = {"kind": "clinician", "start": "2025-05-12T09:05+00:00", "end": "2025-05-12T09:06+00:00", "drug": name,
             "outcome": "complete", "dose": q(dose, "mcg"), "volume": q("0.100", "mL")}  # fmt: skip
    body = read("05-12", state=found(continuous(), drugs=MIXED), boluses=[bolus])
    assert len(noticed_in("bolus-triangle", body)) == times


def test_a_dose_without_a_name_is_of_the_drug_in_its_place() -> None:
    programme = {
        "mode": "simple-continuous",
        "flow": q("0.200", "mL/day"),
        "doses": [{"daily": q("500.00", "mcg/day")}],
    }
    text = told("dose-triangle", read("05-12", state=found(programme, drugs=drugs("2000.0"))))
    assert "daily dose 500.00 micrograms/day of baclofen do not agree" in text


@pytest.mark.parametrize(("udi", "day"), [("(11)500102", date(2050, 1, 2)), ("(11)510102", date(1951, 1, 2))])
def test_the_century_of_a_date_of_manufacture_is_as_gs1_reads_it(udi: str, day: date) -> None:
    assert made(udi) == day
