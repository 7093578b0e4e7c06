"""Our definitions and examples as one package, the form in which FHIR servers and validators take them in.

usage: python -m fhir_profiles.package FILE

Promises: the same files give the same bytes. A package is a gzipped tar with a folder `package`: package.json,
.index.json, the definitions, and the examples below `package/example`. Source: HL7, "NPM package specification".
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent
NAME, VERSION, FHIR = "pumpbridge.intrathecal", "0.1.0", "4.0.1"
_INDEXED = ("id", "url", "version", "kind", "type", "supplements", "content", "derivation")


def definitions() -> dict[str, bytes]:
    """Each definition by file name."""
    return {file.name: file.read_bytes() for file in sorted((HOME / "built").glob("*.json"))}


def examples() -> dict[str, bytes]:
    """Each valid example by file name."""
    return {file.name: file.read_bytes() for file in sorted((HOME / "examples" / "valid").glob("*.json"))}


def package() -> bytes:
    """The package."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in _files():
            about = tarfile.TarInfo(f"package/{name}")
            about.size, about.mode, about.mtime = len(data), 0o644, 0
            archive.addfile(about, io.BytesIO(data))
    return gzip.compress(content.getvalue(), mtime=0)


def _files() -> Iterator[tuple[str, bytes]]:
    made, shown = definitions(), examples()
    yield "package.json", _json(_about())
    yield ".index.json", _json(_index(made))
    yield from made.items()
    yield "example/.index.json", _json(_index(shown))
    yield from ((f"example/{name}", data) for name, data in shown.items())


def _about() -> dict[str, Any]:
    return {
        "name": NAME,
        "version": VERSION,
        "tools-version": 3,
        "type": "IG",
        "license": "Apache-2.0",
        "canonical": "https://pumpbridge.invalid",
        "title": "Charts of infusion pumps, as pumpbridge writes them",
        "description": "Profiles, extensions and codes of the charts that pumpbridge writes.",
        "author": "pumpbridge",
        "fhirVersions": [FHIR],
        "dependencies": {"hl7.fhir.r4.core": FHIR},
        "directories": {"lib": "package", "example": "example"},
    }


def _index(files: dict[str, bytes]) -> dict[str, Any]:
    return {"index-version": 2, "files": [_row(name, json.loads(data)) for name, data in files.items()]}


def _row(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    stated = {key: resource[key] for key in _INDEXED if isinstance(resource.get(key), str)}
    return {"filename": name, "resourceType": resource["resourceType"], **stated}


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        Path(sys.argv[1]).write_bytes(package())
    except OSError as unwritable:
        sys.exit(f"{sys.argv[1]} cannot be written: {unwritable.strerror}")
