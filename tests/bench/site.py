"""A site for a benchmark: made by `pumpbridge init` as a person would, then changed where the benchmark needs it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.bench.exports import Export, write
from tests.bench.measure import command

INIT = (
    "init", "--zone", "Europe/London", "--organisation", "Bench Hospital",
    "--key-system", "https://hospital.example/sid/mrn", "--test",
)  # fmt: skip
CONFIG = "pumpbridge.toml"


def made(folder: Path) -> Path:
    """A site with a folder destination that takes simulated data; answers its configuration."""
    folder.mkdir(parents=True)
    command(INIT, folder)
    return folder / CONFIG


def with_fhir(folder: Path, url: str, **settings: str) -> Path:
    """A site with one FHIR destination instead; `settings` are further TOML values by key."""
    config = made(folder)
    lines = [f"{key} = {value}" for key, value in settings.items()]
    table = ["[[destination]]", 'name = "server"', 'kind = "fhir"', f'url = "{url}"', 'environment = "test"']
    text = config.read_text().partition("[[destination]]")[0]
    config.write_text("\n".join([text, *table, "accept_simulated = true", *lines, ""]))
    return config


def with_inbox(folder: Path, exports: Iterable[Export]) -> int:
    """The exports as files in `in`; answers how many."""
    (folder / "in").mkdir()
    return write(exports, folder / "in")
