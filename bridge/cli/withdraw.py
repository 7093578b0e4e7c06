"""`pumpbridge withdraw EXPORT`: a person declares that an export must not count."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.decision import say
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, decided_by, verb
from bridge.cli.setting import export_named, site_of

app = verb()


@app.command()
def withdraw(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="Its SHA-256 or the start of it, or its file.")],
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare that an export must not count.

    What the charts say because of it is retracted by the plans that follow.
    """
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        sha256 = export_named(site.store, export)
        number = site.store.withdraw(sha256, who, why, site.clock.now())
        say(site, number, f"export {sha256[:12]} is withdrawn", as_json)
