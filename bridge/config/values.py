"""What tables of a configuration are made of: the table itself, and kinds of value (paths, zones, URIs, names, spans).

Each refuses with a sentence that says what is wanted, and never repeats what was given: it may be a secret.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

FOLDER = "folder"
"""The key of the validation context under which the configuration file's folder stands."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_SERIAL_PORT = re.compile(r"/[^\s:]{1,200}|(?:socket|rfc2217)://(?:[A-Za-z0-9.-]{1,200}|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_NOT_CIVIL = ("right/", "posix/", "Factory", "localtime")


def refuse(sentence: str) -> PydanticCustomError:
    """The error of a wrong value; braces in the sentence are kept as they are."""
    return PydanticCustomError("config_value", "{sentence}", {"sentence": sentence})


def _path(value: object, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise refuse("must be a path, written as text")
    path = Path(value)
    if path.parts and path.parts[0].startswith("~"):
        raise refuse("must be written out: '~' would mean another folder for each user")
    folder = (info.context or {}).get(FOLDER)
    return path if folder is None else Path(folder) / path


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if not isinstance(value, str) or not value or value.startswith(_NOT_CIVIL):
        raise refuse("must be an IANA time zone such as 'Europe/Berlin'")
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise refuse("is no IANA time zone; write one such as 'Europe/Berlin'") from None


def _uri(value: object) -> str:
    if not isinstance(value, str) or not _URI.fullmatch(value):
        raise refuse("must be an absolute URI such as 'https://hospital.example/sid/mrn', without spaces")
    return value


def _base(value: object) -> str:
    base = _uri(value)
    if base.endswith("/"):
        raise refuse("must not end in '/'")
    return base


def _server(value: object) -> str:
    text = _uri(value)
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise refuse("must be an http or https address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_number:
        raise refuse("must be an http or https address")
    if parts.username is not None or parts.query or parts.fragment:
        raise refuse("must hold no user, password, query or fragment; use token_file for a token")
    return text.rstrip("/")


def _serial_port(value: object) -> str:
    if not isinstance(value, str) or not _SERIAL_PORT.fullmatch(value):
        raise refuse("must be a device such as '/dev/ttyUSB0', socket://HOST:PORT or rfc2217://HOST:PORT")
    return value


ConfigPath = Annotated[Path, BeforeValidator(_path)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Uri = Annotated[str, BeforeValidator(_uri)]
BaseUri = Annotated[str, BeforeValidator(_base)]
SerialPort = Annotated[str, BeforeValidator(_serial_port)]
ServerUrl = Annotated[str, BeforeValidator(_server)]
Label = Annotated[str, Field(min_length=1, max_length=80)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,15}$")]
Days = Annotated[int, Field(ge=1, le=3650)]
Hours = Annotated[int, Field(ge=1, le=87_600)]
Minutes = Annotated[int, Field(ge=1, le=10_080)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Mode = Literal["shadow", "held", "live"]
OpenSegment = Literal["write", "omit"]
PatientLink = Literal["match", "reference", "create"]
FhirVersion = Literal["R4", "R5"]
MrRegion = Literal["AU", "EU", "HK", "UK", "US"]
"""The regions of the labels in bridge/families."""
Texts = Annotated[tuple[Label, ...], Field(strict=False)]


class Section(BaseModel):
    """One table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
