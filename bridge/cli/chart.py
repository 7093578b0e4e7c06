"""`pumpbridge chart FILE…`: what a chart would say, on stdout, without a store and a configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bridge.chart.dialect import Version
from bridge.chart.resource import Resource
from bridge.cli.offline import BASE, charts, given
from bridge.cli.options import AsOfOption, ConfigOption, FhirOption, instant, verb, version_named
from bridge.cli.output import note
from bridge.cli.setting import offline_adapters
from bridge.errors import EXIT_DONE, EXIT_PARKED
from bridge.fhir_json import canonical
from fhir_profiles.checks import check

app = verb()


@app.command()
def chart(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The exports, of as many pumps as you like.")],
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One resource a line instead of one Bundle.")] = False,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA time zone, where an export states none.")
    ] = None,
    as_of: AsOfOption = None,
    fhir: FhirOption = "R4",
    config: ConfigOption = None,
) -> int:
    """Write the chart of some exports to stdout, as a Bundle or as NDJSON.

    No configuration is needed; ids are made with a fixed demonstration namespace and are nobody's.
    """
    version = version_named(fhir)
    made = charts(given(files, offline_adapters(config), zone), zone, instant(as_of), version)
    _write(made, ndjson)
    return _checked(made, version)


def _write(made: list[Resource], ndjson: bool) -> None:
    out = sys.stdout.buffer
    if ndjson:
        for resource in made:
            out.write(canonical(resource.body) + b"\n")
        return
    entries = [{"fullUrl": f"{BASE}/fhir/{one.reference}", "resource": one.body} for one in made]
    out.write(canonical({"resourceType": "Bundle", "type": "collection", "entry": entries}) + b"\n")


def _checked(made: list[Resource], fhir: Version) -> int:
    problems = [(one, problem) for one in made for problem in check(one.body, fhir)]
    for one, problem in problems:
        note(f"{one.reference} {problem.element}: {problem.rule}: {problem.message}")
    return EXIT_PARKED if problems else EXIT_DONE
