"""What `validate` reports: files, and the rules that are broken in them, those that are alike taken together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.cli.output import table
from bridge.fhir_json import Json
from fhir_profiles.claims import profile_of
from fhir_profiles.versions import Version

_OWN = re.compile(r"""'[^']*'|"[^"]*"|\S+://\S+|\d+""")
"""What differs between messages that say the same: quoted texts, addresses, numbers."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: whose (ours, the engine's, the server's, another reader's), in which resource of which file."""

    file: str
    resource: str
    by: str
    severity: str
    rule: str
    element: str
    message: str
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: what it is, how many resources were checked, and why it could not be read."""

    file: str
    kind: str
    resources: int
    code: str = ""
    message: str = ""
    where: str = ""


def name_of(body: Json) -> str:
    """Type and id of a resource."""
    return f"{body.get('resourceType')}/{body.get('id', '?')}"


def profile_named(body: Json, fhir: Version = "R4") -> str:
    """The canonical of our profile that a resource is held to; nothing for what is none of ours, or no FHIR at all.

    Our profiles are R4's: a resource of R5 is held to our rules and to the standard.
    """
    if fhir != "R4":
        return ""
    try:
        return profile_of(body) or ""
    except (AttributeError, TypeError):  # a person's JSON may hold anything anywhere
        return ""


def short(canonical: str) -> str:
    """A profile as it is shown: the last part of its address."""
    return canonical.rpartition("/")[2]


def show(faults: Sequence[Fault]) -> None:
    """Print them as a table."""
    columns = ("times", "file", "resource", "by", "severity", "rule", "element", "what")
    table(columns, [_row(group) for group in alike(faults)])


def alike(faults: Iterable[Fault]) -> list[list[Fault]]:
    """The faults, warnings that differ in names, places and numbers only taken together."""
    found: dict[object, list[Fault]] = {}
    for number, fault in enumerate(faults):
        pattern = _OWN.sub("…", fault.message)
        same = number if fault.severity == "error" else (fault.by, fault.rule, pattern)
        found.setdefault(same, []).append(fault)
    return list(found.values())


def _row(group: list[Fault]) -> tuple[object, ...]:
    """One line for faults that are alike: how many, and the first as the example."""
    one = group[0]
    example = f"{one.message} (for example; --json has all)" if len(group) > 1 else one.message
    rule = f"{one.profile}: {one.rule}" if one.profile else one.rule
    return len(group), one.file, one.resource, one.by, one.severity, rule, one.element, example
