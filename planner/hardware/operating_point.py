"""One unit of one part in one power mode at one precision: the numbers that a roofline needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Literal, TypedDict

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.fusion_rules import Fusing, fits_unit, fusing, version_of
from planner.hardware.link.links import BusLink
from planner.hardware.link.of_part import delivered_link, measured_link, reload_bytes_per_s
from planner.provenance import Provenance, Status, of_status, weakest
from planner.schema.hardware.device import ComputeUnit, Device, Mode, Precision, QuotedRow
from planner.schema.hardware.engine import Engine, IntegerForm, OperatorLimit, Pipeline
from planner.schema.reading.quantity import Origin, Sourced
from planner.wording.message import message

FALLBACK = "estimated.fallback"
"""Name of the warning of a point whose unit computes in another precision than was asked for."""
RUNS_AS = "estimated.runs_as"
"""Name of the remark that the engine computes in another format of its own accord."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Everything that a latency and power estimate takes from the database."""

    device: str
    unit: str
    unit_kind: str
    mode: str
    engine: str
    engine_version: str
    """Empty where versions of the engine make no difference that is known."""
    fusing: Fusing
    """Which of its fusion rules hold in this version, on this unit and at this precision."""
    precision: Precision
    """The precision the unit really computes in, after any fallback."""
    peaks_ops_per_s: Mapping[Precision, float]
    """Dense peak of the unit in this mode at every precision that it computes in."""
    vector_ops_per_s: float
    """Rate of operations that are no multiply-accumulate: the unit's float32 peak where it has one."""
    bandwidth_bytes_per_s: float
    processors: float
    """Multiprocessors of a GPU, threads on a CPU, AI cores of an NPU, else one."""
    reload_bytes_per_s: float
    """At which weights come that do not stay on the chip: the memory's, else that of the measured link."""
    link: BusLink | None
    """To the host; None for parts that are computers themselves."""
    measured_link: BusLink | None
    """Over which published rates of the part were measured."""
    quoted: tuple[QuotedRow, ...]
    """Networks whose times the part's own sources quote, of every engine."""
    cache_bytes: float | None
    """The largest cache or local memory of the unit; None where nobody says."""
    unit_name: str
    """The unit in the datasheet's words, its kind of core among them."""
    architecture: str
    form: str
    year: int
    clock_hz: float
    """Of the unit in this mode; 0 where nobody says."""
    launch_s: float
    fixed_s: float
    operators: frozenset[str]
    """Operators that run on the unit at all; empty where all do."""
    limits: tuple[OperatorLimit, ...]
    """What they have to keep to beside, as far as it holds for this unit."""
    integer_forms: tuple[IntegerForm, ...]
    """Products of whole numbers that do not run at the peak in 8 bits on this unit."""
    on_chip: bool
    """Whether the part has no memory but that on the chip."""
    weights_beyond_chip: Literal["streamed", "refused"] | None
    """What happens to weights that such a memory does not hold; None where nobody says."""
    recurrent_step_s: float | None
    """What each step of a recurrent layer adds; None where nobody says."""
    pipeline: Pipeline | None
    """How long a frame is under way in a data-flow chip; None for units that take batch after batch."""
    capacity_bytes: float
    idle_w: float
    power_limit_w: float
    limit_top_w: float
    """The highest limit of any mode: what its power supply is chosen for."""
    idle_assumed: bool
    """Whether nobody states or measured the idle power of this mode."""
    limit_assumed: bool
    """Whether nobody states the limit of this mode."""
    dynamic_w: float
    """What all units together may add to idle, in the mode with the highest limit."""
    clock_top_hz: float
    """Clock of the unit in that mode; 0 where nobody says."""
    active_share: float
    """Powered partitions of the unit (TPCs, cores) over those of that mode."""
    threads_share: float
    """Threads used over the cores of the mode; one where all are."""
    host_apart: bool
    """Whether the part is attached to a host whose power is not included in its own."""
    peak_assumed: bool
    """Whether the fastest peak of the unit is a judgement, at whatever precision it computes here."""
    latency_provenance: Provenance
    power_provenance: Provenance
    warnings: tuple[str, ...]

    @property
    def peak_ops_per_s(self) -> float:
        """Dense peak at the precision of this point."""
        return self.peaks_ops_per_s[self.precision]


