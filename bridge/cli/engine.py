"""What the official validator engine says of resources, where it is at hand; else, plainly, that it was not asked.

It is at hand where it was built beside the program, or where `--engine` says. Asked for by name (`--engine`,
`--profile`) and not to be had, it is an error; otherwise the report says that it did not run and how to get it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from bridge.cli.conformance import Verdict, show, verdicts
from bridge.cli.faults import Fault, name_of, profile_named, short
from bridge.cli.files import existing
from bridge.cli.output import counted, line, note, progress
from bridge.errors import UsageError
from bridge.fhir_json import Json, canonical
from fhir_profiles.engine.process import OURS, Engine, EngineFailed, EngineUnavailable, Profile, running
from fhir_profiles.versions import Version

NONE = "none"


@dataclass(slots=True)
class Official:
    """Whether the engine ran, which one, and what it was given; else why not and how to get it."""

    ran: bool
    engine: str = ""
    fhir: str = ""
    definitions: int = 0
    refused: list[str] = field(default_factory=list)
    reason: str = ""
    remedy: str = ""
    verdicts: list[Verdict] = field(default_factory=list)


def opinion(
    bodies: Sequence[tuple[str, Json]], home: str | None, brought: Sequence[Path], version: Version = "R4"
) -> tuple[Official, list[Fault]]:
    """The engine's opinion of resources (each with its file); raises UsageError where what is asked is not to be had.

    Each resource must meet our profile of its kind. A profile named as a file is one that each resource of its type
    must meet; of a folder or package it is told which profiles are met.
    """
    if home == NONE:
        return _unasked(brought)
    try:
        with running(Path(home) if home else None, version, [OURS, *map(existing, brought)]) as engine:
            return _asked(engine, bodies, brought)
    except EngineUnavailable as missing:
        if home or brought:
            raise UsageError(
                f"the validator engine is not to be had: {missing.reason}", where="--engine", remedy=missing.remedy
            ) from None
        return Official(False, reason=missing.reason, remedy=missing.remedy), []
    except EngineFailed as failed:
        raise UsageError(str(failed), where="--engine", remedy="build the engine again, or add --engine none") from None


def _unasked(brought: Sequence[Path]) -> tuple[Official, list[Fault]]:
    if brought:
        raise UsageError(
            "a profile can be checked by the validator engine only", where="--profile", remedy="leave --engine none out"
        )
    return Official(False, reason="it was told not to", remedy="leave --engine none out"), []


def _asked(engine: Engine, bodies: Sequence[tuple[str, Json]], brought: Sequence[Path]) -> tuple[Official, list[Fault]]:
    files = {str(path) for path in brought if path.is_file()}
    loaded = engine.loaded
    if useless := [f"{file}: {reason}" for file, reason in loaded.refused if file in files]:
        raise UsageError("this cannot be checked against", where=useless[0], remedy="name a StructureDefinition")
    ours = [one for one in loaded.profiles if Path(one.file).parent == OURS]
    held = [one for one in loaded.profiles if one.file in files]
    others = [one for one in loaded.profiles if one not in ours and one not in held]
    refused = [f"{file}: {reason}" for file, reason in loaded.refused if Path(file).parent != OURS]  # ours are R4's
    if brought and not held and not others:
        _nothing_brought(brought, refused)
    faults = _faults(engine, bodies, {one.url for one in ours}, held)
    found = verdicts(engine, [(kind_of(body), body) for _, body in bodies], others)
    return Official(True, loaded.engine, loaded.fhir, loaded.definitions, refused, verdicts=found), faults


def _nothing_brought(brought: Sequence[Path], refused: Sequence[str]) -> None:
    """Refuse to check against nothing: a report without errors would say that it was checked. Raises UsageError."""
    raise UsageError(
        "there is no profile in this beside ours, and ours are asked about anyway",
        where="; ".join(refused) or ", ".join(map(str, brought)),
        remedy="name a StructureDefinition, a folder of them, or a package",
    )


def kind_of(body: Json) -> str:
    """What a resource is: our profile's name, else its type."""
    return short(profile_named(body)) or str(body.get("resourceType"))


def _faults(engine: Engine, bodies: Sequence[tuple[str, Json]], ours: Set[str], held: Sequence[Profile]) -> list[Fault]:
    """What it says of each resource, information left out."""
    questions: list[tuple[str, list[str]]] = []
    for _, body in bodies:
        others = [one.url for one in held if one.type == body.get("resourceType")]
        questions.append((canonical(body).decode(), [*({profile_named(body)} & ours), *others]))
    faults: list[Fault] = []
    with progress("asking the engine", len(bodies)) as advance:
        for (file, body), issues in zip(bodies, engine.judge(questions), strict=True):
            for one in issues:
                severity = "error" if one.is_error else one.severity
                if severity != "information":
                    held_to = profile_named(body) if profile_named(body) in ours else ""  # in R5: to none of ours
                    told = one.name, one.element, one.message, short(held_to)
                    faults.append(Fault(file, name_of(body), "engine", severity, *told))
            advance(1)
    return faults


def tell(said: Official) -> None:
    """Print which engine was asked, or that none was, and the profiles that are met."""
    if not said.ran:
        line(f"engine: not run: {said.reason}", "bold")
        line(f"  to run it: {said.remedy}")
        return
    more = f", {counted(said.definitions, 'definition')} beside the standard's" if said.definitions else ""
    line(f"engine: {said.engine} (FHIR {said.fhir}{more})", "bold")
    for refused in said.refused:
        note(f"not used: {refused}")
    if said.verdicts:
        show(said.verdicts)
