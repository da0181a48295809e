"""Predictions beside measurements on networks that no fit has seen: errors, bands, and where they come from.

A calibration rests on random probes alone, so every network given here, and every family, is left out. A
prediction is for the speed that the machine had while it was calibrated, compared as `planner estimate`
gives it; beside each measurement is how much the reference has moved since (`planner.engines.timing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from planner.calibration.attribution import seconds_of_kernels
from planner.calibration.network_fit import Profiler
from planner.engines.measure import EngineRun, measure
from planner.engines.timing import Timing
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.network import shapes_for
from planner.latency.kernels.prepared import Prepared, prepare_run
from planner.latency.one_unit import estimate_at
from planner.schema.hardware.device import Precision
from planner.schema.record.commands.validate import (
    AccuracyRecord,
    KernelClassRecord,
    ValidateRecord,
    ValidationRowRecord,
    WorstKernelRecord,
)
from planner.workload.workload import Workload

WITHIN = 0.10
_WORST = 10


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """One network: predicted with its band, measured, and by the roofline alone.

    `error` is predicted / measured - 1; `floor_error` that of the sum of the network's own measured kernels.
    """

    model: str
    predicted_s: float
    low_s: float
    high_s: float
    measured_s: float
    error: float
    roofline_s: float | None
    drift: float
    floor_error: float | None
    noise: str

    @property
    def error_without_drift(self) -> float:
        """The error had the machine kept the speed that its reference kernel had during the calibration."""
        return self.predicted_s * self.drift / self.measured_s - 1

    @property
    def covered(self) -> bool:
        """Whether the measurement lies in the band."""
        return self.low_s <= self.measured_s <= self.high_s


@dataclass(frozen=True, slots=True)
class KernelRow:
    """One kernel of one network: predicted and measured in the engine's own profile."""

    model: str
    name: str
    op_class: str
    kind: str
    predicted_s: float
    measured_s: float
    cause: str


@dataclass(frozen=True, slots=True)
class CalibrationAccuracy:
    """All rows, kernels, and networks that could not be run, with the reason."""

    rows: tuple[ValidationRow, ...]
    kernels: tuple[KernelRow, ...]
    refused: tuple[tuple[str, str], ...]

    def record(self) -> ValidateRecord:
        """The validation as JSON."""
        return {
            "rows": [_row_record(row) for row in self.rows],
            **summary([row.error for row in self.rows]),
            "coverage": _share([row.covered for row in self.rows]),
            "half_width": _middle([row.high_s / row.predicted_s - 1 for row in self.rows]),
            "spearman": _rank(self.rows),
            "without_drift": summary([row.error_without_drift for row in self.rows]),
            "roofline": summary(
                [row.roofline_s / row.measured_s - 1 for row in self.rows if row.roofline_s is not None]
            ),
            "floor": summary([row.floor_error for row in self.rows if row.floor_error is not None]),
            "classes": self.classes(),
            "worst_kernels": [_kernel_record(kernel) for kernel in self.worst()],
            "refused": [{"model": model, "reason": reason} for model, reason in self.refused],
        }

    def classes(self) -> list[KernelClassRecord]:
        """Signed bias and mean absolute error of each class of kernels, weighted by time."""
        groups: dict[str, list[KernelRow]] = defaultdict(list)
        for kernel in self.kernels:
            groups[kernel.op_class].append(kernel)
        everything = sum(kernel.measured_s for kernel in self.kernels) or 1.0
        found: list[KernelClassRecord] = []
        for name, kernels in sorted(groups.items()):
            measured = sum(kernel.measured_s for kernel in kernels)
            off = [kernel.predicted_s - kernel.measured_s for kernel in kernels]
            found.append(
                {
                    "op_class": name,
                    "kernels": len(kernels),
                    "share_of_time": measured / everything,
                    "bias": sum(off) / measured if measured else None,
                    "error": sum(map(abs, off)) / measured if measured else None,
                }
            )
        return found

    def worst(self) -> list[KernelRow]:
        """The kernels with the largest differences, one a network and kind."""
        ordered = sorted(self.kernels, key=lambda kernel: -abs(kernel.predicted_s - kernel.measured_s))
        seen: dict[tuple[str, str], KernelRow] = {}
        for kernel in ordered:
            seen.setdefault((kernel.model, kernel.kind), kernel)
        return list(seen.values())[:_WORST]


def _row_record(row: ValidationRow) -> ValidationRowRecord:
    return {
        "model": row.model,
        "predicted_s": row.predicted_s,
        "low_s": row.low_s,
        "high_s": row.high_s,
        "measured_s": row.measured_s,
        "error": row.error,
        "roofline_s": row.roofline_s,
        "drift": row.drift,
        "floor_error": row.floor_error,
        "noise": row.noise,
        "covered": row.covered,
    }