def choose_unit(device: Device, unit: str | None, engine: str | None) -> str:
    """The unit asked for, or the first that the engine runs on, or the part's first unit."""
    if unit is not None:
        if unit not in device.units:
            raise UnknownIdError(f"unit of {device.id}", unit, device.units)
        return unit
    if engine is None:
        return next(iter(device.units))
    for unit_id, description in device.units.items():
        if engine in description.engines:
            return unit_id
    known = {name for description in device.units.values() for name in description.engines}
    raise UnknownIdError(f"engine of {device.id}", engine, known)


def choose_mode(device: Device, mode: str | None) -> Mode:
    """The power mode asked for, or the part's default."""
    if mode is None:
        return next(item for item in device.modes if item.default)
    for item in device.modes:
        if item.id == mode:
            return item
    raise UnknownIdError(f"power mode of {device.id}", mode, [item.id for item in device.modes])


_FREEST = ("MAXN_SUPER", "MAXN")
"""Names of the modes without caps."""


def fastest_mode(device: Device, unit: str) -> Mode:
    """The mode in which a unit has its highest peak: what publishers of latencies run.

    Of several with the same peak the one with the fastest memory, then the one without caps, then the
    default.
    """
    peaks = device.units[unit].peaks_ops_per_s.values()

    def speed(mode: Mode) -> tuple[float, float, bool, bool]:
        # The same peak comes from several precisions; a mode may lack one of them.
        most = max((by_mode[mode.id].value for by_mode in peaks if mode.id in by_mode), default=0.0)
        bandwidth = device.memory.bandwidth_bytes_per_s[mode.id].value
        return most, bandwidth, mode.id in _FREEST, mode.default

    return max(device.modes, key=speed)


MOST_GAIN_OF_INT8 = 8.0
"""A unit whose INT8 is faster than FP16 by more is built for INT8: matrix units differ by two or four."""


def default_precision(unit: ComputeUnit, mode: str) -> Precision:
    """Half precision where the unit computes in it at speed, else single, else the first that it has."""
    int8 = unit.peaks_ops_per_s.get(Precision.INT8, {}).get(mode)
    for precision in (Precision.FP16, Precision.FP32):
        peak = unit.peaks_ops_per_s.get(precision, {}).get(mode)
        slow = unit.kind == "dla" and peak and int8 and int8.value > MOST_GAIN_OF_INT8 * peak.value
        if peak is not None and not slow:
            return precision
    return next(iter(unit.peaks_ops_per_s))


def operating_point(
    device: Device,
    engine: Engine,
    *,
    unit: str,
    mode: str | None = None,
    precision: Precision | None = None,
    threads: int | None = None,
    engine_version: str | None = None,
) -> OperatingPoint:
    """The numbers for one unit, mode and precision, which falls back as the part would, with a warning.

    `threads` (CPU units only) scales the peak by threads over the mode's cores; bandwidth stays, which is
    optimistic for few threads. Raises `UnknownIdError` for a mode the part lacks or an engine that does not
    run there, and `InputError` for a precision that the unit neither has nor falls back from.
    """
    description = device.units[unit]
    if engine.id not in description.engines:
        raise UnknownIdError(f"engine of {device.id}/{unit}", engine.id, description.engines)
    chosen_mode = choose_mode(device, mode)
    costs = engine.units.get(description.kind)
    if costs is None:
        raise UnknownIdError(f"kind of unit of engine {engine.id}", description.kind, engine.units)
    asked = precision or default_precision(description, chosen_mode.id)
    effective, warnings = _effective_precision(device, unit, chosen_mode.id, asked)
    effective, warnings = _as_run(engine, description, chosen_mode.id, effective, warnings)
    if costs.precisions is not None and effective not in costs.precisions:
        raise _not_by_engine(device, unit, engine, costs.precisions, effective)
    version = version_of(engine, description.name, device.architecture, engine_version)
    peak = description.peaks_ops_per_s[effective][chosen_mode.id]
    vector = description.peaks_ops_per_s.get(Precision.FP32, {}).get(chosen_mode.id, peak)
    bandwidth = device.memory.bandwidth_bytes_per_s[chosen_mode.id]
    share, cores = _thread_share(device, unit, chosen_mode.id, threads)
    capacity = device.memory.capacity_bytes.value
    if device.memory.reserved_bytes is not None:
        capacity -= device.memory.reserved_bytes.value
    peaks = {
        name: by_mode[chosen_mode.id].value * share
        for name, by_mode in description.peaks_ops_per_s.items()
        if chosen_mode.id in by_mode
    }
    rests_on: list[Origin] = [peak, vector, bandwidth, costs.launch_s, costs.fixed_s, *cores]
    return OperatingPoint(
        device=device.id,
        unit=unit,
        unit_kind=description.kind,
        mode=chosen_mode.id,
        engine=engine.id,
        engine_version=version,
        fusing=fusing(engine, version, description, device.architecture, effective),
        precision=effective,
        peaks_ops_per_s=MappingProxyType(peaks),
        vector_ops_per_s=vector.value * share,
        bandwidth_bytes_per_s=bandwidth.value,
        processors=_processors(description, chosen_mode.id, threads),
        reload_bytes_per_s=reload_bytes_per_s(device, bandwidth.value),
        quoted=tuple(description.quoted),
        link=delivered_link(device),
        measured_link=measured_link(device),
        cache_bytes=max((size.value for size in description.caches_bytes.values()), default=None),
        unit_name=description.name,
        architecture=device.architecture,
        form=device.form,
        year=device.year.value,
        clock_hz=clock.value if (clock := description.clocks_hz.get(chosen_mode.id)) else 0.0,
        launch_s=costs.launch_s.value,
        fixed_s=costs.fixed_s.value,
        operators=frozenset(costs.operators or ()),
        limits=tuple(limit for limit in costs.limits if fits_unit(limit.units, description.name)),
        integer_forms=tuple(form for form in costs.integer_forms if _is_meant(form, device, unit)),
        on_chip=device.memory.on_chip,
        weights_beyond_chip=costs.weights_beyond_chip,
        recurrent_step_s=costs.recurrent_step_s.value if costs.recurrent_step_s else None,
        pipeline=costs.pipeline,
        capacity_bytes=capacity,
        idle_w=chosen_mode.idle_w.value,
        power_limit_w=chosen_mode.power_limit_w.value,
        **_power_facts(device, unit, chosen_mode),
        threads_share=share,
        peak_assumed=_fastest_peak(description, chosen_mode.id).status is Status.ASSUMED,
        latency_provenance=_datasheet_at_best(rests_on),
        power_provenance=_datasheet_at_best([chosen_mode.idle_w, chosen_mode.power_limit_w]),
        warnings=warnings,
    )


def _fastest_peak(unit: ComputeUnit, mode: str) -> Sourced[float]:
    """The rest are mostly a half or a quarter of it, whoever says so."""
    return max((by_mode[mode] for by_mode in unit.peaks_ops_per_s.values() if mode in by_mode), key=_value)


def _value(number: Sourced[float]) -> float:
    return number.value


def _is_meant(form: IntegerForm, device: Device, unit: str) -> bool:
    described = (device.units[unit].name.lower(), device.architecture.lower())
    return not form.words or any(fnmatchcase(t, w.lower()) for w in form.words for t in described)


_ASSUMED = "assumed"


class _PowerFacts(TypedDict):
    limit_top_w: float
    idle_assumed: bool
    limit_assumed: bool
    dynamic_w: float
    clock_top_hz: float
    active_share: float
    host_apart: bool


def _power_facts(device: Device, unit: str, mode: Mode) -> _PowerFacts:
    """The part in the mode with the highest limit, and how much of the unit is powered in this one."""
    top = max(device.modes, key=lambda item: item.power_limit_w.value)
    description = device.units[unit]
    clock, most = description.clocks_hz.get(top.id), description.active.get(top.id)
    active = description.active.get(mode.id)
    return {
        "limit_top_w": top.power_limit_w.value,
        "idle_assumed": mode.idle_w.status == _ASSUMED,
        "limit_assumed": mode.power_limit_w.status == _ASSUMED,
        "dynamic_w": top.power_limit_w.value - top.idle_w.value,
        "clock_top_hz": clock.value if clock else 0.0,
        "active_share": active.value / most.value if active and most and most.value else 1.0,
        "host_apart": device.host_link is not None or device.form in ("card", "server"),
    }


def _processors(unit: ComputeUnit, mode: str, threads: int | None) -> float:
    """What works side by side: multiprocessors of a GPU in this mode, threads on a CPU, AI cores, else one.

    A GPU whose datasheet names neither multiprocessors nor TPCs (two multiprocessors each) is taken to have
    128 CUDA cores in a multiprocessor, as all since Maxwell but Volta, Turing and the GA100 have.
    """
    powered = unit.active.get(mode)
    if unit.kind == "cpu":
        cores = powered.value if powered else sum(count.value for count in unit.parts.values())
        return float(threads or cores or 1)
    if unit.kind == "npu" and "ai_cores" in unit.parts:
        return float(unit.parts["ai_cores"].value)
    if unit.kind != "gpu":
        return 1.0
    parts = {name: count.value for name, count in unit.parts.items()}
    whole = parts.get("multiprocessors") or 2 * parts.get("tpcs", 0) or parts.get("cuda_cores", 0) / 128
    most = max((count.value for count in unit.active.values()), default=0)
    return (whole or 1.0) * (powered.value / most if powered and most else 1.0)


def _datasheet_at_best(origins: list[Origin]) -> Provenance:
    """A roofline from single numbers is never better than `datasheet`, whatever each of them is."""
    return weakest([Provenance.DATASHEET, *(of_status(origin.status) for origin in origins)])


def _not_by_engine(
    device: Device, unit: str, engine: Engine, computes: Sequence[Precision], asked: Precision
) -> InputError:
    """The refusal of a number format that the unit has and the engine does not use."""
    expected = message(
        "reason.engine_precisions",
        engine=engine.id,
        unit=f"{device.id}/{unit}",
        types=message("text.items", items=tuple(map(str, computes))),
    )
    problem = Problem("precision", expected, str(asked), "choose one of these or another engine")
    return InputError("estimate", [problem])


def _effective_precision(
    device: Device, unit: str, mode: str, asked: Precision
) -> tuple[Precision, tuple[str, ...]]:
    description = device.units[unit]
    effective = asked
    while mode not in description.peaks_ops_per_s.get(effective, {}):
        if effective not in description.fallback:
            have = [name for name, by_mode in description.peaks_ops_per_s.items() if mode in by_mode]
            problem = Problem(
                "precision",
                message("reason.precisions", unit=f"{device.id}/{unit}", mode=mode, types=", ".join(have)),
                str(asked),
                "choose one of these or another unit",
            )
            raise InputError("estimate", [problem])
        effective = description.fallback[effective]
    if effective is asked:
        return asked, ()
    note = message(FALLBACK, unit=f"{device.id}/{unit}", asked=asked, effective=effective)
    return effective, (note,)


def _as_run(
    engine: Engine, unit: ComputeUnit, mode: str, asked: Precision, warnings: tuple[str, ...]
) -> tuple[Precision, tuple[str, ...]]:
    """The format in which the engine computes what is asked in another, where the unit has it."""
    for rule in engine.units[unit.kind].runs_as:
        if rule.asked == asked and mode in unit.peaks_ops_per_s.get(rule.runs, {}):
            note = message(RUNS_AS, engine=engine.id, asked=asked, runs=rule.runs)
            return rule.runs, (*warnings, note)
    return asked, warnings


def _thread_share(
    device: Device, unit: str, mode: str, threads: int | None
) -> tuple[float, list[Sourced[int]]]:
    """The share of the mode's powered cores that the threads use; peaks count all of these."""
    if threads is None:
        return 1.0, []
    description = device.units[unit]
    cores = description.active.get(mode)
    if description.kind != "cpu" or cores is None:
        problem = Problem("threads", "a CPU unit", f"{device.id}/{unit}", "leave --threads out")
        raise InputError("estimate", [problem])
    if not 1 <= threads <= cores.value:
        expected = f"1 to {cores.value} (cores of {device.id} in mode {mode})"
        raise InputError("estimate", [Problem("threads", expected, str(threads))])
    return threads / cores.value, [cores]
