"""Finds the configuration file, checks who can write it, reads it, and says what is wrong in it.

Every refusal is a ConfigError with a code of its own, the file and the key. No value is ever repeated: it may be a
secret.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.config.destinations import Hl7v2Destination
from bridge.config.model import Config
from bridge.config.values import FOLDER
from bridge.errors import BridgeError, ConfigError
from bridge.fhir_json import Json, read
from bridge.terms.findings import Moved, catalogue

ENVIRONMENT = "PUMPBRIDGE_CONFIG"
LOCAL_FILE = Path("pumpbridge.toml")
SYSTEM_FILE = Path("/etc/pumpbridge/pumpbridge.toml")

AUDIENCES = ("ward", "clinic", "operator", "off")
_NAMESPACE = re.compile(r"[0-9a-f]{64}")
_TAGS = frozenset({"folder", "fhir"})
_SENTENCES = {
    "bool_type": "must be true or false",
    "date_type": "must be a date without quotes, such as 2026-01-31",
    "dict_type": "must be a table",
    "extra_forbidden": "is not known",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "missing": "is missing",
    "model_type": "must be a table",
    "string_pattern_mismatch": "has characters that are not allowed, or is too long",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
    "union_tag_invalid": 'needs kind, either "folder" or "fhir"',
    "union_tag_not_found": 'needs kind, either "folder" or "fhir"',
}
_REMEDIES = {
    "extra_forbidden": "correct its spelling or remove it; docs/reference/config.md lists every key",
    "missing": "add it; docs/reference/config.md says what it means",
}


def find(explicit: Path | None = None) -> Path:
    """The file to use: the given one, else PUMPBRIDGE_CONFIG's, ./pumpbridge.toml, /etc/pumpbridge/pumpbridge.toml.

    Raises ConfigError where there is none; a file that was named must exist, no other is taken in its place.
    """
    named = explicit or _from_environment()
    if named is not None:
        return _existing(named)
    for candidate in (LOCAL_FILE, SYSTEM_FILE):
        if candidate.is_file():
            return candidate.absolute()
    raise ConfigError(
        f"there is no configuration: neither {LOCAL_FILE.absolute()} nor {SYSTEM_FILE}",
        code="config-missing",
        remedy=f"make one with `pumpbridge init`, or name one with --config or {ENVIRONMENT}",
    )


def _from_environment() -> Path | None:
    named = os.environ.get(ENVIRONMENT, "")
    return Path(named) if named else None


def _existing(named: Path) -> Path:
    if not named.is_file():
        remedy = f"correct --config or {ENVIRONMENT}, or make the file with `pumpbridge init`"
        raise ConfigError(
            "the configuration file does not exist", where=str(named), code="config-missing", remedy=remedy
        )
    return named.absolute()


def load(path: Path | None = None) -> Config:
    """The checked configuration; raises ConfigError for whatever is unreadable, unknown, wrong or unsafe in it."""
    file = find(path)
    text = _read(file)
    _refuse_writable(file)
    config = parse(text, file)
    for secret in config.secret_files:
        _refuse_shared(secret)
    read_audiences(config.findings.file)
    for destination in config.destinations:
        if not isinstance(destination, Hl7v2Destination) and destination.capabilities is not None:
            read_capabilities(destination.capabilities)
    return config


def parse(text: str, file: Path) -> Config:
    """The configuration in a text, paths relative to the file's folder; raises ConfigError, but opens nothing."""
    try:
        return Config.model_validate(tomllib.loads(text), context={FOLDER: file.absolute().parent})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"this is not TOML: {error}", where=str(file), code="config-not-toml", remedy="correct that line"
        ) from None
    except ValidationError as error:
        _refuse(error, file)


def read_audiences(file: Path | None) -> Moved:
    """The findings that a site moved to another audience or switched off; none without a file.

    Raises ConfigError where the file cannot be read, others can write it, or it names what there is not.
    """
    if file is None:
        return {}
    text = _read(file, "let the user who runs pumpbridge read it, or correct [findings] file")
    _refuse_writable(file)
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"this is not TOML: {error}", where=str(file), code="config-not-toml", remedy="correct that line"
        ) from None
    return _audiences(given, file)


