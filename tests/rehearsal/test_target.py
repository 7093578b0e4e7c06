"""Which servers are refused: production always, and whatever nobody called a test server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.config import Config
from bridge.errors import ConfigError, UsageError
from bridge.rehearsal.target import Typed, target_of

TEST, PRODUCTION = "https://test.example/fhir", "https://chart.example/fhir/R4"


def config(**changes: Any) -> Config:
    site = {"zone": "UTC", "organisation": "A", "key_system": "urn:mrn", "namespace_file": "a",
            "simulated_namespace_file": "b"}  # fmt: skip
    test = {"name": "test", "kind": "fhir", "url": TEST, "environment": "test", "bundle_limit": 7, **changes}
    production = {"name": "chart", "kind": "fhir", "url": PRODUCTION}
    folder = {"name": "folder", "kind": "folder", "path": "charts"}
    return Config.model_validate({"site": site, "store": {"path": "s"}, "destination": [test, production, folder]})


def refused(typed: Typed, known: Config | None) -> str:
    with pytest.raises(UsageError) as error:
        target_of(typed, known)
    return error.value.code


@pytest.mark.parametrize(
    "url",
    [
        PRODUCTION,
        PRODUCTION + "/",
        "https://CHART.example:443/fhir/R4",
        "https://chart.example/fhir//R4",
        "https://chart.example/x/../fhir/R4",
        "https://chart.example/fhir/%52%34",
        "https://chart.example./fhir/R4",
        "https://chart.example/FHIR/r4",
        "http://chart.example/fhir/R4",
    ],
)
@pytest.mark.parametrize("known", [config(), config(url="http://127.0.0.1:1/other")])
def test_production_is_refused_whatever_is_typed(url: str, known: Config) -> None:
    typed = Typed(url, None, test_server=True, insecure_http=True)
    assert refused(typed, known) == "rehearsal-production"


def test_production_is_refused_by_name_too() -> None:
    assert refused(Typed(None, "chart", test_server=True), config()) == "rehearsal-production"


def test_a_test_destination_at_the_place_of_production_is_refused() -> None:
    assert refused(Typed(None, "test"), config(url=PRODUCTION + "/", mode="shadow")) == "rehearsal-production"


@pytest.mark.parametrize("known", [None, config()])
def test_another_server_needs_a_persons_word(known: Config | None) -> None:
    url = "https://other.example/fhir"
    assert refused(Typed(url, None), known) == "rehearsal-not-a-test-server"
    assert target_of(Typed(url, None, test_server=True), known).said_by == "--test-server"


@pytest.mark.parametrize(
    "typed", [Typed(None, "test"), Typed(TEST + "/", None), Typed(TEST.replace("example", "Example"), None)]
)
def test_a_configured_test_server_is_taken_as_it_is_set_up(typed: Typed) -> None:
    found = target_of(typed, config())
    assert found.said_by == "[[destination]] test"
    assert found.settings.bundle_limit == 7
    assert found.settings.timeout_seconds == 30


def test_another_path_at_that_host_is_another_server() -> None:
    assert refused(Typed("https://test.example/FHIR", None), config()) == "rehearsal-not-a-test-server"


@pytest.mark.parametrize(
    "typed",
    [
        Typed(None, None),
        Typed(TEST, "test"),
        Typed(None, "folder"),
        Typed("ftp://test.example/fhir", None, test_server=True),
        Typed("http://test.example/fhir", None, test_server=True),
        Typed("https://user:word@test.example/fhir", None, test_server=True),
        Typed(TEST, None, test_server=True, patient="0048213"),
        Typed(TEST, None, test_server=True, patient="urn:mrn|"),
        Typed(TEST, None, test_server=True, patient="MRN|0048213"),
        Typed(TEST, None, test_server=True, patient="urn:m r n|0048213"),
        Typed(TEST, None, test_server=True, token_file=Path("no-such-token")),
    ],
)
def test_what_is_no_server_or_no_patient_is_refused(typed: Typed) -> None:
    assert refused(typed, config()) == "usage"


def test_a_destination_needs_a_configuration_that_has_it() -> None:
    assert refused(Typed(None, "test"), None) == "usage"
    with pytest.raises(ConfigError, match="no destination"):
        target_of(Typed(None, "nowhere"), config())


def test_http_needs_a_word_of_its_own_and_a_token_is_taken_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("token").write_text("word")
    typed = Typed("http://10.0.0.1/fhir", None, True, Path("token"), insecure_http=True, patient="urn:mrn|00 48")
    found = target_of(typed, None)
    assert found.settings.insecure_http
    assert found.settings.token_file == tmp_path / "token"
    assert found.patient == ("urn:mrn", "00 48")


def test_what_cannot_be_a_server_is_refused_in_the_words_of_the_command_line() -> None:
    with pytest.raises(UsageError, match="two servers are named"):
        target_of(Typed(TEST, "test"), config())
    with pytest.raises(UsageError, match="with --insecure-http") as error:
        target_of(Typed("http://10.0.0.1/fhir", None, test_server=True), None)
    assert error.value.remedy
