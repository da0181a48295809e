"""Latency, throughput, power, energy and memory of one network at one operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UnknownIdError
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint, choose_unit, operating_point
from planner.latency.band import Band
from planner.latency.power import serving_power_w
from planner.latency.prepared import Prepared, prepare
from planner.latency.roofline import Bound, KernelTime, kernel_time
from planner.provenance import Provenance
from planner.schema.device import Device, Precision
from planner.workload.fusion import Kernel
from planner.workload.workload import Unresolved, Workload

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class LayerEstimate:
    """One kernel: what it does, how long it takes and what binds it."""

    name: str
    op_types: tuple[str, ...]
    op_class: str
    macs: int
    flops: int
    bytes: int
    time: KernelTime
    unit: str
    precision: str

    @property
    def bound(self) -> Bound:
        """Which of compute, memory and launch takes longest."""
        return self.time.bound


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes the network needs and what the unit has for it; the engine's own workspace is not known."""

    weights_bytes: float
    peak_activation_bytes: float
    capacity_bytes: float

    @property
    def total_bytes(self) -> float:
        """Weights and peak activations together."""
        return self.weights_bytes + self.peak_activation_bytes

    @property
    def fits(self) -> bool:
        """Whether the total is within the capacity."""
        return self.total_bytes <= self.capacity_bytes


@dataclass(frozen=True, slots=True)
class BoundShares:
    """Shares of time spent bound by arithmetic, by traffic and in launches; they sum to one."""

    compute: float
    memory: float
    overhead: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer for one network on one unit of one part."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    precision: Precision
    batch: int
    latency_s: Band
    power_w: Band
    memory: MemoryUse
    bound: BoundShares
    provenance: Provenance
    power_provenance: Provenance
    layers: tuple[LayerEstimate, ...]
    fixed_s: float
    warnings: tuple[str, ...]
    unresolved: tuple[Unresolved, ...]

    @property
    def throughput_per_s(self) -> float:
        """Inferences per second of one instance that runs batch after batch."""
        return self.batch / self.latency_s.mid

    @property
    def energy_j(self) -> float:
        """Energy of one batch at the middle power and the middle latency."""
        return self.power_w.mid * self.latency_s.mid

    @property
    def fits(self) -> bool:
        """Whether the network fits the unit's memory."""
        return self.memory.fits

    def to_frame(self) -> pd.DataFrame:
        """One row per kernel; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(
            {
                "name": layer.name,
                "op_types": "+".join(layer.op_types),
                "macs": layer.macs,
                "bytes": layer.bytes,
                "latency_s": layer.time.mid_s,
                "latency_low_s": layer.time.low_s,
                "latency_high_s": layer.time.high_s,
                "bound": layer.bound,
                "unit": layer.unit,
                "precision": layer.precision,
            }
            for layer in self.layers
        )


def estimate(
    workload: Workload,
    device: Device,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: Precision | str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    threads: int | None = None,
) -> Estimate:
    """Predict one network on one part from datasheet numbers.

    Left out, `unit` is the first that runs the engine, `mode` the part's default, `engine` the unit's usual
    one and `precision` half precision where the unit has it. Refuses names the part does not know and
    precisions it neither has nor falls back from; a network that does not fit is answered with
    ``fits = False``.
    """
    point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine, threads=threads)
    size = workload.batch if batch is None else batch
    return estimate_at(prepare(workload, size, point.precision, point.engine), point)


def point_for(
    device: Device,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: Precision | str | None = None,
    engine: str | None = None,
    threads: int | None = None,
) -> OperatingPoint:
    """The operating point that `estimate` uses for these arguments."""
    unit_id = choose_unit(device, unit, engine)
    return operating_point(
        device,
        read_engine(engine or device.units[unit_id].engines[0]),
        unit=unit_id,
        mode=mode,
        precision=_precision(precision),
        threads=threads,
    )


def _precision(text: Precision | str | None) -> Precision | None:
    if text is None or isinstance(text, Precision):
        return text
    if text not in set(Precision):
        raise UnknownIdError("precision", str(text), list(Precision))
    return Precision(text)


def estimate_at(prepared: Prepared, point: OperatingPoint) -> Estimate:
    """The roofline over the kernels of a network prepared for the point's precision and engine."""
    workload = prepared.workload
    layers = tuple(_layer(kernel, point) for kernel in prepared.kernels)
    low = sum(layer.time.low_s for layer in layers) + point.fixed_s
    high = sum(layer.time.high_s for layer in layers) + point.fixed_s
    memory = MemoryUse(*prepared.memory_bytes, point.capacity_bytes)
    return Estimate(
        model=workload.model,
        device=point.device,
        unit=point.unit,
        mode=point.mode,
        engine=point.engine,
        precision=point.precision,
        batch=workload.batch,
        latency_s=Band(low, (low + high) / 2, high),
        power_w=serving_power_w(point.idle_w, point.power_limit_w),
        memory=memory,
        bound=_bound_shares(layers, point.fixed_s),
        provenance=point.latency_provenance,
        power_provenance=point.power_provenance,
        layers=layers,
        fixed_s=point.fixed_s,
        warnings=(*point.warnings, *_warnings(workload, memory, layers, point)),
        unresolved=workload.unresolved,
    )


