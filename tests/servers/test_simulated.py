"""Simulated data goes where it is welcome only, and says so on every resource; production never takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from tests.hospital import JOURNEY, journey
from tests.servers.faulty import running_faulty
from tests.servers.journey import HAPI, Clinic, clinic_before, implant, untrue


@pytest.fixture(params=["ours", HAPI])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path, accept_simulated=False) as made:
        yield made


def labelled(clinic: Clinic, *, real: bool) -> set[bool]:
    """Whether what the server holds of real (or of simulated) origin is labelled as test data."""
    rows = [row for row in clinic.ledger() if row.id.startswith("pb-") is real]
    held = clinic.server.held(row.reference for row in rows)
    assert len(held) == len(rows)
    return {any(one["code"] == "HTEST" for one in body.get("meta", {}).get("security", ())) for body in held.values()}


def test_simulated_data_waits_where_it_is_not_wanted_and_is_labelled_where_it_is(clinic: Clinic) -> None:
    clinic.take(JOURNEY / "01-ada-implant.json", implant("0000017", simulated=False))
    assert sorted(clinic.said()) == [("applied", ""), ("applied", ""), ("parked", "simulated-refused")]
    assert labelled(clinic, real=True) == {False}
    assert labelled(clinic, real=False) == set()
    assert clinic.said() == []

    clinic.reconfigure(accept_simulated=True)
    for row in clinic.site.store.parked():
        clinic.site.store.unpark("charts", row.course)
    assert set(clinic.said(mapping=True)) <= {("applied", ""), ("unchanged", "")}
    assert labelled(clinic, real=True) == {False}
    assert labelled(clinic, real=False) == {True}
    assert untrue(clinic) == []


def test_production_is_sent_nothing_simulated(tmp_path: Path) -> None:
    with running_faulty() as server:
        settings = {"environment": "production", "accept_simulated": False, "patient": "match"}
        with Clinic(tmp_path, server.base_url, "production", **settings) as clinic:
            clinic.take(*journey())
            assert clinic.said() == [("applied", ""), *[("parked", "simulated-refused")] * 3]
            assert clinic.run(mapping=True, large=True, held=True) == []
            sent = b"".join(seen.body for seen in server.requests)
        assert b"pbsim-" not in sent
        assert b"HTEST" not in sent
        assert not any("Patient" in seen.path for seen in server.requests)


def test_production_cannot_be_told_to_take_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="accept_simulated"):
        Clinic(tmp_path, "http://127.0.0.1:1/fhir", "p", environment="production", patient="match")
