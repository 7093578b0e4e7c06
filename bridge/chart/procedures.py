"""What was done to the pump as Procedures: a filling of the reservoir, a programming.

Promises: only what a report states; the drug that was filled in is named by reference, its lot in words.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import told
from bridge.chart.elements import cited, exports, named
from bridge.chart.medication import content
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import missing, mixture_words, printed, programme_words, said
from bridge.course.clocks import Instant
from bridge.course.facts import FillFact, Mixture, ProgrammingFact
from bridge.fhir_json import Json


def fill(sheet: Sheet, fact: FillFact, page: str) -> Iterator[Resource]:
    """A filling of the reservoir."""
    body = _procedure(sheet, "reservoir-fill", fact.at)
    if fact.mixture is not None and fact.mixture.drugs and sheet.sends("drug"):
        body |= sheet.dialect.used(sheet.reference("drug", content(fact.mixture)))
    lots = _lots(fact.mixture)
    if lots:
        body["note"] = [{"text": lots}]
    emptied = f"emptied ({said(fact.aspirated)} aspirated) and " if fact.aspirated else ""
    text = f"Pump reservoir {emptied}filled with {_filled(fact)}, {fact.at.words}.{f' {lots}' if lots else ''}"
    rests_on = exports(fact.source.exports, [fact.mixture.export if fact.mixture else None])
    if sheet.sends("fill"):
        yield sheet.resource("fill", fact.discriminator, page, text, body, rests_on=rests_on)
        return
    yield told.deed(sheet, "fill", fact.discriminator, page, text, "reservoir-fill", fact.at.fhir, rests_on)


def programming(sheet: Sheet, fact: ProgrammingFact, page: str) -> Iterator[Resource]:
    """A programming of the pump, from the old programme to the new one."""
    body = _procedure(sheet, "programming", fact.at)
    if fact.old is None:
        text = f"Pump programmed, {fact.at.words}: {programme_words(fact.new)}."
    else:
        old, new = programme_words(fact.old), programme_words(fact.new)
        text = f"Pump reprogrammed, {fact.at.words}: from {old}, to {new}."
    export = fact.source.exports[0] if fact.source.exports else None
    if not sheet.sends("programming"):
        of = fact.source.exports
        yield told.deed(sheet, "programming", fact.discriminator, page, text, "programming", fact.at.fhir, of)
        return
    yield sheet.resource(
        "programming", fact.discriminator, page, text, body,
        rests_on=fact.source.exports, traces=cited("code", export, fact.new.mode),
    )  # fmt: skip


def _procedure(sheet: Sheet, concept: str, at: Instant) -> Json:
    return {
        "status": "completed",
        "code": named(concept),
        "subject": sheet.subject,
        sheet.dialect.DONE: at.fhir,
        "focalDevice": [{"manipulated": sheet.reference("pump")}],
    }


def _filled(fact: FillFact) -> str:
    usable = fact.filled is not None and fact.filled.value is not None
    volume = said(fact.filled) if usable else f"a volume {missing(fact.filled)} of"
    return f"{volume} {mixture_words(fact.mixture)}"


def _lots(mixture: Mixture | None) -> str:
    lots = [printed(drug.lot) for drug in (mixture.drugs if mixture else ()) if drug.lot and printed(drug.lot)]
    return f"Lot {', '.join(lots)}." if lots else ""
