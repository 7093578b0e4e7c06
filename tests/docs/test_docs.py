"""The pages are true: links lead somewhere, named tests and codes exist, commands and settings are taken as printed."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge import errors
from bridge.cli.app import VERBS, command
from bridge.config import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "adapters").glob("*.md")]
)
OURS = [page for page in PAGES if page.parent.name != "adapters"]
PACKAGES = ("bridge", "adapters", "fhir_profiles")
IDS = [str(page.relative_to(ROOT)) for page in OURS]

_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_TEST = re.compile(r"\btests(?:/\w+)+(?:\.\w+)?(?:::(\w+))?")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(pumpbridge [^`]+)`")
_CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_HTTP_CODE = re.compile(r"http-[0-9]{3}")
SITE = """
[site]
zone = "Europe/London"
organisation = "Example Hospital"
key_system = "https://hospital.example/sid/mrn"
namespace_file = "a"
simulated_namespace_file = "b"
[store]
path = "store.sqlite"
"""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, *languages: str) -> Iterator[str]:
    yield from (found[2] for found in _FENCE.finditer(text_of(page)) if found[1] in languages)


def rows(page: str, columns: int) -> Iterator[list[str]]:
    """The cells of every table row of that many columns, heads left out."""
    for line in text_of(ROOT / "docs" / page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns and not set(cells[0]) <= {"-"}:
            yield cells


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make, as code hosts do."""
    heads = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", OURS, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(re.sub(_FENCE, "", text_of(page))):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


# --- tests and codes -------------------------------------------------------------------------------------------------


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("page", OURS, ids=IDS)
def test_named_tests_exist(page: Path) -> None:
    for found in _TEST.finditer(text_of(page)):
        place = ROOT / found[0].partition("::")[0]
        assert place.exists(), found[0]
        assert found[1] is None or found[1] in functions(place), found[0]


def test_every_law_has_a_test() -> None:
    laws = {cells[0]: cells[-1] for cells in rows("hazards.md", 5) if cells[0].isdigit()}
    assert list(laws) == [str(number) for number in range(1, 18)]
    assert all(_TEST.search(shown) for shown in laws.values())


@cache
def sources() -> str:
    return "\n".join(
        file.read_text(encoding="utf-8") for package in PACKAGES for file in (ROOT / package).rglob("*.py")
    )


def table_of_codes() -> dict[str, str]:
    return {cells[1].strip("`"): cells[3] for cells in rows("bad-input.md", 4) if cells[1].startswith("`")}


@pytest.mark.parametrize("code", table_of_codes())
def test_codes_are_those_of_the_program(code: str) -> None:
    said = 'f"http-{reply.status}"' if _HTTP_CODE.fullmatch(code) else f'"{code}"'
    assert said in sources()
    assert _TEST.search(table_of_codes()[code])


def literal_codes(call: ast.Call, position: int) -> Iterator[str]:
    """The code that a call names, as `code=` or at a position."""
    named = [word.value for word in call.keywords if word.arg == "code"]
    given = named or call.args[position : position + 1]
    texts = (node.value for node in given if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (text for text in texts if _CODE.fullmatch(text))


RAISED = {
    "ExportError": 9,
    "ParkedError": 9,
    "refusal": 0,
    "Refusal": 0,
    "_refused": 2,
    "ConfigError": 9,
    "StoreError": 9,
}
"""What makes a code, and where it stands; 9: as a keyword only."""
USED_ON_THE_COMMAND_LINE = {
    "config-exists",
    "config-unwritable",
    "config-destination-unknown",
    "config-no-destination",
    "config-adapter-missing",
    "config-adapter-broken",
    "platform-unsupported",
}
"""Codes of a configuration error that a command names where it meets it; `pumpbridge check` lists them."""


def raised_codes() -> set[str]:
    calls = (node for node in ast.walk(ast.parse(sources_without_futures())) if isinstance(node, ast.Call))
    named = ((call, getattr(call.func, "id", "")) for call in calls)
    return {code for call, name in named if name in RAISED for code in literal_codes(call, RAISED[name])}


def sources_without_futures() -> str:
    return re.sub(r"^from __future__ import annotations$", "", sources(), flags=re.MULTILINE)


def test_every_code_that_stops_an_export_a_course_or_the_site_is_listed() -> None:
    assert raised_codes() - set(table_of_codes()) - USED_ON_THE_COMMAND_LINE == set()


def test_every_kind_of_bad_file_is_listed() -> None:
    kept = {folder.name for folder in (ROOT / "fixtures" / "bad").iterdir()}
    assert kept <= set(table_of_codes())


def test_the_guide_has_every_exit_status() -> None:
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(cells[0]) for cells in rows("guide.md", 3) if cells[0].isdigit()} == known


