"""The validator engine as a process: what it loads, in which order it answers, and how it says that it cannot."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from fhir_profiles.engine.process import Engine, EngineFailed, EngineUnavailable, Issue, running

pytestmark = [pytest.mark.server, pytest.mark.slow]

BASE = "http://hl7.org/fhir/StructureDefinition"
OURS = "https://profiles.example/StructureDefinition"
VOLUME = {
    "resourceType": "Observation",
    "id": "v",
    "status": "final",
    "code": {"text": "Reservoir volume"},
    "subject": {"reference": "Patient/p"},
    "effectiveDateTime": "2024-03-01T10:00:00+00:00",
    "valueQuantity": {"value": 18.5, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"},
}


def profile(name: str = "measured", kind: str = "Observation", **more: Any) -> dict[str, Any]:
    """A differential that asks for a device; more of its own head."""
    needed = {"id": f"{kind}.device", "path": f"{kind}.device", "min": 1}
    head = {"resourceType": "StructureDefinition", "url": f"{OURS}/{name}", "version": "1.0.0", "name": "Measured"}
    kinds = {"kind": "resource", "abstract": False, "type": kind, "derivation": "constraint"}
    of = {"status": "active", "fhirVersion": "4.0.1", "baseDefinition": f"{BASE}/{kind}"}
    return {**head, **of, **kinds, "differential": {"element": [needed]}, **more}


def write(path: Path, body: dict[str, Any]) -> Path:
    path.write_text(json.dumps(body))
    return path


def package(path: Path, *bodies: dict[str, Any], inside: str = "package/") -> Path:
    """An npm package of these resources."""
    with tarfile.open(path, "w:gz") as tar:
        for number, body in enumerate(bodies):
            content = json.dumps(body).encode()
            member = tarfile.TarInfo(f"{inside}{number}.json")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def asked(engine: Engine, bodies: Iterable[dict[str, Any]], *profiles: str) -> list[list[Issue]]:
    return list(engine.judge((json.dumps(body), profiles) for body in bodies))


def errors(engine: Engine, body: dict[str, Any], *profiles: str) -> list[str]:
    return sorted(issue.name for issue in asked(engine, [body], *profiles)[0] if issue.is_error)


MEASURED = f"{OURS}/measured"
LACKING = ["Validation_VAL_Profile_Minimum"]


def test_a_profile_is_taken_from_a_folder_a_file_a_package_and_from_xml(engine_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder" / "below"
    folder.mkdir(parents=True)
    write(folder / "one.json", profile())
    (tmp_path / "two.xml").write_text(XML)
    given = [
        tmp_path / "folder",
        package(tmp_path / "p.tgz", profile("packed"), {"name": "index"}),
        tmp_path / "two.xml",
        write(tmp_path / "three.json", profile("filed")),
    ]
    with running(engine_home, definitions=given) as engine:
        names = ["measured", "packed", "in-xml", "filed"]
        assert [one.name for one in engine.loaded.profiles] == names
        assert {one.type for one in engine.loaded.profiles} == {"Observation"}
        assert (engine.loaded.definitions, engine.loaded.refused) == (4, ())
        for name in names:
            assert errors(engine, VOLUME, f"{OURS}/{name}") == LACKING, name
            assert errors(engine, {**VOLUME, "device": {"reference": "Device/d"}}, f"{OURS}/{name}") == []
        assert errors(engine, {**VOLUME, "meta": {"profile": [f"{OURS}/packed"]}}) == LACKING
        assert errors(engine, VOLUME, f"{OURS}/unknown") == ["Validation_VAL_Profile_Unknown"]


XML = f"""<StructureDefinition xmlns="http://hl7.org/fhir">
  <url value="{OURS}/in-xml"/><version value="1.0.0"/><name value="InXml"/><status value="active"/>
  <fhirVersion value="4.0.1"/><kind value="resource"/><abstract value="false"/><type value="Observation"/>
  <baseDefinition value="{BASE}/Observation"/><derivation value="constraint"/>
  <differential>
    <element id="Observation.device"><path value="Observation.device"/><min value="1"/></element>
  </differential>
