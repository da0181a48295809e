"""Estimates of a scenario's networks, each network counted and fused once per batch, precision and engine."""

from __future__ import annotations

from collections.abc import Mapping

from planner.latency.kernels.prepared import Prepared, fused_by, prepare_fused, sized_for
from planner.latency.kernels.unit_limits import on_unit
from planner.latency.planning import planning_band, shortfall
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.transfer.store import transfer_for
from planner.latency.units.placement import estimate_with_helpers
from planner.plan.options.option import NetworkOnPart
from planner.schema.hardware.device import Device, Precision
from planner.workload.fusion import Fusion
from planner.workload.workload import Workload, at_precision


class Estimator:
    """The networks of one scenario, ready to be put on any part.

    A study asks for the same network hundreds of times, and often at the same operating point: each is
    counted once a batch and precision, fused once an engine and estimated once a point.
    """

    def __init__(self, workloads: Mapping[str, Workload]) -> None:
        self.workloads = workloads
        self._sized: dict[tuple[str, int], Workload] = {}
        self._made: dict[tuple[str, int, Precision], Workload] = {}
        self._fused: dict[tuple[str, int, str], Fusion] = {}
        self._prepared: dict[tuple[str, int, Precision, str], Prepared] = {}
        self._estimates: dict[tuple[object, ...], tuple[Device, Estimate]] = {}

    def estimate(
        self,
        model: str,
        device: Device,
        *,
        mode: str,
        precision: Precision,
        batch: int,
        unit: str | None = None,
        engine: str | None = None,
    ) -> Estimate:
        """One network at one batch size on one part; refuses as `planner.latency.estimate.estimate` does."""
        key = (id(device), model, unit, mode, precision, batch, engine)
        if key not in self._estimates:
            point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine)
            ready = on_unit(self._ready(model, batch, point.precision, point.engine), point)
            whole = self.workloads[model]
            result = estimate_with_helpers(whole, ready, device, point, transfer_for(point))
            self._estimates[key] = device, result  # the part is kept so that no other gets its id
        return self._estimates[key][1]

    def _ready(self, model: str, batch: int, precision: Precision, engine: str) -> Prepared:
        key = (model, batch, precision, engine)
        if key not in self._prepared:
            if (model, batch) not in self._sized:
                self._sized[model, batch] = sized_for(self.workloads[model], batch)
            sized = self._sized[model, batch]
            if (model, batch, engine) not in self._fused:
                self._fused[model, batch, engine] = fused_by(sized, engine)
            if (model, batch, precision) not in self._made:
                self._made[model, batch, precision] = at_precision(sized, precision)
            made, fusion = self._made[model, batch, precision], self._fused[model, batch, engine]
            self._prepared[key] = prepare_fused(made, fusion)
        return self._prepared[key]

    def on_part(
        self, device: Device, mode: str, precision: Precision, batch: int
    ) -> tuple[NetworkOnPart, ...]:
        """Every network on one part, with the latency to plan with; `InputError` where it cannot run."""
        found = []
        for model in self.workloads:
            result = self.estimate(model, device, mode=mode, precision=precision, batch=batch)
            correction = shortfall(device, result)
            found.append(NetworkOnPart(model, result, planning_band(result, correction), correction))
        return tuple(found)
