"""OpenVINO's benchmark_app with `-report_type detailed_counters`: a CSV of layers with semicolons.

Format: OpenVINO documentation, "Benchmark Tool"; columns `layerName;execStatus;layerType;execType;realTime
(ms);cpuTime (ms)`. Layers fused into others or optimised out are `NOT_RUN` and take no time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from planner.engines.imports.profile import EngineProfile, ProfileLayer, read_text, refuse
from planner.engines.imports.readings import Readings

_NAME, _STATUS, _KIND, _TIME = "layerName", "execStatus", "execType", "realTime (ms)"


def read(paths: Sequence[Path]) -> EngineProfile:
    """The layers that ran, with their real times."""
    (path,) = paths
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    start = next((number for number, line in enumerate(lines) if line.startswith(_NAME)), None)
    if start is None:
        raise refuse(
            path,
            f"a table that begins with {_NAME};{_STATUS};...",
            repr(lines[0][:60]) if lines else "an empty file",
            "run benchmark_app with -report_type detailed_counters",
        )
    rows = csv.DictReader(io.StringIO("\n".join(lines[start:])), delimiter=";")
    layers = []
    readings = Readings(path)
    for row in rows:
        if "EXECUTED" not in str(row.get(_STATUS, "")).upper() or row.get(_NAME) == "Total":
            continue
        line = start + rows.line_num
        name = readings.text(row.get(_NAME), _NAME, line=line)
        layers.append(
            ProfileLayer(name, readings.seconds(row.get(_TIME), _TIME, 1e-3, line=line), row.get(_KIND) or "")
        )
    readings.finish()
    return EngineProfile("openvino", (path.name,), layers=tuple(layers))
