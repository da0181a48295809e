"""Latency, throughput, power, energy and memory of one network at one operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint, choose_unit, operating_point
from planner.latency.anchor_basis import basis_for
from planner.latency.anchor_file import Anchor
from planner.latency.anchoring import Target, anchored
from planner.latency.band import Band
from planner.latency.calibrated import by_calibration, require_same_setting
from planner.latency.calibration import Calibration
from planner.latency.network_time import LayerEstimate, by_model, by_roofline
from planner.latency.power import serving_power_w
from planner.latency.prepared import Prepared, prepare
from planner.latency.transfer.effects import Anchored, Used
from planner.latency.transfer.prediction import usual_profile
from planner.latency.transfer.store import transfer_for
from planner.provenance import Provenance
from planner.schema.device import Device, Precision
from planner.schema.transfer import Transfer
from planner.workload.workload import Unresolved, Workload

if TYPE_CHECKING:
    import pandas as pd


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
    rests_on: str | None = None
    """Id of the transferred model behind the latency; None where it is the datasheet's roofline."""
    calibration: str | None = None
    """SHA-256 of the file of the calibration behind the latency; None without one."""
    caller_s: float = 0.0
    """The share of `fixed_s` that the program around the engine takes."""
    anchors: tuple[Used, ...] = ()
    """Measurements that the latency is anchored on, with their weights."""

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
    transfer: bool = True,
    profile: str | None = None,
    calibration: Calibration | None = None,
    anchors: Sequence[Anchor] = (),
    published: bool = False,
) -> Estimate:
    """Predict one network on one part.

    By the calibration, where one is given: the engine, precision and threads are its own then. Else by the
    model fitted on what others published of the engine on this kind of unit, where there is one and
    `transfer` is asked for; else by the roofline of datasheet numbers. `profile` names how the engine is
    called (see `planner.latency.transfer.prediction.predict`). Left out, `unit` is the first that runs the
    engine, `mode` the part's default, `engine` the unit's usual
    one and `precision` half precision where the unit has it. Refuses names the part does not know and
    precisions it neither has nor falls back from; a network that does not fit is answered with
    ``fits = False``.

    `anchors`, measurements on this part or of this network, and `published` ones of the kind blend with the
    fitted model (see `planner.latency.anchoring`); they are of the engine alone, without a caller.
    """
    if calibration is not None:
        setting = calibration.setting
        precision, engine = precision or setting.precision, engine or setting.engine
        threads = threads or setting.threads
    point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine, threads=threads)
    size = workload.batch if batch is None else batch
    prepared = prepare(workload, size, point.precision, point.engine)
    if calibration is not None:
        require_same_setting(calibration, point, threads)
        if anchors or published:
            problem = Problem("anchor", "none beside a calibration", "both", "ask with --calibration none")
            raise InputError("estimate", [problem])
        return estimate_at(prepared, point, calibration=calibration)
    model = transfer_for(point) if transfer or anchors or published else None
    if not (anchors or published):
        return estimate_at(prepared, point, model, profile)
    caller = "" if anchors or model is None else usual_profile(model, workload.model)
    caller = caller if profile is None else profile
    target = Target(prepared.workload, device, point, basis_for(point, model), threads, caller)
    found = anchored(target, anchors, with_published=published)
    if not found.used:
        alone = estimate_at(prepared, point, model, profile)
        return replace(alone, warnings=(*found.notes, *alone.warnings))
    return estimate_at(prepared, point, model, caller, anchored=found)


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


def estimate_at(
    prepared: Prepared,
    point: OperatingPoint,
    transfer: Transfer | None = None,
    profile: str | None = None,
    calibration: Calibration | None = None,
    anchored: Anchored | None = None,
) -> Estimate:
    """The estimate of a network prepared for the point's precision and engine.

    By a calibration, else by a transferred model or, with neither, by the roofline over its kernels.
    """
    workload = prepared.workload
    memory = MemoryUse(*prepared.memory_bytes, point.capacity_bytes)
    if calibration is not None:
        latency = by_calibration(prepared, point, calibration)
    elif transfer is not None:
        latency = by_model(prepared, point, transfer, profile, anchored)
    else:
        latency = by_roofline(prepared, point, anchored)
    return Estimate(
        model=workload.model,
        device=point.device,
        unit=point.unit,
        mode=point.mode,
        engine=point.engine,
        precision=point.precision,
        batch=workload.batch,
        latency_s=latency.band,
        power_w=serving_power_w(point.idle_w, point.power_limit_w),
        memory=memory,
        bound=_bound_shares(latency.layers, latency.fixed_s),
        provenance=latency.provenance,
        power_provenance=point.power_provenance,
        layers=latency.layers,
        fixed_s=latency.fixed_s,
        warnings=(*point.warnings, *latency.notes, *_warnings(workload, memory, latency.layers, point)),
        unresolved=workload.unresolved,
        rests_on=transfer.id if transfer else None,
        calibration=calibration.digest if calibration else None,
        caller_s=latency.caller_s,
        anchors=anchored.used if anchored else (),
    )


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
    found = []
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
