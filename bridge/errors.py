"""The one tree of errors, and what each means to the person who must act.

    BridgeError                       code, exit status, does a person have to act
    ├── UsageError            exit 2  the command line does not fit
    ├── ConfigError           exit 3  the configuration is unreadable, unknown or unsafe
    ├── StoreError            exit 7  the store is locked, newer, on a network file system or damaged
    ├── ExportError           exit 4  an export cannot be represented: it is quarantined, whole
    ├── ParkedError           exit 5  a course waits for a person: refused, contested, unlinked
    ├── DestinationError      exit 6  a destination cannot be reached or does not answer as FHIR
    ├── PortError             exit 9  a port cannot be opened, or no whole reading came over it
    └── Bug                   exit 1  ours: an invariant did not hold

Every message says what, where and what to do next. No error text carries a patient: an export is named by
its hash or by the path the caller gave, a place by line, pointer or path.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_QUARANTINED = 4
EXIT_PARKED = 5
EXIT_UNREACHABLE = 6
EXIT_STORE = 7
EXIT_PLAN_NOT_EMPTY = 8
EXIT_PORT = 9


class BridgeError(Exception):
    """Something a caller can name: a stable code, the place, and the remedy."""

    exit_status: ClassVar[int] = EXIT_BUG
    person_must_act: ClassVar[bool] = True
    default_code: ClassVar[str] = "bug"

    def __init__(self, message: str, *, where: str = "", remedy: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy
        self.code = code or self.default_code

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.code}: {self.message}{place}.{remedy}"


class Bug(BridgeError):
    """An invariant of ours did not hold."""


class UsageError(BridgeError):
    """The command line does not fit."""

    exit_status = EXIT_USAGE
    default_code = "usage"


class ConfigError(BridgeError):
    """The configuration is unreadable, holds an unknown key or an unsafe mode."""

    exit_status = EXIT_CONFIG
    default_code = "config"


class StoreError(BridgeError):
    """The store is locked, of a newer version, on a network file system, full or damaged."""

    exit_status = EXIT_STORE
    default_code = "store"


class ExportError(BridgeError):
    """An export cannot be represented and is quarantined whole; nothing of it is used."""

    exit_status = EXIT_QUARANTINED
    default_code = "export-unreadable"


class ParkedError(BridgeError):
    """A course's plan is refused or contested and waits for a person."""

    exit_status = EXIT_PARKED
    default_code = "parked"


class DestinationError(BridgeError):
    """A destination cannot be reached or answers in a way that nothing can be concluded from."""

    exit_status = EXIT_UNREACHABLE
    person_must_act = False
    default_code = "destination-unreachable"
    retry_after: float | None = None  # seconds for which it asked to be left alone


class PortError(BridgeError):
    """A port cannot be opened, or no whole reading of one pump came over it; nothing of it is used."""

    exit_status = EXIT_PORT
    default_code = "port"
