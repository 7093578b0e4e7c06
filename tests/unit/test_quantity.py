"""Exact quantities: which texts are numbers and units, what a change of unit does to digits, how values round."""

from __future__ import annotations

from decimal import Clamped, Decimal, DivisionByZero, FloatOperation, InvalidOperation, Overflow
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ExportError
from bridge.quantity import EXACT, Quantity, decimal_of, dimension_of, plain, rounded, shifted, unit_of

UNITS = {
    "mass": ("ug", "mg", "g"), "volume": ("mL", "uL"), "concentration": ("ug/mL", "mg/mL"),
    "dose per day": ("ug/d", "mg/d"), "dose per hour": ("ug/h", "mg/h"), "flow per day": ("mL/d", "uL/d"),
    "flow per hour": ("mL/h",), "length": ("cm", "mm"), "days": ("d",), "hours": ("h",), "minutes": ("min",),
    "seconds": ("s",), "months": ("mo",), "percent": ("%",), "ratio": ("1",),
}  # fmt: skip
PRINTED = {
    "mcg": "ug", "MCG": "ug", "ug": "ug", "µg": "ug", "μg": "ug", "microgram": "ug", "Micrograms": "ug", "mg": "mg",
    "g": "g", "ml": "mL", "mL": "mL", "ul": "uL", "µl": "uL", "μL": "uL", "mcg/mL": "ug/mL", "mg/ml": "mg/mL",
    "mcg/day": "ug/d", "µg/24h": "ug/d", "ug/24 h": "ug/d", "mg/Tag": "mg/d", "mcg/d": "ug/d", "mcg/hr": "ug/h",
    "mcg/h": "ug/h", "ug/hour": "ug/h", "mg/std": "mg/h", "mL/day": "mL/d", "uL/day": "uL/d", "ml / h": "mL/h",
    " mcg ": "ug",
    "cm": "cm", "mm": "mm", "days": "d", "day": "d", "hours": "h", "hour": "h", "hr": "h", "minutes": "min",
    "min": "min", "sec": "s", "seconds": "s", "s": "s", "month": "mo", "months": "mo", "mo": "mo", "%": "%", "1": "1",
}  # fmt: skip
NUMBERS = st.from_regex(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", fullmatch=True, alphabet=st.characters(codec="ascii"))


@pytest.mark.parametrize(("unit", "dimension"), [(unit, name) for name, units in UNITS.items() for unit in units])
def test_each_unit_has_its_dimension(unit: str, dimension: str) -> None:
    assert (dimension_of(unit), Quantity(Decimal(1), unit).dimension, unit_of(unit)) == (dimension, dimension, unit)


@pytest.mark.parametrize(("printed", "unit"), PRINTED.items())
def test_what_programmers_print(printed: str, unit: str) -> None:
    assert unit_of(printed) == unit


@pytest.mark.parametrize(
    "text", ["", "/", "mcg/", "/day", "mcg/mcg", "iu", "mL/mL", "g/d", "uL/h", "g/mL", "day/mcg", "mcg/day/kg", "IT"]
)
def test_no_unit_is_guessed(text: str) -> None:
    with pytest.raises(ExportError) as refused:
        unit_of(text)
    assert refused.value.code == "unit-unknown"
    assert repr(text) in refused.value.message


def test_a_long_unit_is_cut_in_the_message() -> None:
    with pytest.raises(ExportError) as refused:
        unit_of("x" * 25)
    assert "'" + "x" * 24 + "'" in refused.value.message


@pytest.mark.parametrize(
    ("value", "unit", "to", "made"),
    [
        ("2.0", "mg/mL", "ug/mL", "2000"), ("18.00", "ug", "mg", "0.01800"), ("0.4", "mg/d", "ug/d", "400"),
        ("1", "g", "ug", "1000000"), ("200", "uL", "mL", "0.200"), ("0.340", "mL", "uL", "340"),
        ("125", "mm", "cm", "12.5"), ("400.00", "ug/d", "ug/d", "400.00"), ("-0.5", "mL", "uL", "-500"),
        ("1.2345", "mg", "ug", "1234.5"), ("0", "mg", "ug", "0"), ("0.000", "mg", "ug", "0"),
    ],
)  # fmt: skip
def test_a_change_of_unit_moves_the_point_and_nothing_else(value: str, unit: str, to: str, made: str) -> None:
    quantity = Quantity(Decimal(value), unit).to(to)
    assert str(quantity) == f"{made} {to}"
    assert str(quantity.value) == made


@given(text=NUMBERS, unit=st.sampled_from(["ug", "mg", "g", "mL", "uL", "ug/d", "mg/d"]), data=st.data())
def test_there_and_back_again_is_the_same_value(text: str, unit: str, data: st.DataObject) -> None:
    quantity = Quantity(decimal_of(text), unit)
    other = data.draw(st.sampled_from(UNITS[quantity.dimension]))
    assert quantity.to(other).to(unit).value == quantity.value
    assert "E" not in str(quantity.to(other))


@pytest.mark.parametrize(("unit", "to"), [("ug", "mL"), ("ug/d", "ug/h"), ("h", "d"), ("mL/d", "mL/h"), ("s", "min")])
def test_another_dimension_is_refused(unit: str, to: str) -> None:
    with pytest.raises(ExportError) as refused:
        Quantity(Decimal(1), unit).to(to)
    assert refused.value.code == "unit-dimension"
    assert f"{unit} is not a {dimension_of(to)}" == refused.value.message


def test_a_unit_that_is_not_on_the_list_is_refused() -> None:
    for ask in (lambda: dimension_of("IU"), lambda: Quantity(Decimal(1), "mg").to("IU")):
        with pytest.raises(ExportError) as refused:
            ask()
        assert refused.value.code == "unit-unknown"
        assert "'IU'" in refused.value.message


@given(NUMBERS)
def test_digits_are_kept(text: str) -> None:
    value = decimal_of(text)
    assert value == Decimal(text)
    assert -int(value.as_tuple().exponent) == len(text.partition(".")[2])


@pytest.mark.parametrize(
    "text",
    ["", ".5", "5.", "1_000", "1e3", "1,5", "１２", "0x1", "NaN", "Infinity", " 1", "1 ", "1\n", "--1", "1.2.3",
     "1" * 16, "1." + "1" * 16],
)  # fmt: skip
def test_what_is_no_number_by_our_grammar_is_refused(text: str) -> None:
    with pytest.raises(ExportError) as refused:
        decimal_of(text)
    assert refused.value.code == "number-unreadable"
    assert repr(text[:24]) in refused.value.message


@pytest.mark.parametrize("text", ["1" * 15, "0." + "1" * 15, "-" + "9" * 15 + "." + "9" * 15, "+1", "007.50"])
def test_the_longest_numbers_are_read_whole(text: str) -> None:
    assert decimal_of(text) == Decimal(text)
    assert -int(decimal_of(text).as_tuple().exponent) == len(text.partition(".")[2])


@pytest.mark.parametrize(
    ("value", "places", "made"),
    [
        ("26.00005", 4, "26.0000"), ("26.00015", 4, "26.0002"), ("433.25", 1, "433.2"), ("433.35", 1, "433.4"),
        ("1.1665", 3, "1.166"), ("1.16651", 3, "1.167"), ("-0.00005", 4, "-0.0000"), ("7", 2, "7.00"), ("0.5", 0, "0"),
    ],
)  # fmt: skip
def test_a_derived_value_is_rounded_once_half_even(value: str, places: int, made: str) -> None:
    assert str(rounded(Decimal(value), places)) == made


@pytest.mark.parametrize(
    ("value", "text"),
    [("2000", "2000"), ("2000.0", "2000"), ("2000.50", "2000.5"), ("0.0", "0"), ("100", "100"), ("1E+3", "1000")],
)
def test_plain_is_without_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(("exponent", "made"), [(0, "18.00"), (3, "18000"), (-3, "0.01800"), (1, "180.0"), (2, "1800")])
def test_shifting_keeps_digits(exponent: int, made: str) -> None:
    assert str(shifted(Decimal("18.00"), exponent)) == made


def test_arithmetic_traps_what_is_not_exact() -> None:
    assert EXACT.prec == 50
    assert all(EXACT.traps[trap] for trap in (InvalidOperation, DivisionByZero, Overflow, FloatOperation, Clamped))
    with pytest.raises(DivisionByZero):
        EXACT.divide(Decimal(1), Decimal(0))
    amount: Any = 0.1
    with pytest.raises(FloatOperation):
        EXACT.create_decimal(amount)


def test_thirty_digits_are_kept_whatever_the_context_of_the_thread() -> None:
    long = Decimal("1" * 30)
    assert str(shifted(long, 3)) == "1" * 30 + "000"
    assert str(shifted(long, -3)) == "1" * 27 + "." + "111"
    assert str(rounded(Decimal("1" * 30 + ".25"), 1)) == "1" * 30 + ".2"


def test_a_long_text_that_is_no_number_is_cut_in_the_message() -> None:
    with pytest.raises(ExportError) as refused:
        decimal_of("x" * 25)
    assert refused.value.message == f"'{'x' * 24}' is not a number"
