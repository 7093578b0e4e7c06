"""A constant-flow pump: what its refill sheets tell, and what they do not (scenario 15: 16.0 in, 1.0 out, 30 days)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.course.facts import Gap, ProgrammeFact, Segment
from bridge.course.forecast import ForecastFact, ObservedFlow
from tests.course.building import course, every, export, left, only, q

PUMP = {"manufacturer": "Tricumed", "model": "ARCHIMEDES-20", "serial": "TCX000001"}
MORPHINE = [{"name": "morphine", "concentration": q("10.0", "mg/mL")}]
MIXED = [*MORPHINE, {"name": "bupivacaine", "concentration": q("4.0", "mg/mL")}]
CONSTANT = {"mode": "constant-flow", "flow": q("0.5", "mL/day", "typed")}


def sheet(at: str, *fills: dict[str, Any], programme: dict[str, Any] | None = CONSTANT, **more: Any) -> dict[str, Any]:
    """A refill sheet: the fillings that it tells of, and the pump as left."""
    states = [left(at, programme, infusing=None, drugs=MORPHINE)] if programme else []
    if states:
        del states[0]["at"]
    return export(at, *states, refills=list(fills), **{"kind": "worksheet", "pump": PUMP, **more})


def fill(
    at: str, out: str | None = None, drugs: list[dict[str, Any]] = MORPHINE, volume: str = "16.0"
) -> dict[str, Any]:
    """A filling, with what was withdrawn before it."""
    withdrawn = {"aspirated_at": at, "aspirated": q(out, "mL", "aspirated")} if out else {}
    return {"filled_at": at, "filled": q(volume, "mL"), "drugs": drugs, **withdrawn}


FIRST = sheet("2025-01-06", fill("2025-01-06"))
SECOND = sheet("2025-02-05", fill("2025-01-06"), fill("2025-02-05", "1.0"))


def test_between_two_fillings_the_flow_is_what_was_withdrawn_and_the_dose_is_derived() -> None:
    seen: ObservedFlow = only(course(FIRST, SECOND), ObservedFlow)
    assert str(seen.flow.quantity) == "0.5000 mL/d"
    assert seen.flow.arithmetic == "(16.0 mL - 1.0 mL) / 30 d = 0.5000 mL/d"
    assert [(name, str(dose.quantity)) for name, dose in seen.doses] == [("morphine", "5000.0 ug/d")]
    assert (seen.start.printed, seen.end.printed) == ("2025-01-06 00:00", "2025-02-05 00:00")


def test_the_measured_interval_is_inferred_and_holds_no_dose_and_no_flow() -> None:
    (measured,) = every(course(FIRST, SECOND), Segment, open_page=False)
    assert (measured.status, measured.certainty, measured.reason) == ("completed", "inferred", "refill")
    assert (measured.settings.flow, measured.settings.doses) == (None, ())
    assert measured.end is not None
    assert measured.end.printed == "2025-02-05 00:00"


def test_after_the_last_filling_what_runs_is_unknown_and_never_running() -> None:
    for bodies in ((FIRST,), (FIRST, SECOND)):
        (waiting,) = every(course(*bodies), Segment, open_page=True)
        assert (waiting.status, waiting.certainty, waiting.reason) == ("unknown", "unknown", "not-measured")
        assert (waiting.end, waiting.settings.flow) == (None, None)


def test_the_interval_keeps_its_name_once_it_is_measured() -> None:
    (waiting,) = every(course(FIRST), Segment, open_page=True)
    (measured,) = every(course(FIRST, SECOND), Segment, open_page=False)
    assert waiting.discriminator == measured.discriminator
    assert waiting.programme == measured.programme


def test_one_sheet_that_tells_of_both_fillings_is_enough() -> None:
    seen = only(course(SECOND), ObservedFlow)
    assert str(seen.flow.quantity) == "0.5000 mL/d"


def test_a_sheet_that_repeats_the_filling_before_changes_nothing() -> None:
    third = sheet("2025-03-07", fill("2025-02-05", volume="16.0"), fill("2025-03-07", "4.0"))
    flows = [str(one.flow.quantity) for one in every(course(FIRST, SECOND, third), ObservedFlow)]
    assert flows == ["0.5000 mL/d", "0.4000 mL/d"]


def test_each_drug_of_a_mixture_has_its_own_dose_by_the_mixture_that_was_filled_in_then() -> None:
    first, second = sheet("2025-01-06", fill("2025-01-06", drugs=MIXED)), sheet("2025-02-05", fill("2025-02-05", "1.0"))
    seen = only(course(first, second), ObservedFlow)
    assert [(name, str(dose.quantity)) for name, dose in seen.doses] == [
        ("morphine", "5000.0 ug/d"), ("bupivacaine", "2000.0 ug/d"),
    ]  # fmt: skip


@pytest.mark.parametrize(("out", "reason"), [(None, "not-measured"), ("16.0", "delivery-doubtful")])
def test_without_a_measure_or_with_nothing_gone_the_interval_stays_unknown(out: str | None, reason: str) -> None:
    made = course(FIRST, sheet("2025-02-05", fill("2025-02-05", out)))
    assert not every(made, ObservedFlow)
    (sealed,) = every(made, Segment, open_page=False)
    assert (sealed.status, sealed.reason, sealed.end) == ("unknown", reason, None)
    fact: ForecastFact = every(made, ForecastFact)[-1]
    assert [f"{one.at.utc:%Y-%m-%d}" for one in fact.dates] == ["2025-03-09"]  # of the new filling, as the sheet states


def test_the_family_says_it_where_the_sheet_names_no_mode() -> None:
    isomed = {"manufacturer": "Medtronic", "model": "8472-20-03", "serial": "TCX000002"}
    first = sheet("2025-01-06", fill("2025-01-06"), programme=None, pump=isomed)
    made = course(first, sheet("2025-02-05", fill("2025-02-05", "1.0"), programme=None, pump=isomed))
    assert not every(made, ProgrammeFact)
    (measured,) = every(made, Segment, open_page=False)
    assert (measured.status, measured.programme) == ("completed", "")


def test_the_forecast_goes_on_from_the_observed_flow_and_says_nothing_of_a_residual() -> None:
    fact: ForecastFact = every(course(FIRST, SECOND), ForecastFact)[-1]
    assert (fact.residual, fact.residual_because) == (None, "what leaves this pump is measured at its fillings only")
    (empty,) = fact.dates
    assert (empty.kind, f"{empty.at.utc:%Y-%m-%d}") == ("empty", "2025-03-09")
    assert "observed flow (16.0 mL - 1.0 mL) / 30 d" in empty.arithmetic


def test_before_any_measure_the_flow_of_the_sheet_is_expected() -> None:
    fact: ForecastFact = every(course(FIRST), ForecastFact)[-1]
    assert [f"{one.at.utc:%Y-%m-%d}" for one in fact.dates] == ["2025-02-07"]


def test_an_explant_ends_what_was_unmeasured_and_nothing_runs_or_stands_still() -> None:
    gone = sheet("2025-02-20", programme=None, type="explant", pump={**PUMP, "explanted": "2025-02-20"})
    made = course(FIRST, gone)
    assert not every(made, Segment, open_page=True)
    (sealed,) = every(made, Segment, open_page=False)
    assert (sealed.status, sealed.reason) == ("unknown", "not-measured")
    assert not every(made, Gap)


def test_whole_days_are_counted_over_a_change_of_clocks() -> None:
    first, second = sheet("2025-03-15", fill("2025-03-15")), sheet("2025-04-14", fill("2025-04-14", "1.0"))
    assert str(only(course(first, second), ObservedFlow).flow.quantity) == "0.5000 mL/d"
