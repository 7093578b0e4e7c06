"""The located tree of texts that each encoding of the session format hands to the shared reading.

Promises: a cell holds its text exactly as the file has it and the place where it stands; nothing here interprets.
Must not know JSON, CSV, XML or what a field means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from bridge.errors import ExportError

FORMAT = "pumpbridge-session"
FORMAT_VERSION = "1"
MAX_ITEMS = 5_000
MAX_TEXT = 2_000
HEAD_BYTES = 4_096

_NAME = re.compile(r"[a-z][a-z_-]{0,39}")

Form = Literal["plain", "string", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file says that it writes numbers and dates; nothing is guessed from the values."""

    decimal: Literal[".", ","] = "."
    dates: Literal["yyyy-mm-dd", "dd.mm.yyyy"] = "yyyy-mm-dd"


PLAIN = Notation()


@dataclass(frozen=True, slots=True)
class Cell:
    """One stated value as text; `form` is what the encoding itself says that it is, plain where it says nothing.

    `printed` is the text as the export shows it, where `text` is the same value in the notation of the tree.
    """

    text: str
    where: str
    unit: str | None = None
    how: str | None = None
    bound: str | None = None
    form: Form = "plain"
    readable: bool = True
    printed: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Named nodes that belong to one thing."""

    fields: Mapping[str, Node]
    where: str


@dataclass(frozen=True, slots=True)
class Series:
    """Items in the order of the file."""

    items: tuple[Node, ...]
    where: str


Node: TypeAlias = Cell | Group | Series


def refusal(code: str, message: str, where: str, remedy: str) -> ExportError:
    """The error that quarantines an export; message and place never carry a value, which could name a patient."""
    return ExportError(message, where=where, remedy=remedy, code=code)


def decoded(content: bytes) -> str:
    """The text of an export in UTF-8, with or without a byte order mark; raises ExportError otherwise."""
    if not content.strip():
        raise refusal("export-empty", "the file is empty", "the file", "export the session again")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _undecodable(content, error) from None


def _undecodable(content: bytes, error: UnicodeDecodeError) -> ExportError:
    if error.reason == "unexpected end of data":
        return truncated("the file ends inside a character", line_at(content, error.start))
    return refusal("encoding-wrong", "the file is not UTF-8", line_at(content, error.start), "export it as UTF-8")


def line_at(content: bytes, offset: int) -> str:
    """The place of a byte as a person finds it."""
    lines = content.count(b"\n", 0, offset)
    return f"line {lines + 1}"


def truncated(message: str, where: str) -> ExportError:
    """The error for a file that was cut: its end is missing, so nothing of it is used."""
    return refusal("export-truncated", message, where, "fetch the whole file again")


def lenient(content: bytes) -> str:
    """The text as far as it is one, for recognition and hints alone: what is no character becomes U+FFFD.

    UTF-16 with its mark is taken too, so that a file in it is refused by name and still says which pump it was.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace")


@lru_cache(1)
def head_of(content: bytes) -> str:
    """The first characters of a file, by which its format is recognised; each adapter asks for them in turn."""
    return lenient(content[:HEAD_BYTES])


def safe_name(name: str) -> str:
    """A name as a message or a place may carry it: a foreign one is `?`, since it could be anybody's."""
    return name if _NAME.fullmatch(name) else "?"
