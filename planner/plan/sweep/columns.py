"""The columns of a sweep's table: what was set, then the answer, with units in the names.

The answer's columns are those of the JSON records of the same question, flattened; see
`planner.plan.record.options` and `planner.plan.density.study`. Null where a number is unknown or does
not exist.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

ColumnType = Literal["int", "float", "str", "bool"]
SweepRow = Mapping[str, object]

_OPTION: dict[str, ColumnType] = {
    "device": "str",
    "mode": "str",
    "unit": "str",
    "units": "int",
    "engine": "str",
    "precision": "str",
    "batch": "int",
    "count": "int",
    "spares": "int",
    "utilisation": "float",
    "offered_utilisation": "float",
    "slowest_model": "str",
    "latency_s.low": "float",
    "latency_s.mid": "float",
    "latency_s.high": "float",
    "planning_latency_s.low": "float",
    "planning_latency_s.mid": "float",
    "planning_latency_s.high": "float",
    "power_w": "float",
    "worst_power_w": "float",
    "inlet_c": "float",
    "temperature_c": "float",
    "capital": "float",
    "running_cost_per_year": "float",
    "total_cost": "float",
    "currency": "str",
    "latency_provenance": "str",
    "provenance": "str",
}
_RACK: dict[str, ColumnType] = {
    "simulated.utilisation": "float",
    "simulated.throttled_share": "float",
    "simulated.temperature_mean_c": "float",
    "simulated.temperature_max_c": "float",
    "simulated.power_w": "float",
    "simulated.energy_per_request_j": "float",
    "simulated.throughput_per_s": "float",
}
_STREAM: dict[str, ColumnType] = {
    "requests": "int",
    "dropped": "int",
    "latency_mean_s": "float",
    "p50_s": "float",
    "p99_s": "float",
    "p99_low_s": "float",
    "p99_high_s": "float",
    "p99_worst_s": "float",
    "installations_broken": "float",
    "verdict": "str",
}
_LATENCIES = ("p50", "p99", "p99_low", "p99_high", "p99_worst")
_DENSITY: dict[str, ColumnType] = {
    "limit_devices": "int",
    "limit_reason": "str",
    "densest.devices": "int",
    "densest.inlet_c": "float",
    "densest.temperature_rise_k": "float",
    "densest.power_per_device_w": "float",
    "densest.throttled_share": "float",
    "densest.throughput_per_s": "float",
}
ANSWERS: dict[str, ColumnType] = {"verdict": "str", "reasons": "str", **_OPTION, **_RACK, **_DENSITY}
"""Every column that an answer may have and its kind, less those of single streams."""


def option_columns(record: Mapping[str, object]) -> dict[str, object]:
    """The columns of one sized option, from its JSON record."""
    return _picked(record, _OPTION)


def rack_columns(record: Mapping[str, object]) -> dict[str, object]:
    """The columns of a simulated rack, from its JSON record."""
    flat = _flat(record)
    found: dict[str, object] = {
        "simulated.utilisation": flat["devices.utilisation"],
        "simulated.throttled_share": flat["devices.throttled_share"],
        "simulated.temperature_mean_c": flat["devices.temperature_c.mean"],
        "simulated.temperature_max_c": flat["devices.temperature_c.max"],
        "simulated.power_w": flat["power_w"],
        "simulated.energy_per_request_j": flat["energy_per_request_j"],
        "simulated.throughput_per_s": flat["throughput_per_s"],
    }
    streams = record["streams"]
    for stream in streams if isinstance(streams, list) else []:
        own = _flat(stream)
        values = {
            "latency_mean_s": own["latency_s.mean"],
            **{f"{name}_s": own[f"latency_s.{name}"] for name in _LATENCIES},
            **own,
        }
        found |= {f"streams.{own['name']}.{name}": values[name] for name in _STREAM}
    return found


def density_columns(record: Mapping[str, object]) -> dict[str, object]:
    """The limit of a density curve and its densest row, from its JSON record."""
    flat = _flat(record)
    rows = record["rows"]
    densest = _flat(rows[-1]) if isinstance(rows, list | tuple) and rows else {}
    found = {"limit_devices": flat["limit.devices"], "limit_reason": flat["limit.reason"]}
    found |= {name: densest.get(name.removeprefix("densest.")) for name in _DENSITY if "." in name}
    return found


def in_order(rows: Iterable[SweepRow]) -> dict[str, ColumnType]:
    """The answer's columns that any of these rows has, in one order, with the kind of each."""
    names = dict.fromkeys(name for row in rows for name in row)
    fixed = {name: kind for name, kind in ANSWERS.items() if name in names}
    streams: dict[str, ColumnType] = {
        name: _STREAM[name.rpartition(".")[2]] for name in names if name not in ANSWERS
    }
    return {**fixed, **streams}


def plain(value: object) -> object:
    """A value that JSON and Parquet hold as it is; what has no number is null, what has parts is text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def kind_of(values: Sequence[object]) -> ColumnType:
    """The kind of a column that holds these plain values: one for all, text where they are mixed."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int"
    return "float" if kinds and kinds <= {int, float} else "str"


def _picked(record: Mapping[str, object], kinds: Mapping[str, ColumnType]) -> dict[str, object]:
    flat = _flat(record)
    return {name: flat[name] for name in kinds}


def _flat(record: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested mappings as one, keys joined by dots."""
    found: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
