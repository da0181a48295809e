"""The closed table of units: text in, SI out, and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.units import UNITS, UnitError, format_quantity, parse_quantity

MONEY_FREE = sorted(UNITS)


@given(
    st.sampled_from(MONEY_FREE),
    st.floats(min_value=1e-6, max_value=1e15),
    st.integers(min_value=2, max_value=9),
)
def test_format_then_parse_keeps_the_digits_asked_for(dimension: str, value: float, digits: int) -> None:
    text = format_quantity(value, dimension, digits)

    assert parse_quantity(text, dimension) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))


@given(st.sampled_from(MONEY_FREE), st.floats(min_value=1e-3, max_value=1e6), st.data())
def test_every_symbol_scales_by_its_factor(dimension: str, number: float, data: st.DataObject) -> None:
    symbol = data.draw(st.sampled_from(sorted(UNITS[dimension])))

    assert parse_quantity(f"{number!r} {symbol}", dimension) == pytest.approx(
        number * UNITS[dimension][symbol]
    )


@pytest.mark.parametrize(
    ("text", "dimension", "si"),
    [
        ("68 GB/s", "bytes_per_s", 68e9),
        ("8 GiB", "bytes", 8 * 2**30),
        ("8 GB", "bytes", 8e9),
        ("10 Gbit/s", "bytes_per_s", 1.25e9),
        ("21 TOPS", "ops_per_s", 21e12),
        ("1 CFM", "m3_per_s", 4.719474e-4),
        ("1 kWh", "j", 3.6e6),
        ("50 %", "ratio", 0.5),
        ("-5 degC", "c", -5.0),
    ],
)
def test_known_conversions(text: str, dimension: str, si: float) -> None:
    assert parse_quantity(text, dimension) == pytest.approx(si, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("68", "a unit after the number"),
        ("68 W", "'W' is a unit of power"),
        ("68 parsecs", "'parsecs' is not a unit in the table"),
        ("fast", "a number with one of the units"),
        ("1e999 GB/s", "a finite number"),
    ],
)
def test_refusals_say_what_was_expected(text: str, reason: str) -> None:
    with pytest.raises(UnitError) as refusal:
        parse_quantity(text, "bytes_per_s")

    assert reason in refusal.value.expected
    assert refusal.value.got == text


def test_zero_has_a_text_with_the_base_unit() -> None:
    assert format_quantity(0.0, "ops_per_s") == "0 OPS"
    assert math.isclose(parse_quantity("0 OPS", "ops_per_s"), 0.0)
