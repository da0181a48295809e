"""trtexec of NVIDIA TensorRT: `--exportTimes`, `--exportProfile` and `--exportLayerInfo`.

Format: TensorRT developer guide, "trtexec"; each file is JSON. Times are a list with `computeMs` and
`latencyMs` for each run; a profile is a list of layers with `averageMs` after an entry with the `count` of
runs; layer information is an object with `Layers`. Times of layers come from a run that synchronises after
each, so their sum exceeds the latency of a run without profiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planner.engines.imports.profile import (
    EngineProfile,
    ProfileLatency,
    ProfileLayer,
    latency_of,
    read_json,
    refuse,
)
from planner.engines.imports.readings import Readings


def read(paths: Sequence[Path]) -> EngineProfile:
    """Any of the three files, recognised by their content."""
    latency: ProfileLatency | None = None
    device: ProfileLatency | None = None
    layers: tuple[ProfileLayer, ...] = ()
    notes: list[str] = []
    for path in paths:
        content = read_json(path)
        readings = Readings(path)
        if isinstance(content, dict) and isinstance(content.get("Layers"), list):
            notes.append(f"{len(content['Layers'])} layers in the engine")
        elif rows := _rows_with(content, "computeMs"):
            whole, compute = (
                _milliseconds(rows, "latencyMs", readings),
                _milliseconds(rows, "computeMs", readings),
            )
            readings.finish()
            latency, device = latency_of(whole), latency_of(compute)
        elif rows := _rows_with(content, "averageMs"):
            names = [readings.text(row.get("name"), f"[{n}].name") for n, row in enumerate(rows)]
            times = _milliseconds(rows, "averageMs", readings)
            readings.finish()
            layers = tuple(
                ProfileLayer(name, time_s, _kind(name)) for name, time_s in zip(names, times, strict=True)
            )
        else:
            raise refuse(
                path,
                "JSON of trtexec --exportTimes, --exportProfile or --exportLayerInfo",
                "JSON of another shape",
                "export it with one of these options",
            )
    return EngineProfile(
        "trtexec", tuple(path.name for path in paths), latency, device, layers, notes=tuple(notes)
    )


def _milliseconds(rows: Sequence[dict[str, Any]], key: str, readings: Readings) -> list[float]:
    """Seconds of the rows that have this key in milliseconds."""
    return [readings.seconds(row[key], f"[{n}].{key}", 1e-3) for n, row in enumerate(rows) if key in row]


def _rows_with(content: object, key: str) -> list[dict[str, Any]]:
    """The objects of a JSON list that have this key."""
    rows = content if isinstance(content, list) else []
    return [row for row in rows if isinstance(row, dict) and key in row]


def _kind(name: str) -> str:
    return "reformat" if name.startswith("Reformatting CopyNode") else ""
