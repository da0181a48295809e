"""trtexec of NVIDIA TensorRT: its text log, `--exportTimes`, `--exportProfile` and `--exportLayerInfo`.

Format: TensorRT developer guide, "trtexec"; exported files are JSON. Times are a list with `computeMs` and
`latencyMs` for each run; a profile is a list of layers with `averageMs` after an entry with the `count` of
runs; layer information is an object with `Layers`, whose `Metadata` names the ONNX nodes of a kernel that has
a name of its own (`__myl_...`). Times of layers come from a run that synchronises after each, so their sum
exceeds the latency of a run without profiling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from planner.engines.imports.profile import (
    EngineProfile,
    ProfileLatency,
    ProfileLayer,
    latency_of,
    parse_json,
    read_text,
    refuse,
)
from planner.engines.imports.readings import Readings
from planner.engines.imports.trtexec_log import is_log, read_log

_NODE = re.compile(r"\[ONNX Layer: ([^\]\x1e]+)\]")
_EXPECTED = "the log of trtexec, or JSON of its --exportTimes, --exportProfile or --exportLayerInfo"


def read(paths: Sequence[Path]) -> EngineProfile:
    """Any of the files, recognised by their content."""
    latency: ProfileLatency | None = None
    device: ProfileLatency | None = None
    throughput: float | None = None
    layers: tuple[ProfileLayer, ...] = ()
    nodes: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for path in paths:
        text = read_text(path)
        if is_log(text):
            log = read_log(path, text)
            latency, device, throughput = log.latency_s, log.device_s, log.throughput_per_s
            layers = layers or log.layers
            notes += log.notes
            continue
        if not text.lstrip().startswith(("[", "{")):
            raise refuse(path, _EXPECTED, "text of another tool", "keep the log with 2>&1 | tee trtexec.log")
        content = parse_json(path, text)
        readings = Readings(path)
        if isinstance(content, dict) and isinstance(content.get("Layers"), list):
            notes.append(f"{len(content['Layers'])} layers in the engine")
            nodes |= _nodes_of_layers(content["Layers"])
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
            raise refuse(path, _EXPECTED, "JSON of another shape", "export it with one of these options")
    layers = tuple(replace(layer, mentions=nodes.get(layer.name, ())) for layer in layers)
    return EngineProfile(
        "trtexec",
        tuple(path.name for path in paths),
        latency,
        device,
        layers,
        notes=tuple(notes),
        throughput_per_s=throughput,
    )


def _nodes_of_layers(layers: Sequence[object]) -> Mapping[str, tuple[str, ...]]:
    """Layer -> the ONNX nodes in its metadata, which --profilingVerbosity=detailed makes it have."""
    named = {}
    for layer in layers:
        if isinstance(layer, dict):
            named[str(layer.get("Name"))] = tuple(_NODE.findall(str(layer.get("Metadata") or "")))
    return named


def _milliseconds(rows: Sequence[dict[str, Any]], key: str, readings: Readings) -> list[float]:
    """Seconds of the rows that have this key in milliseconds."""
    return [readings.seconds(row[key], f"[{n}].{key}", 1e-3) for n, row in enumerate(rows) if key in row]


def _rows_with(content: object, key: str) -> list[dict[str, Any]]:
    """The objects of a JSON list that have this key."""
    rows = content if isinstance(content, list) else []
    return [row for row in rows if isinstance(row, dict) and key in row]


def _kind(name: str) -> str:
    return "reformat" if name.startswith("Reformatting CopyNode") else ""
