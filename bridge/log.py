"""The log: events with past-tense names and keys from an allow-list, on stderr, and never a patient.

Promises, numbered for the tests:
1. A key that is not in KEYS, a value that is not a plain scalar and an event that is not a bare name do not get
   out: in strict mode (tests) they raise, in production they are dropped and counted.
2. A traceback names files, lines, functions and error types, never local variables; an error's message is printed
   only where it is one of ours (`BridgeError` holds no patient), since a library's message may quote its input.
3. What libraries say through `logging` is not printed: HTTP clients put whole addresses into it.
4. Standard output stays free for facts.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from bridge.errors import BridgeError

Logger = FilteringBoundLogger
Level = Literal["debug", "info", "warning", "error"]

KEYS = frozenset(
    {
        "adapter", "amended", "attempt", "blocked", "cause", "code", "confirmed", "contested", "count", "course",
        "created", "destination", "duplicates", "error_type", "export", "exports", "finding", "in_doubt", "kind",
        "line", "mode", "module", "next_change", "open_until", "parked", "patient_link", "plan", "process",
        "quarantined", "reason_code", "refused", "remaining", "resource_type", "retracted", "retry_after", "seconds",
        "signal", "source", "status", "unchanged", "version", "waiting",
    }
)  # fmt: skip
"""What may stand in a log line beside time, level, event and exception; exports and courses by their hashes."""

_OWN = frozenset({"event", "level", "timestamp", "exception"})
_EVENT = re.compile(r"[a-z][a-z0-9_]{2,59}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,200}")


class UnlistedLogKey(ValueError):
    """A log line would have carried what must not leave; raised in strict mode only."""


class AllowedOnly:
    """The processor that lets listed keys with plain values pass, and counts what it drops."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.dropped = 0
        self._lock = threading.Lock()

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """The event without what is not allowed; raises UnlistedLogKey in strict mode."""
        refused = [key for key, value in event.items() if key not in _OWN and not _allowed(key, value)]
        for key in refused:
            del event[key]
        if not _EVENT.fullmatch(str(event.get("event", ""))):
            refused.append("event")
            event["event"] = "event_name_withheld"
        return self._settle(event, refused)

    def _settle(self, event: EventDict, refused: list[str]) -> EventDict:
        if refused and self.strict:
            raise UnlistedLogKey(f"not allowed in a log line: {', '.join(sorted(refused))}")
        with self._lock:
            self.dropped += len(refused)
        return event


_gate = AllowedOnly(strict=False)


def configure(level: Level = "info", json: bool = False, *, strict: bool = False) -> None:
    """Sets the log of this process up; `strict` raises where production drops."""
    global _gate
    _gate = AllowedOnly(strict=strict)
    _silence_libraries()
    structlog.configure(
        processors=_processors(json),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Logger:
    """The logger of one module; a process that was not configured logs from `info` on, as people read it."""
    if not structlog.is_configured():
        configure()
    return cast(Logger, structlog.get_logger(module=name))


def dropped() -> int:
    """How much was held back in this process since `configure`: more than 0 is a bug of ours."""
    return _gate.dropped


def _processors(json: bool) -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        _gate,
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else _console(),
    ]


def _console() -> Processor:
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0, exception_formatter=_print_nothing)


def _print_nothing(stream: object, error: object) -> None:
    """Tracebacks are text by then; the renderer must not make one with local variables."""


def _to_stderr(*_: object) -> WrappedLogger:
    return structlog.PrintLogger(sys.stderr)


def _silence_libraries() -> None:
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


def _allowed(key: str, value: object) -> bool:
    if key not in KEYS:
        return False
    if isinstance(value, str):
        return _TEXT.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)


def _trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = _error_of(given)
    if error is not None:
        event["exception"] = "\n".join(_lines(error))
    return event


def _error_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return cast("BaseException | None", given[1])
    return sys.exc_info()[1] if given else None


def _lines(error: BaseException) -> Iterator[str]:
    """The chain of errors, the first cause first, as Python prints it."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines(cause)
        yield "that led to:"
    yield from _frames(error.__traceback__)
    yield f"{type(error).__name__}: {error}" if isinstance(error, BridgeError) else type(error).__name__


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


def raised_at(error: BaseException) -> str:
    """The type of an error and where it was raised: file and line, no values."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