</StructureDefinition>"""


def test_what_cannot_be_used_is_named_and_of_two_the_first_holds(engine_home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.fsh").write_text("Profile: A")
    (tmp_path / "b.json").write_text("{no json")
    write(tmp_path / "c.json", profile("of-r5", fhirVersion="5.0.0"))
    write(tmp_path / "d.json", profile("measured"))
    write(tmp_path / "e.json", profile("measured", "Device"))
    write(tmp_path / "g.json", {name: item for name, item in profile().items() if name != "url"})
    write(tmp_path / "h.json", {"resourceType": "ValueSet", "url": None, "status": "draft"})
    (tmp_path / "i.xml").write_text(XML.replace(f'<url value="{OURS}/in-xml"/>', ""))
    write(tmp_path / "j.json", {"resourceType": "Patient", "url": None})
    deeper = package(tmp_path / "f.tgz", profile("an-example"), inside="package/example/")
    with running(engine_home, definitions=[tmp_path, deeper]) as engine:
        assert [(one.name, one.type) for one in engine.loaded.profiles] == [("measured", "Observation")]
        refused = {Path(file).name: reason for file, reason in engine.loaded.refused}
        assert set(refused) == {"a.fsh", "b.json", "c.json", "f.tgz", "g.json", "h.json", "i.xml"}
        assert refused["c.json"] == "it is made for FHIR 5.0.0"
        nameless = {refused[name] for name in ("g.json", "h.json", "i.xml")}
        assert nameless == {"it has no url, by which it could be named"}


def test_answers_come_in_the_order_of_the_questions(engine: Engine) -> None:
    bodies = [{**VOLUME, "id": f"v{n}", **({} if n % 3 else {"status": "nonsense"})} for n in range(200)]
    found = [bool([one for one in issues if one.is_error]) for issues in asked(engine, bodies)]
    assert found == [n % 3 == 0 for n in range(200)]


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"valueQuantity": {"value": 1, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mll"}},
         "Terminology_PassThrough_TX_Message"),
        ({"effectivePeriod": {"start": "2024-03-02", "end": "2024-03-01"}, "effectiveDateTime": None}, "per-1"),
        ({"surprise": 1}, "structure"),
        ({"effectiveDateTime": "2024-03-01T10:00"}, "Type_Specific_Checks_DT_DateTime_TZ"),
    ],
)  # fmt: skip
def test_the_standard_is_checked(engine: Engine, broken: dict[str, Any], rule: str) -> None:
    body = {name: value for name, value in {**VOLUME, **broken}.items() if value is not None}
    assert rule in errors(engine, body)
    assert errors(engine, VOLUME) == []


def test_what_is_no_fhir_is_an_error_and_not_the_end(engine: Engine) -> None:
    answers = list(engine.judge([("{}", ()), ("no json", ()), (json.dumps(VOLUME), ())]))
    assert [any(one.is_error for one in issues) for issues in answers] == [True, True, False]


def test_a_package_of_the_other_version(engine_home: Path, tmp_path: Path) -> None:
    r5 = write(tmp_path / "p.json", profile(fhirVersion="5.0.0"))
    with running(engine_home, "R5", [r5]) as engine:
        assert engine.loaded.fhir == "5.0.0"
        assert errors(engine, VOLUME, MEASURED) == LACKING
        assert errors(engine, {**VOLUME, "device": {"reference": "Device/d"}}, MEASURED) == []


def test_an_engine_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=f"-Dengine.home={tmp_path}/no") as missing, running(tmp_path / "no"):
        pass
    assert missing.value.reason == f"it is not built in {tmp_path}/no"


def test_an_engine_that_ends_says_its_last_words(engine_home: Path) -> None:
    with pytest.raises(EngineFailed, match=r"heap|memory|VM"), running(engine_home, options=("-Xmx1k",)):
        pass
    with running(engine_home) as engine, pytest.raises(EngineFailed):
        engine._process.kill()
        asked(engine, [VOLUME] * 50)


def test_an_engine_that_cannot_answer_ends_and_is_not_waited_for(engine_home: Path) -> None:
    with running(engine_home, options=("-Xmx40m", "-XX:+UseSerialGC")) as engine:
        patience = threading.Timer(100, engine._process.kill)  # so that this test ends, too
        patience.start()
        with pytest.raises(EngineFailed, match="OutOfMemoryError"):
            asked(engine, [VOLUME] * 10)
        patience.cancel()


def test_an_answer_that_is_cut_off_is_the_end_of_the_engine(tmp_path: Path) -> None:
    cut = [sys.executable, "-c", "print('{\"engine\": \"HA', end='')"]
    with (
        (tmp_path / "log").open("w+b") as log,
        subprocess.Popen(cut, stdout=subprocess.PIPE, text=True) as process,
        pytest.raises(EngineFailed, match=r"ended: .*HA"),
    ):
        Engine(process, log)
