"""`pumpbridge link PUMP PATIENT`: a person declares whose pump it is, for exports that name no patient."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.accept import patient_key
from bridge.cli.decision import say
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, decided_by, verb
from bridge.cli.setting import patient_named, pump_named, site_of, system_named

app = verb()


@app.command()
def link(
    pump: Annotated[
        str, typer.Argument(metavar="PUMP", help="MANUFACTURER|MODEL|SERIAL, or a serial that only one pump has.")
    ],
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's identifier.")],
    system: Annotated[
        str | None, typer.Option(metavar="LABEL|URI", help="Who assigned it; else the site's key system.")
    ] = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare whose pump it is, for exports that name no patient.

    Where exports of one pump name two patients, it also says which of them goes on.
    """
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        identity, assigner = pump_named(site.store, pump), system_named(site.config, system)
        person = patient_key(patient_named(patient), assigner, site.config.site.key_system)
        number = site.store.link(identity, person, assigner, who, why, site.clock.now())
        say(
            site,
            number,
            f"pump {identity.manufacturer} {identity.model} {identity.serial} is patient {patient}'s",
            as_json,
        )
