"""`pumpbridge check`: would it run? Configuration, permissions, store, adapters, inbox, ports, destinations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridge import log
from bridge.cli.moved import said, switched_off
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import counted, document, line, table
from bridge.cli.remedies import remedy_for
from bridge.config import FhirDestination, Hl7v2Destination, find, load
from bridge.config.model import Mllp
from bridge.destinations.folder import Folder
from bridge.destinations.hl7v2 import Hl7v2Receiver
from bridge.errors import EXIT_DONE, BridgeError, ConfigError, DestinationError
from bridge.listening import port_of
from bridge.site import Site, open_site
from bridge.sources.inbox import Folders

app = verb()
USABLE = "usable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `code` is '' where it can be used, else `status` is the exit status that it means."""

    what: str
    says: str
    code: str = ""
    where: str = ""
    remedy: str = ""
    status: int = EXIT_DONE
    state: str = USABLE


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Check configuration, permissions, store, adapters and destinations.

    Destinations are asked, nothing is written to them. Status 3, 7 or 6 says what cannot be used first.
    """
    log.configure("error")
    file = find(config)
    with open_site(load(config)) as site:
        found = [Finding("configuration", str(file)), *_findings(site)]
        off = switched_off(site.audiences)
    status = next((one.status for one in found if one.code), EXIT_DONE)
    if as_json:
        document({"checks": found, "status": status, "findings_off": off})
        return status
    rows = [(one.what, one.code or one.state, one.says, one.where, one.remedy) for one in found]
    styles = ["red" if one.code or (one.state != USABLE and off) else "" for one in found]
    table(("what", "state", "says", "where", "remedy"), rows, styles=styles)
    line(f"the configuration can{'' if status == EXIT_DONE else 'not'} be used as it is")
    return status


def _findings(site: Site) -> Iterator[Finding]:
    for words in said(site.audiences):
        yield Finding("findings", words, where=str(site.config.findings.file), state="moved")
    yield _tried("namespaces", lambda: ", ".join(namespace.prefix for namespace in site.namespaces))
    yield _tried("store", lambda: _store(site))
    yield _tried("adapters", lambda: ", ".join(sorted(site.adapters)))
    if site.config.inbox is not None:
        yield _tried("inbox", lambda: _inbox(site))
    for port in site.config.mllp:
        yield _tried(f"port {port.name}", partial(_port, port))
    for serial in site.config.serial:
        yield Finding(
            f"serial {serial.name}", f"{serial.port}, every {serial.every_minutes:g} min; it is not asked now"
        )
    for settings in site.config.destinations:
        yield _tried(f"destination {settings.name}", _asker(site, settings.name))


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except BridgeError as error:
        remedy = error.remedy or remedy_for(error.code)
        return Finding(what, error.message, error.code, error.where, remedy, error.exit_status)


def _store(site: Site) -> str:
    with suppress(ConfigError):  # what is wrong with a destination stands in its own row
        site.register()
    return f"{site.config.store.path}: {counted(site.store.course_count(), 'course')}"


def _inbox(site: Site) -> str:
    inbox = site.config.inbox
    assert inbox is not None, "asked only with one"
    Folders(inbox.path, inbox.done, inbox.quarantine).prepare()
    return f"{inbox.path}, every {inbox.poll_seconds} s"


def _port(settings: Mllp) -> str:
    """Whether its TLS can be used. It is not listened at: a daemon that runs already has it."""
    tls = port_of(settings).tls()
    return f"{settings.host}:{settings.port}, {'no TLS' if tls is None else 'TLS'}"


def _asker(site: Site, name: str) -> Callable[[], str]:
    def ask() -> str:
        settings = site.config.destination_named(name)
        try:
            destination = site.destination(name)
            can = destination.capabilities()
        except DestinationError as error:
            if isinstance(settings, FhirDestination) and error.code == "destination-token":
                error.where = str(settings.token_file)
            raise
        if isinstance(settings, FhirDestination):
            said = f"{settings.mode}, {settings.environment}, {can.software} {can.version}".rstrip()
            return "; ".join([said, *_learnt(site, name)])
        if isinstance(settings, Hl7v2Destination):
            assert isinstance(destination, Hl7v2Receiver), "as it is configured"
            destination.reach()
            return f"{settings.mode}, {settings.environment}, {settings.place}"
        if isinstance(destination, Folder):
            destination.need_held()
        _need_writable(Path(settings.path))
        departures = map(str, site.capability(name).departures)
        return "; ".join([f"{settings.mode}, {settings.environment}, {settings.place}", *departures])

    return ask


def _learnt(site: Site, name: str) -> Iterator[str]:
    """What of a chart the server is not sent as it is, read anew unless a file says it."""
    before = site.place(name).mapping
    settings = site.config.destination_named(name)
    asked = isinstance(settings, FhirDestination) and settings.capabilities is None
    is_new = asked and not site.store.taken(name)
    place = site.learnt(name) if asked else site.place(name)
    yield from map(str, place.capability.departures)
    if place.mapping != before and not is_new:
        yield "this has changed: its charts are planned anew, and wait for `pumpbridge apply --accept-mapping`"


def _need_writable(folder: Path) -> None:
    nearest = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise DestinationError(
            "the folder cannot be written", where=str(folder), code="folder-unwritable",
            remedy="let the user who runs pumpbridge write it",
        )  # fmt: skip
