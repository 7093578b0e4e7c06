"""SUSHI, installed from its lock file and run on the guide, with nothing from the network but npm's packages.

Promises: SUSHI runs in a copy, with a home of its own whose package cache holds FHIR R4 and nothing else, and with no
registry to ask; so its output depends on the guide and on the lock file alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "scripts" / "sushi"
HOME = TOOL / "home"
_CORE = HOME / ".fhir" / "packages" / "hl7.fhir.r4.core#4.0.1" / "package"
_DEFINITIONS = TOOL / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
_BUNDLES = (
    "profiles-types", "profiles-resources", "profiles-others", "extension-definitions", "valuesets", "v2-tables",
    "v3-codesystems",
)  # fmt: skip
_TYPES = ("StructureDefinition", "ValueSet", "CodeSystem")
_ADDED = frozenset(f"Meta.{name}" for name in ("account", "accounts", "author", "compartment", "onBehalfOf", "project"))
_NOWHERE = "http://127.0.0.1:9"  # nobody listens there: what is not in the cache is not to be had
INSTALL_SECONDS, RUN_SECONDS = 300.0, 180.0


class GuideError(Exception):
    """The guide cannot be built; the words say why."""


def installed() -> Path:
    """Install what the lock file names, and fill the package cache, unless that was done; gives SUSHI's program."""
    lock = TOOL / "package-lock.json"
    stamp = TOOL / "node_modules" / "installed.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (stamp.is_file() and stamp.read_text() == wanted):
            npm = _program("npm")
            _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(TOOL)], INSTALL_SECONDS)
            _fill_cache()
            stamp.write_text(wanted)
    return TOOL / "node_modules" / "fsh-sushi" / "dist" / "app.js"


def _fill_cache() -> None:
    """FHIR R4 as a package, from the bundles of definitions, as it was published."""
    shutil.rmtree(HOME, ignore_errors=True)
    _CORE.mkdir(parents=True)
    for name in _BUNDLES:
        bundle = json.loads((_DEFINITIONS / f"{name}.json").read_text("utf-8"))
        for resource in (entry["resource"] for entry in bundle["entry"]):
            if resource["resourceType"] in _TYPES:
                _as_published(resource)
                file = _CORE / f"{resource['resourceType']}-{resource['id']}.json"
                file.write_text(json.dumps(resource, ensure_ascii=False), encoding="utf-8")
    about = {"name": "hl7.fhir.r4.core", "version": "4.0.1", "fhirVersions": ["4.0.1"], "type": "Core"}
    (_CORE / "package.json").write_text(json.dumps(about), encoding="utf-8")


def _as_published(resource: dict[str, Any]) -> None:
    """Take back what the npm package has changed in R4 for its own server: a binding, and elements of Meta.

    Compared element by element with HL7's own definitions, for all types that a chart holds; they differ in nothing
    else but how invariant tim-9 is written, which means the same.
    """
    for view in ("snapshot", "differential") if resource["id"] in ("DetectedIssue", "Meta") else ():
        elements = resource.get(view, {}).get("element", [])
        resource[view] = {"element": [one for one in elements if one["id"] not in _ADDED]}
        for element in elements:
            if element["id"] == "DetectedIssue.status" and "binding" in element:
                element["binding"]["valueSet"] = "http://hl7.org/fhir/ValueSet/observation-status|4.0.1"


def run(guide: Path, work: Path) -> tuple[dict[str, Any], str]:
    """Build a copy of the guide in `work`: its resources by file name, and what SUSHI said."""
    program = installed()
    shutil.copytree(guide, work, dirs_exist_ok=True)
    said = _run([_program("node"), str(program), "build", str(work), "--snapshot"], RUN_SECONDS)
    made = sorted((work / "fsh-generated" / "resources").glob("*.json"))
    return {file.name: json.loads(file.read_text("utf-8")) for file in made}, said


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise GuideError(f"{name} is not installed")
    return found


def _run(command: list[str], seconds: float) -> str:
    alone = {"HOME": str(HOME), "FPL_REGISTRY": _NOWHERE, "npm_config_registry": _NOWHERE, "NO_COLOR": "1"}
    environment = {**os.environ, **({} if command[1] == "ci" else alone)}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise GuideError(f"{command[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise GuideError(f"{' '.join(command[:3])}: {(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr
