"""Questions about one network: its counts, its speed on a part, the best of many parts.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.database.parts import own_part_notes, precision_named, read_device
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.latency.result import Estimate, Load
    from planner.plan.compare.candidate import Comparison, PlanFor
    from planner.plan.compare.units_auto import AutoAnswer
    from planner.schema.hardware.device import Device, Precision
    from planner.schema.reading.quantity import Money
    from planner.workload.asked import Asked
    from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class Inspection:
    """A counted network, and how many kernels an engine makes of its operators.

    `partial` says what is missing where the totals are not those of the whole network.
    """

    workload: Workload
    kernels: int
    partial: str | None = None


def asked(
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
    extents: Mapping[str, tuple[int, ...]] | None = None,
    values: Mapping[str, float | Sequence[float]] | None = None,
    rounds: Mapping[str, int] | None = None,
) -> Asked:
    """What a file leaves open, said: the batch, and by name shapes of inputs and open extents (`dims`).

    Also shapes of tensors that depend on data (`extents`), what small inputs hold (`values`), and how often a
    `Loop` runs (`rounds`).

    >>> asked(dims={"height": 320, "width": 320}).dims["width"]
    320
    """
    import numpy as np

    from planner.workload.asked import Asked

    held = {name: np.asarray(value) for name, value in (values or {}).items()}
    return Asked(batch, shapes or {}, dims or {}, extents or {}, held, rounds or {})


def read_onnx(
    path: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
) -> Workload:
    """A network counted: an ONNX file or `zoo:NAME`.

    `batch` sets the batch of the inputs, `shapes` whole inputs by name, as in
    ``{"images": (1, 3, 640, 640)}``; `asked` has these two and all else that may be said of sizes. Weights
    are not read. Raises `UnknownIdError` for an unknown name of the
    zoo and `InputError` for a file that is missing or is no ONNX.

    >>> read_onnx("zoo:resnet18", batch=4).batch
    4
    """
    from planner.zoo.source import read_model

    return read_model(path, batch=batch, shapes=shapes, asked=asked)


def inspect(
    workload: Workload | str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
    precision: str | None = None,
    engine: str = "generic",
) -> Inspection:
    """What a network asks for: operations, bytes and memory, per operator.

    Bytes are those of `precision` where one is named. `engine` names whose fusion rules make the kernels.
    `batch`, `shapes` and `asked` are for networks that are read here. Raises as `read_onnx`, and
    `UnknownIdError` for an unknown engine or precision.

    >>> inspect("zoo:resnet18", precision="int8").workload.parameters
    11689512
    """
    from planner.latency.kernels.prepared import kernels_of
    from planner.workload.wholeness import advice_for, why_partial
    from planner.workload.workload import Workload, at_precision

    if isinstance(workload, Workload):
        counted = workload
    else:
        counted = read_onnx(workload, batch=batch, shapes=shapes, asked=asked)
    named = precision_named(precision)
    if named is not None:
        counted = at_precision(counted, named)
    why = why_partial(counted)
    partial = f"{why}; {advice_for(counted)}" if why is not None else None
    return Inspection(counted, len(kernels_of(counted, engine)), partial)


def estimate(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    threads: int | None = None,
    calibration: str | Path | None = None,
    anchor: str | Path | Sequence[str | Path] = (),
    measured: Sequence[str | Path] = (),
    caller: str | None = None,
    load: Load = "burst",
    engine_version: str | None = None,
    link: str | None = None,
) -> Estimate:
    """Predict a network (counted, a file or `zoo:NAME`) on a part: seconds, watts, joules and bytes.

    `unit` is a compute unit of the part, a kind of unit, "auto" (see `estimate_units`), or None for the
    best of all that run the engine, by the high end of the band that plans count on; `others` of the result
    has the rest. `mode`, `precision`, `engine`: None for the part's default mode, half precision where the
    unit has it, and the unit's usual engine. `calibration` is None (the one kept for this machine, or a
    model fitted on published measurements, where there is one), the path of a calibration, or "none" (the
    roofline of the datasheet alone). `anchor` names files of measurements on this part or of this network
    that the model blends with, or is "published" for those of the database. `measured` names files of what
    was measured of this very setting, as in `evidence`; of another one they are named in the warnings and
    not used. `caller` names the program around the engine whose time is part of the fixed cost; None for
    the network's usual, "none" for the engine alone. `engine_version` is one of an engine whose versions
    fuse differently, None for the usual one on the unit. `load` is "burst" (a short run at the clock of the
    mode, as most published ones are) or "sustained" (what its power limit allows for long). `link` is another
    link to the host than the part is delivered with, such as "usb2" or "pcie3x1".

    A network that does not fit the memory is an answer with ``fits = False``. Warnings name what a result
    rests on, own parts among it. Raises `UnknownIdError` for unknown names and `InputError` for what the part
    cannot run, and for `threads`, `calibration`, `caller` or `anchor` beside ``unit="auto"``.

    >>> estimate("zoo:resnet18", "jetson-orin-nano-8", precision="int8").fits
    True
    """
    from planner.hardware.link.of_part import linked
    from planner.latency.choice import anchors_for, calibration_for
    from planner.latency.estimate import estimate as predict
    from planner.latency.load import under_load
    from planner.latency.units.placement import AUTO

    files = [str(file) for file in ([anchor] if isinstance(anchor, str | Path) else anchor)]
    asked = None if calibration is None else str(calibration)
    if unit == AUTO:
        refuse_beside_auto(
            threads=threads, calibration=asked, caller=caller, anchor=tuple(files) or None,
            engine_version=engine_version,
        )  # fmt: skip
        part = linked(chosen_part(device), link)
        found = estimate_units(workload, part, mode=mode, precision=precision, batch=batch, engine=engine)
        return under_load(found.best.estimate, load)
    named = precision_named(precision)
    part = linked(chosen_part(device), link)
    chosen, notes = calibration_for(asked, part.id, engine, threads, named)
    anchors, published = anchors_for(files)
    network = counted_network(workload)
    if measured:
        if engine_version is not None:
            problem = Problem("engine_version", "none beside measured", repr(engine_version[:40]))
            raise InputError("estimate", [problem])
        own = _by_evidence(
            network, part, unit, mode, named, batch, engine, threads, asked, files, measured, caller
        )
        return under_load(own, load)
    result = predict(
        network,
        part,
        unit=unit,
        mode=mode,
        precision=named,
        batch=batch,
        engine=engine,
        threads=threads,
        transfer=calibration is None,
        profile="" if caller == "none" else caller,
        calibration=chosen,
        anchors=anchors,
        published=published,
        overheads=True,
        engine_version=engine_version,
    )
    return under_load(_with_notes(result, part, notes), load)


def _by_evidence(
    network: Workload,
    part: Device,
    unit: str | None,
    mode: str | None,
    precision: Precision | None,
    batch: int | None,
    engine: str | None,
    threads: int | None,
    calibration: str | None,
    anchors: Sequence[str],
    measured: Sequence[str | Path],
    caller: str | None,
) -> Estimate:
    """As a plan estimates, with all that was measured."""
    from planner.api.scenarios import evidence
    from planner.hardware.operating_point import choose_mode
    from planner.latency.overheads.around import with_overheads
    from planner.latency.units.compete import others_of
    from planner.plan.options.estimator import Estimator
    from planner.plan.scenario.evidence import evidence_among

    if caller is not None:
        problem = Problem("--caller", "none beside --measured", repr(caller), "what is measured has it in it")
        raise InputError("estimate", [problem])
    found = evidence(engine, threads, calibration, anchors, measured)
    estimator = Estimator({network.model: network}, evidence_among(found, [part.id], [precision]))
    size = network.batch if batch is None else batch
    compared = estimator.compared(part, choose_mode(part, mode).id, precision, size, unit=unit)
    result = replace(compared.best.estimates[0].estimate, others=others_of(part, compared))
    whole = with_overheads(result, network, part, threads)
    return _with_notes(whole, part, estimator.notes)


def estimate_units(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    mode: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    link: str | None = None,
) -> AutoAnswer:
    """A network over all compute units of a part: the best placement, every unit tried, all together.

    Times are in seconds, rates in inferences per second. Raises `InputError` with the reason of every unit
    where none can take the network.

    >>> estimate_units("zoo:resnet18", "jetson-agx-orin-64", precision="int8").best.main
    'dla'
    """
    from planner.hardware.link.of_part import linked
    from planner.latency.overheads.around import with_overheads
    from planner.plan.compare.units_auto import auto_units

    network, part = counted_network(workload), linked(chosen_part(device), link)
    found = auto_units(
        network, part, mode=mode, precision=precision_named(precision), batch=batch, engine=engine
    )
    whole = with_overheads(found.best.estimate, network, part, network=found.best.network)
    best = replace(found.best, estimate=_with_notes(whole, part, ()))
    tried = tuple(
        replace(item, placement=best) if item.placement is found.best else item for item in found.tried
    )
    return replace(found, best=best, tried=tried)


def compare(
    workload: Workload | str | Path,
    devices: Iterable[str],
    *,
    modes: str | Sequence[str] = "all",
    precisions: Sequence[str] = (),
    batches: Sequence[int] = (),
    unit: str | None = None,
    evidence: Mapping[str, object] | None = None,
    max_latency_s: float | None = None,
    max_power_w: float | None = None,
    budget: Money | None = None,
    rates: Mapping[str, float] | None = None,
    plan_for: PlanFor = "cautious",
    progress: Callable[[str], None] | None = None,
    load: Load = "burst",
) -> Comparison:
    """Rank a network on every part whose id matches one of the globs, against limits.

    Each part runs it on its best unit, or on that which `unit` names by id or kind. `modes` is "all",
    "default" (the mode in which each part is delivered) or names of power modes; no `batches` are the
    network's own. The latency that is compared with the limit is the high end of the planning latency, or
    the middle where `plan_for` is "typical". `evidence` (see the function of that name) has an engine,
    threads, a calibration and measurements. `budget` is the most that one part may cost; `rates` has the
    price of one unit of another currency in that of the budget, as in ``{"CNY": 0.14}``. `progress` is called
    with each part's id. `load` is as in `estimate`; planning latencies are those of a run that lasts. Raises
    `UnknownIdError` for globs that match nothing and modes that no part has,
    `InputError` for a budget in a currency without a rate and for limits that are not above zero.

    >>> compare("zoo:resnet18", ["t4", "rk3588"], precisions=["int8"]).candidates[0].estimate.device
    't4'
    """
    from planner.errors import require_positive
    from planner.hardware.catalog import match_devices
    from planner.plan.compare.candidate import Limits
    from planner.plan.compare.compare import compare as ranked
    from planner.plan.scenario.evidence import evidence_among

    require_positive("compare", {"max_latency_s": max_latency_s, "max_power_w": max_power_w})
    named = [precision for text in precisions if (precision := precision_named(text)) is not None]
    network = counted_network(workload)
    chosen = match_devices(list(devices))
    found = ranked(
        network,
        [read_device(device_id) for device_id in chosen],
        modes=modes,
        precisions=named or [None],
        batches=tuple(batches) or (network.batch,),
        unit=unit,
        evidence=evidence_among(evidence or {}, chosen, named),
        limits=Limits(max_latency_s, max_power_w, budget, rates or {}, plan_for),
        progress=progress,
        load=load,
    )
    return replace(found, notes=(*found.notes, *own_part_notes(chosen)))


def counted_network(workload: Workload | str | Path) -> Workload:
    """The network itself where it was counted already, else read as `read_onnx` does."""
    return read_onnx(workload) if isinstance(workload, str | Path) else workload


def chosen_part(device: Device | str) -> Device:
    """The part itself, or that of the database with this id."""
    return read_device(device) if isinstance(device, str) else device


def _with_notes(found: Estimate, part: Device, notes: Sequence[str]) -> Estimate:
    """The estimate with what it rests on, own parts among it, among its warnings."""
    return replace(found, warnings=(*found.warnings, *notes, *own_part_notes((part.id,))))


def refuse_beside_auto(**others: object) -> None:
    """Raise `InputError` for settings of one unit alone, by name, that are not None beside ``unit="auto"``.

    >>> refuse_beside_auto(threads=None)
    """
    problems = [
        Problem(f"--{name}", "none beside --unit auto", repr(value), "name the unit it is of")
        for name, value in others.items()
        if value is not None
    ]
    if problems:
        raise InputError("estimate", problems)
