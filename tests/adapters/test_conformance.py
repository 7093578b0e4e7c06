"""The shared conformance suite on the three session adapters, and on adapters that break a promise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters import conformance
from adapters.conformance import Samples
from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_json import SessionJson
from adapters.session_xml import ADAPTER as XML
from bridge.adapter import Adapter, Hint, recognise
from bridge.errors import ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation
from tests.adapters.sessions import as_csv, as_json, as_xml, bare

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (JSON, CSV, XML)}
OWN = {name: [path.read_bytes() for path in sorted((FIXTURES / name).glob("*/export.*"))] for name in ADAPTERS}


def samples(name: str) -> Samples:
    foreign = [content for other, contents in OWN.items() if other != name for content in contents[:4]]
    return Samples(own=OWN[name], foreign=[*foreign, b"%PDF-1.7\n", b"PK\x03\x04", b"<html><body/></html>"])


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_conformance(name: str, check: conformance.Check) -> None:
    check(ADAPTERS[name], samples(name))


LONG = {
    "session": {"start": "2025-07-01T09:30+01:00"},
    "pump": {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "JX300016"},
    "channels": [{"events": [{"number": f"{row:04}", "code": "other", "text": "LOG ROW"} for row in range(100)]}],
}


@pytest.mark.parametrize(
    ("name", "write"), [("session_json", as_json), ("session_csv", as_csv), ("session_xml", as_xml)]
)
def test_a_long_file_is_refused_wherever_it_is_cut(name: str, write: Callable[[dict[str, Any]], bytes]) -> None:
    content = write(LONG)
    assert len(ADAPTERS[name].read(content)[0].channel.events) == 100
    places = conformance.cuts(content)
    assert len(places) > conformance.CUTS + 100
    for place in places:
        if place < len(content) - 1:
            with pytest.raises(ExportError):
                ADAPTERS[name].read(content[:place])


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_only_the_last_line_end_may_be_missing(name: str) -> None:
    for content in OWN[name]:
        assert ADAPTERS[name].read(content.rstrip()) == ADAPTERS[name].read(content)


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_file_has_exactly_one_adapter(name: str) -> None:
    for content in OWN[name]:
        assert recognise(content, ADAPTERS) is ADAPTERS[name]
        assert recognise(content[: len(content) // 3], ADAPTERS) is ADAPTERS[name]


def test_two_adapters_that_recognise_one_file_are_refused() -> None:
    with pytest.raises(ExportError) as caught:
        recognise(OWN["session_json"][0], ADAPTERS | {"another": JSON})
    assert caught.value.code == "format-ambiguous"


class GuessesTheEnd(SessionJson):
    """Reads a cut file by closing it, as a too helpful parser would."""

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        try:
            return super().read(content)
        except ExportError:
            return super().read(content[: content.rfind(b'"channels"')].rstrip(b" \n,") + b"}")


class ForgetsPlaces(SessionJson):
    """Keeps a text, but says of no value where it stands."""

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        return tuple(bare(found) for found in super().read(content))


class Raises(SessionJson):
    """Lets an error of its parser through."""

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        content.decode()
        return super().read(content)


class Eager(SessionJson):
    """Recognises whatever begins with a brace."""

    def recognises(self, content: bytes) -> bool:
        return content[:1] == b"{"


class NamesAnotherPump(SessionJson):
    """Takes the last serial that it finds, which may be the catheter's."""

    def hint(self, content: bytes) -> Hint | None:
        found = content.rpartition(b'"serial": "')[2].partition(b'"')[0].decode("utf-8", "replace")
        return Hint(PumpIdentity("Invented Pumps", "IP-20", found))


@pytest.mark.parametrize(
    ("adapter", "check"),
    [
        (GuessesTheEnd(), conformance.never_reads_a_cut_file_as_whole),
        (ForgetsPlaces(), conformance.gives_every_value_text_and_place),
        (ForgetsPlaces(), conformance.keeps_digits),
        (Eager(), conformance.refuses_foreign_files),
        (NamesAnotherPump(), conformance.hints_without_raising),
    ],
)
def test_the_suite_finds_a_broken_promise(adapter: Adapter, check: conformance.Check) -> None:
    with pytest.raises(AssertionError):
        check(adapter, samples("session_json"))


def test_the_suite_finds_a_foreign_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        conformance.raises_only_export_errors(Raises(), samples("session_json"))
