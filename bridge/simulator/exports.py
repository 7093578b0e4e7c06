"""Every format in which a document can be exported, by the name of the adapter that reads it.

Promises: the same document gives the same bytes; what a format has no place for is left out; every export says that it
is simulated. A PDF of the SynchroMed report needs fpdf2, which only a development environment has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from bridge.errors import UsageError
from bridge.simulator import inquiries, session_files, synchromed, worksheet
from bridge.simulator.kinds import KINDS
from bridge.simulator.stated import Json

PDF = "synchromed_pdf"


@dataclass(frozen=True, slots=True)
class Format:
    """How a document becomes bytes, and the ending of the file's name."""

    ending: str
    write: Callable[[Json], bytes]


def _pdf(body: Json) -> bytes:
    from bridge.simulator.paper import as_pdf

    return as_pdf(synchromed.report(body).decode())


FORMATS = {
    "session_json": Format("json", session_files.as_json),
    "session_csv": Format("csv", session_files.as_csv),
    "session_xml": Format("xml", session_files.as_xml),
    "synchromed_report": Format("txt", synchromed.report),
    PDF: Format("pdf", _pdf),
    "prometra_inquiry": Format("txt", inquiries.prometra),
    "medstream_report": Format("txt", inquiries.medstream),
    "constant_flow_sheet": Format("txt", worksheet.sheet),
}


def format_named(name: str, kind: str) -> Format:
    """The format of that name for a kind of pump; raises UsageError where there is none."""
    known = [*KINDS[kind].formats, *([PDF] if "synchromed_report" in KINDS[kind].formats else [])]
    if name not in known:
        remedy = f"use one of: {', '.join(known)}"
        raise UsageError(f"a {kind} has no export of that family", where=f"--family {name}", remedy=remedy)
    if name == PDF and find_spec("fpdf") is None:
        remedy = "install fpdf2, or use synchromed_report"
        raise UsageError("a PDF needs fpdf2, which is not installed", where=f"--family {name}", remedy=remedy)
    return FORMATS[name]
