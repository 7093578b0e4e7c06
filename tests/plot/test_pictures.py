"""The kept pictures of courses, and what every picture promises."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from bridge.plot.blocks import NARROWEST, blocks
from bridge.plot.svg import svg
from bridge.plot.timeline import Piece, Timeline
from tests.plot.cases import CASES
from tests.plot.golden import FOLDER, drawn, pictures

SVG = "{http://www.w3.org/2000/svg}"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,6}|rgb|hsl|(?:fill|stroke)[:=]\"?(?!none|url|#)[a-z]")


def root(name: str) -> etree._Element:
    """The picture as a parser sees it that takes nothing from outside."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(svg(drawn(name)).encode(), parser)


def classes(name: str) -> list[str]:
    """The class of every mark in the panels; the legend, which shows all of them, left out."""
    text = svg(drawn(name)).partition("Date (UTC)")[0]
    return re.findall(r'<(?:path|rect|circle) class="([^"]+)"', text)


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_the_one_that_is_kept(name: str) -> None:
    for file, text in pictures(name).items():
        assert (FOLDER / file).read_text(encoding="utf-8") == text, f"{file}: python -m tests.plot.golden"


@pytest.mark.parametrize("name", CASES)
def test_a_picture_stands_alone(name: str) -> None:
    found = root(name)
    assert {element.tag.removeprefix(SVG) for element in found.iter(etree.Element)} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "rect", "line", "path", "circle", "text",
    }  # fmt: skip
    names = {str(attribute) for element in found.iter(etree.Element) for attribute in element.attrib}
    assert not any(attribute.startswith("on") or "href" in attribute for attribute in names)
    assert "@import" not in (found.findtext(f"{SVG}style") or "")
    assert set(re.findall(r"url\(([^)]*)\)", svg(drawn(name)))) <= {"#hatch"}


@pytest.mark.parametrize("name", CASES)
def test_a_picture_says_in_words_what_it_shows(name: str) -> None:
    found = root(name)
    labels = (found.get("aria-labelledby") or "").split()
    assert found.get("role") == "img"
    assert [element.get("id") for element in list(found)[:2]] == labels == ["title", "desc"]
    assert found[0].text == "Course of pump Invented Pumps IP-40 ZX000417, simulated"
    said = svg(drawn(name))
    for words in ("micrograms per day", "millilitres", "Date (UTC)", "not the pump", "delivery is not known"):
        assert words in said
    assert re.search(r"mcg|\bOK\b|\bIT\b", said) is None


@pytest.mark.parametrize("name", CASES)
def test_a_picture_has_no_colour(name: str) -> None:
    used = COLOUR.findall(svg(drawn(name)))
    assert set(used) == {"#000", "#fff", "#ccc", "#777", "#999"}


@pytest.mark.parametrize("name", CASES)
def test_a_picture_names_no_patient(name: str) -> None:
    course, _ = CASES[name]()
    assert course.patient == "0048213"
    assert not any(course.patient in text for text in pictures(name).values())


def test_what_an_export_printed_is_escaped() -> None:
    shown = drawn("stalled")
    hostile = dataclasses.replace(shown, pump="<script>alert(1)</script> & \x00\x1b[2J")
    found = etree.fromstring(svg(hostile).encode())
    assert found.findtext(f"{SVG}title") == "Course of pump <script>alert(1)</script> & [2J, simulated"
    assert not list(found.iter(f"{SVG}script"))


def test_only_what_is_calculated_is_dashed() -> None:
    assert classes("stalled").count("dashed") == 1
    assert "dashed" not in classes("unknown")
    without = svg(dataclasses.replace(drawn("stalled"), forecast=())).partition("Date (UTC)")[0]
    assert 'class="dashed"' not in without


def test_what_is_not_known_is_hatched_and_a_stop_is_not() -> None:
    assert classes("unknown").count("hatched") == len(drawn("unknown").unknown) == 2
    assert classes("stalled").count("stopped") == 1
    assert "hatched" not in classes("stalled")


# --- the terminal ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, NARROWEST, 72, 100, 213])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_a_drawing_keeps_to_its_width(name: str, plain: bool, width: int) -> None:
    lines = list(blocks(drawn(name), width, plain=plain))
    assert max(map(len, lines)) <= max(width, NARROWEST)
    assert not plain or "".join(lines).isascii()


def test_a_drawing_shows_a_short_stop_in_a_long_life() -> None:
    start = datetime(2015, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=3650)
    stop = start + timedelta(days=1825)
    shown = dataclasses.replace(
        drawn("stalled"), start=start, end=end, as_of=end, unknown=(), forecast=(), dates=(), points=(), marks=(),
        pieces=(Piece(start, stop, None, "recorded"), Piece(stop + timedelta(hours=1), end, None, "recorded")),
        stopped=(dataclasses.replace(drawn("stalled").stopped[0], start=stop, end=stop + timedelta(hours=1)),),
    )  # fmt: skip
    assert any("×" in line for line in list(blocks(shown, 80))[:8])
    assert re.search(r'class="stopped" x="[\d.]+" y="\d+" width="3"', svg(shown))


def test_every_sign_of_a_drawing_is_explained() -> None:
    lines = list(blocks(drawn("unknown"), 100))
    legend = " ".join(lines[-4:])
    used = {sign for line in lines[1:9] for sign in line[11:]} - {" "}
    assert used
    assert all(f"{sign} " in legend for sign in used)


def test_the_same_course_is_the_same_picture() -> None:
    one, other = (drawn("stalled") for _ in range(2))
    assert isinstance(one, Timeline)
    assert svg(one) == svg(other)
