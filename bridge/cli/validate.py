"""`pumpbridge validate FILE…`: our rules on exports and FHIR JSON, and a server's opinion where one is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.adapter import Adapter
from bridge.cli.engine import Official, tell
from bridge.cli.engine import opinion as official_opinion
from bridge.cli.faults import Checked, Fault, name_of, profile_named, short, show
from bridge.cli.files import content_of, existing
from bridge.cli.offline import charts, given
from bridge.cli.options import AsOfOption, ConfigOption, FhirOption, JsonOption, instant, verb, version_named
from bridge.cli.output import counted, document, line, problem, progress
from bridge.cli.second_opinion import remarks
from bridge.cli.server import Opinion, Server
from bridge.cli.setting import offline_adapters
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_QUARANTINED, BridgeError, ExportError
from bridge.fhir_json import Json, read
from bridge.wire import er7
from fhir_profiles.checks import check, check_bundle
from fhir_profiles.structure import Structure
from fhir_profiles.versions import Version

app = verb()


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Exports, or FHIR JSON, or NDJSON of it.")],
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="Also ask this FHIR server, and what it can take.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA time zone, where an export states none.")
    ] = None,
    profile: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE|DIR|TGZ", help="A profile to hold resources to; or many, to be told which are met."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option("--engine", metavar="DIR", help="The official validator engine, where it was built; or `none`."),
    ] = None,
    as_of: AsOfOption = None,
    fhir: FhirOption = "R4",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check exports or FHIR JSON by our rules, by the official engine where it is built, and by a server's.

    An export is charted first, and its chart is checked; an HL7 message also by hl7apy, another reader.
    A profile in a file must be met; of those in a folder or package, a table says which are met.
    Status 4: a file cannot be read; 5: a rule is broken.
    """
    adapters, version = offline_adapters(config), version_named(fhir)
    at, asked = instant(as_of), Server(server, version) if server else None
    checked, faults = list[Checked](), list[Fault]()
    found: list[tuple[str, Json]] = []
    for file in [existing(file) for file in files]:
        try:
            kind, bodies = _bodies(file, adapters, zone, at, version)
        except ExportError as error:
            checked.append(Checked(str(file), "unreadable", 0, error.code, error.message, error.where))
            continue
        checked.append(Checked(str(file), kind, len(bodies)))
        found += [(str(file), body) for body in bodies]
        faults += [*_faults(str(file), bodies, asked, version), *_second(file)]
    official, more = official_opinion(found, engine, profile or (), version)
    faults += more
    opinion = asked.opinion({str(body.get("resourceType")) for _, body in found}) if asked else None
    _tell(checked, faults, official, opinion, as_json)
    return _status(checked, faults, opinion)


def _bodies(
    file: Path, adapters: dict[str, Adapter], zone: str | None, at: datetime | None, fhir: Version
) -> tuple[str, list[Json]]:
    """What the file is, and its resources; an export's are those of its chart."""
    content = content_of(file)
    found = _fhir(content)
    if found is not None:
        return "FHIR JSON", found
    return "export", [resource.body for resource in charts(given([file], adapters, zone), zone, at, fhir)]


def _second(file: Path) -> Iterator[Fault]:
    """What another reader says of an HL7 message."""
    content = content_of(file)
    if er7.recognises(content):
        for said in remarks(content):
            yield Fault(str(file), "message", "hl7apy", said.severity, said.rule, said.element, said.message)


def _fhir(content: bytes) -> list[Json] | None:
    """The resources in FHIR JSON (one, a Bundle, or one a line), or None where it is none."""
    for texts in ([content], content.splitlines()):
        try:
            read_as = [read(text) for text in texts if text.strip()]
        except BridgeError:
            continue
        if read_as and all(isinstance(one, dict) and "resourceType" in one for one in read_as):
            return [body for one in read_as for body in _unbundled(one)]
    return None


def _unbundled(body: Json) -> Iterator[Json]:
    if body.get("resourceType") != "Bundle":
        yield body
        return
    entries = body.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def _faults(file: str, bodies: Sequence[Json], server: Server | None, fhir: Version) -> list[Fault]:
    structure = Structure(always=True)
    faults: list[Fault] = []
    with progress("checking", len(bodies)) as advance:
        for body in bodies:
            name, profile = name_of(body), short(profile_named(body, fhir))
            for found in (*check(body, fhir), *structure.check(body, fhir)):
                faults.append(
                    Fault(file, name, "pumpbridge", "error", found.rule, found.element, found.message, profile)
                )
            for issue in server.validate(body) if server else ():
                faults.append(Fault(file, name, "server", issue.severity, issue.code, issue.element, issue.message))
            advance(1)
    entries = [{"fullUrl": f"urn:{n}", "request": {}, "resource": body} for n, body in enumerate(bodies)]
    for found in check_bundle(entries):
        faults.append(Fault(file, found.element, "pumpbridge", "error", found.rule, "", found.message))
    return faults


def _tell(
    checked: list[Checked], faults: list[Fault], official: Official, opinion: Opinion | None, as_json: bool
) -> None:
    if as_json:
        facts: dict[str, Any] = {"files": checked, "faults": faults, "engine": official}
        document({**facts, "server": asdict(opinion)} if opinion else facts)
        return
    for one in checked:
        if one.code:
            problem(ExportError(one.message, where=one.where or one.file, code=one.code))
    if faults:
        show(faults)
    tell(official)
    if opinion:
        _show_opinion(opinion)
    errors = sum(fault.severity == "error" for fault in faults)
    line(
        f"{counted(len(checked), 'file')}, {counted(sum(one.resources for one in checked), 'resource')}: "
        f"{counted(errors, 'error')}, {counted(len(faults) - errors, 'warning')}; "
        f"{counted(sum(bool(one.code) for one in checked), 'file')} not readable"
    )


def _show_opinion(opinion: Opinion) -> None:
    line(f"server: {opinion.software} {opinion.version}".rstrip(), "bold")
    for name in ("transactions", "client_ids", "if_match", "conditional"):
        line(f"  {name.replace('_', ' ') + ':':14} {'yes' if getattr(opinion, name) else 'no'}")
    missing = ", ".join(opinion.missing)
    line(f"  it {'cannot take: ' + missing if missing else 'can take every type that is sent'}")
    for departure in opinion.departures:
        line(f"    a chart there: {departure}")


def _status(checked: list[Checked], faults: list[Fault], opinion: Opinion | None) -> int:
    if any(one.code for one in checked):
        return EXIT_QUARANTINED
    broken = any(fault.severity == "error" for fault in faults)
    return EXIT_PARKED if broken or (opinion is not None and opinion.missing) else EXIT_DONE
