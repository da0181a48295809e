"""Kinds of corruption of a part's file: where each can strike, and how.

A kind of the text gives corrupted texts; a kind of the values gives changes to a copy of the plain values.
Each site comes with words that say where it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from planner.units import UNITS

Values = dict[str, Any]
Path = tuple[str | int, ...]
Change = Callable[[Values], None]
"""Corrupts a copy of the values in place."""

_QUANTITY = re.compile(r"^(-?[\d_.]+(?:e[-+]?\d+)?) (\S+)$")
_SLIP = {"T": "G", "G": "M", "M": "G", "k": "M"}
_OTHER = {"TOPS": "W", "W": "GB/s", "GB/s": "MHz", "GB": "W"}
_PER_MODE = ("peaks", "sparse_peaks", "ceilings", "clocks", "active", "bandwidth")
_COMPLETE = ("peaks", "bandwidth")
_OPTIONAL = {
    "label", "label_note", "contradictions", "price", "size", "host_link", "technology", "reserved",
    "ceilings", "clocks", "active", "ops_per_clock", "parts", "caches", "remarks", "fallback", "sparse_peaks",
    "note", "formula", "confidence", "vendor_name", "width_bits", "transfers_per_clock", "source", "status",
    "clock_steps", "caps", "boundary", "range", "fan", "stores",
}  # fmt: skip


def _leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if (*path, key) != ("contradictions",):
                yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _leaves(item, (*path, i))
    else:
        yield path, value


def _tables(values: object) -> Iterator[tuple[Path, Values]]:
    """Every mapping of the file with its path, but for those inside contradictions."""
    if isinstance(values, dict):
        stack: list[tuple[Path, object]] = [((), values)]
        while stack:
            path, here = stack.pop()
            if isinstance(here, dict):
                yield path, here
                stack += [((*path, key), item) for key, item in here.items() if key != "contradictions"]
            elif isinstance(here, list):
                stack += [((*path, i), item) for i, item in enumerate(here)]


def _at(values: Any, path: Path) -> Any:  # noqa: ANN401 - plain values of any shape
    for part in path:
        values = values[part]
    return values


def _put(path: Path, value: object) -> Change:
    def change(values: Values) -> None:
        _at(values, path[:-1])[path[-1]] = value

    return change


def _drop(path: Path) -> Change:
    def change(values: Values) -> None:
        del _at(values, path[:-1])[path[-1]]

    return change


def _where(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _quantities(values: object) -> Iterator[tuple[Path, str, str]]:
    """Path, number and unit of each text that is a quantity or an amount of money."""
    for path, value in _leaves(values):
        match = _QUANTITY.match(value) if isinstance(value, str) else None
        if match and (any(match[2] in table for table in UNITS.values()) or match[2].isupper()):
            yield path, match[1], match[2]


def _requantified(
    rewrite: Callable[[str, str], object | None],
) -> Callable[[object], Iterator[tuple[str, Change]]]:
    """A kind that rewrites quantities; none where there is nothing to rewrite."""

    def sites(values: object) -> Iterator[tuple[str, Change]]:
        for path, number, unit in _quantities(values):
            changed = rewrite(number, unit)
            if changed is not None:
                yield f"{_where(path)}: {number} {unit} -> {changed}", _put(path, changed)

    return sites


def _scaled(factor: float) -> Callable[[object], Iterator[tuple[str, Change]]]:
    def sites(values: object) -> Iterator[tuple[str, Change]]:
        for path, number, unit in _quantities(values):
            if float(number):
                changed = f"{float(number) * factor:.10g} {unit}"
                yield f"{_where(path)}: {number} {unit} -> {changed}", _put(path, changed)
        for path, value in _leaves(values):
            if type(value) is int and path[0] != "schema" and value:
                changed_count = value * factor if value * factor % 1 else int(value * factor)
                yield f"{_where(path)}: {value} -> {value * factor:g}", _put(path, changed_count)

    return sites


def _slipped(number: str, unit: str) -> str | None:
    changed = _SLIP.get(unit[0], "") + unit[1:]
    return f"{number} {changed}" if any(changed in table for table in UNITS.values()) else None


def _swapped_modes(values: object) -> Iterator[tuple[str, Change]]:
    modes = _mode_ids(values)
    for path, table in _tables(values):
        held = [mode for mode in modes if mode in table]
        for first, second in pairwise(held):
            if _bare(table[first]) != _bare(table[second]):
                yield f"{_where(path)}: {first} <-> {second}", _swap((*path, first), (*path, second))


def _swap(first: Path, second: Path) -> Change:
    def change(values: Values) -> None:
        one, other = _at(values, first), _at(values, second)
        _put(first, other)(values)
        _put(second, one)(values)

    return change


def _bare(number: object) -> object:
    return number.get("value") if isinstance(number, dict) else number


def _mode_ids(values: object) -> list[str]:
    return [mode["id"] for mode in values["modes"]] if isinstance(values, dict) else []


def _mode_tables(values: object, names: Sequence[str]) -> Iterator[tuple[Path, Values]]:
    for path, table in _tables(values):
        if any(name in path for name in names) and any(mode in table for mode in _mode_ids(values)):
            yield path, table


def _unknown_mode(values: object) -> Iterator[tuple[str, Change]]:
    for path, table in _mode_tables(values, _PER_MODE):
        mode = next(mode for mode in _mode_ids(values) if mode in table)
        yield f"{_where(path)}: {mode} renamed", _renamed((*path, mode), f"{mode}_TURBO")


def _renamed(path: Path, name: str) -> Change:
    def change(values: Values) -> None:
        parent = _at(values, path[:-1])
        parent[name] = parent.pop(path[-1])

    return change


def _missing_mode(values: object) -> Iterator[tuple[str, Change]]:
    for path, table in _mode_tables(values, _COMPLETE):
        if "sparse_peaks" not in path:
            for mode in (mode for mode in _mode_ids(values) if mode in table):
                yield f"{_where(path)}: {mode} deleted", _drop((*path, mode))


def _source_deleted(values: object) -> Iterator[tuple[str, Change]]:
    for name in values["sources"] if isinstance(values, dict) else ():
        yield f"sources: {name} deleted", _drop(("sources", name))


def _misspelt(key: str) -> Callable[[object], Iterator[tuple[str, Change]]]:
    def sites(values: object) -> Iterator[tuple[str, Change]]:
        for path, value in _leaves(values):
            if path[-1] == key and path[0] != "sources" and isinstance(value, str):
                yield f"{_where(path)}: {value} misspelt", _put(path, f"{value[:-1]}_")

    return sites


def _orphan(_: object) -> Iterator[tuple[str, Change]]:
    yield "sources: one more", _put(("sources", "nobody_names_me"), {"title": "A document"})


def _reason_deleted(status: str, key: str) -> Callable[[object], Iterator[tuple[str, Change]]]:
    def sites(values: object) -> Iterator[tuple[str, Change]]:
        for path, table in _tables(values):
            if table.get("status") == status and key in table and "value" in table:
                yield f"{_where(path)}: {key} deleted", _drop((*path, key))

    return sites


def _unknown_key(values: object) -> Iterator[tuple[str, Change]]:
    for path, table in _tables(values):
        for key in ("source", "status", "formula", "kind", "capacity", "power_limit", "throttle", "title"):
            if key in table:
                yield f"{_where((*path, key))} misspelt", _renamed((*path, key), f"{key}e")


def _required_deleted(values: object) -> Iterator[tuple[str, Change]]:
    if not isinstance(values, dict):
        return
    blocks: list[Path] = [(), ("memory",), ("thermal",)]
    blocks += [("units", unit) for unit in values["units"]] + [
        ("modes", i) for i in range(len(values["modes"]))
    ]
    blocks += [("thermal", "coolers", i) for i in range(len(values["thermal"].get("coolers", [])))]
    for block in blocks:
        for key in _at(values, block):
            needless = key == "default" and not _at(values, block)["default"]
            needless |= key == "name" and block[:2] == ("thermal", "coolers")
            if key not in _OPTIONAL and not needless:
                yield f"{_where((*block, key))} deleted", _drop((*block, key))


def _unknown_precision(values: object) -> Iterator[tuple[str, Change]]:
    for path, table in _tables(values):
        if path and path[-1] in ("peaks", "sparse_peaks", "ceilings", "ops_per_clock", "fallback"):
            for key in table:
                if key in ("fp32", "tf32", "fp16", "bf16", "int8", "fp8", "fp4", "int4"):
                    yield f"{_where(path)}: {key} renamed", _renamed((*path, key), f"{key[:-1]}7")


def _two_defaults(values: object) -> Iterator[tuple[str, Change]]:
    for i, mode in enumerate(values["modes"] if isinstance(values, dict) else ()):
        if not mode.get("default"):
            yield f"modes.{i}: a second default", _put(("modes", i, "default"), value=True)


def _unknown_engine(values: object) -> Iterator[tuple[str, Change]]:
    for unit, table in (values["units"] if isinstance(values, dict) else {}).items():
        for i in range(len(table["engines"])):
            yield f"units.{unit}.engines.{i}", _put(("units", unit, "engines", i), "tensorflow")


def _other_id(values: object) -> Iterator[tuple[str, Change]]:
    if isinstance(values, dict):
        yield "id: another", _put(("id",), f"{values['id']}-2")


def _sparse_as_dense(values: object) -> Iterator[tuple[str, Change]]:
    """The classic of the trade: the headline, sparse, filed as the dense peak of every mode."""
    for path, table in _tables(values):
        if len(path) == 4 and path[2] == "peaks" and path[0] == "units":
            modes = [mode for mode in _mode_ids(values) if mode in table]
            yield f"{_where(path)} doubled", _doubled(path, modes)


def _doubled(path: Path, modes: Sequence[str]) -> Change:
    def change(values: Values) -> None:
        table = _at(values, path)
        for mode in modes:
            where = (mode, "value") if isinstance(table[mode], dict) else (mode,)
            match = _QUANTITY.match(_at(table, where))
            if match:
                _put(where, f"{2 * float(match[1]):.10g} {match[2]}")(table)

    return change


def _pair_swapped(block: str, one: str, other: str) -> Callable[[object], Iterator[tuple[str, Change]]]:
    def sites(values: object) -> Iterator[tuple[str, Change]]:
        for path, table in _tables(values):
            if path and path[0] == block and one in table and other in table:
                yield f"{_where(path)}: {one} <-> {other}", _swap((*path, one), (*path, other))

    return sites


def _mode_twice(values: object) -> Iterator[tuple[str, Change]]:
    modes = _mode_ids(values)
    for i, mode in enumerate(modes[1:], start=1):
        yield f"modes.{i}: {mode} as the one before", _put(("modes", i, "id"), modes[i - 1])


def _key_lines(text: str) -> list[int]:
    """Numbers of the lines that hold a key and its value, but for those of contradictions."""
    lines = text.split("\n")
    end = lines.index("contradictions:") if "contradictions:" in lines else len(lines)
    return [i for i, line in enumerate(lines[:end]) if re.match(r"^ +[\w]+: \S", line) and ">-" not in line]


def _line_changed(rewrite: Callable[[str], str]) -> Callable[[str], list[tuple[str, str]]]:
    def sites(text: str) -> list[tuple[str, str]]:
        lines = text.split("\n")
        return [
            (f"line {i + 1}", "\n".join([*lines[:i], rewrite(lines[i]), *lines[i + 1 :]]))
            for i in _key_lines(text)
        ]

    return sites


def _cut(text: str) -> list[tuple[str, str]]:
    lines = text.split("\n")
    places = range(len(lines) // 10, len(lines) * 9 // 10, max(1, len(lines) // 10))
    return [(f"cut after line {i}", "\n".join(lines[:i])) for i in places if not lines[i].startswith("contr")]


TEXT_KINDS: dict[str, Callable[[str], list[tuple[str, str]]]] = {
    "key given twice": _line_changed(lambda line: f"{line}\n{line}"),
    "tab for spaces": _line_changed(lambda line: "\t" + line.lstrip(" ")),
    "anchor": _line_changed(lambda line: line.replace(": ", ": &x ", 1)),
    "cut off": _cut,
}
VALUE_KINDS: dict[str, Callable[[object], Iterator[tuple[str, Change]]]] = {
    "unknown unit": _requantified(lambda number, unit: f"{number} {unit.lower()}x"),
    "unit of another dimension": _requantified(lambda number, unit: f"{number} {_OTHER.get(unit, 'TOPS')}"),
    "number without unit": _requantified(lambda number, _: float(number)),
    "minus sign": _requantified(
        lambda number, unit: f"-{number} {unit}" if float(number) and unit != "degC" else None
    ),
    "ten times": _scaled(10.0),
    "a tenth": _scaled(0.1),
    "slipped prefix": _requantified(_slipped),
    "sparse filed as dense": _sparse_as_dense,
    "modes swapped": _swapped_modes,
    "mode of no power mode": _unknown_mode,
    "mode left out": _missing_mode,
    "mode id twice": _mode_twice,
    "second default mode": _two_defaults,
    "limit and idle swapped": _pair_swapped("modes", "power_limit", "idle"),
    "trips swapped": _pair_swapped("thermal", "throttle", "shutdown"),
    "source deleted": _source_deleted,
    "source misspelt": _misspelt("source"),
    "source nobody names": _orphan,
    "status misspelt": _misspelt("status"),
    "formula deleted": _reason_deleted("derived", "formula"),
    "note of an assumption deleted": _reason_deleted("assumed", "note"),
    "unknown key": _unknown_key,
    "required key deleted": _required_deleted,
    "unknown precision": _unknown_precision,
    "unknown engine": _unknown_engine,
    "id of another part": _other_id,
}
