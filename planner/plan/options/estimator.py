"""Estimates of a scenario's networks, each network counted and fused once per batch, precision and engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.operating_point import OperatingPoint
from planner.latency.calibrated.calibration import Calibration
from planner.latency.evidence import (
    Evidence,
    Uses,
    by_calibration_on,
    calibration_on,
    unit_of,
    with_anchors,
    with_powers,
)
from planner.latency.kernels.unit_limits import on_unit
from planner.latency.point import point_for
from planner.latency.result import Estimate, OtherUnit
from planner.latency.transfer.store import transfer_for
from planner.latency.units.compete import (
    CPU,
    Compared,
    Tried,
    beats,
    compare_units,
    instances_of,
    others_of,
    planned,
    units_asked,
)
from planner.latency.units.placement import estimate_with_helpers
from planner.latency.units.workers import as_workers, threads_each
from planner.plan.options.kept_estimates import keep_estimate, kept_estimate, preparation_of
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
    counted once a batch and precision, fused once an engine and estimated once a point. `evidence` is what
    the estimates rest on beside the database; `notes` say what of it was of no use, after
    the `remarks` that were given.
    """

    def __init__(
        self,
        workloads: Mapping[str, Workload],
        evidence: Evidence | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self.workloads = workloads
        self.evidence = evidence or Evidence()
        self._prepared = {model: preparation_of(workload) for model, workload in workloads.items()}
        self._estimates: dict[tuple[object, ...], tuple[Device, Estimate]] = {}
        self._calibrated: dict[tuple[object, ...], Calibration | None] = {}
        self._uses = Uses()
        self._remarks = tuple(remarks)

    @property
    def notes(self) -> tuple[str, ...]:
        """Measurements and calibrations that were not used so far, with the reason, and what else to say."""
        return (*self._remarks, *self._uses.notes())

    @cached_property
    def _moves(self) -> bool:
        """Whether measurements may move what the database says."""
        given = self.evidence
        return bool(given.anchors or given.measured or given.published or given.powers)

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
        """One network at one batch size on one unit; refuses as `planner.latency.estimate.estimate` does.

        By a calibration of the part where there is one of the setting, else moved by what was measured.
        """
        return self._estimate(model, device, unit, mode, precision, batch, engine, moved=self._moves)

    def unmoved(self, found: Estimate, device: Device) -> Estimate:
        """What is said of the same setting without any measurement of it."""
        return self._estimate(
            found.model if found.model in self.workloads else self._asked_as(found.model),
            device,
            found.unit,
            found.mode,
            found.precision,
            found.batch,
            found.engine,
            moved=False,
        )

    def _asked_as(self, name: str) -> str:
        """What the scenario calls a network, as in `zoo:resnet18`."""
        return next(model for model, workload in self.workloads.items() if workload.model == name)

    def _estimate(
        self,
        model: str,
        device: Device,
        unit: str,
        mode: str,
        precision: Precision | None,
        batch: int,
        engine: str | None = None,
        *,
        moved: bool,
    ) -> Estimate:
        key = (id(device), model, unit, mode, precision, batch, engine, moved)
        if key not in self._estimates:
            asked = engine or self._engine_on(device, unit)
            known = self._calibration(device, mode, precision, asked)
            if known is not None and known[1].unit == unit:
                result = self._by_calibration(model, device, known, batch, moved=moved)
            else:
                result = self._by_database(model, device, unit, mode, precision, batch, asked, moved=moved)
            if moved and self.evidence.powers:
                result = with_powers(result, device, self.evidence.powers, self._uses)
            self._estimates[key] = device, result  # the part is kept so that no other gets its id
        return self._estimates[key][1]

    def _by_calibration(
        self,
        model: str,
        device: Device,
        known: tuple[Calibration, OperatingPoint],
        batch: int,
        *,
        moved: bool,
    ) -> Estimate:
        calibration, point = known
        workload, measured = self.workloads[model], self.evidence.measured if moved else ()
        found = by_calibration_on(workload, device, point, batch, calibration, measured, self._uses)
        return as_workers(found, device, point, self.evidence.instances)

    def _by_database(
        self,
        model: str,
        device: Device,
        unit: str,
        mode: str,
        precision: Precision | None,
        batch: int,
        engine: str | None,
        *,
        moved: bool,
    ) -> Estimate:
        if not moved:
            return self._plain(model, device, unit, mode, precision, batch, engine)
        given = self.evidence
        plain = self._estimate(model, device, unit, mode, precision, batch, engine, moved=False)
        threads = threads_each(device, unit, mode, given.threads, given.instances)
        point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine, threads=threads)
        network = self._prepared[model].ready(batch, point.precision, point.engine, point.fusing)
        ready = on_unit(network, point)
        evidence = replace(given, threads=threads) if given.instances else given
        moved_by = with_anchors(plain, self.workloads[model], ready, device, point, evidence, self._uses)
        return replace(moved_by, instances=plain.instances)

    def _plain(
        self,
        model: str,
        device: Device,
        unit: str,
        mode: str,
        precision: Precision | None,
        batch: int,
        engine: str | None,
    ) -> Estimate:
        """By the database alone: the same for every question of this process that asks it."""
        given, prepared = self.evidence, self._prepared[model]
        key = (id(prepared), id(device), unit, mode, precision, batch, engine, given.threads, given.instances,
               given.kept)  # fmt: skip
        known = kept_estimate(key)
        if known is not None:
            return known
        threads = threads_each(device, unit, mode, given.threads, given.instances)
        point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine, threads=threads)
        ready = on_unit(prepared.ready(batch, point.precision, point.engine, point.fusing), point)
        fitted = transfer_for(point) if given.kept else None
        alone = estimate_with_helpers(
            self.workloads[model], ready, device, point, fitted, ideal=not given.kept
        )
        found = as_workers(alone, device, point, given.instances)
        keep_estimate(key, prepared, device, found)
        return found

    def _engine_on(self, device: Device, unit: str) -> str | None:
        """The engine asked for where the unit runs it; else the unit's usual one, which serves beside."""
        engine = self.evidence.engine
        return engine if engine in device.units[unit].engines else None

    def _calibration(
        self, device: Device, mode: str, precision: Precision | None, engine: str | None
    ) -> tuple[Calibration, OperatingPoint] | None:
        """The calibration of a part at a setting, and where it applies."""
        key = (device.id, precision, engine)
        if key not in self._calibrated:
            self._calibrated[key] = calibration_on(self.evidence, device, engine, precision, self._uses)
        found = self._calibrated[key]
        point = None if found is None else unit_of(found, device, mode, self.evidence.threads)
        return None if found is None or point is None else (found, point)

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
        units = self._units(device, unit)
        units = tuple(name for name in units if not kinds or device.units[name].kind in kinds)
        known = self._calibration(device, mode, precision, self.evidence.engine)
        if known is not None and known[1].unit in units:
            units = (known[1].unit,)
        if not units:
            raise InputError("estimate", [_no_such_unit(device, kinds)])
        if batch == 1 or len(units) == 1 or not all(w.takes_batch(1) for w in self.workloads.values()):
            return self._moved(
                device, self._tried(device, units, mode, precision, batch), mode, precision, batch
            )
        single = self._tried(device, units, mode, precision, 1)
        far = tuple(item for item in single.running if _far_behind(device, item, single.best))
        left = tuple(name for name in units if name not in {item.unit for item in far})
        found = self._tried(device, left, mode, precision, batch)
        found = self._moved(device, found, mode, precision, batch)
        return replace(found, running=(*found.running, *far))

    def _units(self, device: Device, unit: str | None) -> tuple[str, ...]:
        """The units to compare: those that run the engine asked for, and CPUs where threads are."""
        units, engine = units_asked(device, unit), self.evidence.engine
        if engine is not None:
            try:
                units = units_asked(device, unit, engine)
            except UnknownIdError as error:
                problem = Problem("engine", f"an engine of {device.id}", error.got, error.advice)
                raise InputError("estimate", [problem]) from None
        cpus = tuple(name for name in units if device.units[name].kind == CPU)
        return cpus if self.evidence.threads is not None and cpus else units

    def _moved(
        self, device: Device, found: Compared, mode: str, precision: Precision | None, batch: int
    ) -> Compared:
        """The units in the same order, each estimate moved by what was measured.

        Units are ranked before, as `planner.latency.estimate.estimate` ranks them: a measurement of one unit
        says nothing of the others, and a band that it narrows is no reason to take that unit.
        """
        if not self._moves:
            return found
        running = tuple(
            replace(
                item,
                estimates=tuple(
                    planned(
                        device,
                        self._estimate(model, device, item.unit, mode, precision, batch, moved=True),
                    )
                    for model in self.workloads
                ),
            )
            for item in found.running
        )
        return replace(found, running=running)

    def _tried(
        self, device: Device, units: tuple[str, ...], mode: str, precision: Precision | None, batch: int
    ) -> Compared:
        def run(name: str) -> list[Estimate]:
            return [
                self._estimate(model, device, name, mode, precision, batch, moved=False)
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
