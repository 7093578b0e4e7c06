"""Scripts: what they say is lived, what they cannot say is refused with its place."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.errors import UsageError
from bridge.simulator.life import Life
from bridge.simulator.script import parsed, read

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "simulator-scripts.md"
EXAMPLE = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]  # type: ignore[index]
IMPLANT = "[implant]\nat = 2024-01-08T09:00:00Z\nconcentration = 2000\ndaily = 400\n"
VISIT = "[[visit]]\nat = 2024-02-08T09:00:00Z\n"
FAULT = "[[fault]]\nat = 2024-02-08T09:00:00Z\n"


def test_the_documented_script_is_lived() -> None:
    plan = parsed(EXAMPLE)
    life = Life(plan.implant, plan.faults)
    documents = list(life.lived(plan.visits, plan.until))
    assert [document.body["session"]["type"] for document in documents] == [
        "implant",
        "interrogation",
        "adjust",
        "refill",
    ]
    assert [still.reason for still in life.pump.truth.stills] == ["stall"]
    assert life.pump.now == datetime(2024, 4, 1, tzinfo=UTC)


def test_numbers_keep_their_digits() -> None:
    implant = parsed(IMPLANT.replace("400", "400.10")).implant
    assert (implant.regimen.daily, str(implant.regimen.daily)) == (Decimal("400.10"), "400.10")


def test_lags_and_drifts_are_spans() -> None:
    (fault,) = parsed(IMPLANT + FAULT + 'kind = "stall"\nlag_minutes = 90\nmri = true\n').faults
    assert (fault.lag, fault.mri, fault.until) == (timedelta(minutes=90), True, None)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "implant: concentration", "is missing"),
        ("[implant", "--script", "is not TOML"),
        (IMPLANT + "bogus = 1\n", "implant: bogus", "is not known here"),
        ('kind = "other"\n' + IMPLANT, "kind", "is none of"),
        ('zone = "Mars/Base"\n' + IMPLANT, "zone", "is no IANA time zone"),
        (IMPLANT.replace("09:00:00Z", "09:00:00"), "implant: at", "has no offset"),
        (IMPLANT.replace("400", "-4"), "implant: daily", "is not above zero"),
        (IMPLANT.replace("400", "true"), "implant: daily", "is of the wrong kind"),
        (IMPLANT.replace("daily = 400\n", ""), "implant: daily", "is missing"),
        (IMPLANT + VISIT + VISIT, "visit 2: at", "is not later than the visit before it"),
        (IMPLANT + VISIT + 'do = "dance"\n', "visit 1: do", "is none of"),
        (
            IMPLANT + VISIT + 'do = "adjust"\nsteps = [{start = "00:00", end = "12:00", dose = 5}]\n', "visit 1: steps",
            "do not cover the day",
        ),
        (IMPLANT + FAULT + 'kind = "stall"\nuntil = 2024-02-08T09:00:00Z\n', "fault 1: until", "is not later than at"),
        (IMPLANT + FAULT + 'kind = "stall"\nlag_minutes = -1\n', "fault 1: lag_minutes", "is below 0"),
    ],
)  # fmt: skip
def test_what_a_script_cannot_say_is_refused_with_its_place(text: str, where: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert (caught.value.where, what in caught.value.message) == (where, True), caught.value


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.toml")
