"""Estimates of a scenario's networks, each network counted and fused once per batch, precision and engine."""

from __future__ import annotations

from collections.abc import Mapping

from planner.latency.estimate import Estimate, estimate_at, point_for
from planner.latency.planning import planning_band, shortfall
from planner.latency.prepared import Prepared, prepare
from planner.latency.transfer.store import transfer_for
from planner.plan.option import NetworkOnPart
from planner.schema.device import Device, Precision
from planner.workload.workload import Workload


class Estimator:
    """The networks of one scenario, ready to be put on any part.

    A comparison asks for the same network hundreds of times; only the operating point differs, so what does
    not depend on it is kept.
    """

    def __init__(self, workloads: Mapping[str, Workload]) -> None:
        self.workloads = workloads
        self._prepared: dict[tuple[str, int, Precision, str], Prepared] = {}

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
        point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine)
        key = (model, batch, point.precision, point.engine)
        if key not in self._prepared:
            self._prepared[key] = prepare(self.workloads[model], batch, point.precision, point.engine)
        return estimate_at(self._prepared[key], point, transfer_for(point))

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
