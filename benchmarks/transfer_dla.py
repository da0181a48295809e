"""Tables of docs/transfer.md that check TensorRT on a DLA on what the fit did not see.

Power modes left out, networks of which some layers fall back to the GPU, GPU and both DLAs at once, gains of
two zeros in four weights, and work per watt against the GPU.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean, median

import numpy as np

from planner.calibration.transfer.fit import columns_of, fit_transfer, predict
from planner.calibration.transfer.join import Join
from planner.calibration.transfer.observations import Observation, network, prepared, without_decoding
from planner.calibration.transfer.refit import observed
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.measurements import Measurement, read_measurements
from planner.latency.estimate import estimate
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.transfer.store import transfer_for
from planner.latency.units.placement import place
from planner.latency.variants.compressed import with_sparse_products
from planner.latency.variants.variants import compression_methods
from planner.plan.compare.units_auto import auto_units
from planner.schema.fitted.transfer import Transfer
from planner.zoo.registry import names

SPARSE = "int8-2:4"
HELPED = ("yolodla", "orinlab", "branesdla")
"""Sources of runs on a DLA with layers that fall back."""
MOST_BATCH = 32
"""Of a plan; MLPerf gives GPU and DLAs batches of their own, up to 256."""
WORK_PER_WATT = {
    "resnet50_v1.5": (2, (3.5, 2.9, 2.6, 3.9)),
    "ssd_mobilenet_v1": (2, (4.2, 3.6, 3.2, 5.0)),
    "ssd_resnet34": (1, (3.7, 3.0, 2.7, 4.1)),
}
"""Network -> batch, images per joule of the DLAs over those of the GPU, dense INT8, on an AGX Orin in its
four modes: NVIDIA/Deep-Learning-Accelerator-SW, README.md at 1da860ccb9b9. Watts of accelerators alone."""
MODES = ("MAXN", "50W", "30W", "15W")


def dla_tables(transfer: Transfer, joined: Join) -> Iterator[str]:
    """All tables."""
    rows = [row for row in read_measurements(corrected=True) if row.engine == "tensorrt"]
    yield "## A DLA beside what its fit saw"
    yield ""
    yield from modes_left_out(transfer, observed(transfer, joined))
    yield from fallback(rows)
    yield from with_gpu(rows)
    yield from sparse_gains(rows)
    yield from work_per_watt()


def modes_left_out(transfer: Transfer, found: Sequence[Observation]) -> Iterator[str]:
    """Each power mode of the part with most of them, predicted by a fit on all other rows."""
    by_part: dict[str, set[str]] = defaultdict(set)
    for item in found:
        by_part[item.device].add(item.point.mode)
    part = max(by_part, key=lambda name: len(by_part[name]))
    yield f"Each mode of {part} left out of the fit:"
    yield ""
    yield "| mode | observations | error | worst | measured / predicted |"
    yield "|---|---|---|---|---|"
    for mode in [mode for mode in MODES if mode in by_part[part]]:
        inside = [item for item in found if item.device == part and item.point.mode == mode]
        values = fit_transfer(transfer, [item for item in found if item not in inside])
        times = predict(transfer, values, columns_of(inside, transfer.scoped))
        ratios = [item.latency_s / float(time) for item, time in zip(inside, times, strict=True)]
        errors = np.exp(np.abs(np.log(ratios)))
        figures = f"{np.median(errors):.2f} | {errors.max():.2f} | {median(ratios):.2f}"
        yield f"| {mode} | {len(inside)} | {figures} |"
    yield ""


def fallback(rows: Sequence[Measurement]) -> Iterator[str]:
    """Networks on a DLA with helping GPU, whose rows no fit saw."""
    yield "Networks of which some layers fall back to the GPU (rows that no fit saw, none of trust C):"
    yield ""
    yield "| row, network | mode | kernels on the GPU, crossings | predicted, band | measured, ratio |"
    yield "|---|---|---|---|---|"
    known = set(names())
    for row in rows:
        if row.unit != "mixed" or row.metric != "latency_ms" or not row.id.startswith(HELPED):
            continue
        if row.model not in known or row.trust.startswith("C"):
            continue
        device = read_device(row.part)
        workload = network(row.model, row.input_shape or "", 1)
        found = place(workload, device, "dla", mode=row.power_mode, precision=row.precision)
        band = found.estimate.latency_s
        low, mid, high, measured = (value * 1e3 for value in (band.low, band.mid, band.high, row.value_si))
        yield (
            f"| {row.id}, {row.model} {row.precision} | {row.power_mode} | {len(found.falls_back)}, "
            f"{len(found.crossings)} | {mid:.3g} ms, {low:.3g} to {high:.3g} | "
            f"{measured:.3g} ms, {measured / mid:.2f} |"
        )
    yield ""


def with_gpu(rows: Sequence[Measurement]) -> Iterator[str]:
    """GPU and both DLAs at once, offline, in the fastest mode: means over the rounds."""
    published: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        if (row.unit, row.metric, row.power_mode) != ("mixed", "throughput_fps", "MAXN"):
            continue
        if row.part in device_ids() and row.model in names() and row.id.startswith("mlperf"):
            batch = re.search(r"gpu_batch_size=(\d+)", row.note or "")
            published[row.part, row.model].append(
                (int(batch.group(1)) if batch else MOST_BATCH, row.value_si)
            )
    yield "GPU and both DLAs in streams of their own (MLPerf Inference, offline, MAXN, mean of the rounds):"
    yield ""
    yield "| part, network | published | predicted | published / predicted |"
    yield "|---|---|---|---|"
    errors = []
    for (part, model), rates in sorted(published.items()):
        batch = min(MOST_BATCH, *(size for size, _ in rates))
        together = auto_units(
            network(model, "", batch), read_device(part), mode="MAXN", precision="int8"
        ).together
        if together is None:
            continue
        rate = mean(value for _, value in rates)
        ratio = rate / together.throughput_per_s
        errors.append(abs(np.log(ratio)))
        yield f"| {part}, {model} | {rate:.0f} /s | {together.throughput_per_s:.0f} /s | {ratio:.2f} |"
    yield ""
    yield f"Error {np.exp(np.median(errors)):.2f} at the median, {np.exp(max(errors)):.2f} at most."
    yield ""


def sparse_gains(rows: Sequence[Measurement]) -> Iterator[str]:
    """Published gains of sparse weights beside those that the rates of layers give."""
    rates = {
        (row.part, row.model, row.input_shape, row.power_mode, row.precision): row.value_si
        for row in rows
        if row.unit == "dla" and row.metric == "throughput_fps" and row.id.startswith("dlasw")
    }
    wanted: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for (part, model, shape, mode, precision), rate in rates.items():
        if precision == SPARSE and _zoo_name(model) in names():
            dense = rates[part, model, shape, mode, "int8"]
            wanted[_zoo_name(model), shape or ""].append((mode or "", rate / dense))
    kept = next(rule.products for rule in compression_methods().two_of_four if rule.products)
    yield "Two zeros in four weights. Predicted with the rate of layers that `planner what-if` takes, which"
    yield "these networks gave, and with the rate that the other network alone gives:"
    yield ""
    yield "| network | mode | published gain | predicted | with the other's rate |"
    yield "|---|---|---|---|---|"
    found = {
        key: median(_rate_for(*key, mode, gain, kept.least_channels) for mode, gain in gains)
        for key, gains in wanted.items()
    }
    for key, gains in wanted.items():
        others = [rate for name, rate in found.items() if name != key]
        for mode, gain in gains:
            usual = _gain(*key, mode, kept.mid_rate_ratio.value, kept.least_channels)
            other = _gain(*key, mode, median(others), kept.least_channels)
            yield f"| {key[0]} | {mode} | {gain:.2f} | {usual:.2f} | {other:.2f} |"
    yield ""


def _zoo_name(model: str) -> str:
    return model.removesuffix("_backbone")


def _gain(model: str, shape: str, mode: str, rate: float, least_channels: int) -> float:
    point = point_for(
        read_device("jetson-agx-orin-64"), unit="dla", mode=mode, precision="int8", engine="tensorrt"
    )
    whole = without_decoding(prepared(model, shape, 1, point.precision, "tensorrt"))
    sparse = with_sparse_products(whole, least_channels, rate)
    dense_s, sparse_s = (
        estimate_at(item, point, transfer_for(point)).latency_s.mid for item in (whole, sparse)
    )
    return dense_s / sparse_s


def _rate_for(model: str, shape: str, mode: str, gain: float, least_channels: int) -> float:
    """The rate of layers that gives a gain, to a hundredth."""
    low, high = 1.0, 4.0
    while high - low > 0.01:
        middle = (low + high) / 2
        if _gain(model, shape, mode, middle, least_channels) < gain:
            low = middle
        else:
            high = middle
    return low


def work_per_watt() -> Iterator[str]:
    """Images per joule above idle, DLAs over GPU."""
    yield "Images per joule of the DLAs over those of the GPU. Published: watts of the accelerators alone;"
    yield "predicted: watts of the part above idle, same batch:"
    yield ""
    yield "| network | " + " | ".join(f"{mode}: published, predicted" for mode in MODES) + " |"
    yield "|---|" + "---|" * len(MODES)
    for model, (batch, published) in WORK_PER_WATT.items():
        cells = []
        for mode, ratio in zip(MODES, published, strict=True):
            gpu, dla = (_estimate(model, batch, unit, mode) for unit in ("gpu", "dla"))
            cells.append(f"{ratio:.1f}, {_joules(gpu) / _joules(dla):.1f}")
        yield f"| {model} | " + " | ".join(cells) + " |"
    yield ""


def _estimate(model: str, batch: int, unit: str, mode: str) -> Estimate:
    device = read_device("jetson-agx-orin-64")
    return estimate(network(model, "", batch), device, unit=unit, mode=mode, precision="int8")


def _joules(found: Estimate) -> float:
    return (found.power_w.mid - found.idle_w) * found.latency_s.mid
