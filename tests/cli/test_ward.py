"""A day of a hospital pump through the command line: messages out of order, applied, and then nothing is left to do."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.hl7_messages import continuous
from tests.cli.shell import Shell
from tests.course.bedside_messages import stamp
from tests.ward import DAY, event, primary

AT = ("--as-of", "2026-03-02T12:00Z")
YES = ("--yes", *AT)


def files(shell: Shell, names: Iterable[str]) -> list[Path]:
    """Messages as files."""
    made = [shell.folder / f"{name}.hl7" for name in names]
    for file in made:
        file.write_bytes(DAY[file.stem])
    return made


def told(bodies: Iterable[dict[str, Any]], kind: str) -> list[str]:
    """What the resources of a type say, in the order of their words."""
    found = [re.sub("<[^>]*>", "", body["text"]["div"]) for body in bodies if body["resourceType"] == kind]
    return sorted(found)


GIVEN = [
    "Clinician bolus: Norepinephrine 80.0 micrograms/mL, Clinician (1.1.4): 60.0 mL/hour, 2 Mar 2026 11:00 to 11:02; "
    "ended because the volume to be infused was infused. 2.00 mL delivered in this time by the pump's count.",
    "Norepinephrine 80.0 micrograms/mL, Primary (1.1.2): 5.25 mL/hour",
    "Norepinephrine 80.0 micrograms/mL, Primary (1.1.2): 6.00 mL/hour, 2 Mar 2026 10:40 to 11:00; "
    "the line passed on to another programme or source. 2.00 mL delivered in this time by the pump's count.",
    "Norepinephrine 80.0 micrograms/mL, Primary (1.1.2): 6.00 mL/hour, 2 Mar 2026 11:02 to 11:30; stopped, the pump "
    "states: stopped: paused. 2.80 mL delivered in this time by the pump's count.",
]


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_day_at_one_patient_in_any_order(site: Shell, seed: int | None) -> None:
    names = list(DAY)[:-1]
    if seed is not None:
        random.Random(seed).shuffle(names)
    site("import", *files(site, names))
    applied = site.json("apply", *YES)
    assert (applied["amended"], applied["retracted"]) == (0, 0)
    assert site.json("plan", *AT, "--exit-code")["empty"] is True
    given = told(site.resources().values(), "MedicationAdministration")
    assert [one for one, start in zip(given, GIVEN, strict=True) if not one.startswith(start)] == []
    (flag,) = told(site.resources().values(), "Flag")
    assert flag.startswith("Infusion pump alarm over: ")


def test_one_message_after_the_other_makes_the_same_chart(site: Shell) -> None:
    order = list(DAY)[:-1]
    random.Random(7).shuffle(order)
    for file in files(site, order):
        site("import", file, "--apply", *AT)
        assert site.json("plan", *AT)["empty"] is True
    step_by_step = chart(site)
    other = site.folder / "other"
    other.mkdir()
    site.set_up("--test", "--folder", "elsewhere", folder=other)
    site("import", *files(site, DAY.keys() - {"12-ben"}), "--apply", *AT, "--config", other / "pumpbridge.toml")
    assert step_by_step == chart(site, "other/elsewhere")


def chart(shell: Shell, folder: str = "charts") -> dict[str, str]:
    """What stands in a folder and is true: Provenance and notes belong to plans, what was in error is over."""
    bodies = [body for body in shell.resources(folder).values() if "resourceType" in body]
    kept = [b for b in bodies if b["resourceType"] not in ("Provenance", "DetectedIssue") and "status" in b]
    return {
        f"{body['resourceType']}/{body['id']}": json.dumps(body, sort_keys=True)
        for body in kept
        if body["status"] != "entered-in-error"
    }


def test_the_next_patient_has_the_pump_and_the_former_one_had_it(site: Shell) -> None:
    names = [name for name in DAY if name not in ("11-stop",)]
    site("import", *files(site, names), "--apply", *AT)
    uses = told(site.resources().values(), "DeviceUseStatement")
    assert [one.rpartition("with this patient ")[2] for one in uses] == [
        "since 2 Mar 2026 10:15; reported another patient 2 Mar 2026 11:45.", "since 2 Mar 2026 11:45.",
    ]  # fmt: skip
    given = told(site.resources().values(), "MedicationAdministration")
    assert any("(the pump reports another patient since)" in one for one in given)
    pumps = site.json("pumps")["pumps"]
    assert [len(pump["courses"]) for pump in pumps] == [2]
    devices = [body for body in site.resources().values() if "hospital-pump" in json.dumps(body.get("type", {}))]
    assert len(devices) == 1


def test_a_message_of_a_known_pump_does_not_touch_what_courses_share(site: Shell) -> None:
    site("import", *files(site, ["01-start"]), "--apply", *AT)
    site("import", *files(site, ["02-state"]))
    planned = site.json("plan", *AT)["destinations"][0]["plans"]
    assert [plan["course"] for plan in planned] == [1]
    assert {e["resource"].partition("/")[0] for e in planned[0]["entries"]} <= {
        "MedicationAdministration", "Observation", "Provenance",
    }  # fmt: skip


def test_learning_more_of_an_infusion_takes_nothing_back(site: Shell) -> None:
    """Its dose rate by the next message, its volume at its end: what was said before stays true."""
    for file in files(site, DAY):
        site("import", file, "--apply", *AT)
    kinds = [body["resourceType"] for body in site.resources().values()]
    assert "DetectedIssue" not in kinds
    assert not [body for body in site.resources().values() if body.get("status") == "entered-in-error"]


def test_a_late_pause_takes_back_what_was_said_and_says_so(site: Shell) -> None:
    first, stop = files(site, ["01-start", "03-rate-change-stop"])
    again, last = site.folder / "again.hl7", site.folder / "last.hl7"
    again.write_bytes(event("START", "11:00", primary("5.25"), "13"))
    last.write_bytes(event("STOP", "11:30", primary("5.25", segment="2.62"), "14", infuses="not-infusing"))
    site("import", first, last, "--apply", *AT)
    site("import", stop, again, "--apply", *AT)
    (issue,) = told(site.resources().values(), "DetectedIssue")
    assert issue.startswith("Chart amended. ")
    assert "5.25 mL/hour, 2 Mar 2026 10:15 to 11:30" in issue


def test_a_stop_of_another_rate_says_nothing_of_what_ran_before(site: Shell) -> None:
    site("import", *files(site, ["01-start", "11-stop"]), "--apply", *AT)
    (given,) = told(site.resources().values(), "MedicationAdministration")
    assert "5.25 mL/hour" in given
    assert "whether it still runs is not known (not confirmed for longer than the configured age)" in given
    assert "delivered in this time" not in given


def test_a_message_that_only_confirms_writes_nothing_until_the_interval_is_over(site: Shell) -> None:
    while_it_runs = ("--as-of", "2026-03-02T10:50Z")
    site("import", *files(site, ["01-start", "02-state"]), "--apply", *while_it_runs)
    for minute, changed in ((31, set[str]()), (44, set[str]()), (46, {"MedicationAdministration"})):
        again = site.folder / f"{minute}.hl7"
        again.write_bytes(continuous(f"WARD-{minute}", at=stamp(f"10:{minute}")))
        site("import", again)
        plans = site.json("plan", *while_it_runs)["destinations"][0]["plans"]
        entries = [one["resource"].partition("/")[0] for plan in plans for one in plan["entries"]]
        assert set(entries) - {"Provenance"} == changed
        site("apply", "--yes", *while_it_runs)


def test_a_plan_cites_the_messages_that_it_rests_on(site: Shell) -> None:
    made = files(site, ["01-start", "02-state"])
    site("import", *made, "--apply", *AT)
    plan = next(b for b in site.resources().values() if b["resourceType"] == "Provenance" and "entity" in b)
    cited = {one["what"]["identifier"]["value"] for one in plan["entity"]}
    assert cited == {hashlib.sha256(file.read_bytes()).hexdigest() for file in made}


def test_explain_leads_from_a_rate_to_its_field(site: Shell) -> None:
    site("import", *files(site, ["01-start", "02-state"]), "--apply", *AT)
    given = next(b for b in site.resources().values() if b["resourceType"] == "MedicationAdministration")
    found = site.json("explain", f"MedicationAdministration/{given['id']}", "dosage")["destinations"][0]
    origins = {one["element"]: (one["text"], one["where"]) for one in found["origins"]}
    assert origins["dosage.rateQuantity"][0] == "5.25 mL/h"
    assert origins["dosage.rateQuantity"][1].startswith("OBX[")
    observation = next(b for b in site.resources().values() if b["resourceType"] == "Observation")
    assert "OBX[" in site("explain", f"Observation/{observation['id']}").out


def test_old_news_is_not_current(site: Shell) -> None:
    site("import", *files(site, ["01-start"]), "--apply", "--as-of", "2026-03-02T10:20Z")
    assert statuses(site) == ["in-progress"]
    assert site.json("status")["destinations"][0]["next_change"] is not None
    site("apply", "--yes", "--as-of", "2026-03-02T20:00Z")
    assert statuses(site) == ["unknown"]


def statuses(shell: Shell) -> list[str]:
    return [b["status"] for b in shell.resources().values() if b["resourceType"] == "MedicationAdministration"]


def test_chart_writes_it_without_a_store(shell: Shell) -> None:
    out = shell("chart", *files(shell, DAY), "--ndjson", *AT).out
    bodies = [json.loads(line) for line in out.splitlines()]
    assert len(told(bodies, "MedicationAdministration")) == len(GIVEN) + 1
    assert len(told(bodies, "DeviceUseStatement")) == 2


def test_the_course_shows_infusions_and_alarms(site: Shell) -> None:
    site("import", *files(site, DAY))
    shown = site("course", "LV70001", *AT).out
    assert "Infusions: what the pump dispensed" in shown
    assert "Occlusion downstream" in shown
    assert "none in the exports" not in shown
    (course,) = site.json("course", "LV70001", "--patient", "0048213", *AT)["courses"]
    assert [one["rate"]["value"] for one in course["infusions"]] == ["5.25 mL/h", "6.00 mL/h", "60.0 mL/h", "6.00 mL/h"]
    assert [one["bolus"] for one in course["infusions"]] == [False, False, True, False]
    assert course["alarms"][0]["status"] == "ended"
    assert course["last_read"] == "2026-03-02T11:30:00+00:00"
    drawn = site("course", "LV70001", "--patient", "0048213", "--svg", "x.svg", *AT, status=2)
    assert "this is a hospital pump" in drawn.err
    assert "not drawn" in site("course", "LV70001", "--patient", "0048213", "--plot", *AT).err


def test_the_start_and_the_end_of_an_infusion_are_explained(site: Shell) -> None:
    site("import", *files(site, ["01-start", "02-state", "03-rate-change-stop"]), "--apply", *AT)
    (given,) = [name for name, body in site.resources().items() if body["resourceType"] == "MedicationAdministration"]
    reference = Path(given).stem.replace("-", "/", 1)
    (told_of,) = site.json("explain", reference, "effectivePeriod")["destinations"]
    assert [(one["element"], one["text"], one["where"], one["file"]) for one in told_of["origins"]] == [
        ("effectivePeriod.start", "20260302101500+0000", "OBX[4]-14", "01-start.hl7"),
        ("effectivePeriod.end", "20260302104000+0000", "OBX[4]-14", "03-rate-change-stop.hl7"),
    ]  # fmt: skip
