"""`pumpbridge init`: a commented configuration, the two permanent namespaces, and nothing overwritten."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.options import asked, verb
from bridge.cli.output import line, note
from bridge.config import parse, template
from bridge.errors import ConfigError
from bridge.site import open_site

app = verb()


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration to write.")] = Path("pumpbridge.toml"),
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA time zone of the site; else the computer's.")
    ] = None,
    organisation: Annotated[str | None, typer.Option(metavar="NAME", help="Who runs the bridge.")] = None,
    key_system: Annotated[
        str | None,
        typer.Option(metavar="URI", help="The patient identifier system whose numbers make our ids; permanent."),
    ] = None,
    label: Annotated[str, typer.Option(metavar="TEXT", help="How exports print that system.")] = "MRN",
    folder: Annotated[str, typer.Option(metavar="FOLDER", help="The folder that charts go to.")] = "charts",
    name: Annotated[str, typer.Option(metavar="NAME", help="That destination's name; permanent.")] = "folder",
    test: Annotated[bool, typer.Option("--test", help="For trials: the folder takes simulated data.")] = False,
) -> None:
    """Write a commented configuration, the permanent namespaces and an empty store.

    Nothing that exists is overwritten: namespaces that are there already (from a backup) are kept.
    """
    text = template(
        zone=asked("zone", zone or _computer_zone() or None),
        organisation=asked("organisation", organisation),
        folder=folder,
        name=name,
        key_system=asked("key-system", key_system),
        label=label,
        test=test,
    )
    config = parse(text, file)
    _write_new(file, text, 0o644)
    for secret in (config.site.namespace_file, config.site.simulated_namespace_file):
        _keep_or_make(secret)
    line(f"wrote {file}")
    with open_site(config, new_store=True) as site:
        site.register()
        line(f"made {config.store.path}")
    note("Back up the two .namespace files: without them every id would change. Next: pumpbridge check")


def _computer_zone() -> str:
    """The computer's zone by its name, or '' where the system does not say."""
    try:
        target = Path("/etc/localtime").resolve().as_posix()
    except OSError:
        return ""
    _, found, zone = target.partition("/zoneinfo/")
    return zone if found else ""


def _write_new(file: Path, text: str, mode: int) -> None:
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    except FileExistsError:
        raise ConfigError(
            "this file exists already", where=str(file), code="config-exists", remedy="edit it, or name another file"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"this file cannot be written ({error.strerror})", where=str(file), code="config-unwritable",
            remedy="make its folder, writable for the user who runs pumpbridge",
        ) from None  # fmt: skip
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _keep_or_make(secret: Path) -> None:
    if secret.exists():
        note(f"kept {secret}")
        return
    _write_new(secret, secrets.token_hex(32) + "\n", 0o600)
    line(f"wrote {secret}")
