"""`pumpbridge rehearse URL`: the whole job once at a test server, with a simulated pump, before a first real write."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from bridge import log
from bridge.cli.kept_report import check_places, keep_report
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import counted, document, line, note, problem, progress, table
from bridge.config import Config, find, load
from bridge.errors import ConfigError, DestinationError

if TYPE_CHECKING:
    from bridge.rehearsal.outcome import Rehearsal
    from bridge.rehearsal.step import Step
    from bridge.rehearsal.target import Target

app = verb()
STYLES = {"passed": "", "noted": "", "failed": "red", "cannot tell": "yellow", "not supported": "yellow"}
UrlArgument = Annotated[
    str | None, typer.Argument(metavar="URL", help="The base address of a FHIR R4 test server.", show_default=False)
]
ReportOption = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Also write the report as JUnit XML.")
]
TestReportOption = Annotated[
    Path | None, typer.Option("--testreport", metavar="FILE", help="Also write it as a FHIR R4 TestReport.")
]


@app.command()
def rehearse(
    url: UrlArgument = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="A configured test destination, instead of URL.")
    ] = None,
    test_server: Annotated[
        bool, typer.Option("--test-server", help="Your word that no real patient is charted at URL.")
    ] = False,
    patient: Annotated[
        str, typer.Option("--patient", metavar="SYSTEM|VALUE", help="A test patient there; else one is created.")
    ] = "",
    token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="A file with a bearer token.")] = None,
    insecure_http: Annotated[
        bool, typer.Option("--insecure-http", help="Allows http to another host: anyone between can read and change.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave there what was written, to be looked at.")] = False,
    at_most: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, max=3600, help="How long it may take; cleaning up comes after.")
    ] = 600,
    junit: ReportOption = None,
    testreport: TestReportOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Rehearse at a FHIR test server: chart a simulated pump, read it back, clean up.

    Between reading back and cleaning up, probes note what this server does where servers differ.
    A production destination is refused, whatever is typed; any other address needs --test-server, or a configured
    destination with environment = "test". Status 5: something that the bridge needs did not pass; 6: no answer.
    """
    from bridge.rehearsal import report
    from bridge.rehearsal.target import Typed, target_of

    log.configure("error")
    typed = Typed(url, to, test_server, token_file, insecure_http, patient)
    target = target_of(typed, _configuration(config))
    check_places(junit, testreport)
    found = _rehearsed(target, at_most, keep)
    try:
        keep_report(junit, lambda: report.junit(found))
        keep_report(testreport, lambda: report.test_report(found))
    finally:  # what stays at the server is told whatever becomes of the files
        _tell(found, as_json)
    return found.status


def _configuration(named: Path | None) -> Config | None:
    """The configuration, which knows what is production; None where there is none. Raises ConfigError."""
    try:
        return load(find(named))
    except ConfigError as error:
        if error.code == "config-missing" and not error.where:  # nobody has named one
            return None
        raise


def _rehearsed(target: Target, at_most: int, keep: bool) -> Rehearsal:
    from bridge.rehearsal.rehearse import QUESTIONS
    from bridge.rehearsal.rehearse import rehearse as rehearsed

    with _told_to_stop(), progress("rehearsing", len(QUESTIONS)) as advance:

        def tell(step: Step) -> None:
            advance(1)

        return rehearsed(target, at_most=at_most, keep=keep, tell=tell, begun=_begun)


def _begun(namespace: str) -> None:
    note(f"everything that is written there is simulated and named under {namespace}")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """SIGTERM stops it as Ctrl-C does: it cleans up."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(found: Rehearsal, as_json: bool) -> None:
    from bridge.rehearsal.report import document as facts

    if as_json:
        document(facts(found))
    elif found.no_answer is None:
        _show(found)
    if found.no_answer is not None:
        _say_no_answer(found.url, found.no_answer)


def _say_no_answer(url: str, error: DestinationError) -> None:
    """Where no step was done a table tells nothing: say what is wrong, once."""
    from bridge.rehearsal.step import NO_ANSWER

    remedy = "see that a FHIR server answers there in time, then run it again" if error.code == NO_ANSWER else ""
    problem(DestinationError(error.message, where=url, code=error.code, remedy=error.remedy or remedy))


# --- for people ------------------------------------------------------------------------------------------------------


def _show(found: Rehearsal) -> None:
    from bridge.rehearsal.report import PARTS

    for name, words in _head(found):
        line(f"{name + ':':12} {words}")
    for part, title in PARTS.items():
        steps = found.of(part)  # type: ignore[arg-type]
        if steps:
            line()
            _table(title, steps)
    line()
    _left(found)
    _verdict(found)
    _signature()


def _head(found: Rehearsal) -> Iterator[tuple[str, str]]:
    yield "Rehearsal", found.url
    yield "Server", f"{found.software} {found.software_version}".strip() or "NOT RECORDED"
    yield "Test server", f"by {found.said_by}"
    yield "Bridge", f"pumpbridge {found.bridge}"
    yield "Date", f"{found.begun:%Y-%m-%d %H:%M:%S}Z, {found.seconds:.1f} s"
    yield "Namespace", found.namespace
    yield "Patient", found.patient


def _table(title: str, steps: Sequence[Step]) -> None:
    rows = [
        (step.title, "yes" if step.needed else "", step.result, f"{step.seconds:.2f} s", step.saw) for step in steps
    ]
    styles = [STYLES[step.result] for step in steps]
    table(("step", "needed", "result", "time", "what was seen"), rows, title=title, styles=styles)


def _left(found: Rehearsal) -> None:
    from bridge.rehearsal.cleaning import NOT_TOLD

    if not found.left:
        line("Nothing of the rehearsal stays at the server.")
        return
    table(("stays at the server", "how"), [(one.reference, one.how) for one in found.left])
    stay = "stays" if len(found.left) == 1 else "stay"
    perhaps = ", or may" if any(one.how == NOT_TOLD for one in found.left) else ""
    line(f"{counted(len(found.left), 'resource')} of the rehearsal {stay} there{perhaps}.")


def _verdict(found: Rehearsal) -> None:
    needed = sum(step.needed for step in found.steps)
    ended = "could not reach the server" if found.unreachable else found.verdict
    stopped = f", {found.stopped}" if found.stopped else ""
    counts = f"{needed - len(found.missed)} of {needed} needed steps passed"
    line(f"The rehearsal {ended}: {counts}{stopped}.", "" if found.verdict == "passed" else "red")
    for step in found.missed:
        line(f"  {step.name}: {step.result}")


def _signature() -> None:
    line()
    for name in ("Name and role", "Date", "Signature"):
        line(f"{name + ':':15} ______________________________________")
