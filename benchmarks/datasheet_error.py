"""How far published latencies lie above the middle of the datasheet band, per engine and kind of unit.

Reads hardware_db/measurements/first-parts.csv, estimates every row from datasheet numbers and prints, per
engine, the median and the 90th percentile of published over predicted latency; beside it the same for the
plain roofline (no launch cost, perfect overlap). The figures stand as `shortfall_median` and `shortfall_p90`
in hardware_db/engines/. Run: .venv/bin/python benchmarks/datasheet_error.py
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from planner import Workload, estimate, read_device, read_onnx
from planner.errors import PlannerError

ROWS = Path(__file__).resolve().parents[1] / "hardware_db" / "measurements" / "first-parts.csv"
CATALOG_ID = {"jetson-agx-xavier": "jetson-agx-xavier-32", "ascend-310p": "atlas-300i-pro"}
LEFT_OUT = {
    "bert_large_squad": "MLPerf removes padding: about 177 of 384 tokens are computed",
}
LEFT_OUT_ENGINES = {
    "tflite": "the tables give streams, not threads: one core or all of them",
    "armnn": "the tables give streams, not threads: one core or all of them",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One published latency and what the datasheets say."""

    row_id: str
    part: str
    engine: str
    unit: str
    model: str
    ratio: float
    plain_ratio: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Ratios of one group; every network on every part weighs the same, however often it was measured."""

    rows: int
    networks: int
    parts: int
    pairs: int
    median: float
    p90: float
    plain_median: float
    plain_p90: float


def main() -> None:
    """Print the table."""
    for name, reason in {**LEFT_OUT, **LEFT_OUT_ENGINES}.items():
        print(f"left out: {name}: {reason}")
    print("published latency over the middle of the datasheet band; beside it over the plain roofline")
    print("engine     unit   rows  nets parts pairs  median     p90  plain median     p90")
    for (engine, unit), group in summaries().items():
        print(
            f"{engine:10} {unit:5} {group.rows:5} {group.networks:5} {group.parts:5} {group.pairs:5} "
            f"{group.median:7.2f} {group.p90:7.2f} {group.plain_median:13.2f} {group.plain_p90:7.2f}"
        )


def summaries() -> dict[tuple[str, str], Summary]:
    """Ratios per engine and kind of unit, and of all rows together under ("any", "any")."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    with ROWS.open() as file:
        for line in csv.DictReader(file):
            row = judge(line)
            if row is not None:
                groups[row.engine, row.unit].append(row)
                groups["any", "any"].append(row)
    return {key: summary(group) for key, group in sorted(groups.items())}


def summary(group: list[Row]) -> Summary:
    """Median and 90th percentile over pairs of part and network, each at the median of its rows."""
    by_pair: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in group:
        by_pair[row.part, row.model].append(row)
    ratios = [float(np.median([row.ratio for row in rows])) for rows in by_pair.values()]
    plain = [float(np.median([row.plain_ratio for row in rows])) for rows in by_pair.values()]
    return Summary(
        len(group),
        len({row.model for row in group}),
        len({row.part for row in group}),
        len(by_pair),
        float(np.median(ratios)),
        float(np.quantile(ratios, 0.9)),
        float(np.median(plain)),
        float(np.quantile(plain, 0.9)),
    )


def judge(line: dict[str, str]) -> Row | None:
    """One row estimated, or None where it cannot be compared."""
    if line["model"] in LEFT_OUT or line["engine"] in LEFT_OUT_ENGINES:
        return None
    batch = int(line["batch"])
    value = float(line["value"])
    measured_s = value / 1e3 if line["metric"] == "latency_ms" else batch / value
    part = CATALOG_ID.get(line["part_id"], line["part_id"])
    device = read_device(part)
    modes = [mode.id for mode in device.modes]
    threads = line["streams_threads"]
    try:
        result = estimate(
            network(line["model"], line["input_shape"], batch),
            device,
            unit=line["unit"],
            mode="MAXN" if "MAXN" in modes else modes[-1],
            precision=precision(line["precision"]),
            engine=line["engine"],
            threads=int(threads) if line["unit"] == "cpu" and line["engine"] == "ncnn" and threads else None,
        )
    except PlannerError as error:
        print(f"left out {line['id']}: {error}")
        return None
    plain_s = sum(max(layer.time.compute_s, layer.time.memory_s) for layer in result.layers)
    return Row(
        line["id"], part, line["engine"], line["unit"], line["model"],
        measured_s / result.latency_s.mid, measured_s / plain_s,
    )  # fmt: skip


@cache
def network(model: str, shape: str, batch: int) -> Workload:
    """The reference network at the size that was measured."""
    workload = read_onnx(f"zoo:{model}", batch=batch)
    if "x" in shape and len(workload.inputs) == 1:
        name, tensor = next(iter(workload.inputs.items()))
        side = [int(text) for text in shape.split("x")][-1]
        if tensor.shape[-1] != side:
            return read_onnx(f"zoo:{model}", shapes={name: (batch, *tensor.shape[1:2], side, side)})
    return workload


def precision(text: str) -> str:
    """`fp16/fp32-auto` is ncnn's choice: half precision where the part has it; the estimate falls back."""
    return "fp16" if "/" in text else text.rstrip("?")


if __name__ == "__main__":
    main()
