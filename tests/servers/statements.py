"""A small server that can do what a shipped CapabilityStatement says, and no more."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bridge.fhir_json import Json, canonical, read
from tests.servers.faulty import FaultyServer, running_faulty

FOLDER = Path(__file__).parents[2] / "fixtures" / "capabilities"
NAMES = ("like-epic-r4", "like-oracle-millennium-r4", "like-oracle-ddfs-r4")
ALWAYS = ("Patient", "Encounter", "Location", "Practitioner")


def path_of(name: str) -> Path:
    """The file of a statement."""
    return FOLDER / f"{name}.json"


def running_like(name: str, **more: Any) -> AbstractContextManager[FaultyServer]:
    """A server like the one that a shipped statement describes; it answers /metadata with that statement."""
    statement = read(path_of(name).read_bytes())
    (rest,) = statement["rest"]
    rows = {row["type"]: {one["code"] for one in row["interaction"]} for row in rest["resource"]}
    first = rest["resource"][0]
    system = {one["code"] for one in rest.get("interaction", ())}
    return running_faulty(
        types=tuple(rows), statement=statement, checks_references=True,
        read_only=tuple(kind for kind, codes in rows.items() if not codes & {"create", "update"}),
        create_only=tuple(kind for kind, codes in rows.items() if "create" in codes and "update" not in codes),
        transactions="transaction" in system, batches="batch" in system,
        update_create=first["updateCreate"], conditional_create=first["conditionalCreate"],
        conditional_update=first["conditionalUpdate"], **more,
    )  # fmt: skip


def with_updates(server: FaultyServer) -> Json:
    """The server's statement, with an update of every type that it names."""
    statement = read(canonical(server.memory.can.statement))
    for row in statement["rest"][0]["resource"]:
        row["interaction"] = [{"code": code} for code in ("read", "search-type", "create", "update")]
    found: Json = statement
    return found
