"""The valid examples of the guide, drawn from charts of our own: for each profile as few as show every element of it.

`python -m tests.profiles.drawn` draws them anew, and writes the invalid ones, which are the valid ones broken in one
place each (tests/profiles/spoilt.py). A person reads the difference before it is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bridge.chart.capability import decided
from bridge.chart.commons import write_commons
from bridge.chart.plan_notes import amendment_note, provenance
from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.chart.write import write
from bridge.course.shared import HOSPITAL_PUMP
from bridge.fhir_json import Json, canonical, read
from bridge.identity import shared_key
from fhir_profiles.claims import CANONICAL, profile_of
from tests.chart.cases import CASES
from tests.chart.given import BINDING, PROGRAMMER
from tests.chart.test_beside_the_chart import PLAN

FOLDER = Path(__file__).resolve().parents[2] / "fhir_profiles" / "examples"
VALID, INVALID, INDEX = FOLDER / "valid", FOLDER / "invalid", FOLDER / "index.json"
_FEW = frozenset(("Observation", "DocumentReference", "Procedure", "Device"))
TELLING, OBSERVING = decided(_FEW | {"Communication"}, _FEW | {"Communication"}), decided(_FEW - {"Procedure"}, _FEW)
_WARD_PUMP = shared_key(HOSPITAL_PUMP, "Invented Pumps", "WP-2", "W000112", "70050 0000ABCDEF012345")
_RETRACTED = ("session-report", "pump-delivery", "pump-summary", "delivery-told")  # shown as entered in error too
_VARYING = frozenset(("status", "intent", "severity"))


def charts() -> Iterator[Json]:
    """Every resource that examples are drawn from, in a fixed order."""
    for case in CASES.values():
        yield from (resource.body for resource in write(*case()))
    for case in CASES.values():
        course, binding = case()
        for plan in (TELLING, OBSERVING):
            told = write(course, dataclasses.replace(binding, capability=plan))
            yield from (one.body for one in told if str(profile_of(one.body)).endswith("-told"))
    yield from (resource.body for resource in write_commons([PROGRAMMER, _WARD_PUMP], BINDING, "1.0.0"))
    yield provenance(PLAN, BINDING, "1.0.0").body
    note = amendment_note(
        PLAN, BINDING, said="baclofen 400.00 micrograms/day ran.", since="2025-06-18T09:00:00.000+01:00",
        taken_back=PLAN.targets, because="The report was another patient's.",
    )  # fmt: skip
    yield note.body


def drawn() -> dict[str, Json]:
    """The examples by name: of each profile those that show an element, a status or a code which none before shows."""
    found: dict[str, Json] = {}
    seen: dict[str, set[str]] = {}
    for body in sorted(charts(), key=lambda one: -len(set(_shown(one)))):
        profile = name_of(body)
        told = set(_shown(body)) - seen.setdefault(profile, set())
        if told:
            seen[profile] |= told
            found[_free(found, f"{profile}-{_word(body, profile)}")] = body
    for profile in _RETRACTED:
        body = next(one for name, one in found.items() if name_of(one) == profile)
        assert body["resourceType"] in RETRACTABLE
        found[f"{profile}-entered-in-error"] = retracted(body)
    return found


def name_of(body: Json) -> str:
    """The id of the profile that a resource claims."""
    return str(profile_of(body)).removeprefix(f"{CANONICAL}/StructureDefinition/")


def _shown(value: Any, place: str = "") -> Iterator[str]:
    """What a resource shows: its elements, by extension where it is one; statuses and its own codes by their value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _shown(item, f"{place}.{item_name(value, name)}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _shown(item, place)
    elif place.rpartition(".")[2] in _VARYING or place in (".code.coding.code", ".type.coding.code"):
        yield f"{place}={value}"
    else:
        yield place


def item_name(value: Json, name: str) -> str:
    """The name of a member; of an extension the end of its url too."""
    return f"{name}({value['url'].rpartition('/')[2]})" if "url" in value and name.startswith("value") else name


def _word(body: Json, profile: str) -> str:
    """What tells an example from its like: its own code, else its status."""
    concept = body.get("type") or body.get("code") or {}
    codes = [one["code"] for one in concept.get("coding", ()) if one["system"].startswith(CANONICAL)]
    other = [code for code in codes if code != profile]
    return other[0] if other else str(body.get("status", "example"))


def _free(found: Iterable[str], name: str) -> str:
    names = set(found)
    return name if name not in names else next(n for i in range(2, 100) if (n := f"{name}-{i}") not in names)


def valid() -> dict[str, Json]:
    """The examples as they are kept, by name."""
    return {file.stem: read(file.read_bytes()) for file in sorted(VALID.glob("*.json"))}


def write_all(folder: Path, bodies: dict[str, Json]) -> None:
    """Exactly these files."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.json"):
        file.unlink()
    for name, body in bodies.items():
        (folder / f"{name}.json").write_bytes(canonical(body) + b"\n")


def main() -> None:
    """Draw the valid ones, break them, and say in the index what is broken where."""
    from tests.profiles.spoilt import index, spoilt

    write_all(VALID, drawn())
    write_all(INVALID, spoilt())
    INDEX.write_bytes(index())


if __name__ == "__main__":
    main()
