"""The closed table of units: text with a unit at the border, SI floats inside.

A dimension is named by the suffix that Python names carry (`bandwidth_bytes_per_s` has the dimension
`bytes_per_s`). Degrees Celsius stay Celsius; every other dimension is in SI base units.
GB is 10^9 bytes and GiB is 2^30 bytes; one multiply-accumulate is two operations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

_UNITS: dict[str, dict[str, float]] = {
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "w": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "j": {"J": 1.0, "mJ": 1e-3, "kJ": 1e3, "Wh": 3.6e3, "kWh": 3.6e6},
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
    "per_s": {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600, "FPS": 1.0},
    "c": {"degC": 1.0},
    "k": {"K": 1.0},
    "k_per_w": {"K/W": 1.0},
    "w_per_k": {"W/K": 1.0},
    "j_per_k": {"J/K": 1.0, "kJ/K": 1e3},
    "m3_per_s": {"m3/s": 1.0, "m3/h": 1 / 3600, "CFM": 0.3048**3 / 60, "L/s": 1e-3},
    "pa": {"Pa": 1.0, "kPa": 1e3, "inH2O": 249.08891},
    "m": {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "km": 1e3},
    "kg_per_j": {"g/kWh": 1e-3 / 3.6e6, "kg/kWh": 1 / 3.6e6, "kg/MWh": 1e-3 / 3.6e6},
    "ratio": {"%": 0.01, "x": 1.0},
}  # fmt: skip

UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {dimension: MappingProxyType(table) for dimension, table in _UNITS.items()}
)
"""Dimension -> unit symbol -> factor to the SI value."""

_DIMENSION_OF = {symbol: dimension for dimension, table in _UNITS.items() for symbol in table}
_QUANTITY = re.compile(r"^\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\s\d].*?)?\s*$")


class UnitError(ValueError):
    """Text that is not a quantity of the dimension asked for: what was expected and what came."""

    def __init__(self, expected: str, got: str) -> None:
        self.expected = expected
        self.got = got
        super().__init__(f"expected {expected}, got {got!r}")


def parse_quantity(text: str, dimension: str) -> float:
    """SI value of a text such as ``"68 GB/s"`` for the dimension ``bytes_per_s``.

    Raises `UnitError` for text without a number, without a unit, or with a unit of another dimension.
    """
    accepted = ", ".join(UNITS[dimension])
    match = _QUANTITY.match(text)
    if match is None:
        raise UnitError(f"a number with one of the units {accepted}", text)
    number, symbol = match.groups()
    if symbol is None:
        raise UnitError(f"a unit after the number (one of {accepted})", text)
    factor = UNITS[dimension].get(symbol)
    if factor is None:
        other = _DIMENSION_OF.get(symbol)
        what = f"{symbol!r} is a unit of {other}" if other else f"{symbol!r} is not a unit in the table"
        raise UnitError(f"one of the units {accepted} ({what})", text)
    value = float(number) * factor
    if not math.isfinite(value):
        raise UnitError("a finite number", text)
    return value


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
    return f"{value / table[chosen]:.{digits}g} {chosen}"


def format_percent(ratio: float, decimals: int = 0) -> str:
    """Text of a ratio as a percentage, such as ``62 %``: a space before the sign, as SI writes it."""
    return f"{ratio * 100:.{decimals}f} %"


def format_time_share(ratio: float) -> str:
    """Text of a share of time to a millionth; one that is not quite all of it does not read as all."""
    shown = format_percent(ratio, 4)
    return f"> {format_percent(1 - 1e-6, 4)}" if ratio < 1 and shown == format_percent(1, 4) else shown


_PREFERRED: dict[str, tuple[str, ...]] = {
    "s": ("ns", "us", "ms", "s"),
    "w": ("mW", "W", "kW"),
    "j": ("mJ", "J", "kJ"),
    "bytes": ("B", "kB", "MB", "GB", "TB"),
    "bytes_per_s": ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    "ops_per_s": ("OPS", "GOPS", "TOPS"),
    "hz": ("Hz", "kHz", "MHz", "GHz"),
    "per_s": ("/s",),
    "m3_per_s": ("L/s", "m3/s"),
    "pa": ("Pa", "kPa"),
    "m": ("mm", "m"),
    "kg_per_j": ("g/kWh",),
    "ratio": ("x",),
}
