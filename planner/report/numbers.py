"""Numbers as a reader meets them: rounded as far as they are known, with a unit, never `0` for unknown."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from planner import units
from planner.units import UNITS
from planner.wording.message import message

UNKNOWN = message("number.unknown")
SPACE = "\N{NO-BREAK SPACE}"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|°|[A-Za-zµ/]{1,3}\b)|(?<=[<>]) (?=\d)")
_SHOWN = {"us": "µs", "degC": "°C"}
_LADDERS: dict[str, tuple[str, ...]] = {
    "s": ("us", "ms", "s"),
    "w": ("mW", "W", "kW"),
    "bytes": ("B", "kB", "MB", "GB", "TB"),
    "bytes_per_s": ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    "ops_per_s": ("GOPS", "TOPS"),
    "per_s": ("/s",),
}
_ENERGY = (("mJ", 1e-3), ("J", 1.0), ("kJ", 1e3), ("kWh", 3.6e6))
_COUNTS = (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15))


def significant(value: float, digits: int) -> str:
    """Decimal text of a finite value to `digits` significant digits: commas at thousands, no exponent."""
    rounded = _rounded(value, digits)
    if not rounded:
        return "0"
    decimals = max(0, digits - 1 - rounded.adjusted())
    return f"{rounded:,.{decimals}f}"


def quantity(value: float | None, dimension: str, digits: int = 3) -> str:
    """A value with the unit that keeps it at or above one, for example ``12.4 ms``; `None` is `unknown`.

    `dimension` is one of s, w, j, bytes, bytes_per_s, ops_per_s and per_s, all in SI base units.
    """
    if value is None:
        return UNKNOWN
    symbol, factor = _unit(value, dimension, digits)
    return f"{significant(value / factor, digits)}{SPACE}{symbol}"


def stated(value: float | None, dimension: str) -> str:
    """A value that somebody set, such as an objective: to four digits, without zeros at the end."""
    if value is None:
        return UNKNOWN
    number, symbol = quantity(value, dimension, 4).split(SPACE)
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{SPACE}{symbol}"


def band_digits(low: float, mid: float, high: float) -> int:
    """How many significant digits of `mid` its band low-high supports: two when wide, at most four."""
    if mid == 0:
        return 2
    half_width = abs(high - low) / (2 * abs(mid))
    if half_width >= 0.05:
        return 2
    return 3 if half_width >= 0.0005 else 4


def middle(low: float, mid: float, high: float, dimension: str) -> str:
    """The middle of a band, rounded as the band allows, with its unit."""
    return quantity(mid, dimension, band_digits(low, mid, high))


def band(low: float, mid: float, high: float, dimension: str) -> str:
    """A band in one unit, for example ``12 ms (9.8-15)`` with an en dash."""
    digits = band_digits(low, mid, high)
    symbol, factor = _unit(mid, dimension, digits)
    ends = f"{significant(low / factor, digits)}–{significant(high / factor, digits)}"
    return f"{significant(mid / factor, digits)}{SPACE}{symbol} ({ends})"


def ends(low: float, high: float, dimension: str, digits: int = 3) -> str:
    """Two ends of a span in the unit of the higher, for example ``3.52–9.46 ms``."""
    symbol, factor = _unit(high, dimension, digits)
    return f"{significant(low / factor, digits)}–{significant(high / factor, digits)}{SPACE}{symbol}"


def as_read(value: str) -> str:
    """A value of the database with the sign that readers know for its unit: ``99 °C`` for ``99 degC``."""
    number, _, symbol = value.rpartition(" ")
    return f"{number}{SPACE}{_SHOWN.get(symbol, symbol)}" if symbol in (*_SHOWN, *_SHOWN.values()) else value


def with_units(text: str) -> str:
    """Text whose numbers stay on one line with their units."""
    return _BEFORE_UNIT.sub(SPACE, text)


def one_degree_sign(text: str) -> str:
    """Text with ``°C`` behind every number that somebody wrote with ``degC``."""
    return units.one_degree_sign(text, SPACE)


def count(value: float | None, unit: str = "", digits: int = 3) -> str:
    """A large count with an SI prefix, for example ``7.23 M`` or, with a unit, ``8.2 GMAC``."""
    if value is None:
        return UNKNOWN
    prefix, factor = _step(value, _COUNTS, digits)
    sign = f"{prefix}{unit}"
    number = whole(value) if factor == 1.0 else significant(value / factor, digits)
    return f"{number}{SPACE}{sign}" if sign else number


def whole(value: float | None) -> str:
    """A count in full, with commas at thousands."""
    return UNKNOWN if value is None else f"{round(value):,}"


def percent(ratio: float | None, digits: int = 2) -> str:
    """A ratio as a percentage: whole percents from 10 % to 100 %, else `digits` significant digits."""
    if ratio is None:
        return UNKNOWN
    value = ratio * 100
    text = f"{value:.0f}" if 9.5 <= abs(value) <= 100 else significant(value, digits)
    return f"{text}{SPACE}%"


def celsius(temperature_c: float | None) -> str:
    """A temperature to the whole degree, which is all that a thermal resistance supports."""
    if temperature_c is None:
        return UNKNOWN
    return f"{round(temperature_c) + 0:d}{SPACE}°C"


def money(amount: float | None, currency: str) -> str:
    """An amount to three significant digits, such as ``8,230 USD``: prices are no better known."""
    return UNKNOWN if amount is None else f"{significant(amount, 3)}{SPACE}{currency}"


def residual(value: float | None) -> str:
    """A small difference that should be nought, as a power of ten: ``3 × 10^-13`` in superscript signs."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.0e}".split("e")
    if -3 <= int(exponent) <= 3:
        return significant(value, 2)
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}{SPACE}×{SPACE}10{raised}"


def shortened(text: str, length: int) -> str:
    """Text of at most `length` characters; a longer one loses its middle, where names differ least."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def _rounded(value: float, digits: int) -> Decimal:
    exact = Decimal(value)
    if not exact:
        return exact
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_EVEN)


def _unit(value: float, dimension: str, digits: int) -> tuple[str, float]:
    if dimension == "j":
        return _step(value, _ENERGY, digits)
    table = UNITS[dimension]
    ladder = tuple((_SHOWN.get(symbol, symbol), table[symbol]) for symbol in _LADDERS[dimension])
    if value == 0:
        return next((step for step in ladder if step[1] == 1.0), ladder[0])
    return _step(value, ladder, digits)


def _step(value: float, ladder: tuple[tuple[str, float], ...], digits: int) -> tuple[str, float]:
    """The largest unit in which the value, once rounded, is still one or more."""
    chosen = ladder[0]
    for symbol, factor in ladder:
        if abs(_rounded(value / factor, digits)) >= 1:
            chosen = (symbol, factor)
    return chosen
