"""`pumpbridge supersede OLD NEW`: a person declares a correction that the exports do not declare themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.decision import say
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, decided_by, verb
from bridge.cli.setting import export_named, site_of

app = verb()


@app.command()
def supersede(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The export that is wrong: its SHA-256, or its file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The export that corrects it.")],
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare that one export takes the place of another.

    Needed only where the exports do not say so themselves by a higher revision or a later report time.
    """
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        wrong, right = export_named(site.store, old), export_named(site.store, new)
        number = site.store.supersede(wrong, right, who, why, site.clock.now())
        say(site, number, f"export {wrong[:12]} is superseded by {right[:12]}", as_json)
