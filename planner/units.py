"""The closed table of units: text with a unit at the border, SI floats inside.

A dimension is named by the suffix that Python names carry (`bandwidth_bytes_per_s` has the dimension
`bytes_per_s`). Degrees Celsius stay Celsius; every other dimension is in SI base units.
GB is 10^9 bytes and GiB is 2^30 bytes; one multiply-accumulate is two operations. Units are
also taken as people write them: 45 °C, 113 degF, 30 fps, 2 KW, 50 Mbps. Where that leaves two readings
(mw: milli or mega, mb/s: bit or byte) the text is refused with both.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

_UNITS: dict[str, dict[str, float]] = {
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "w": {"W": 1.0, "mW": 1e-3, "kW": 1e3, "MW": 1e6},
    "j": {"J": 1.0, "mJ": 1e-3, "kJ": 1e3, "MJ": 1e6, "Wh": 3.6e3, "kWh": 3.6e6, "MWh": 3.6e9},
    "bytes": {
        "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
        "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40,
    },
    "bytes_per_s": {
        "B/s": 1.0, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "TB/s": 1e12,
        "kbit/s": 1e3 / 8, "Mbit/s": 1e6 / 8, "Gbit/s": 1e9 / 8,
    },
    "ops_per_s": {
        "OPS": 1.0, "GOPS": 1e9, "TOPS": 1e12, "GFLOPS": 1e9, "TFLOPS": 1e12, "PFLOPS": 1e15,
    },
    "hz": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "px_per_s": {"px/s": 1.0, "Mpx/s": 1e6, "Gpx/s": 1e9},
    "per_s": {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600, "FPS": 1.0},
    "c": {"degC": 1.0},
    "k": {"K": 1.0},
    "k_per_w": {"K/W": 1.0},
    "w_per_k": {"W/K": 1.0},
    "j_per_k": {"J/K": 1.0, "kJ/K": 1e3},
    "kg": {"g": 1e-3, "kg": 1.0},
    "m3_per_s": {"m3/s": 1.0, "m3/h": 1 / 3600, "CFM": 0.3048**3 / 60, "L/s": 1e-3},
    "pa": {"Pa": 1.0, "kPa": 1e3, "inH2O": 249.08891},
    "m": {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "km": 1e3},
    "m2": {"m2": 1.0, "cm2": 1e-4},
    "w_per_m2": {"W/m2": 1.0, "kW/m2": 1e3},
    "w_per_m2_k": {"W/m2K": 1.0},
    "kg_per_j": {"g/kWh": 1e-3 / 3.6e6, "kg/kWh": 1 / 3.6e6, "kg/MWh": 1e-3 / 3.6e6},
    "ratio": {"%": 0.01, "x": 1.0},
}  # fmt: skip

UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {dimension: MappingProxyType(table) for dimension, table in _UNITS.items()}
)
"""Dimension -> unit symbol -> factor to the SI value."""

_ALSO: dict[str, dict[str, str]] = {
    "s": {
        "µs": "us", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
        "sec": "s", "secs": "s", "second": "s", "seconds": "s",
        "mins": "min", "minute": "min", "minutes": "min",
        "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d",
    },
    "w": {"watt": "W", "watts": "W"},
    "bytes": {"byte": "B", "bytes": "B"},
    "bytes_per_s": {
        "kbps": "kbit/s", "Mbps": "Mbit/s", "Gbps": "Gbit/s", "mbps": "Mbit/s", "gbps": "Gbit/s",
        "kb/s": "kbit/s", "Mb/s": "Mbit/s", "Gb/s": "Gbit/s",
        "kBps": "kB/s", "MBps": "MB/s", "GBps": "GB/s",
    },
    "px_per_s": {"pixel/s": "px/s", "pixels/s": "px/s", "MP/s": "Mpx/s"},
    "per_s": {"1/s": "/s", "/sec": "/s", "per second": "/s", "frames/s": "FPS", "Hz": "/s", "rps": "/s"},
    "c": {"°C": "degC", "C": "degC", "deg C": "degC", "° C": "degC", "celsius": "degC"},
    "k": {"kelvin": "K"},
    "k_per_w": {"degC/W": "K/W", "°C/W": "K/W", "C/W": "K/W"},
    "m2": {"m²": "m2", "m^2": "m2"},
    "w_per_m2": {"W/m²": "W/m2", "W/m^2": "W/m2"},
    "w_per_m2_k": {"W/(m2 K)": "W/m2K", "W/(m²K)": "W/m2K", "W/m2 K": "W/m2K", "W/m²K": "W/m2K"},
    "m3_per_s": {"m³/s": "m3/s", "m³/h": "m3/h", "m^3/s": "m3/s", "m^3/h": "m3/h"},
    "ratio": {"percent": "%", "per cent": "%", "pct": "%"},
}  # fmt: skip
"""Dimension -> what people write -> the symbol of the table."""

_FAHRENHEIT = ("degF", "°F", "F", "deg F", "° F", "fahrenheit")
"""The one unit with a zero of its own: (t - 32) / 1.8 in degC."""

_NAMES = {
    "s": "time", "w": "power", "j": "energy", "bytes": "data", "bytes_per_s": "data per time",
    "ops_per_s": "operations per time", "hz": "frequency", "px_per_s": "pixels per time",
    "per_s": "rate", "c": "temperature",
    "k": "temperature difference", "k_per_w": "thermal resistance", "w_per_k": "thermal conductance",
    "j_per_k": "heat capacity", "m3_per_s": "airflow", "pa": "pressure", "m": "length", "m2": "area",
    "w_per_m2": "power per area", "w_per_m2_k": "heat transfer coefficient",
    "kg_per_j": "carbon per energy", "kg": "mass", "ratio": "ratio",
}  # fmt: skip

_ABSOLUTE_K = 200.0
"""Beyond it kelvins are a temperature, below they are taken for degrees that were called so."""
_DIMENSION_OF = {symbol: dimension for dimension, table in _UNITS.items() for symbol in table}
_QUANTITY = re.compile(r"^\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\s\d].*?|1/s)?\s*$")
_COMMA = re.compile(r"^\s*([-+]?\d{1,3}(?:,\d+)+)(\.\d+)?(?![\d,])\s*(.*?)\s*$")


class UnitError(ValueError):
    """Text that is no quantity of the dimension asked for: what was expected, what came, what is meant."""

    def __init__(self, expected: str, got: str, advice: str = "") -> None:
        self.expected = expected
        self.got = got
        self.advice = advice
        super().__init__(f"expected {expected}, got {got!r}" + (f"; {advice}" if advice else ""))


def parse_quantity(text: str, dimension: str) -> float:
    """SI value of a text such as ``"68 GB/s"`` for the dimension ``bytes_per_s``.

    Raises `UnitError` for text without a number, without a unit, or with a unit of another dimension.
    """
    accepted = ", ".join(UNITS[dimension])
    match = _QUANTITY.match(text)
    if match is None or _COMMA.match(text):
        raise UnitError(f"a number with one of the units {accepted}", text, _without_comma(text))
    number, symbol = match.groups()
    if symbol is None:
        offered = [f"{number} {name}" for name in _usual(dimension)]
        if dimension == "ratio" and float(number) <= 1:
            offered = [f"{float(number) * 100:g} %", *offered]
        raise UnitError(f"a unit after the number (one of {accepted})", text, did_you_mean(offered))
    if dimension == "c" and _folded(symbol) in {_folded(name) for name in _FAHRENHEIT}:
        return (float(number) - 32.0) / 1.8
    known, certain = _meant(symbol, dimension)
    if dimension == "c" and _folded(symbol) in ("k", "kelvin") and float(number) > _ABSOLUTE_K:
        celsius = f"{float(number) - 273.15:g} degC"
        raise UnitError(f"one of the units {accepted}", text, did_you_mean([celsius]))
    if not certain:
        offered = [f"{number} {name}" for name in known or _nearest_units(symbol, dimension)]
        raise UnitError(f"one of the units {accepted} ({_what(symbol)})", text, did_you_mean(offered))
    value = float(number) * UNITS[dimension][known[0]]
    if not math.isfinite(value):
        raise UnitError("a finite number", text)
    return value


def did_you_mean(names: Iterable[str]) -> str:
    """`did you mean a or b?`, in order; empty where there is nothing to offer."""
    first, *others = list(names) or [""]
    if not first:
        return ""
    listed = f"{', '.join([first, *others[:-1]])} or {others[-1]}" if others else first
    return f"did you mean {listed}?"


def unit_named(symbol: str, dimension: str) -> str | None:
    """The symbol of the table that a text such as `kwh` means, where it means one."""
    known, certain = _meant(symbol, dimension)
    return known[0] if certain else None


def _meant(symbol: str, dimension: str) -> tuple[list[str], bool]:
    """The symbols of the table that a text may mean, and whether it can only mean that one.

    It may be a symbol itself, another way to write it, or either in other capitals. m and M are milli and
    mega, b and B bit and byte: a text that differs from a symbol in that letter alone is another unit.
    """
    table, also = UNITS[dimension], _ALSO.get(dimension, {})
    text = symbol.replace("μ", "µ").replace("℃", "°C")
    if text in table or text in also:
        return [also.get(text, text)], True
    forms = [form for form in (*table, *also) if _folded(form) == _folded(text)]
    if text not in (text.lower(), text.upper()):
        same_case = [form for form in forms if ("b" in form) == ("b" in text)]
        forms = same_case or forms
    found = list(dict.fromkeys(also.get(form, form) for form in forms))
    return found, len(found) == 1 and not any(_another_size(text, form) for form in forms)


def _another_size(text: str, form: str) -> bool:
    """Whether a text in other capitals is properly another unit: milli for mega, or bits for bytes."""
    prefixes = {text[0], form[0]} == {"m", "M"} and text[1:] == form[1:] and len(text) > 1
    bits = "b" in text and "B" in form and not text.lower().endswith("ib")
    return prefixes or bits


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _nearest_units(symbol: str, dimension: str) -> list[str]:
    """Units of the dimension whose symbol is most like this one, or the usual one."""
    also = _ALSO.get(dimension, {})
    forms = {_folded(form): also.get(form, form) for form in (*also, *UNITS[dimension])}
    near = difflib.get_close_matches(_folded(symbol), forms, n=2, cutoff=0.6)
    return list(dict.fromkeys(forms[name] for name in near)) or _usual(dimension)


def _usual(dimension: str) -> list[str]:
    """The unit to offer where nothing says which: that of SI, or percent."""
    return ["%"] if dimension == "ratio" else [next(s for s, f in _UNITS[dimension].items() if f == 1.0)]


def _what(symbol: str) -> str:
    other = _DIMENSION_OF.get(symbol)
    if other:
        return f"{symbol!r} is a unit of {_NAMES[other]}"
    return f"{symbol!r} is not a unit in the table"


def _without_comma(text: str) -> str:
    """What a number with a comma may mean: 1,000 a thousand, 0,5 a half."""
    match = _COMMA.match(text)
    if match is None:
        return ""
    digits, rest, unit = match.groups()
    thousands = f"{digits.replace(',', '')}{rest or ''} {unit}".strip()
    decimal = f"{digits.replace(',', '.')} {unit}".strip()
    groups = digits.lstrip("+-").split(",")[1:]
    grouped = all(len(group) == 3 for group in groups)
    offered = ([thousands] if grouped else []) + ([decimal] if len(groups) == 1 and not rest else [])
    return did_you_mean(offered)


def si_symbol(text: str) -> str:
    """The SI unit of the dimension that the unit of a text belongs to; empty where it has none."""
    match = _QUANTITY.match(text)
    dimension = _DIMENSION_OF.get((match.group(2) or "") if match else "")
    if dimension is None or dimension == "ratio":
        return ""
    return next((symbol for symbol, factor in _UNITS[dimension].items() if factor == 1.0), "")


def format_quantity(value: float, dimension: str, digits: int = 4) -> str:
    """Text of an SI value in the largest unit that keeps the number at or above one.

    The inverse of `parse_quantity` to the given number of significant digits.
    """
    table = UNITS[dimension]
    preferred = _PREFERRED.get(dimension, tuple(table))
    chosen = preferred[0]
    for symbol in preferred:
        if abs(value) >= table[symbol] * 0.9999999:
            chosen = symbol
    if value == 0:
        chosen = next(symbol for symbol in preferred if table[symbol] == 1.0)
    return f"{format_number(value / table[chosen], digits)} {_SIGNS.get(chosen, chosen)}"


def format_number(value: float, digits: int) -> str:
    """Text of a number to that many significant digits, in full: ``300`` where ``:.1g`` has ``3e+02``.

    Beyond 15 places before or 9 behind the point, where zeros are not read any more, the exponent stays.
    """
    text = f"{value:.{digits}g}"
    _, mark, exponent = text.partition("e")
    if not mark or not -9 <= int(exponent) <= 15:
        return text
    return format(Decimal(text), "f")


def one_degree_sign(text: str, space: str = " ") -> str:
    """Text with ``°C`` behind every number that somebody wrote with ``degC``."""
    return _WRITTEN_DEGREES.sub(f"{space}°C", text)


def format_percent(ratio: float, decimals: int = 0) -> str:
    """Text of a ratio as a percentage, such as ``62 %``: a space before the sign, as SI writes it."""
    return f"{ratio * 100:.{decimals}f} %"


def format_probability(ratio: float) -> str:
    """Text of a probability to a percent; what rests on a spread is never certain, and does not read so."""
    if ratio < 0.01:
        return f"< {format_percent(0.01)}"
    return f"> {format_percent(0.99)}" if ratio > 0.99 else format_percent(ratio)


def format_time_share(ratio: float) -> str:
    """Text of a share of time to a millionth; one that is not quite all of it does not read as all."""
    shown = format_percent(ratio, 4)
    return f"> {format_percent(1 - 1e-6, 4)}" if ratio < 1 and shown == format_percent(1, 4) else shown


_SIGNS = {"degC": "°C"}
"""Symbols of the table that readers know by another sign."""
_WRITTEN_DEGREES = re.compile(r"(?<=\d) ?degC\b")
_PREFERRED: dict[str, tuple[str, ...]] = {
    "s": ("ns", "us", "ms", "s"),
    "w": ("mW", "W", "kW"),
    "j": ("mJ", "J", "kJ"),
    "bytes": ("B", "kB", "MB", "GB", "TB"),
    "bytes_per_s": ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    "ops_per_s": ("OPS", "GOPS", "TOPS"),
    "hz": ("Hz", "kHz", "MHz", "GHz"),
    "px_per_s": ("px/s", "Mpx/s", "Gpx/s"),
    "per_s": ("/s",),
    "m3_per_s": ("L/s", "m3/s"),
    "pa": ("Pa", "kPa"),
    "m": ("mm", "m"),
    "kg_per_j": ("g/kWh",),
    "ratio": ("x",),
}
