"""`pumpbridge run`: the daemon."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge import daemon, log
from bridge.cli.moved import said
from bridge.cli.options import ConfigOption, verb
from bridge.cli.output import note
from bridge.config import find, load
from bridge.site import open_site

app = verb()


@app.command()
def run(
    config: ConfigOption = None,
    json_log: Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log more.")] = False,
) -> None:
    """Watch the inbox and keep the charts true until stopped.

    Live destinations are applied to at once; for held ones and shadows it only plans. SIGTERM ends it within seconds.
    """
    file = find(config)
    level: log.Level = "debug" if debug else "info"
    log.configure(level, json_log)
    with open_site(load(file)) as site:
        site.register()
        if site.config.inbox is None and not site.config.serial and not site.config.mllp:
            note("no [inbox], [[serial]] or [[mllp]] is configured: only what is imported by hand is charted")
        for words in said(site.audiences):
            note(words)
        daemon.run(site, file, level=level, json_log=json_log)
