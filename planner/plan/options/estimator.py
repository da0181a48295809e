"""Estimates of a scenario's networks, each network counted and fused once per batch, precision and engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from planner.errors import InputError, Problem
from planner.latency.kernels.prepared import Preparation
from planner.latency.kernels.unit_limits import on_unit
from planner.latency.point import point_for
from planner.latency.result import Estimate, OtherUnit
from planner.latency.transfer.store import transfer_for
from planner.latency.units.compete import (
    Compared,
    Tried,
    beats,
    compare_units,
    instances_of,
    others_of,
    units_asked,
)
from planner.latency.units.placement import estimate_with_helpers
from planner.plan.options.option import NetworkOnPart
from planner.schema.hardware.device import Device, Precision
from planner.wording.message import message
from planner.workload.workload import Workload

FAR_BEHIND = 3.0
ONE_BY_ONE = ("cpu", "dla")
"""Kinds of units that gain little from batches: they work through the images one after the other."""


class Estimator:
    """The networks of one scenario, ready to be put on any part.

    A study asks for the same network hundreds of times, and often at the same operating point: each is
    counted once a batch and precision, fused once an engine and estimated once a point.
    """

    def __init__(self, workloads: Mapping[str, Workload]) -> None:
        self.workloads = workloads
        self._prepared = {model: Preparation(workload) for model, workload in workloads.items()}
        self._estimates: dict[tuple[object, ...], tuple[Device, Estimate]] = {}

    def estimate(
        self,
        model: str,
        device: Device,
        *,
        unit: str,
        mode: str,
        precision: Precision | None,
        batch: int,
        engine: str | None = None,
    ) -> Estimate:
        """One network at one batch size on one unit; refuses as `planner.latency.estimate.estimate` does."""
        key = (id(device), model, unit, mode, precision, batch, engine)
        if key not in self._estimates:
            point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine)
            ready = on_unit(self._prepared[model].ready(batch, point.precision, point.engine), point)
            whole = self.workloads[model]
            result = estimate_with_helpers(whole, ready, device, point, transfer_for(point))
            self._estimates[key] = device, result  # the part is kept so that no other gets its id
        return self._estimates[key][1]

    def compared(
        self,
        device: Device,
        mode: str,
        precision: Precision | None,
        batch: int,
        *,
        unit: str | None = None,
        kinds: Collection[str] = (),
    ) -> Compared:
        """Every unit of a part with every network, ranked as `planner.latency.estimate.estimate` ranks them.

        `unit` names one, or a kind; `kinds` narrow them further. Raises `InputError` where none can run all
        networks.
        """
        units = units_asked(device, unit)
        units = tuple(name for name in units if not kinds or device.units[name].kind in kinds)
        if not units:
            raise InputError("estimate", [_no_such_unit(device, kinds)])
        if batch == 1 or len(units) == 1 or not all(w.takes_batch(1) for w in self.workloads.values()):
            return self._tried(device, units, mode, precision, batch)
        single = self._tried(device, units, mode, precision, 1)
        far = tuple(item for item in single.running if _far_behind(device, item, single.best))
        left = tuple(name for name in units if name not in {item.unit for item in far})
        found = self._tried(device, left, mode, precision, batch)
        return replace(found, running=(*found.running, *far))

    def _tried(
        self, device: Device, units: tuple[str, ...], mode: str, precision: Precision | None, batch: int
    ) -> Compared:
        def run(name: str) -> list[Estimate]:
            return [
                self.estimate(model, device, unit=name, mode=mode, precision=precision, batch=batch)
                for model in self.workloads
            ]

        return compare_units(device, units, run, precision_asked=precision is not None)

    def on_units(
        self,
        device: Device,
        mode: str,
        precision: Precision,
        batch: int,
        *,
        unit: str | None = None,
        kinds: Collection[str] = (),
    ) -> tuple[tuple[NetworkOnPart, ...], ...]:
        """The networks on each unit that no other one beats in everything, the best first.

        A unit that is slower may still carry more, where the part has several of it. Raises `InputError`
        where no unit can run all networks.
        """
        found = self.compared(device, mode, precision, batch, unit=unit, kinds=kinds)
        kept: list[Tried] = []
        for item in found.running:
            if not any(beats(device, better, item) for better in kept):
                kept.append(item)
        return tuple(self._networks(item, others_of(device, found, item)) for item in kept)

    def _networks(self, item: Tried, others: tuple[OtherUnit, ...]) -> tuple[NetworkOnPart, ...]:
        return tuple(
            NetworkOnPart(
                model, replace(found.estimate, others=others), found.planning_latency_s, found.correction
            )
            for model, found in zip(self.workloads, item.estimates, strict=True)
        )

    def on_part(
        self,
        device: Device,
        mode: str,
        precision: Precision,
        batch: int,
        *,
        unit: str | None = None,
        kinds: Collection[str] = (),
    ) -> tuple[NetworkOnPart, ...]:
        """Every network on the best unit of a part; `InputError` where none can run them all."""
        return self.on_units(device, mode, precision, batch, unit=unit, kinds=kinds)[0]


def _far_behind(device: Device, item: Tried, best: Tried) -> bool:
    """Whether a unit is so far behind with single requests that no batch makes up for it: not tried again."""
    if device.units[item.unit].kind not in ONE_BY_ONE or item.unit == best.unit:
        return False
    own_count, its_count = (
        instances_of(device, [each.estimate for each in one.estimates]) for one in (best, item)
    )
    fewer = min(1.0, own_count / its_count)
    return all(
        its.cautious_s * fewer > FAR_BEHIND * own.cautious_s
        for own, its in zip(best.estimates, item.estimates, strict=True)
    )


def _no_such_unit(device: Device, kinds: Collection[str]) -> Problem:
    have = message("text.items", items=tuple(sorted({unit.kind for unit in device.units.values()})))
    asked = message("text.items", items=tuple(kinds))
    return Problem("candidates.units", message("reason.units", device=device.id, units=have), asked)
