"""What is published of the format (schemas, layout, sheets) says what the model has and what the readers do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters import session_schema, session_sheets
from adapters.session_csv import ADAPTER as CSV
from adapters.session_values import HOWS
from adapters.session_xml import PLURALS
from bridge.interrogation import Field, Interrogation, fields_of
from tests.adapters.mini_schema import valid

ROOT = Path(__file__).parents[2]
FIXTURES, REFERENCE = ROOT / "fixtures", ROOT / "docs" / "reference"
XS = "{http://www.w3.org/2001/XMLSchema}"
SINGULARS = {plural: singular for singular, plural in PLURALS.items()}
REQUIRED = {("session",), ("pump",), ("session", "start"), ("channels", "states", "tag")} | {
    ("pump", name) for name in ("manufacturer", "model", "serial")
}
# Rows of bad input that the shape of a file gives away; the others need the reader.
SHAPELESS = {
    "pump-identity-missing/illegible", "session-start-missing/illegible", "number-unreadable/exponent-number",
    "number-unreadable/nan", "value-empty/blanks", "value-empty/export", "kind-wrong/both", "group-empty/export",
}  # fmt: skip
BY_SHAPE = (
    "unit-unexpected", "bound-unexpected", "number-unreadable", "value-negative", "date-unreadable",
    "pump-identity-missing", "session-start-missing", "state-tag-missing", "code-unknown", "field-unknown",
    "kind-wrong", "text-too-long", "version-unsupported", "value-empty",
)  # fmt: skip


def leaves(group: Any = Interrogation, above: tuple[Field, ...] = ()) -> list[tuple[Field, ...]]:
    found: list[tuple[Field, ...]] = []
    for field in fields_of(group):
        found += [(*above, field)] if field.group is None else leaves(field.group, (*above, field))
    return found


def test_the_schema_is_the_models() -> None:
    assert (REFERENCE / "session.schema.json").read_text(encoding="utf-8") == session_schema.text()


def fits_json(path: Path) -> bool:
    schema = session_schema.schema()
    return valid(json.loads(path.read_bytes()), schema, schema)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("session_json/*/export.json")), ids=lambda path: path.parent.name)
def test_the_schema_takes_the_samples(path: Path) -> None:
    assert fits_json(path)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("journey/**/*.json")), ids=lambda path: path.name)
def test_the_schema_takes_the_journey(path: Path) -> None:
    assert fits_json(path)


def bad(suffix: str) -> list[Any]:
    paths = [
        path for code in (*BY_SHAPE, "unit-missing") for path in sorted((FIXTURES / "bad" / code).glob(f"*{suffix}"))
    ]
    named = {f"{path.parent.name}/{path.stem}": path for path in paths if path.name != "expected.json"}
    return [pytest.param(path, id=name) for name, path in named.items()]


@pytest.mark.parametrize("path", bad(".json"))
def test_the_schema_refuses_what_has_the_wrong_shape(path: Path) -> None:
    name = f"{path.parent.name}/{path.stem}"
    assert name in SHAPELESS - {"value-empty/export"} or not fits_json(path)


def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(REFERENCE / "session.xsd")))


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("session_xml/*/export.xml")), ids=lambda path: path.parent.name)
def test_the_xsd_takes_the_samples(path: Path) -> None:
    xsd().assertValid(etree.parse(str(path)))


@pytest.mark.parametrize("path", [param for param in bad(".xml") if "unit-missing" not in str(param.id)])
def test_the_xsd_refuses_what_has_the_wrong_shape(path: Path) -> None:
    name = f"{path.parent.name}/{path.stem}"
    assert name in SHAPELESS or not xsd().validate(etree.parse(str(path)))


class Xsd:
    """The XSD as a plain tree: types by name, an element's leaf content."""

    def __init__(self) -> None:
        self.root = etree.parse(str(REFERENCE / "session.xsd")).getroot()
        self.types = {kind.get("name"): kind for kind in self.root if kind.get("name")}

    def elements(self, name: str) -> list[Any]:
        return list(self.types[name].iterfind(f"{XS}sequence/{XS}element"))

    def bases(self, name: str) -> list[str]:
        """The type and what it extends."""
        extension = self.types[name].find(f"{XS}simpleContent/{XS}extension")
        base = None if extension is None else extension.get("base")
        return [name] if base is None or base not in self.types else [name, *self.bases(base)]

    def codes(self, name: str) -> list[Any]:
        return [code.get("value") for code in self.types[name].iter(f"{XS}enumeration")]


def compare(xsd: Xsd, group: Any, name: str, above: tuple[str, ...], met: set[str]) -> None:
    met.add(name)
    fields, elements = fields_of(group), xsd.elements(name)
    names = [SINGULARS[field.name] if field.many else field.name.replace("_", "-") for field in fields]
    assert [element.get("name") for element in elements] == names, name
    for field, element in zip(fields, elements, strict=True):
        path = (*above, field.name)
        assert element.get("maxOccurs", "1") == ("5000" if field.many else "1"), path
        assert element.get("minOccurs", "1") == ("1" if path in REQUIRED else "0"), path
        if field.group is None:
            compare_leaf(xsd, field, element.get("type"), met)
        else:
            compare(xsd, field.group, element.get("type"), path, met)


def compare_leaf(xsd: Xsd, field: Field, name: str, met: set[str]) -> None:
    assert field.leaf is not None
    bases = xsd.bases(name)
    met.update(bases)
    if field.leaf.kind == "code":
        assert xsd.codes(bases[-1]) == ["", *field.leaf.codes], field.name
    elif field.leaf.kind == "quantity":
        dimensions = "-or-".join(sorted(dimension.replace(" ", "-") for dimension in field.leaf.dimensions))
        assert bases == [dimensions, "quantity", "quantity-content"], field.name
    else:
        assert bases == [field.leaf.kind, f"{field.leaf.kind}-content"], field.name


def test_the_xsd_has_the_models_fields_and_no_others() -> None:
    found = Xsd()
    assert found.types["session-export"].get("type") == "interrogation-group"
    met = {"session-export", "how", "printed", "marks"}
    compare(found, Interrogation, "interrogation-group", (), met)
    assert met == set(found.types)
    assert found.codes("how") == list(HOWS)


@pytest.mark.parametrize("name", sorted(session_sheets.SHEETS))
def test_a_sheet_names_every_datum(name: str) -> None:
    text = (ROOT / "adapters" / f"{name}.md").read_text(encoding="utf-8")
    assert text == session_sheets.render(name)
    for path in leaves():
        assert f"| `{'.'.join(field.name for field in path)}` |" in text
    assert "The layout is ours." in text
    assert "## Not in this format" in text
    assert "## Not read" in text


def test_every_list_has_its_singular() -> None:
    lists = {field.name for path in leaves() for field in path if field.many}
    assert set(SINGULARS) == lists


def test_no_group_has_a_field_named_like_the_parts_of_a_value() -> None:
    """A JSON object with `value` or `unreadable` is a value, so no group may have such a field."""
    names = {field.name for path in leaves() for field in path}
    assert not names & {"value", "unit", "how", "bound", "unreadable", "format", "version"}


def test_the_layouts_own_example_can_be_read() -> None:
    page = (REFERENCE / "session-csv.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```\n(pumpbridge-session;.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (found,) = CSV.read(example.encode())
    programme = found.channel.states[0].programme
    assert programme is not None
    assert programme.doses[0].daily is not None
    assert programme.doses[0].daily.value is None
