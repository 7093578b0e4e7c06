"""A rehearsal as programs read it: one JSON document, JUnit XML, and a FHIR R4 TestReport. Pure.

    result          JUnit                         TestReport (a step that is needed / that is not)
    passed          a test case                   pass
    noted           a test case                   pass
    failed          failure, where it is needed   fail / warning
                    else skipped
    cannot tell     error, where it is needed     error / skip
                    else skipped
    not supported   skipped                       skip

So a build fails where the rehearsal does, and nowhere else. Nothing in here is of a patient: all of it is simulated,
and of a Patient that was there before neither name nor identifier is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bridge.fhir_json import Json, canonical
from bridge.rehearsal.outcome import Rehearsal
from bridge.rehearsal.step import Step

NAME = "pumpbridge rehearse"
CANONICAL = "https://pumpbridge.invalid"
PARTS = {"server": "First look", "journey": "Journey", "probe": "What this server does", "cleaning": "Cleaning up"}


def document(one: Rehearsal) -> dict[str, Any]:
    """The facts, for --json."""
    return {
        "verdict": one.verdict,
        "status": one.status,
        "server": {"url": one.url, "software": one.software, "version": one.software_version},
        "test_server_by": one.said_by,
        "bridge": one.bridge,
        "namespace": one.namespace,
        "patient": one.patient,
        "begun": one.begun,
        "ended": one.ended,
        "seconds": round(one.seconds, 3),
        "stopped": one.stopped,
        "steps": [asdict(step) for step in one.steps],
        "kept": one.kept,
        "stays": [asdict(left) for left in one.left],
    }


# --- JUnit -----------------------------------------------------------------------------------------------------------


def junit(one: Rehearsal) -> bytes:
    """A test suite with a test case a step."""
    outcomes = [_outcome(step) for step in one.steps]
    suite = Element(
        "testsuite", name=NAME, tests=str(len(one.steps)), failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")), skipped=str(outcomes.count("skipped")), time=f"{one.seconds:.3f}",
        timestamp=f"{one.begun:%Y-%m-%dT%H:%M:%S}",
    )  # fmt: skip
    properties = SubElement(suite, "properties")
    for name, value in _about(one):
        SubElement(properties, "property", name=name, value=_clean(value))
    for step, outcome in zip(one.steps, outcomes, strict=True):
        _case(suite, step, outcome)
    stays = "\n".join(f"{left.reference} {left.how}" for left in one.left)
    SubElement(suite, "system-out").text = _clean(f"stays at the server:\n{stays}" if stays else "nothing stays there")
    indent(suite)
    text: str = tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _about(one: Rehearsal) -> Iterator[tuple[str, str]]:
    yield from (
        ("verdict", one.verdict),
        ("url", one.url),
        ("software", f"{one.software} {one.software_version}".strip()),
    )
    yield from (("bridge", one.bridge), ("namespace", one.namespace))


def _outcome(step: Step) -> str:
    """The JUnit element of a result; '' for a plain test case."""
    if step.result in ("passed", "noted"):
        return ""
    if step.needed and step.result in ("failed", "cannot tell"):
        return "failure" if step.result == "failed" else "error"
    return "skipped"


def _case(suite: Element, step: Step, outcome: str) -> None:
    case = SubElement(
        suite, "testcase", classname=f"{NAME.replace(' ', '.')}.{step.part}", name=step.name, time=f"{step.seconds:.3f}"
    )
    if outcome:
        about = "" if step.needed else ", and the bridge does not need it"
        SubElement(case, outcome, message=_clean(f"{step.result}{about}: {step.saw}"), type=step.result)
    SubElement(case, "system-out").text = _clean(f"{step.title}: {step.result}. {step.saw}")


def _clean(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "?" for sign in text)


# --- TestReport ------------------------------------------------------------------------------------------------------


def test_report(one: Rehearsal) -> bytes:
    """A FHIR R4 TestReport: setup is the first look, tests are journey and probes, teardown is cleaning up."""
    needed = [step for step in one.steps if step.needed]
    good = len(needed) - len(one.missed)
    body: Json = {
        "resourceType": "TestReport",
        "identifier": {"system": f"{CANONICAL}/sid/rehearsal", "value": one.namespace},
        "name": NAME,
        "status": "stopped" if one.stopped else "completed",
        "testScript": {"display": f"{NAME}, pumpbridge {one.bridge}"},
        "result": "pass" if one.verdict == "passed" else "fail",
        "score": (Decimal(100 * good) / Decimal(max(1, len(needed)))).quantize(Decimal("0.1")),
        "tester": f"pumpbridge {one.bridge}",
        "issued": f"{one.ended:%Y-%m-%dT%H:%M:%SZ}",
        "participant": list(_participants(one)),
    }
    parts = {part: one.of(part) for part in PARTS}  # type: ignore[arg-type]
    if parts["server"]:
        body["setup"] = {"action": [_action(step) for step in parts["server"]]}
    body["test"] = [_test(step) for step in (*parts["journey"], *parts["probe"])]
    teardown = [{"operation": _verdict(step)} for step in parts["cleaning"]]
    if teardown:
        body["teardown"] = {"action": teardown}
    return canonical({name: item for name, item in body.items() if item != []}) + b"\n"


def _participants(one: Rehearsal) -> Iterator[Json]:
    yield {"type": "test-engine", "uri": CANONICAL, "display": f"pumpbridge {one.bridge}"}
    software = f"{one.software} {one.software_version}".strip()
    yield {"type": "server", "uri": one.url, **({"display": software} if software else {})}


def _test(step: Step) -> Json:
    return {"name": step.name, "description": step.title, "action": [_action(step)]}


def _action(step: Step) -> Json:
    return {"assert": _verdict(step)}


def _verdict(step: Step) -> Json:
    needed, other = {
        "passed": ("pass", "pass"), "noted": ("pass", "pass"), "failed": ("fail", "warning"),
        "cannot tell": ("error", "skip"), "not supported": ("skip", "skip"),
    }[step.result]  # fmt: skip
    need = "needed" if step.needed else "not needed"
    message = f"{step.title} ({need}): {step.result}. {step.saw}"
    return {"result": needed if step.needed else other, "message": _clean(message).strip()}
