"""`pumpbridge assign EXPORT PATIENT`: a person declares whose export it is, whatever it states."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.accept import patient_key
from bridge.cli.decision import say
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, decided_by, verb
from bridge.cli.setting import export_named, patient_named, site_of, system_named

app = verb()


@app.command()
def assign(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="Its SHA-256 or the start of it, or its file.")],
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's identifier.")],
    system: Annotated[
        str | None, typer.Option(metavar="LABEL|URI", help="Who assigned it; else the site's key system.")
    ] = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare whose export it is.

    What was charted for the wrong patient is retracted, and written for the right one under new ids.
    """
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        sha256, assigner = export_named(site.store, export), system_named(site.config, system)
        person = patient_key(patient_named(patient), assigner, site.config.site.key_system)
        number = site.store.assign(sha256, person, assigner, who, why, site.clock.now())
        say(site, number, f"export {sha256[:12]} is patient {patient}'s", as_json)
