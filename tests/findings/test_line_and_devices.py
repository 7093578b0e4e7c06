"""Findings on residues, primings, tubing volumes and patient boluses: each raised, and each at its boundary not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.course.facts import BolusFact
from bridge.course.remarks import Finding
from tests.course.building import course, drugs, every, export, found, left, q
from tests.course.test_bridging import CATHETER, PUMP, before, daily

AS_OF = datetime(2025, 5, 30, tzinfo=UTC)
MEDTRONIC = {"manufacturer": "Medtronic", "model": "8637-40", "serial": "XX0001"}
PROMETRA = {"manufacturer": "Flowonix", "model": "13827", "serial": "XX0002"}


def codes(*bodies: dict[str, Any]) -> list[Finding]:
    names = (
        "residue-dilutes", "priming-excess", "tubing-volume-against-software", "patient-bolus-not-allowed",
    )  # fmt: skip
    return [one for one in every(course(*bodies, as_of=AS_OF), Finding) if one.code in names]


def filled(new: str, volume: str = "18.0", left_volume: str | None = None, **refill: Any) -> dict[str, Any]:
    more: dict[str, Any] = {"volume": q(left_volume, "mL", "calculated")} if left_volume else {}
    row = {"filled_at": "2025-05-12T12:30+00:00", "filled": q(volume, "mL"), "drugs": drugs(new), **refill}
    return export(
        "2025-05-12T12:00+00:00", found(daily("200"), drugs=drugs("500")),
        left("2025-05-12T12:40+00:00", daily("200", "0.100"), drugs=drugs(new), **more),
        end="2025-05-12T12:50+00:00", update="completed", pump=PUMP, refills=[row],
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        filled("2000", expected=q("2.0", "mL"), aspirated=q("0.0", "mL")),
        filled("2000", left_volume="20.0"),
    ],
)
def test_a_residue_of_another_concentration_dilutes_the_filling(body: dict[str, Any]) -> None:
    """Scenario 20: 2.0 mL of 500 and 18.0 of 2000 are 1,850; at 0.1 mL/d 185, not 200, a day."""
    (one,) = codes(before("500", "200"), body)
    assert (one.code, one.audience) == ("residue-dilutes", "clinic")
    assert "= 1850 micrograms/mL; at 0.1 mL/d 185 instead of 200 micrograms/day" in one.text
    assert "1850" not in (one.plain or "")


@pytest.mark.parametrize(
    "body",
    [
        filled("500", expected=q("2.0", "mL"), aspirated=q("0.0", "mL")),
        filled("2000", expected=q("2.0", "mL"), aspirated=q("1.0", "mL")),
        filled("2000", left_volume="18.0"),
        filled("2000"),
    ],
)
def test_an_emptied_reservoir_or_the_same_concentration_dilutes_nothing(body: dict[str, Any]) -> None:
    assert codes(before("500", "200"), body) == []


def primed(volume: str, concentration: str = "2000", **parts: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"pump": PUMP, "catheter": CATHETER, **parts}
    return export(
        "2025-05-12T12:00+00:00", left("2025-05-12T12:40+00:00", daily("200"), drugs=drugs(concentration)),
        end="2025-05-12T12:50+00:00", update="completed",
        refills=[{"filled_at": "2025-05-12T12:10+00:00", "filled": q("20", "mL"), "drugs": drugs(concentration)}],
        boluses=[{"kind": "priming", "start": "2025-05-12T12:30+00:00", "volume": q(volume, "mL")}], **given,
    )  # fmt: skip


@pytest.mark.parametrize(("concentration", "dose"), [("2000", "118"), ("500", "29.5")])
def test_a_priming_reckoned_with_the_old_tubing_volume_is_too_large(concentration: str, dose: str) -> None:
    """Source: rules, arithmetic 6: 0.199 against 0.140 mL is 0.059 mL."""
    (one,) = codes(primed("0.399", concentration))
    assert (one.code, one.audience, one.severity) == ("priming-excess", "clinic", "high")
    assert f"0.059 mL larger than the empty tubing and catheter, {dose} micrograms" in one.text


def test_a_kept_catheter_is_not_empty() -> None:
    """Scenario 12: of a new pump on an older catheter the tubing alone is primed."""
    parts: dict[str, Any] = {"pump": {**PUMP, "implanted": "2025-05-12"}, "type": "implant"}
    kept = {**CATHETER, "implanted": "2021-02-01"}
    (one,) = codes(primed("0.199", catheter=kept, **parts))
    assert "0.059 mL larger" in one.text
    assert codes(primed("0.140", catheter=kept, **parts)) == []


def test_a_priming_of_the_empty_volume_or_of_unknown_volumes_is_no_excess() -> None:
    assert codes(primed("0.340")) == []
    assert codes(primed("0.399", catheter={"model": "IC-1"})) == []
    assert codes(primed("0.399", pump={name: PUMP[name] for name in ("manufacturer", "model", "serial")})) == []


def test_the_tubing_volume_of_the_family_counts_where_it_is_smaller() -> None:
    found_ones = codes(primed("0.399", pump={**MEDTRONIC, "tubing_volume": q("0.199", "mL")}))
    assert sorted(one.code for one in found_ones) == ["priming-excess", "tubing-volume-against-software"]


def shown(volume: str, start: str = "2025-05-12T12:00+00:00", **pump: Any) -> dict[str, Any]:
    body = {**MEDTRONIC, "tubing_volume": q(volume, "mL"), **pump}
    return export(start, found(daily("200")), update="none", pump=body)


def test_a_tubing_volume_of_earlier_software_is_for_the_operator() -> None:
    """Source: recall of 2016-17: 0.199 mL before the update of the card, 0.140 since."""
    (one,) = codes(shown("0.199"))
    assert (one.code, one.audience) == ("tubing-volume-against-software", "operator")
    assert "0.140 mL is what it should show" in one.text
    assert "8870 card before its 2016-17 update" in one.text


@pytest.mark.parametrize(
    "body", [shown("0.140"), shown("0.199", start="2016-05-12T12:00+00:00"), shown("0.199", model="IP-40")]
)
def test_the_current_volume_an_old_session_and_another_pump_are_not_found(body: dict[str, Any]) -> None:
    assert codes(body) == []


def bolus_of(name: str, pump: dict[str, Any], kind: str = "patient") -> dict[str, Any]:
    row = {"kind": kind, "number": "9", "start": "2025-05-12T12:45+00:00", "end": "2025-05-12T12:46+00:00",
           "outcome": "complete", "dose": q("10", "mcg")}  # fmt: skip
    drug = [{"name": name, "concentration": q("2000", "mcg/mL")}]
    return export(
        "2025-05-12T12:00+00:00", left("2025-05-12T12:40+00:00", daily("200"), drugs=drug),
        end="2025-05-12T12:50+00:00", update="completed", pump=pump, boluses=[row],
    )  # fmt: skip


def test_patient_boluses_of_baclofen_on_a_pump_whose_guide_excludes_it() -> None:
    (one,) = codes(bolus_of("Baclofen", PROMETRA))
    assert (one.code, one.audience, one.severity) == ("patient-bolus-not-allowed", "clinic", "high")
    control = export("2025-05-12T12:00+00:00", found(daily("200"), drugs=drugs()), update="none", pump=PROMETRA,
                     patient_control={"dose": q("10", "mcg"), "per_day": 4})  # fmt: skip
    assert [one.code for one in codes(control)] == ["patient-bolus-not-allowed"]


@pytest.mark.parametrize(
    "body",
    [
        bolus_of("Morphine", PROMETRA), bolus_of("baclofen", PROMETRA, "clinician"), bolus_of("baclofen", MEDTRONIC),
        bolus_of("baclofen", PUMP),
    ],
)  # fmt: skip
def test_other_drugs_pumps_and_boluses_are_not_found(body: dict[str, Any]) -> None:
    assert codes(body) == []


def test_a_bolus_adds_to_its_background_only_where_the_family_says_so() -> None:
    """Source: family data; unstated means no total."""
    adds = every(course(bolus_of("morphine", PROMETRA), as_of=AS_OF), BolusFact)[0]
    assert adds.background == "2025-05-12 12:40/1"
    for body in (bolus_of("baclofen", PUMP), bolus_of("morphine", PROMETRA, "clinician"), bolus_of("x", MEDTRONIC)):
        assert every(course(body, as_of=AS_OF), BolusFact)[0].background is None
