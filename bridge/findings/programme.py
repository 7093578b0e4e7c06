"""Findings about programmes: what was found is not what was left. Clinic audience."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.facts import ProgrammeFact, Segment
from bridge.course.pages import Page
from bridge.course.programmes import words
from bridge.course.remarks import Finding


def unseen_change(page: Page, in_force: ProgrammeFact | None) -> Iterator[Finding]:
    """The programme found is not the one left: what was delivered since it was last confirmed is not known."""
    for fact in page.facts:
        if isinstance(fact, ProgrammeFact) and fact.ended == "replaced-unknown" and fact.next_found is not None:
            yield _finding(page, fact, in_force)


def _finding(page: Page, left: ProgrammeFact, in_force: ProgrammeFact | None) -> Finding:
    assert left.next_found is not None, "the caller asked"
    lost = [f for f in page.facts if isinstance(f, Segment) and f.programme == left.discriminator]
    new = _found_on(page, left) or in_force
    found = words(new.programme) if new and new.prior == left.discriminator else "another programme"
    implicated = [("pump", ""), ("programme", left.discriminator)]
    implicated += [("programme", new.discriminator)] if new else []
    implicated += [("segment", segment.discriminator) for segment in lost]
    confirmed = lost[0].last_confirmed if lost else left.found
    text = (
        f"As read {confirmed.words} the programme was {words(left.programme)}; on {left.next_found.words} it was found "
        f"to be {found}. No report between them says when it changed: what was delivered since "
        f"{confirmed.words} is not known."
    )
    session = next(
        fact.source for fact in page.facts if hasattr(fact, "source") and fact.source.start == left.next_found
    )
    return Finding(
        code="as-found-differs",
        discriminator=session.session,
        audience="clinic",
        severity="moderate",
        source=session,
        since=left.next_found,
        text=text,
        evidence=(("summary", session.session),),
        implicated=tuple(implicated),
    )


def _found_on(page: Page, left: ProgrammeFact) -> ProgrammeFact | None:
    rows = [f for f in page.facts if isinstance(f, ProgrammeFact) and f.prior == left.discriminator]
    return rows[0] if rows else None