def _audiences(given: dict[str, Any], file: Path) -> Moved:
    rows = given.get("audience", {})
    if set(given) - {"audience"} or not isinstance(rows, dict):
        _refuse_finding("it holds one table, [audience], and nothing else", file)
    if unknown := sorted(set(rows) - set(catalogue())):
        _refuse_finding(f"no finding is called {', '.join(unknown)}", file)
    for code, audience in rows.items():
        if audience not in AUDIENCES:
            _refuse_finding(f"{code} must be {', '.join(AUDIENCES[:-1])} or {AUDIENCES[-1]}", file)
    return rows


def _refuse_finding(message: str, file: Path) -> NoReturn:
    raise ConfigError(
        message, where=str(file), code="config-findings",
        remedy="correct the file; docs/reference/findings.md lists every finding and audience",
    )  # fmt: skip


def read_capabilities(file: Path) -> Json:
    """The CapabilityStatement in a file; raises ConfigError where it is none or others can write it."""
    text = _read(file, "let the user who runs pumpbridge read it, or correct the key `capabilities`")
    _refuse_writable(file)
    try:
        found = read(text)
    except BridgeError:
        found = None
    if not isinstance(found, dict) or found.get("resourceType") != "CapabilityStatement":
        raise ConfigError(
            "this is no CapabilityStatement in JSON", where=str(file), code="config-capabilities",
            remedy="save what the server answers to GET /metadata",
        )  # fmt: skip
    return found


def read_namespace(file: Path) -> bytes:
    """The 32 secret bytes that ids are made with; raises ConfigError where the file is missing, shared or malformed."""
    text = _read(file, "make it with `pumpbridge init`, or restore it: another one would change every id")
    _refuse_shared(file)
    if not _NAMESPACE.fullmatch(text.strip()):
        raise ConfigError(
            "a namespace is 64 lower-case hex digits", where=str(file), code="config-namespace",
            remedy="restore the file from the backup; do not make a new one for a store that is in use",
        )  # fmt: skip
    return bytes.fromhex(text.strip())


def _read(file: Path, remedy: str = "let the user who runs pumpbridge read it") -> str:
    try:
        return _content(file).decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(
            "this file is not UTF-8", where=str(file), code="config-not-toml", remedy="save it as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"this file cannot be read ({error.strerror})", where=str(file), code="config-unreadable", remedy=remedy
        ) from None


def _content(file: Path) -> bytes:
    """The bytes of a regular file; nothing else is waited for, a pipe would have the last word for ever."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ConfigError("this is no regular file", where=str(file), code="config-unreadable", remedy="name a file")
    with os.fdopen(handle, "rb") as opened:
        return opened.read()


def _refuse_writable(file: Path) -> None:
    if stat.S_IMODE(file.stat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        _refuse_mode("others than its owner can write this file", file, f"chmod go-w {file}")


def _refuse_shared(file: Path) -> None:
    if not file.exists():
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _refuse_mode("others than its owner can use this secret", file, f"chmod 600 {file}")


def _refuse_mode(message: str, file: Path, remedy: str) -> NoReturn:
    raise ConfigError(message, where=str(file), code="config-readable-by-others", remedy=remedy)


def _refuse(error: ValidationError, file: Path) -> NoReturn:
    details = error.errors(include_url=False, include_input=False)
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")  # a misspelt key explains a missing one
    kind = details[0]["type"]
    raise ConfigError(
        "; ".join(f"{_key(detail['loc'])}: {_sentence(detail)}" for detail in details),
        where=str(file),
        code="config-unknown-key" if kind == "extra_forbidden" else "config-value",
        remedy=_REMEDIES.get(kind, "correct the value; docs/reference/config.md says what it may be"),
    ) from None


def _sentence(detail: ErrorDetails) -> str:
    return _SENTENCES.get(detail["type"]) or detail["msg"].replace("Input should", "must")


def _key(location: tuple[int | str, ...]) -> str:
    """`destination[1].url` from pydantic's ("destination", 0, "fhir", "url"): tables are counted from one."""
    key = ""
    for index, part in enumerate(location):
        after_number = index > 0 and isinstance(location[index - 1], int)
        if isinstance(part, int):
            key += f"[{part + 1}]"
        elif part != "[key]" and not (after_number and part in _TAGS):
            key += f".{part}" if key else part
    return key or "the file"
