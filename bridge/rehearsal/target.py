"""Which server is rehearsed against, and which is refused.

1. An address that a configured production destination has is refused, whatever is typed.
2. Any other address needs a person's word that it is a test server, or a configured destination that says so.

Addresses are compared as they are written, but for default ports, http or https, and needless slashes and dots; to
refuse one, letter case does not count either. The same server under another name is not recognised.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import TypeAdapter, ValidationError

from bridge.config import Config, FhirDestination
from bridge.config.values import Uri
from bridge.errors import UsageError

LONGEST_SILENCE = 30.0
_URI: TypeAdapter[str] = TypeAdapter(Uri)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A test server as a destination, and whose chart is written: a patient of the rehearsal, or one that is there."""

    settings: FhirDestination
    said_by: str
    patient: tuple[str, str] | None = None  # system and value of an identifier there


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: an address or a destination's name, and what was said of it."""

    url: str | None
    to: str | None
    test_server: bool = False
    token_file: Path | None = None
    insecure_http: bool = False
    patient: str = ""


def target_of(typed: Typed, config: Config | None) -> Target:
    """The server that was meant; raises UsageError where it must not be written to, or nothing was named."""
    if typed.url is not None and typed.to is not None:
        raise UsageError("two servers are named", where="URL and --to", remedy="leave out one of them")
    if typed.url is None and typed.to is None:
        raise UsageError("say which server", where="URL or --to", remedy="give its base address, or --to NAME")
    patient = _patient(typed.patient)
    if typed.token_file is not None and not typed.token_file.is_file():
        raise UsageError("the token file is not there", where=str(typed.token_file), remedy="write the token into it")
    if typed.to is not None:
        return _configured(typed, config, patient)
    settings = _typed(typed)
    _refuse_production(config, settings.url)
    known = [one for one in _destinations(config) if _place(one.url) == _place(settings.url)]
    if known:
        return Target(_with_token(known[0], typed), f"[[destination]] {known[0].name}", patient)
    if not typed.test_server:
        raise UsageError(
            "nobody has said that this is a test server, and a rehearsal writes to it", where=settings.url,
            code="rehearsal-not-a-test-server",
            remedy='add --test-server if it is one, or configure it with environment = "test"',
        )  # fmt: skip
    return Target(settings, "--test-server", patient)


def _configured(typed: Typed, config: Config | None, patient: tuple[str, str] | None) -> Target:
    if config is None:
        raise UsageError("there is no configuration that names a destination", where="--to", remedy="add --config FILE")
    settings = config.destination_named(typed.to or "")
    if not isinstance(settings, FhirDestination):
        raise UsageError("this destination is no FHIR server", where=f"--to {typed.to}", remedy="name one that is")
    _refuse_production(config, settings.url)
    return Target(_with_token(settings, typed), f"[[destination]] {settings.name}", patient)


def _destinations(config: Config | None) -> list[FhirDestination]:
    return [one for one in config.destinations if isinstance(one, FhirDestination)] if config is not None else []


def _refuse_production(config: Config | None, url: str) -> None:
    for one in _destinations(config):
        if one.environment == "production" and _lower(one.url) == _lower(url):
            raise UsageError(
                "this is a production destination: nothing is ever rehearsed there",
                where=f"[[destination]] {one.name}", code="rehearsal-production",
                remedy='name a test server; a destination is one where its environment = "test" says so',
            )  # fmt: skip


def _typed(typed: Typed) -> FhirDestination:
    more: dict[str, Any] = {"token_file": typed.token_file.absolute()} if typed.token_file is not None else {}
    try:
        return FhirDestination.model_validate(
            {
                "name": "rehearsal", "kind": "fhir", "url": typed.url, "insecure_http": typed.insecure_http,
                "timeout_seconds": LONGEST_SILENCE, "open_segment": "write", **more,
            }
        )  # fmt: skip
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UsageError(
            f"this address cannot be used: {message.replace('insecure_http = true', '--insecure-http')}", where="URL",
            remedy="name the server's base address, beginning with https://",
        ) from None  # fmt: skip


def _with_token(settings: FhirDestination, typed: Typed) -> FhirDestination:
    changes: dict[str, Any] = {"timeout_seconds": min(settings.timeout_seconds, LONGEST_SILENCE)}
    if typed.token_file is not None:
        changes["token_file"] = typed.token_file.absolute()
    return settings.model_copy(update=changes)


def _patient(text: str) -> tuple[str, str] | None:
    system, mark, value = text.partition("|")
    if not text:
        return None
    try:
        _URI.validate_python(system)
    except ValidationError:
        mark = ""
    if not mark or not value.strip():
        raise UsageError(
            "this does not name a patient", where="--patient", remedy="write SYSTEM|VALUE, an identifier that is there"
        )
    return system, value.strip()


Place = tuple[str, int | None, str]


def _place(url: str) -> Place:
    """Host, port and path; http and https at their default ports are one."""
    parts = urlsplit(url)
    port = None if parts.port in (None, _PORTS.get(parts.scheme)) else parts.port
    path = posixpath.normpath(f"/{unquote(parts.path)}").lstrip("/")
    return (parts.hostname or "").lower().rstrip("."), port, path


def _lower(url: str) -> Place:
    host, port, path = _place(url)
    return host, port, path.lower()
