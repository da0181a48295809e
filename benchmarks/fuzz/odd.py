"""Odd values, and trees (of JSON or YAML) and tables with some of their values made odd."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

WHOLES = (0, 1, -1, 2, 3, 7, 100, 1023, 2**31, -(2**31), 10**9, 2**53 + 1, 2**63, 2**64, -(2**64), 10**30)
FLOATS = (0.0, -0.0, 0.5, -1.0, 1e-9, 1e-30, 1e-308, 5e-324, 1e9, 1e18, 1e38, 1.7e308, float("inf"),
          float("-inf"), float("nan"))  # fmt: skip
TEXTS = (
    "", " ", "x", "nan", "inf", "-inf", "null", "true", "0", "-5", "1e999", "1e18", "٣", "１",
    "0x10", "1_000", "=1+1", "@SUM(A1)", "\x1b[2J\x1b]0;x\x07", "a\u202eb", "\u200b", "\ufeff", "a\nb",
    "a\tb", "../../etc/passwd", "/dev/zero", "/etc/passwd", ".", "a\0b", "${HOME}", "{x}", "%s%n", "<script>",
    "#panic()", "$x$", "'; --",
    "x" * 5000, "\ud800", "日本", "🏴", "zoo:nosuch", "zoo:resnet18", "zoo:", "C:\\nul", "1" * 400,
)  # fmt: skip
UNITS = ("s", "ms", "us", "ns", "min", "h", "d", "W", "kW", "J", "kWh", "B", "GB", "GiB", "GB/s", "TOPS",
         "GHz", "/s", "FPS", "degC", "K", "K/W", "J/K", "CFM", "m3/h", "Pa", "mm", "%", "x", "USD", "USD/kWh",
         "g/kWh", "parsec")  # fmt: skip
_QUANTITY = re.compile(r"^\s*[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def odd_value(value: object, chance: random.Random) -> object:
    """Something in the place of a value: often of its own kind, else anything."""
    kind = chance.randrange(16)
    if kind < 4:
        return _nearby(value, chance)
    kind -= 4
    if kind < 6:
        return _alike(value, chance)
    if kind == 6:
        return chance.choice(WHOLES)
    if kind == 7:
        return chance.choice(FLOATS)
    if kind == 8:
        return chance.choice(TEXTS)
    if kind == 9:
        return f"{chance.choice((*WHOLES, *FLOATS))} {chance.choice(UNITS)}"
    return chance.choice(
        (None, True, False, [], {}, [None], {"value": 1}, [[]], [value, value], {"x": value})
    )


def _nearby(value: object, chance: random.Random) -> object:
    """A number that may well be meant: then what it leads to is worked out."""
    factor = 10.0 ** chance.uniform(-3.0, 3.0)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return max(0, round(value * factor))
    if isinstance(value, float):
        return value * factor
    if isinstance(value, str) and (number := _QUANTITY.match(value)):
        return f"{float(number[0]) * factor:.6g}{value[number.end() :]}"
    return value


def _alike(value: object, chance: random.Random) -> object:
    if isinstance(value, bool) or value is None:
        return chance.choice((True, False, None, 0, "yes"))
    if isinstance(value, int):
        return chance.choice((value + 1, value - 1, -value, value * 10 ** chance.randrange(1, 20), 0))
    if isinstance(value, float):
        return chance.choice((-value, value * 10.0 ** chance.randrange(-20, 20), chance.choice(FLOATS)))
    if isinstance(value, str):
        number = _QUANTITY.match(value)
        if number and chance.random() < 0.8:
            unit = value[number.end() :]
            scaled = float(number[0]) * 10.0 ** chance.randrange(-12, 19)
            return f"{chance.choice((scaled, -scaled, 0, 1e308, 'inf', 'nan'))}{unit}"
        return chance.choice((value + value, value[:-1], value[::-1], value.upper(), chance.choice(TEXTS)))
    if isinstance(value, list):
        return chance.choice((value * 2, value[::-1], value[:-1], [*value, None], value * 50))
    if isinstance(value, dict):
        return chance.choice(({}, dict(list(value.items())[:-1]), {**value, "x": 1}, list(value.values())))
    return value


def odd_tree(tree: Any, chance: random.Random) -> Any:  # noqa: ANN401
    """A copy of the tree with one to three of its values changed, dropped, doubled or moved."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = chance.choice(places)
        kind = chance.randrange(10)
        if kind < 7:
            holder[key] = odd_value(holder[key], chance)
        elif kind == 7:
            del holder[key]
        elif kind == 8 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            other, elsewhere = chance.choice(places)
            holder[key] = copy.deepcopy(other[elsewhere]) if _has(other, elsewhere) else None
    return tree


def _has(holder: Any, key: Any) -> bool:  # noqa: ANN401
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(tree: object) -> Any:  # noqa: ANN401
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield tree, key
            yield from _places(value)
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield tree, number
            if number < 50:
                yield from _places(value)


def odd_json(tree: object, chance: random.Random) -> bytes:
    """The tree as JSON, rarely with its text damaged too."""
    text = json.dumps(odd_tree(tree, chance), ensure_ascii=chance.random() < 0.5)
    content = text.encode("utf-8", "surrogatepass")
    return odd_bytes(content, chance) if chance.random() < 0.15 else content


def odd_table(text: str, chance: random.Random) -> bytes:
    """A table in CSV with cells, rows or columns changed."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(chance.choice((1, 1, 2, 4))):
        row = chance.randrange(len(rows))
        cell = chance.randrange(len(rows[row]) or 1)
        kind = chance.randrange(8)
        if kind < 5 and rows[row]:
            rows[row][cell] = str(odd_value(_number(rows[row][cell]), chance)).replace("\n", " ")
        elif kind == 5:
            del rows[row][cell:]
        elif kind == 6:
            rows.insert(row, list(rows[row]))
        elif len(rows) > 1:
            del rows[row]
    content = "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
    return odd_bytes(content, chance) if chance.random() < 0.15 else content


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def odd_bytes(content: bytes, chance: random.Random, other: bytes = b"") -> bytes:
    """One to a dozen damages to the bytes of a file; pieces of another file take places in it where given."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        start = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 4, 16, 200))
        kind = chance.randrange(6 if other else 5)
        if kind == 0:
            data[start : start + length] = chance.randbytes(len(data[start : start + length]))
        elif kind == 1:
            del data[start : start + length]
        elif kind == 2:
            data[start:start] = chance.randbytes(length)
        elif kind == 3:
            data[start:start] = data[start : start + length] * chance.choice((1, 2, 50))
        elif kind == 4:
            del data[start:]
        else:
            place = chance.randrange(len(other))
            data[start : start + length] = other[place : place + 8 * length]
    return bytes(data)
