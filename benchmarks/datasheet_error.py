"""How far published latencies lie above the middle of the datasheet band, per engine and kind of unit.

Takes every published measurement of the database (corrected for known mistakes) that names a part of the
catalog, a network of the zoo and an engine with costs, estimates it from datasheet numbers and prints, per
engine, the median and the 90th percentile of published over predicted latency; beside it the same for the
plain roofline (no launch cost, perfect overlap). Every network on every part weighs the same, however often
it was measured. The figures stand as `shortfall_median`, `shortfall_p90`, `shortfall_pairs` and
`shortfall_rows` in hardware_db/engines/. Run: .venv/bin/python benchmarks/datasheet_error.py
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from planner.calibration.transfer.join import instances_at_once
from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, engine_ids, read_device
from planner.hardware.measurements import Measurement, read_measurements
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.transfer.store import join_rules
from planner.schema.hardware.device import Device, Precision
from planner.workload.workload import Workload
from planner.zoo.registry import names
from planner.zoo.source import read_model

LEFT_OUT_NETWORKS = {
    "bert_large_squad": "MLPerf removes padding: about 177 of 384 tokens are computed",
}
TELL_THREADS = ("ncnn", "onnxruntime")
LEFT_OUT_ENGINES = {
    "tflite": "the tables give streams, not threads: one core or all of them",
    "armnn": "the tables give streams, not threads: one core or all of them",
    "edgetpu": "over USB, with host and link in the figure",
}
TOP_MODES = ("MAXN_SUPER", "MAXN")


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """One published latency over what the datasheets say."""

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
    for name, reason in {**LEFT_OUT_NETWORKS, **LEFT_OUT_ENGINES}.items():
        print(f"left out: {name}: {reason}")
    reasons: Counter[str] = Counter()
    groups = summaries(reasons)
    for reason, count in reasons.most_common(8):
        print(f"not compared: {count:5} rows: {reason}")
    print("published latency over the middle of the datasheet band; beside it over the plain roofline")
    print("engine     unit   rows  nets parts pairs  median     p90  plain median     p90")
    for (engine, unit), group in groups.items():
        print(
            f"{engine:10} {unit:5} {group.rows:5} {group.networks:5} {group.parts:5} {group.pairs:5} "
            f"{group.median:7.2f} {group.p90:7.2f} {group.plain_median:13.2f} {group.plain_p90:7.2f}"
        )


def summaries(
    reasons: Counter[str] | None = None, only: Collection[str] | None = None
) -> dict[tuple[str, str], Summary]:
    """Ratios per engine and kind of unit, and of all rows together under ("any", "any").

    `only` names engines whose rows alone are looked at.
    """
    groups: dict[tuple[str, str], list[LatencyRow]] = defaultdict(list)
    for row in rows(Counter() if reasons is None else reasons, only):
        groups[row.engine, row.unit].append(row)
        groups["any", "any"].append(row)
    return {key: summary(group) for key, group in sorted(groups.items())}


LATER = {("openvino", "gpu"), ("openvino", "npu"), ("ncnn-vulkan", "gpu")}
"""Engines on kinds of units that were described after these factors were worked out."""


def rows(reasons: Counter[str], only: Collection[str] | None = None) -> Iterator[LatencyRow]:
    """Every row that can be compared; what cannot is counted by its reason."""
    later = {name for rule in join_rules().left_out_parts for name in rule.names}
    parts, engines, networks = set(device_ids()) - later, set(engine_ids()), set(names())
    for item in read_measurements(corrected=True):
        if only is not None and item.engine not in only:
            continue
        if item.metric not in ("latency_ms", "throughput_fps") or item.trust.startswith("C"):
            continue
        if item.part not in parts or item.model not in networks or item.engine not in engines:
            continue
        if item.model in LEFT_OUT_NETWORKS or item.engine in LEFT_OUT_ENGINES:
            continue
        if (item.engine, item.unit) in LATER:
            continue
        if item.metric == "latency_ms" and item.statistic != "mean":
            continue
        try:
            row = judge(item)
        except PlannerError as error:
            reasons[re.sub(r"'[^']*'|\d+", "...", str(error))[:70]] += 1
            continue
        if row is None:
            reasons["no batch, mode or unit that the catalog knows"] += 1
        else:
            yield row


def judge(item: Measurement) -> LatencyRow | None:
    """One row estimated; None where its batch, mode or unit is not known."""
    device = read_device(item.part)
    mode = mode_of(item, device)
    if item.batch is None or mode is None or item.unit not in device.units or item.precision is None:
        return None
    made = item.batch * instances_at_once(item, device.units[item.unit])
    latency_s = item.value_si if item.metric == "latency_ms" else made / item.value_si
    threads = item.streams_threads if item.unit == "cpu" and item.engine in TELL_THREADS else None
    cores = device.units[item.unit].active.get(mode)
    if threads is not None and (cores is None or threads > cores.value):
        return None
    precision = "fp16" if "/" in item.precision else item.precision
    point = point_for(
        device, unit=item.unit, mode=mode, precision=precision, engine=item.engine, threads=threads
    )
    result = estimate_at(
        prepared(item.model, item.input_shape or "", item.batch, point.precision, item.engine),
        point,
        ideal=True,
    )
    plain_s = sum(max(layer.time.compute_s, layer.time.memory_s) for layer in result.layers)
    unit = device.units[item.unit].kind
    return LatencyRow(
        item.part, item.engine, unit, item.model, latency_s / result.latency_s.mid, latency_s / plain_s
    )


def mode_of(item: Measurement, device: Device) -> str | None:
    """The mode that was measured; a publisher who names none is taken to have run the fastest."""
    known = [mode.id for mode in device.modes]
    if item.power_mode is not None:
        named = "MAXN" if item.power_mode.startswith("nvpmodel-0") else item.power_mode
        return named if named in known else None
    top = next((mode for mode in TOP_MODES if mode in known), None)
    return top or next(mode.id for mode in device.modes if mode.default)


def summary(group: list[LatencyRow]) -> Summary:
    """Median and 90th percentile over pairs of part and network, each at the median of its rows."""
    by_pair: dict[tuple[str, str], list[LatencyRow]] = defaultdict(list)
    for row in group:
        by_pair[row.part, row.model].append(row)
    ratios = [float(np.median([row.ratio for row in found])) for found in by_pair.values()]
    plain = [float(np.median([row.plain_ratio for row in found])) for found in by_pair.values()]
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


@cache
def prepared(model: str, shape: str, batch: int, precision: Precision, engine: str) -> Prepared:
    """The network at the size that was measured, as the engine's kernels."""
    return prepare(network(model, shape, batch), batch, precision, engine)


@cache
def network(model: str, shape: str, batch: int) -> Workload:
    """The reference network at the size that was measured."""
    workload = read_model(f"zoo:{model}", batch=batch)
    sides = [int(text) for text in shape.split("x")] if re.fullmatch(r"\d+(x\d+){3}", shape) else []
    if len(sides) == 4 and len(workload.inputs) == 1:
        name, tensor = next(iter(workload.inputs.items()))
        if len(tensor.shape) == 4 and tensor.shape[-2:] != tuple(sides[2:]):
            return read_model(f"zoo:{model}", shapes={name: (batch, tensor.shape[1], *sides[2:])})
    return workload


if __name__ == "__main__":
    main()
