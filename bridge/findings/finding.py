"""Making a finding: its audience and severity are the catalogue's."""

from __future__ import annotations

from bridge.course.clocks import Instant
from bridge.course.facts import Source
from bridge.course.remarks import Finding
from bridge.terms.findings import entry

Names = tuple[tuple[str, str], ...]


def finding(
    code: str, discriminator: str, source: Source, text: str, *, since: Instant | None = None,
    until: Instant | None = None, evidence: Names = (), implicated: Names = (("pump", ""),), plain: str | None = None,
) -> Finding:  # fmt: skip
    """A finding of the catalogue; it began at the session's start where `since` is not given. Bug: unknown code."""
    row = entry(code)
    return Finding(
        code, discriminator, row.audience, row.severity, source, since or source.start, text, until, evidence,
        implicated, plain,
    )  # fmt: skip
