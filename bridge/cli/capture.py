"""`pumpbridge capture PORT`: one reading of a programmer over its line, read only, into a file, the store, or both."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.accept import Receipt, accept, settings_of
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import counted, document, line, note, progress
from bridge.cli.setting import site_of
from bridge.clock import SystemClock
from bridge.daemon import Signals
from bridge.errors import EXIT_DONE, EXIT_QUARANTINED, UsageError
from bridge.site import Site
from bridge.sources.serial_line import BAUD, kind_of, opened
from bridge.sources.serial_port import Captured, Patience, capture
from bridge.store.protocol import NewExport
from bridge.wire.programmer.responses import Identity
from bridge.wire.programmer.tables import SECTIONS

app = verb()
SOURCE = "capture"
NAME = "capture.txt"
PERCENT = 100


@app.command("capture")
def capture_(
    port: Annotated[
        str,
        typer.Argument(metavar="PORT", help="/dev/ttyUSB0 and the like, socket://HOST:PORT or rfc2217://HOST:PORT."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the transcript there; a file is never replaced.")
    ] = None,
    into_store: Annotated[bool, typer.Option("--import", help="Accept the capture into the store.")] = False,
    source: Annotated[str, typer.Option(metavar="NAME", help="With --import: its source, for `status`.")] = SOURCE,
    baud: Annotated[int, typer.Option(min=300, max=4_000_000, help="The speed of a serial port.")] = BAUD,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Give up after so long.")] = Patience().total,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Capture what a programmer holds, over its serial line; nothing is changed there.

    The capture is whole and of one pump, or it is refused with what was missing: status 9, as for a port that cannot be
    opened or does not answer. What came is then in the file of --out all the same, to be looked at; it cannot be
    imported. With --import, status 4: the capture is in quarantine.
    """
    if out is None and not into_store:
        raise UsageError("nothing would be kept", where="--out", remedy="add --out FILE, --import, or both")
    kind_of(port)
    if not into_store:
        found, took = _captured(port, out, baud, seconds)
        return _told(port, found, took, out, None, as_json)
    with site_of(config) as site:
        found, took = _captured(port, out, baud, seconds)
        return _told(port, found, took, out, _accepted(site, found, source), as_json)


def _captured(name: str, out: Path | None, baud: int, seconds: float) -> tuple[Captured, float]:
    """The whole capture, and how long it took; raises PortError, after writing what came."""
    file = None if out is None else _new(out)
    began = time.monotonic()
    try:
        found = _asked(name, baud, seconds)
    except BaseException:
        if out is not None and file is not None:
            os.close(file)
            out.unlink()
        raise
    if file is not None:
        _write(file, found.transcript)
    if found.error is not None:
        if out is not None:
            note(f"what came is in {out}, to be looked at; it cannot be imported")
        raise found.error
    return found, time.monotonic() - began


def _asked(name: str, baud: int, seconds: float) -> Captured:
    with Signals() as signals, progress("capturing", PERCENT) as advance, opened(name, baud) as port:
        patience = Patience(total=seconds)
        return capture(port, SystemClock(), patience, on_progress=_Bar(advance).reach, stop=signals.stopped)


class _Bar:
    """A progress bar that is told a share, and never goes back."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance, self._reached = advance, 0

    def reach(self, share: float) -> None:
        """This share is done."""
        percent = int(share * PERCENT)
        if percent > self._reached:
            self._advance(percent - self._reached)
            self._reached = percent


def _new(out: Path) -> int:
    """The file to write, which was not there before; raises UsageError, before anything is asked at the port."""
    try:
        return os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        message, code, remedy = "the file is there already", "file-exists", "name another: a capture is written once"
    except OSError as error:
        message, code = f"the file cannot be written: {error.strerror}", "file-unwritable"
        remedy = "name one in a folder that you can write"
    raise UsageError(message, where=str(out), code=code, remedy=remedy)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _accepted(site: Site, found: Captured, source: str) -> Receipt:
    sha256 = hashlib.sha256(found.transcript).hexdigest()
    export = NewExport(sha256, found.transcript, NAME, source, site.clock.now())
    return accept(export, site.adapters, site.store, settings_of(site.config))


def _told(port: str, found: Captured, took: float, out: Path | None, receipt: Receipt | None, as_json: bool) -> int:
    assert found.identity is not None, "a whole capture has one"
    status = EXIT_QUARANTINED if receipt is not None and receipt.code else EXIT_DONE
    if as_json:
        document(_facts(port, found, took, out, receipt))
        return status
    pump = _pump(found.identity)
    line(f"pump {pump['manufacturer']} {pump['model']} {pump['serial']}")
    sections = counted(len(_sections(found.identity)), "section")
    line(f"{sections}, {counted(found.identity.events, 'event')}, {len(found.transcript)} bytes in {took:.1f} s")
    if out is not None:
        line(f"written to {out}")
    if receipt is not None:
        line(f"{receipt.outcome}" + (f" ({receipt.code}): {receipt.remedy}" if receipt.code else ""))
    return status


def _facts(port: str, found: Captured, took: float, out: Path | None, receipt: Receipt | None) -> dict[str, Any]:
    assert found.identity is not None, "a whole capture has one"
    facts: dict[str, Any] = {
        "port": port,
        "pump": _pump(found.identity),
        "sections": _sections(found.identity),
        "events": found.identity.events,
        "bytes": len(found.transcript),
        "sha256": hashlib.sha256(found.transcript).hexdigest(),
        "seconds": round(took, 3),
        "file": None if out is None else str(out),
    }
    if receipt is not None:
        left = {"outcome": receipt.outcome, "code": receipt.code, "where": receipt.where, "remedy": receipt.remedy}
        facts["import"] = left
    return facts


def _sections(identity: Identity) -> list[str]:
    return [section.name for section in SECTIONS if identity.sections >> section.code & 1]


def _pump(identity: Identity) -> dict[str, str]:
    """Manufacturer, model and serial as IDENTITY states them; what is not stated is ''."""
    rows = [raw.decode("utf-8", "replace").rstrip("\n").split("\t") for raw in identity.lines]
    stated = {row[0]: row[1] for row in rows if len(row) == 2}
    return {name: stated.get(name, "") for name in ("manufacturer", "model", "serial")}