def _layer(kernel: Kernel, point: OperatingPoint) -> LayerEstimate:
    precision = _kernel_precision(kernel, point)
    return LayerEstimate(
        name=kernel.name,
        op_types=kernel.op_types,
        op_class=kernel.op_class,
        macs=kernel.macs,
        flops=kernel.flops,
        bytes=kernel.moved_bytes,
        time=kernel_time(
            macs=kernel.macs,
            other_ops=kernel.flops - 2 * kernel.macs,
            moved_bytes=kernel.moved_bytes,
            peak_ops_per_s=point.peaks_ops_per_s[precision],
            vector_ops_per_s=point.vector_ops_per_s,
            bandwidth_bytes_per_s=point.bandwidth_bytes_per_s,
            launch_s=point.launch_s,
        ),
        unit=point.unit,
        precision=precision,
    )


def _kernel_precision(kernel: Kernel, point: OperatingPoint) -> Precision:
    """The file's own 8-bit kernels run in 8 bits where the unit can; the rest as the point says."""
    if kernel.precision == "int8" and Precision.INT8 in point.peaks_ops_per_s:
        return Precision.INT8
    return point.precision


def _bound_shares(layers: Sequence[LayerEstimate], fixed_s: float) -> BoundShares:
    time = {"compute": 0.0, "memory": 0.0, "overhead": fixed_s}
    for layer in layers:
        longer = "compute" if layer.time.compute_s >= layer.time.memory_s else "memory"
        time[longer] += max(layer.time.compute_s, layer.time.memory_s)
        time["overhead"] += layer.time.overhead_s
    total = sum(time.values()) or 1.0
    return BoundShares(time["compute"] / total, time["memory"] / total, time["overhead"] / total)


def _fallback_warning(layers: Sequence[LayerEstimate], operators: frozenset[str]) -> str:
    """Which layers a unit cannot run, by operator type; limits on their sizes are not known here."""
    lost = [layer for layer in layers if operators and not operators.issuperset(layer.op_types)]
    if not lost:
        return "layers over the unit's own size limits would fall back; the estimate leaves that out"
    kinds = sorted({op for layer in lost for op in layer.op_types} - operators)
    return (
        f"{len(lost)} of {len(layers)} kernels would fall back to another unit, for they hold "
        f"{', '.join(kinds)}; the estimate costs them as if they ran here"
    )


def _warnings(
    workload: Workload, memory: MemoryUse, layers: Sequence[LayerEstimate], point: OperatingPoint
) -> list[str]:
    found = [
        "no calibration: the band runs from perfect to no overlap at datasheet peaks and holds no probability"
    ]
    if not memory.fits:
        found.append(
            f"does not fit: needs {memory.total_bytes / 1e9:.2f} GB, "
            f"{point.device} has {memory.capacity_bytes / 1e9:.2f} GB"
        )
    found += [f"assumed: {text}" for text in workload.assumptions]
    if workload.unresolved:
        found.append(f"{len(workload.unresolved)} operators could not be costed and are not in the latency")
    if any(kernel.precision is Precision.INT8 for kernel in layers) and point.precision is not Precision.INT8:
        found.append("the file is quantised: its 8-bit kernels run in int8, the others in " + point.precision)
    if any(layer.op_class == "recurrent" for layer in layers):
        found.append(
            "recurrent layers are costed as if all steps ran at once; step by step they take longer, by far "
            "where their weights do not stay in a cache"
        )
    if point.operators:
        found.append(_fallback_warning(layers, point.operators))
    return found
