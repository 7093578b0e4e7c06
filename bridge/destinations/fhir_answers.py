"""What an HTTP answer of a FHIR server means for the writes that it answers: the classification, and nothing else.

    200, 201                 confirmed, with the version from the ETag (or from the place, or the resource, beside it)
    409, 412                 retry `version-conflict`: read again; contested `several-match` where a condition, not a
                             version, failed
    413                      too large: the sender halves
    429, 503                 retry, never before Retry-After
    401, 403, 3xx            paused: the destination, not the plan
    other 4xx                refused, with the codes of the OperationOutcome
    other 5xx, no JSON       in doubt: it may be stored

A detail holds codes and element paths; diagnostics quote what was sent, so of them only HAPI's own number is kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge.destinations.http import Reply
from bridge.destinations.protocol import Answer, Status
from bridge.errors import BridgeError, DestinationError
from bridge.fhir_json import Json, read
from bridge.retry import retry_after

TOO_LARGE = "too-large"
_HAPI = re.compile(r"HAPI-[0-9]{4}")
_PLACE = re.compile(r"[A-Z][A-Za-z]+/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?/?$")
_ENTRY = re.compile(r"Bundle\.entry\[([0-9]{1,5})\]")
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]():']{0,119}")
_SEVERAL = {"multiple-matches", "HAPI-2207"}


def classify(reply: Reply, now: datetime, *, versioned: bool = True) -> Answer:
    """What one answer says; `versioned`: whether what was asked carried If-Match, so that a 412 can be a version."""
    if reply.status in (200, 201, 204) and reply.is_json:
        return _confirmed(reply)
    plain = _plain(reply.status)
    if plain is not None:
        wait = retry_after(reply.headers.get("retry-after"), now) if plain[0] == "retry" else None
        return Answer(plain[0], code=plain[1], detail=detail_of(reply), retry_after=wait)
    if reply.status >= 500 or reply.status < 400 or not reply.is_json:
        return Answer("in_doubt", code=f"http-{reply.status}", detail=detail_of(reply))
    return _refused(reply, versioned)


def _plain(status: int) -> tuple[Status, str] | None:
    """The statuses that mean the same whoever says them: a gateway or the server itself."""
    if 300 <= status < 400:
        return "paused", "redirect"
    known: dict[int, tuple[Status, str]] = {
        401: ("paused", "unauthorized"),
        403: ("paused", "forbidden"),
        413: ("refused", TOO_LARGE),
        429: ("retry", "throttled"),
        503: ("retry", "unavailable"),
    }
    return known.get(status)


def _confirmed(reply: Reply) -> Answer:
    version, id = stored_as(reply)
    return Answer("confirmed", version, id, created=reply.status == 201)


def completed(answer: Answer, resource: Any) -> Answer:
    """A confirmation with what only the resource beside it says: servers may leave out ETag and Location."""
    is_one = isinstance(resource, dict) and resource.get("resourceType") not in (None, "OperationOutcome")
    if answer.status != "confirmed" or not is_one:
        return answer
    return replace(
        answer,
        version=answer.version or version_in(resource),
        server_id=answer.server_id or str(resource.get("id") or ""),
    )


def version_in(resource: Json) -> str:
    """The version that a resource states of itself."""
    return str((resource.get("meta") or {}).get("versionId") or "")


def stored_as(reply: Reply) -> tuple[str, str]:
    """The version and the id that the headers of an answer state; empty where they state none."""
    place = _PLACE.search(reply.headers.get("location") or reply.headers.get("content-location") or "")
    version = reply.headers.get("etag", "").removeprefix("W/").strip('"')
    return version or (place[2] or "" if place else ""), place[1] if place else ""


def _refused(reply: Reply, versioned: bool) -> Answer:
    codes = set(_said(reply))
    several = codes & _SEVERAL or (reply.status == 412 and not versioned)
    if several:
        return Answer("contested", code="several-match", detail=detail_of(reply))
    if reply.status in (409, 412):
        return Answer("retry", code="version-conflict", detail=detail_of(reply))
    return Answer("refused", code=f"http-{reply.status}", detail=detail_of(reply))


def detail_of(reply: Reply) -> str:
    """The status, and the codes and element paths of its OperationOutcome."""
    return " ".join([str(reply.status), *_said(reply)])[:500]


def _said(reply: Reply) -> list[str]:
    words: list[str] = []
    for issue in _issues(reply):
        if issue.get("severity") in ("information", "warning"):
            continue
        words += [str(issue.get("code", "")), *_HAPI.findall(str(issue.get("diagnostics", "")))]
        words += [path for path in _expressions(issue) if _PATH.fullmatch(path)]
    return [word for word in dict.fromkeys(words) if word]


def _issues(reply: Reply) -> list[Json]:
    outcome = parsed(reply)
    issues: Any = outcome.get("issue") if outcome.get("resourceType") == "OperationOutcome" else None
    return [issue for issue in issues or () if isinstance(issue, dict)]


def _expressions(issue: Json) -> list[str]:
    said = issue.get("expression")
    return [path for path in said if isinstance(path, str)] if isinstance(said, list) else []


def parsed(reply: Reply) -> Json:
    """The body as an object; an empty one where it is none."""
    try:
        body = read(reply.body) if reply.is_json and reply.body else {}
    except BridgeError:
        return {}
    return body if isinstance(body, dict) else {}


def found_in(bundle: Json) -> tuple[list[Json], bool]:
    """The matches in a searchset, and whether there is no further page; raises DestinationError where it is none."""
    if bundle.get("resourceType") != "Bundle":
        raise DestinationError("a search was not answered with a Bundle", code="destination-unreadable")
    entries = [one for one in bundle.get("entry") or () if (one.get("search") or {}).get("mode", "match") == "match"]
    whole = all(link.get("relation") != "next" for link in bundle.get("link") or ())
    return [one["resource"] for one in entries if isinstance(one.get("resource"), dict)], whole


def culprit(reply: Reply, count: int) -> int | None:
    """Which entry of a Bundle its refusal names (the only one named, within `count`), or None."""
    errors = [issue for issue in _issues(reply) if issue.get("severity") in ("error", "fatal")]
    named = {int(found[1]) for issue in errors for path in _expressions(issue) if (found := _ENTRY.match(path))}
    return named.pop() if len(named) == 1 and max(named) < count else None


def entry_answers(reply: Reply, count: int, now: datetime, *, versioned: bool = True) -> list[Answer]:
    """The answers of a transaction's entries in the order sent; all in doubt where they cannot be told apart."""
    entries = parsed(reply).get("entry")
    if not isinstance(entries, list) or len(entries) != count:
        return [Answer("in_doubt", code="answer-unreadable", detail=str(reply.status))] * count
    return [_entry_answer(entry, now, versioned) for entry in entries]


def _entry_answer(entry: Any, now: datetime, versioned: bool) -> Answer:
    response = entry.get("response") if isinstance(entry, dict) else None
    if not isinstance(response, dict) or not str(response.get("status", ""))[:3].isdigit():
        return Answer("in_doubt", code="answer-unreadable")
    headers = {name: str(response[name]) for name in ("etag", "location") if response.get(name)}
    answer = classify(Reply(int(str(response["status"])[:3]), headers), now, versioned=versioned)
    return completed(answer, entry.get("resource"))
