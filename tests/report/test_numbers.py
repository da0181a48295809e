import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.report import numbers

reasonable = st.floats(min_value=1e-12, max_value=1e15, allow_nan=False)
factors = {
    "s": {"µs": 1e-6, "ms": 1e-3, "s": 1.0},
    "w": {"mW": 1e-3, "W": 1.0, "kW": 1e3},
    "bytes": {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    "ops_per_s": {"GOPS": 1e9, "TOPS": 1e12},
    "j": {"mJ": 1e-3, "J": 1.0, "kJ": 1e3, "kWh": 3.6e6},
}


def value_of(text, dimension):
    number, unit = text.split(numbers.SPACE)
    return float(number.replace(",", "")) * factors[dimension][unit]


@given(reasonable, st.integers(1, 6))
def test_significant_keeps_half_a_unit_of_the_last_digit(value, digits):
    text = numbers.significant(value, digits)
    assert "e" not in text.lower()
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) * (1 + 1e-9))


@given(reasonable, st.integers(1, 6))
def test_negative_is_the_positive_with_a_sign(value, digits):
    assert numbers.significant(-value, digits) == "-" + numbers.significant(value, digits)


@given(reasonable, st.sampled_from(sorted(factors)), st.integers(2, 4))
def test_quantity_reads_back_and_is_never_a_false_zero(value, dimension, digits):
    text = numbers.quantity(value, dimension, digits)
    assert value_of(text, dimension) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) * (1 + 1e-9))


@given(reasonable, reasonable, st.sampled_from(sorted(factors)))
def test_quantity_keeps_the_order(one, other, dimension):
    low, high = sorted((one, other))
    shown = [value_of(numbers.quantity(value, dimension), dimension) for value in (low, high)]
    assert shown[0] <= shown[1] * (1 + 1e-12)


@given(st.floats(1e-6, 1e6), st.floats(0, 0.9), st.floats(0, 2))
def test_a_wider_band_never_shows_more_digits(mid, narrow, extra):
    wide = narrow + extra
    few = numbers.band_digits(mid * (1 - wide), mid, mid * (1 + wide))
    many = numbers.band_digits(mid * (1 - narrow), mid, mid * (1 + narrow))
    assert 2 <= few <= many <= 4


@given(st.floats(1e-4, 1e3), st.floats(0.06, 0.8))
def test_a_wide_band_shows_two_digits_and_one_unit(mid, half_width):
    text = numbers.band(mid * (1 - half_width), mid, mid * (1 + half_width), "s")
    middle, rest = text.split(" (")
    assert middle == numbers.quantity(mid, "s", 2)
    low, high = rest.rstrip(")").replace(",", "").split("–")
    factor = factors["s"][middle.split(numbers.SPACE)[1]]
    assert float(low) * factor == pytest.approx(mid * (1 - half_width), rel=0.051)
    assert float(high) * factor == pytest.approx(mid * (1 + half_width), rel=0.051)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.quantity(0.99996, "s"), "1.00 s"),
        (numbers.quantity(0.0124, "s"), "12.4 ms"),
        (numbers.quantity(9.99e2, "w", 2), "1.0 kW"),
        (numbers.quantity(85.2e12, "ops_per_s"), "85.2 TOPS"),
        (numbers.quantity(0.0, "s"), "0 s"),
        (numbers.quantity(471600.0, "j"), "472 kJ"),
        (numbers.quantity(3.6e9, "j"), "1,000 kWh"),
        (numbers.band(9.8e-3, 12e-3, 15e-3, "s"), "12 ms (9.8–15)"),
        (numbers.stated(0.1, "s"), "100 ms"),
        (numbers.stated(14.985, "per_s"), "14.98 /s"),
        (numbers.stated(3600.0, "s"), "3,600 s"),
        (numbers.count(7225885), "7.23 M"),
        (numbers.count(8.25e9, "MAC"), "8.25 GMAC"),
        (numbers.count(12), "12"),
        (numbers.percent(0.6512), "65 %"),
        (numbers.percent(0.00001), "0.0010 %"),
        (numbers.percent(0), "0 %"),
        (numbers.celsius(-0.2), "0 °C"),
        (numbers.celsius(68.6), "69 °C"),
        (numbers.money(8234.0, "USD"), "8,230 USD"),
        (numbers.money(317.4, "EUR"), "317 EUR"),
        (numbers.money(0, "USD"), "0 USD"),
        (numbers.residual(3.1e-13), "3 × 10⁻¹³"),
        (numbers.residual(0), "0"),
    ],
)
def test_examples(text, expected):
    assert text.replace(numbers.SPACE, " ") == expected


def test_unknown_is_said_and_never_zero():
    shown = [
        numbers.quantity(None, "s"),
        numbers.stated(None, "s"),
        numbers.count(None),
        numbers.whole(None),
        numbers.percent(None),
        numbers.celsius(None),
        numbers.money(None, "USD"),
        numbers.residual(None),
    ]
    assert set(shown) == {numbers.UNKNOWN}


@given(st.text(), st.integers(3, 80))
def test_shortened_keeps_both_ends(text, length):
    short = numbers.shortened(text, length)
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        assume(length >= 5)
        assert short[0] == text[0]
        assert short[-1] == text[-1]
        assert "…" in short


def test_the_ends_of_a_span_share_a_unit():
    assert numbers.ends(0.00352, 0.00946, "s") == f"3.52–9.46{numbers.SPACE}ms"
    assert numbers.ends(0.0004, 1.5, "s") == f"0.000400–1.50{numbers.SPACE}s"


def test_values_of_the_database_get_the_sign_that_readers_know():
    assert numbers.as_read("99 degC") == f"99{numbers.SPACE}°C"
    assert numbers.as_read("1.1 us") == f"1.1{numbers.SPACE}µs"
    assert [numbers.as_read(text) for text in ("8 GB", "2023", "")] == ["8 GB", "2023", ""]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, numbers.UNKNOWN), (0.0, "0"), (1e-3, "0.0010"), (2e3, "2,000"), (2.4e3, "2,400"),
        (3e-4, "3 × 10⁻⁴"), (2e4, "2 × 10⁴"), (3e-13, "3 × 10⁻¹³"),
    ],
)  # fmt: skip
def test_a_residual_is_a_power_of_ten_outside_a_thousandth_to_thousands(value, text):
    assert numbers.residual(value).replace(numbers.SPACE, " ") == text
