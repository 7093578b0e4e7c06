"""That a pump or a catheter is in this patient, as a DeviceAssociation: R5 took the patient out of Device.

Promises: one for each Device of ours that names its patient in R4, none in R4. An explanted pump is said to be
explanted; of a catheter that another one replaced it is not known whether it was taken out.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import device_use
from bridge.chart.devices import catheter_exports, catheter_names, value
from bridge.chart.elements import cited_known, coded
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, day_words
from bridge.course.facts import CatheterFact, PumpFact
from bridge.fhir_json import Json


def pump(sheet: Sheet, fact: PumpFact, page: str) -> Iterator[Resource]:
    """Of the pump, unless the hospital's own Device stands for it."""
    if not sheet.dialect.ASSOCIATES or sheet.binding.pump:
        return
    since, until = device_use.since_and_until(fact)
    state = "explanted" if fact.explanted or fact.explant_session else "implanted"
    yield sheet.resource(
        "association", "pump", page, device_use.words(fact, since, until),
        _body(sheet, sheet.reference("pump"), state, since, until),
        rests_on=device_use.rests_on(fact),
        traces=(*cited_known("period.start", fact.implanted), *cited_known("period.end", fact.explanted)),
    )  # fmt: skip


def catheter(sheet: Sheet, fact: CatheterFact, page: str) -> Iterator[Resource]:
    """Of a catheter."""
    if not sheet.dialect.ASSOCIATES:
        return
    implanted = value(fact.implanted)
    since = implanted.isoformat() if implanted else None
    device = sheet.reference("catheter", fact.discriminator)
    yield sheet.resource(
        "association", f"catheter {fact.discriminator}", page, _words(fact),
        _body(sheet, device, "unknown" if fact.replaced else "implanted", since, None),
        rests_on=catheter_exports(fact), traces=cited_known("period.start", fact.implanted),
    )  # fmt: skip


def _body(sheet: Sheet, device: Json, state: str, since: str | None, until: str | None) -> Json:
    body: Json = {"device": device, "status": coded(f"association:{state}"), "subject": sheet.subject}
    period = ({"start": since} if since else {}) | ({"end": until} if until else {})
    return body | ({"period": period} if period else {})


def _words(fact: CatheterFact) -> str:
    implanted = value(fact.implanted)
    since = f"implanted {day_words(implanted)}" if implanted else f"date of implant {NOT_RECORDED}"
    over = f"; replaced by another (read {fact.replaced.words}), " if fact.replaced else ""
    gone = f"whether it was taken out is {NOT_RECORDED}" if over else ""
    return f"{catheter_names(fact)}, {since}{over}{gone}."
