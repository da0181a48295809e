"""The closed table of units: text in, SI out, and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.units import UNITS, UnitError, format_number, format_quantity, parse_quantity

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


@pytest.mark.parametrize(
    ("text", "dimension", "si"),
    [
        ("45 °C", "c", 45.0),
        ("45°C", "c", 45.0),
        ("45 ℃", "c", 45.0),
        ("45 C", "c", 45.0),
        ("113 degF", "c", 45.0),
        ("-40 °F", "c", -40.0),
        ("30 fps", "per_s", 30.0),
        ("30 frames/s", "per_s", 30.0),
        ("30 1/s", "per_s", 30.0),
        ("2 KW", "w", 2000.0),
        ("15w", "w", 15.0),
        ("1 MW", "w", 1e6),
        ("1 mW", "w", 1e-3),
        ("50 Mbps", "bytes_per_s", 6.25e6),
        ("50 mbps", "bytes_per_s", 6.25e6),
        ("50 Mb/s", "bytes_per_s", 6.25e6),
        ("50 MBps", "bytes_per_s", 50e6),
        ("8 gib", "bytes", 8 * 2**30),
        ("400 KB", "bytes", 400e3),
        ("140%", "ratio", 1.4),
        ("20 µs", "s", 20e-6),
        ("20 μs", "s", 20e-6),
        ("2 hours", "s", 7200.0),
        ("26 tops", "ops_per_s", 26e12),
        ("100 cfm", "m3_per_s", 0.04719474),
        ("0.5 k/w", "k_per_w", 0.5),
    ],
)
def test_units_as_people_write_them(text: str, dimension: str, si: float) -> None:
    assert parse_quantity(text, dimension) == pytest.approx(si, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "dimension", "meant"),
    [
        ("1 mw", "w", "did you mean 1 mW or 1 MW?"),
        ("1 Mw", "w", "did you mean 1 mW or 1 MW?"),
        ("50 mb/s", "bytes_per_s", "did you mean 50 MB/s or 50 Mbit/s?"),
        ("50 MBPS", "bytes_per_s", "did you mean 50 Mbit/s or 50 MB/s?"),
        ("8 Gb", "bytes", "did you mean 8 GB?"),
        ("8 gb", "bytes", "did you mean 8 GB?"),
        ("5 Ms", "s", "did you mean 5 ms?"),
        ("1 mHz", "hz", "did you mean 1 MHz?"),
        ("45 K", "c", "did you mean 45 degC?"),
        ("1,000 W", "w", "did you mean 1000 W or 1.000 W?"),
        ("0,5 s", "s", "did you mean 0.5 s?"),
        ("0.3", "ratio", "did you mean 30 % or 0.3 %?"),
        ("70", "ratio", "did you mean 70 %?"),
        ("20 miliseconds", "s", "did you mean 20 ms?"),
        ("fast", "s", ""),
    ],
)
def test_two_readings_and_slips_are_refused_with_what_is_meant(text: str, dimension: str, meant: str) -> None:
    with pytest.raises(UnitError) as refusal:
        parse_quantity(text, dimension)
    assert refusal.value.advice == meant
    assert str(refusal.value).count("expected") == 1


@given(st.sampled_from(MONEY_FREE), st.data())
def test_capitals_never_change_the_size_of_a_unit(dimension: str, data: st.DataObject) -> None:
    """A text is what it says or is refused: milli is never mega, and bits are never bytes."""
    symbol = data.draw(st.sampled_from(sorted(UNITS[dimension])))
    written = "".join(data.draw(st.sampled_from([sign.lower(), sign.upper()])) for sign in symbol)
    try:
        value = parse_quantity(f"1 {written}", dimension)
    except UnitError:
        return
    same = {factor for name, factor in UNITS[dimension].items() if name.casefold() == written.casefold()}
    assert value in same or dimension == "bytes_per_s"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (300.0, 1, "300"),
        (333.3, 2, "330"),
        (12345.0, 3, "12300"),
        (0.000012, 2, "0.000012"),
        (1.5, 3, "1.5"),
        (-4200.0, 1, "-4000"),
        (1e18, 3, "1e+18"),
        (1e-12, 3, "1e-12"),
    ],
)
def test_a_number_is_written_in_full_where_zeros_are_still_read(value, digits, text):
    assert format_number(value, digits) == text
    assert float(format_number(value, digits)) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits))


def test_a_quantity_has_no_exponent():
    assert format_quantity(0.3, "s", 1) == "300 ms"
    assert format_quantity(999.0, "w", 2) == "1000 W"


def test_a_temperature_in_kelvins_is_offered_in_degrees():
    with pytest.raises(UnitError, match=r"did you mean 25 degC\?"):
        parse_quantity("298.15 K", "c")
