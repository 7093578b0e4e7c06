"""The configuration as people read it: the commented template of `pumpbridge init` and the reference in the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from string import Template
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bridge.config.destinations import FhirDestination, FolderDestination, Hl7v2Destination
from bridge.config.model import Config, Expected, Mllp, Serial

_TEMPLATE = Template("""\
# pumpbridge: what it reads, whose numbers it uses, and where charts go.
# Keys, defaults and meanings: docs/reference/config.md. Relative paths start at this file's folder.
# An unknown key is an error. Keep this file unwritable to others (chmod go-w).

[site]
zone = $zone
organisation = $organisation
# phone = "+49 30 0000"    # whom a ward calls about a pump
# The one patient identifier system whose numbers make our keys. Settle it before the first import.
key_system = $key_system
# Permanent secrets that ids are made with (chmod 600). Back them up: without them every id would change.
namespace_file = "site.namespace"
simulated_namespace_file = "simulated.namespace"

[site.patient_systems]
# How exports print a patient's number, and which system assigned it.
$label = $key_system

[store]
path = "pumpbridge.sqlite"    # on a local disk, never on a network file system

# [inbox]    # a watched folder, for `pumpbridge run`
# path = "inbox"
# done = "inbox/done"
# quarantine = "inbox/quarantine"

# [[serial]]    # a programmer on a serial line, for `pumpbridge run`
# name = "clinic-2"
# port = "/dev/ttyUSB0"

# [[mllp]]    # HL7 version 2 messages of infusion pumps, for `pumpbridge run`
# name = "pumps"
# port = 2575

[current]
max_age_days = 200    # a running delivery that was not confirmed for longer is unknown
infusion_max_age_minutes = 60    # the same for an infusion of a hospital pump

[calculated]
enabled = true    # values that the bridge derives, each labelled as calculated

# [findings]    # whom findings are for here, where that is not what the catalogue says
# file = "findings.toml"

[status]
oldest_unapplied_hours = 24    # `pumpbridge status` fails when an export waits longer
# [[status.expected]]
# source = "clinic 3"
# max_silence_hours = 72

[[destination]]
name = $name
kind = "folder"
path = $folder
environment = $environment
accept_simulated = $simulated    # simulated data goes to test destinations only

# [[destination]]
# name = "ehr"
# kind = "fhir"
# url = "https://fhir.hospital.example/r4"
# mode = "held"    # "shadow": only plans; "held": a person applies; "live": applied at once
# token_file = "ehr.token"

# [[destination]]
# name = "engine"
# kind = "hl7v2"    # ORU^R01, ORU^R42 and ORU^R40 over MLLP
# host = "hl7.hospital.example"
# port = 2575
# tls = true
""")

_CONTENTS = "| Key | Type | Default | Meaning |\n|---|---|---|---|"
_HEAD = """\
# Configuration

Generated from the program; do not edit.

The file is TOML. It is the one given with `--config`, else the one that `PUMPBRIDGE_CONFIG` names, else
`./pumpbridge.toml`, else `/etc/pumpbridge/pumpbridge.toml`. No other environment settings are read.
Relative paths start at the file's folder. An unknown key, a wrong value, a configuration or secret that others can
write and a secret that others can read are refused (exit status 3). `pumpbridge init` writes a commented file.
"""
_KINDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    ZoneInfo: "time zone",
}


def template(
    *,
    zone: str,
    organisation: str,
    folder: str,
    name: str = "folder",
    key_system: str = "https://pumpbridge.invalid/sid/mrn",
    label: str = "MRN",
    test: bool = False,
) -> str:
    """The commented file that `pumpbridge init` writes; with `test` its folder also takes simulated data."""
    texts = {"zone": zone, "organisation": organisation, "folder": folder, "name": name}
    texts |= {"key_system": key_system, "label": label, "environment": "test" if test else "production"}
    return _TEMPLATE.substitute({key: _toml(text) for key, text in texts.items()}, simulated=str(test).lower())


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def reference() -> str:
    """Every key with type, default and meaning, in Markdown."""
    return "\n".join([_HEAD, *_tables()])


def _tables() -> Iterator[str]:
    for name, field in Config.model_fields.items():
        if name == "destinations":
            continue
        if name == "serial":
            yield _table("[[serial]]", Serial, " As many as there are ports.")
            continue
        if name == "mllp":
            yield _table("[[mllp]]", Mllp, " As many as there are ports.")
            continue
        section = next(part for part in (field.annotation, *get_args(field.annotation)) if _is_section(part))
        yield _table(f"[{name}]", section, "" if field.is_required() else " May be left out.")
        if name == "status":
            yield _table("[[status.expected]]", Expected, " As many as there are sources.")
    kinds = ((FolderDestination, "folder"), (FhirDestination, "fhir"), (Hl7v2Destination, "hl7v2"))
    for destination, kind in kinds:
        yield _table(f'[[destination]] kind = "{kind}"', destination, " As many as there are.")


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _table(title: str, section: type[BaseModel], note: str) -> str:
    about = (section.__doc__ or "").strip()
    rows = [_row(name, field) for name, field in section.model_fields.items() if not _has_tables(field)]
    return "\n".join([f"## `{title}`\n", f"{about}{note}\n", _CONTENTS, *rows, ""])


def _has_tables(field: FieldInfo) -> bool:
    return any(_is_section(part) for part in get_args(field.annotation))


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{name}`", _type(field.annotation) + _limits(field), _default(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in arguments if part is not type(None))
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    return _KINDS.get(annotation, getattr(annotation, "__name__", "text"))


def _limits(field: FieldInfo) -> str:
    found = {
        name: getattr(limit, name) for limit in field.metadata for name in ("gt", "ge", "le") if hasattr(limit, name)
    }
    words = {"gt": "above", "ge": "from", "le": "to"}
    return "".join(f", {words[name]} {found[name]}" for name in words if name in found)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, PydanticUndefined, ()):
        return "none"
    return f"`{json.dumps(field.default)}`"
