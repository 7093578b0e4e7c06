"""The export itself as a DocumentReference: what it is, its hash and size, and its bytes where they are to be sent.

Promises: nothing says when the export was received; SHA-256 is the master identifier (in R5 one of the identifiers),
SHA-1 the attachment's hash (which is what FHIR defines for it).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator

from bridge.chart.elements import base64_of, named, period
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.course.facts import DocumentFact
from bridge.fhir_json import Json


def document(sheet: Sheet, fact: DocumentFact, page: str) -> Iterator[Resource]:
    """One export."""
    source = fact.source
    name = {"system": f"{sheet.base}/sid/export-sha256", "value": fact.sha256}
    body: Json = {
        **sheet.dialect.document(name, period(source.start, fact.end), sheet.reference("pump")),
        "status": "current",
        "type": named("pump-session-report"),
        "subject": sheet.subject,
    }
    if source.programmer:
        body["author"] = [sheet.shared("Device", source.programmer)]
    body["content"] = [{"attachment": _attachment(sheet, fact)}]
    kind = f", {fact.session_type}" if fact.session_type else ""
    text = f"Pump programmer session report{kind}, {source.start.words}."
    yield sheet.resource(
        "document", fact.sha256, page, text, body,
        rests_on=(fact.sha256,), identifiers=sheet.dialect.document_identifiers(name),
    )  # fmt: skip


def _attachment(sheet: Sheet, fact: DocumentFact) -> Json:
    content = sheet.binding.attachment(fact.sha256)
    found: Json = {"contentType": fact.media_type}
    found |= {"data": base64_of(content)} if content is not None else {"url": _name(fact.sha256)}
    found |= {"size": sheet.dialect.size(fact.size), "hash": base64_of(bytes.fromhex(fact.sha1))}
    return found | {"title": f"Pump session report {fact.source.start.printed[:10]}"}


def _name(sha256: str) -> str:
    """The bytes by their hash, where they are kept back: a document has data or a url. Source: RFC 6920."""
    return f"ni:///sha-256;{urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}"