def _kernel_record(kernel: KernelRow) -> WorstKernelRecord:
    return {
        "model": kernel.model,
        "name": kernel.name,
        "op_class": kernel.op_class,
        "kind": kernel.kind,
        "predicted_s": kernel.predicted_s,
        "measured_s": kernel.measured_s,
        "cause": kernel.cause,
    }


def summary(errors: Sequence[float]) -> AccuracyRecord:
    """Mean and 90th percentile of the absolute error and the share within 10 %; None without any."""
    if not errors:
        return {"mape": None, "p90_error": None, "within_10_percent": None}
    size = np.abs(np.array(errors))
    return {
        "mape": float(size.mean()),
        "p90_error": float(np.quantile(size, 0.9)),
        "within_10_percent": float((size <= WITHIN).mean()),
    }


def validate(
    networks: Sequence[tuple[Workload, Path | None]],
    calibration: Calibration,
    point: OperatingPoint | None,
    *,
    seconds: float = 1.5,
    limit_s: float = 180.0,
    progress: Callable[[str], None] = lambda _: None,
) -> CalibrationAccuracy:
    """Measure each network and its kernels, and put the predictions beside; `point` gives the roofline's."""
    rows, kernels, refused = [], [], []
    setting = calibration.setting
    for number, (workload, file) in enumerate(networks, start=1):
        progress(f"{workload.model} ({number} of {len(networks)})")
        if workload.unresolved:
            first = workload.unresolved[0]
            refused.append(
                (
                    workload.model,
                    f"not wholly counted: {len(workload.unresolved)} operators, "
                    f"first {first.name}: {first.reason}",
                )
            )
            continue
        found = measure(
            workload, setting.engine, file=file, threads=setting.threads, precision=setting.precision,
            seconds=seconds, limit_s=limit_s, profile_s=seconds / 3,
        )  # fmt: skip
        if found.timing is None:
            refused.append((workload.model, found.reason or "no timing"))
            continue
        prepared = prepare_run(workload, workload.batch, Precision(setting.precision), setting.engine)
        row, own = _compared(prepared, found, found.timing, calibration, point)
        rows.append(row)
        kernels += own
    return CalibrationAccuracy(tuple(rows), tuple(kernels), tuple(refused))


def _compared(
    prepared: Prepared,
    found: EngineRun,
    timing: Timing,
    calibration: Calibration,
    point: OperatingPoint | None,
) -> tuple[ValidationRow, list[KernelRow]]:
    conditions = calibration.conditions
    profiler = Profiler(conditions.profiler_scale, conditions.profiler_per_node_s, calibration.fixed_s)
    drift = timing.reference_s / conditions.reference_s
    shapes = shapes_for(prepared, calibration)
    prediction = calibration.predict(shapes)
    band = prediction.latency_s
    own: list[KernelRow] = []
    floor_error = None
    if found.nodes:
        layers = read_engine(calibration.setting.engine).layers
        shared = seconds_of_kernels(prepared.workload, prepared.kernels, found.nodes, layers)
        true = [profiler.true_seconds(s, n) for s, n in zip(shared.seconds, shared.nodes, strict=True)]
        floor_error = (sum(true) + shared.lost_s + profiler.fixed_s) / timing.median_s - 1
        for kernel, shape, predicted, spread, measured in zip(
            prepared.kernels, shapes, prediction.seconds, prediction.spreads, true, strict=True
        ):
            cause = _cause(shape.kind, shape.op_class, spread, predicted, measured, calibration)
            own.append(
                KernelRow(found.model, kernel.name, shape.op_class, shape.kind, predicted, measured, cause)
            )
    roofline_s = estimate_at(prepared, point).latency_s.low if point is not None else None
    row = ValidationRow(
        found.model, band.mid, band.low, band.high, timing.median_s, band.mid / timing.median_s - 1,
        roofline_s, drift, floor_error, timing.verdict,
    )  # fmt: skip
    return row, own


def _cause(
    kind: str, op_class: str, spread: float, predicted_s: float, measured_s: float, calibration: Calibration
) -> str:
    """The likeliest reason for a miss, by what is known of the kernel."""
    model = calibration.by_class.get(op_class)
    if model is None or kind not in model.kinds:
        return "no probe had this kind of kernel"
    if "masked" in kind or (op_class in ("softmax", "matmul") and measured_s > 4 * predicted_s):
        return "values: denormal numbers slow it, which no shape tells"
    if measured_s == 0:
        return "the engine did away with it or runs it inside another kernel"
    if spread > 2 * model.hyperparameters.noise + 0.1:
        return "far from every probe"
    return "unlike probes of its shape: cache or layout"


def _rank(rows: Sequence[ValidationRow]) -> float | None:
    if len(rows) < 3:
        return None
    return float(spearmanr([row.predicted_s for row in rows], [row.measured_s for row in rows]).statistic)


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _middle(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