# --- commands and settings -------------------------------------------------------------------------------------------


def command_lines(page: Path) -> Iterator[str]:
    """Every command of ours in a page's blocks, as typed; also the one that starts the daemon."""
    for block in blocks(page, "sh", "ini"):
        for line in block.replace("\\\n", " ").splitlines():
            plain = re.sub(r"^(sudo -u pumpbridge |ExecStart=)", "", line.strip())
            if re.match(r"(\S*/)?pumpbridge ", plain):
                yield plain


def taken(words: list[str]) -> Any:
    """Parse a command line as the program does, and do nothing; raises what the program would refuse it with."""
    if words == ["--version"]:
        return None
    found = command(words[0])
    commands, rest = getattr(found, "commands", None), words[1:]
    if commands is not None:
        found, rest = commands[rest[0]], rest[1:]
    return found.make_context(words[0], list(rest))


COMMANDS = [(page.name, line) for page in OURS for line in command_lines(page)]


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line}" for page, line in COMMANDS])
def test_commands_are_taken(page: str, line: str) -> None:
    taken(shlex.split(line, comments=True)[1:])


@pytest.mark.parametrize("page", OURS, ids=IDS)
def test_verbs_and_options_in_the_text_exist(page: Path) -> None:
    for line in _INLINE.findall(text_of(page)):
        words = shlex.split(line)[1:]
        if words[0].startswith("-"):
            continue
        assert words[0] in VERBS, line
        found = command(words[0])
        found = getattr(found, "commands", {}).get(words[1] if len(words) > 1 else "", found)
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("page", OURS, ids=IDS)
def test_what_make_is_told_it_can_make(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of_makefile(), re.MULTILINE))
    asked = re.findall(r"^make ([a-z-]+)", "\n".join(blocks(page, "sh")), re.MULTILINE)
    asked += re.findall(r"`make ([a-z-]+)`", text_of(page))
    assert set(asked) <= targets


def text_of_makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


SETTINGS = [(page.name, block) for page in OURS for block in blocks(page, "toml")]


@pytest.mark.parametrize(("page", "block"), SETTINGS, ids=[f"{page}: {block[:20]}" for page, block in SETTINGS])
def test_settings_are_taken(page: str, block: str) -> None:
    config = parse(f"{SITE}\n{block}", ROOT / "pumpbridge.toml")
    assert config.destinations or config.inbox or config.serial or config.mllp or config.status.expected


# --- what a page says of the program ---------------------------------------------------------------------------------


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


LINES = {"bridge/sources/serial_line.py": {"serial"}}
"""What opens a line to somewhere, and with what. The serial one can only read: tests/capture/test_read_only.py."""


def test_nothing_can_speak_to_a_pump() -> None:
    devices = {"serial", "termios", "tty", "usb", "hid", "bluetooth", "bleak"}
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    for file in files:
        if "simulator" not in file.parts:
            place = str(file.relative_to(ROOT))
            used = {name.partition(".")[0] for name in imported(file)} & (devices | {"asyncio"})
            assert used <= LINES.get(place, set()), place
    assert all((ROOT / place).exists() for place in LINES)


def test_all_rooms_of_the_house_exist() -> None:
    house = text_of(ROOT / "README.md").partition("## The house")[2]
    named = re.findall(r"`((?:bridge|adapters|fhir_profiles|fixtures|tests)/[\w./]*)`", house)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_everything_has_a_room() -> None:
    """Each module and folder of the program stands in the table of rooms, alone or behind its neighbours."""
    house = text_of(ROOT / "README.md").partition("## The house")[2].partition("| To change |")[0]
    rooms = [re.findall(r"`([\w./]+)`", line.split("|")[1]) for line in house.splitlines() if line.startswith("| `")]
    named = {name.removeprefix("bridge/").rstrip("/") for room in rooms for name in room}
    there = {entry.name for entry in (ROOT / "bridge").iterdir() if entry.name[0] != "_" and entry.name != "py.typed"}
    assert there - named == set()


def test_nobody_is_sent_to_a_page_that_is_not_there() -> None:
    for page in PAGES:
        for name in re.findall(r"\b(docs/[\w/-]+\.(?:md|json|xsd))", text_of(page)):
            assert (ROOT / name).exists(), f"{page.name}: {name}"
