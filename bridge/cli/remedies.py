"""What to do about what a destination answered, by the code of the answer.

Who found the fault often knows nothing but the code (a status of a server); what people read gets its remedy here, at
the end, and only where there is none yet.
"""

from __future__ import annotations

import re

_SAID = "Remedy:"
_LOOK = "look for it in the server's own log"
_REMEDIES = {
    "destination-unreachable": "see that the server runs and that its address and port are right; nothing is lost",
    "destination-unreadable": "name the base address of a FHIR R4 server; if it is one, " + _LOOK,
    "destination-not-r4": "name a FHIR R4 server, or say fhir_version of this destination",
    "destination-not-r5": "name a FHIR R5 server, or say fhir_version of this destination",
    "destination-unauthorized": "renew the token in the token file",
    "destination-forbidden": "have the account allowed to read and write what is charted",
    "destination-busy": "wait; it is tried again",
    "destination-tls": "have the server's certificate renewed, or its authority trusted on this machine",
    "unauthorized": "renew the token in the token file",
    "forbidden": "have the account allowed to read and write what is charted",
    "redirect": "set `url` to the address that the server redirects to: it is not followed",
    "throttled": "wait; it is tried again",
    "unavailable": "wait; it is tried again",
    "no-answer": "wait; it is tried again, and nothing is lost",
    "answer-lost": "run it again; it looks first. If it goes on, raise `timeout_seconds`",
    "connection-cut": "wait; it is told again under the same number. If it goes on, see the receiver's log",
    "answer-to-another": "let the receiver answer with our MSH-10 in MSA-2; " + _LOOK,
    "text-unwritable": "set `encoding` to one that has the text, such as UNICODE UTF-8, then `parked retry`",
    "answer-too-large": "see that `url` is the base of a FHIR server and nothing else answers there",
    "answer-unreadable": _LOOK,
    "folder-unreachable": "mount it or put it back, and let the user of the bridge read and write it; only if all that"
    " was in it is to be found deleted, make it anew and empty",
    "folder-unwritable": "make room, or let the user of the bridge write it",
    "http-404": "see that `url` is the base of the FHIR server and that it takes this type; then `parked retry`",
    "type-not-supported": "run `pumpbridge check`, which reads anew what the server takes, then `parked retry`",
    "no-repeatable-write": "have client-assigned ids enabled there, or for this type a search by `identifier`; then"
    " `parked retry`",
    "depends-on-refused": "see `parked show`: settle what was refused, then `parked retry`",
    "too-large": "have the server take larger requests, then `parked retry`",
}
_REFUSED = "see `parked show`; once its reason is settled at the server, `parked retry`, or leave it out: `parked skip`"


def remedy_for(code: str) -> str:
    """What to do about a code; empty where it says nothing of what to do."""
    return _REMEDIES.get(code) or (_REFUSED if re.fullmatch(r"http-4[0-9][0-9]|hl7-[AC][ER]", code) else "")


def with_remedy(code: str, detail: str) -> str:
    """A detail with what to do, unless it says so already."""
    remedy = remedy_for(code)
    return detail if _SAID in detail or not remedy else f"{detail or code}. {_SAID} {remedy}"
