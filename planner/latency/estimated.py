"""The answer for one network at one operating point: latency, throughput, power, energy and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UnknownIdError
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint, choose_unit, operating_point
from planner.latency.band import Band
from planner.latency.calibrated import by_calibration
from planner.latency.calibration import Calibration
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import LayerEstimate, NetworkTime, by_model, by_roofline
from planner.latency.power import energy_band, power_draw
from planner.latency.prepared import Prepared
from planner.latency.remarks import remarks
from planner.latency.time_shares import BoundShares, bound_shares, unit_use
from planner.latency.transfer.effects import Anchored, Used
from planner.provenance import Provenance
from planner.schema.device import Device, Precision
from planner.schema.transfer import Transfer
from planner.workload.workload import Unresolved

if TYPE_CHECKING:
    import pandas as pd

    from planner.latency.hidden_cost import HiddenCost


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
    """Of the whole system at the plug where that is known, else of the part alone; see `power_boundary`."""
    part_power_w: Band
    """Of the part alone, never over the limit of its mode: what a plan adds carriers to."""
    idle_w: float
    """Of the same boundary as `power_w`, with nothing to do."""
    power_boundary: str
    power_rests_on: str | None
    """The family of the power model behind `power_w`; None where it is a judgement."""
    use: float
    """The busiest of arithmetic and memory traffic over the latency, as a share of the unit's peak."""
    peak_ops_per_s: float
    """Dense peak of one instance of the unit at the precision."""
    power_limit_w: float
    """Of the power mode, as the datasheet states it."""
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
    hidden: tuple[HiddenCost, ...] = ()
    """Costs around inference, where they were asked for; see `planner.latency.hidden_costs`."""

    @property
    def throughput_per_s(self) -> float:
        """Inferences per second of one instance that runs batch after batch."""
        return self.batch / self.latency_s.mid

    @property
    def energy_j(self) -> float:
        """Energy of one batch at the middle power and the middle latency."""
        return self.power_w.mid * self.latency_s.mid

    @property
    def useful_ops(self) -> float:
        """Operations of one inference: two for each multiply-accumulate."""
        return sum(2.0 * layer.macs for layer in self.layers) / self.batch

    @property
    def energy_per_inference_j(self) -> Band:
        """Energy of one inference, within the same boundary as `power_w`."""
        return energy_band(self.power_w, self.latency_s, self.batch)

    @property
    def fits(self) -> bool:
        """Whether the network fits the unit's memory."""
        return self.memory.fits

    def to_frame(self) -> pd.DataFrame:
        """One row per kernel; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(layer.record() | {"op_types": "+".join(layer.op_types)} for layer in self.layers)


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
    if calibration is not None:
        latency = by_calibration(prepared, point, calibration)
    elif transfer is not None:
        latency = by_model(prepared, point, transfer, profile, anchored)
    else:
        latency = by_roofline(prepared, point, anchored)
    return assembled(
        prepared,
        point,
        latency,
        rests_on=transfer.id if transfer else None,
        calibration=calibration.digest if calibration else None,
        anchors=anchored.used if anchored else (),
    )


def assembled(
    prepared: Prepared,
    point: OperatingPoint,
    latency: NetworkTime,
    *,
    rests_on: str | None = None,
    calibration: str | None = None,
    anchors: tuple[Used, ...] = (),
) -> Estimate:
    """The estimate whose latency was worked out already: power, energy and memory beside it."""
    workload = prepared.workload
    memory = MemoryUse(*prepared.memory_bytes, point.capacity_bytes)
    use = unit_use(latency.layers, latency.band.mid, point)
    power = power_draw(point, use)
    return Estimate(
        model=workload.model,
        device=point.device,
        unit=point.unit,
        mode=point.mode,
        engine=point.engine,
        precision=point.precision,
        batch=workload.batch,
        latency_s=latency.band,
        power_w=power.system_w,
        part_power_w=power.part_w,
        idle_w=power.idle_w,
        power_boundary=power.boundary,
        power_rests_on=power.rests_on,
        use=use,
        peak_ops_per_s=point.peak_ops_per_s,
        power_limit_w=point.power_limit_w,
        memory=memory,
        bound=bound_shares(latency.layers, latency.fixed_s),
        provenance=latency.provenance,
        power_provenance=power.provenance,
        layers=latency.layers,
        fixed_s=latency.fixed_s,
        warnings=(*point.warnings, *latency.notes, *remarks(prepared, memory, latency.layers, point)),
        unresolved=workload.unresolved,
        rests_on=rests_on,
        calibration=calibration,
        caller_s=latency.caller_s,
        anchors=anchors,
    )
