"""make conformance EXTRA_PROFILES=DIR: which profiles of others our charts meet, and what is missing for the rest.

    python scripts/conformance.py [--markdown] PROFILES…

PROFILES are folders, StructureDefinition files or packages (.tgz). Every kind of resource that the fixtures, scenarios
and simulated lives make is held to every profile of its type, one resource of each kind, status and set of elements, by
the official engine; our own profiles lead the table. Nothing is downloaded but the engine's libraries, the first time.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge.cli.conformance import Verdict, show, verdicts  # noqa: E402
from bridge.cli.engine import kind_of  # noqa: E402
from fhir_profiles.engine.process import BUILT, OURS, PROJECT, Engine, running  # noqa: E402
from tests.servers.maven import ensure_built  # noqa: E402
from tests.servers.shapes import Written, everything, outline  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("profiles", nargs="+", type=Path)
    parser.add_argument("--markdown", action="store_true", help="as a table for a page")
    given = parser.parse_args(arguments)
    missing = [str(path) for path in given.profiles if not path.exists()]
    if missing:
        parser.error(f"there is no {', '.join(missing)}")
    ensure_built(PROJECT, BUILT)
    with running(definitions=[OURS, *given.profiles]) as engine:
        for file, reason in engine.loaded.refused:
            print(f"not used: {file}: {reason}", file=sys.stderr)
        if all(Path(one.file).parent == OURS for one in engine.loaded.profiles):
            parser.error("there is no profile in these beside ours")
        found = held(engine, charts())
    print("\n".join(markdown(found))) if given.markdown else show(found)
    return 0


def charts() -> Written:
    """Everything that the bridge writes of fixtures, scenarios and simulated lives."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        return everything(Path(folder))


def held(engine: Engine, written: Written) -> list[Verdict]:
    """The verdicts: each kind to our profile of it, then to those of others."""
    bodies = list({(kind_of(body), outline(body)): (kind_of(body), body) for body in written.resources}.values())
    ours = {one.name: one for one in engine.loaded.profiles if Path(one.file).parent == OURS}
    found: list[Verdict] = []
    for kind in sorted({kind for kind, _ in bodies} & ours.keys()):
        found += verdicts(engine, [one for one in bodies if one[0] == kind], [ours[kind]])
    return found + verdicts(engine, bodies, [one for one in engine.loaded.profiles if one not in ours.values()])


def markdown(found: Sequence[Verdict]) -> list[str]:
    """The table for docs/profiles.md."""
    lines = ["| Resource | Profile | Verdict | Meet it | What keeps the others from it |", "|---|---|---|---|---|"]
    for one in found:
        why = "; ".join(f"{reason} ({times})" for reason, times in one.missing.items())
        lines.append(f"| {one.kind} | {one.profile} | {one.says} | {one.meet} of {one.resources} | {why} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
