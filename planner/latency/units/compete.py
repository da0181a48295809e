"""The units of a part compared for one network or several: which one to take, and why not the others.

Units are compared by the time of one inference at the cautious (high) end of the band that a plan counts on
(`planner.latency.planning`): a roofline of datasheet numbers, which has no measurements behind it, has to be
better at its 90th percentile of published shortfalls than a fitted model at the high end of its band. Three
things weigh more than speed: that the network fits the memory, that the engine is known to run its recurrent
layers, and, where nobody asked for a precision, that an accelerator does not win by falling to 8 bits while
another of the part computes in floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.catalog import read_engine
from planner.latency.band import Band
from planner.latency.planning import Shortfall, planning_band, shortfall
from planner.latency.result import Estimate, OtherUnit
from planner.schema.hardware.device import Device, Precision
from planner.units import format_number, format_quantity
from planner.wording.message import message

CPU = "cpu"
RECURRENT = "recurrent"
IN_FLOATS = frozenset({Precision.FP32, Precision.TF32, Precision.FP16, Precision.BF16})


@dataclass(frozen=True, slots=True)
class OnUnitEstimate:
    """An estimate with the band that a plan counts on."""

    estimate: Estimate
    correction: Shortfall | None
    planning_latency_s: Band

    @property
    def cautious_s(self) -> float:
        """Of one inference, at the cautious end."""
        return self.planning_latency_s.high / self.estimate.batch


@dataclass(frozen=True, slots=True)
class Tried:
    """One unit of a part with an estimate of each network, or the reason that it cannot run them."""

    unit: str
    estimates: tuple[OnUnitEstimate, ...]
    reason: str = ""

    @property
    def slowest(self) -> OnUnitEstimate:
        """The network that takes longest on it."""
        return max(self.estimates, key=lambda item: item.cautious_s)


@dataclass(frozen=True, slots=True)
class Compared:
    """Units best first, then those that cannot run the networks."""

    running: tuple[Tried, ...]
    refused: tuple[Tried, ...]

    @property
    def best(self) -> Tried:
        """The unit to take."""
        return self.running[0]


def units_asked(device: Device, asked: str | None = None, engine: str | None = None) -> tuple[str, ...]:
    """The units to compare: all, or those of an id or a kind, as far as an engine runs on them.

    Raises `UnknownIdError` for a unit, a kind or an engine that the part does not have.
    """
    units = device.units
    if asked is None:
        chosen = list(units)
    elif asked in units:
        chosen = [asked]
    else:
        chosen = [unit_id for unit_id, unit in units.items() if unit.kind == asked]
        if not chosen:
            raise UnknownIdError(f"unit of {device.id}", asked, units)
    if engine is None:
        return tuple(chosen)
    able = tuple(unit_id for unit_id in chosen if engine in units[unit_id].engines)
    if able:
        return able
    known = {name for unit_id in chosen for name in units[unit_id].engines}
    where = device.id if asked is None else f"{device.id}/{asked}"
    raise UnknownIdError(f"engine of {where}", engine, known)


def planned(device: Device, estimate: Estimate) -> OnUnitEstimate:
    """An estimate with the band that a plan counts on."""
    correction = shortfall(device, estimate)
    return OnUnitEstimate(estimate, correction, planning_band(estimate, correction))


def compare_units(
    device: Device,
    units: Sequence[str],
    run: Callable[[str], Sequence[Estimate]],
    *,
    precision_asked: bool,
) -> Compared:
    """Every unit tried and ranked; `run` gives the estimates of all networks on one unit.

    Raises `InputError` with the reason of every unit where none can run them; that of the unit itself where
    there is only one.
    """
    tried, errors = [], []
    for unit in units:
        try:
            found = tuple(planned(device, estimate) for estimate in run(unit))
        except InputError as error:
            errors.append(error)
            tried.append(Tried(unit, (), str(error.problems[0])))
        else:
            tried.append(Tried(unit, found))
    running = [item for item in tried if item.estimates]
    if not running:
        raise _nowhere(device, units, errors)
    lowered = set() if precision_asked else _lowered(device, running)
    order = {unit: place for place, unit in enumerate(units)}
    running.sort(key=lambda item: (*_standing(device, item, lowered), order[item.unit]))
    return Compared(tuple(running), tuple(item for item in tried if not item.estimates))


def beats(device: Device, one: Tried, other: Tried) -> bool:
    """Whether a unit is at least as good as another in everything that a plan asks of it.

    Latency of each network, and what all instances of the unit do together.
    """
    first, second = (
        instances_of(device, [each.estimate for each in item.estimates]) for item in (one, other)
    )
    better, worse = (_standing(device, item, set())[:2] for item in (one, other))
    if better != worse:
        return better < worse
    return all(
        own.cautious_s <= its.cautious_s and own.cautious_s / first <= its.cautious_s / second
        for own, its in zip(one.estimates, other.estimates, strict=True)
    )


def instances_of(device: Device, estimates: Sequence[Estimate]) -> int:
    """How many instances of their unit serve these networks side by side in one device.

    As asked for; else all that the part has where the unit runs the networks by itself. Kernels that fall
    back wait for another unit, of which there is one: instances that do then add little to each other (on an
    AGX Orin, ResNet-50 on the GPU and a DLA, whose pooling fell back, did 61 % of what both did alone), and
    one is counted.
    """
    asked = [found.instances for found in estimates if found.instances is not None]
    if asked:
        return min(asked)
    counts = [
        device.units[found.unit].count.value if all(layer.unit == found.unit for layer in found.layers) else 1
        for found in estimates
    ]
    return min(counts)


def others_of(device: Device, found: Compared, chosen: Tried | None = None) -> tuple[OtherUnit, ...]:
    """All units but the chosen one, the best unless said otherwise, with the reason against each."""
    best = chosen or found.best
    return (
        *(_other(device, item, _why_not(device, item, best)) for item in found.running if item is not best),
        *(_other(device, item, item.reason) for item in found.refused),
    )


def knows_recurrent(device: Device, estimate: Estimate) -> bool:
    """Whether it is known how the engine runs recurrent layers on the unit, where the network has any."""
    if all(layer.op_class != RECURRENT or layer.unit != estimate.unit for layer in estimate.layers):
        return True
    kind = device.units[estimate.unit].kind
    costs = read_engine(estimate.engine).units.get(kind)
    return kind in ("cpu", "gpu") or (costs is not None and costs.recurrent_step_s is not None)


def _standing(device: Device, item: Tried, lowered: set[str]) -> tuple[bool, bool, bool, float]:
    """What units are ranked by, the best least."""
    estimates = [each.estimate for each in item.estimates]
    return (
        not all(estimate.fits for estimate in estimates),
        not all(knows_recurrent(device, estimate) for estimate in estimates),
        item.unit in lowered,
        max(each.cautious_s for each in item.estimates),
    )


def _lowered(device: Device, running: Sequence[Tried]) -> set[str]:
    """Units that would win by computing in fewer bits than another accelerator of the part does unasked."""
    floats = {item.unit for item in running if item.estimates[0].estimate.precision in IN_FLOATS}
    able = [unit for unit in floats if device.units[unit].kind != CPU]
    return {item.unit for item in running if item.unit not in floats} if able else set()


def _why_not(device: Device, item: Tried, best: Tried) -> str:
    """Why a unit that runs the networks is not taken."""
    worst, chosen = item.slowest, best.slowest
    if not worst.estimate.fits and chosen.estimate.fits:
        return message("unit.does_not_fit")
    if not all(knows_recurrent(device, each.estimate) for each in item.estimates):
        engine = worst.estimate.engine
        return message("unit.recurrent_unknown", engine=engine, kind=device.units[item.unit].kind)
    times = worst.cautious_s / chosen.cautious_s
    if times < 1.0:
        if worst.estimate.precision is not chosen.estimate.precision:
            return message(
                "unit.fewer_bits", precision=worst.estimate.precision, chosen=chosen.estimate.precision
            )
        return message("unit.carries_less", unit=best.unit)
    return message(
        "unit.slower",
        latency=format_quantity(worst.cautious_s, "s", 3),
        times=format_number(times, 3) if times < 100 else f"{times:,.0f}",
        unit=best.unit,
    )


def _other(device: Device, item: Tried, reason: str) -> OtherUnit:
    unit = device.units[item.unit]
    if not item.estimates:
        return OtherUnit(
            item.unit, unit.kind, unit.count.value, unit.engines[0], None, None, None, None, reason
        )
    worst = item.slowest
    found = worst.estimate
    return OtherUnit(
        item.unit,
        unit.kind,
        unit.count.value,
        found.engine,
        found.precision,
        found.provenance,
        found.latency_s if found.fits else None,
        worst.planning_latency_s if found.fits else None,
        reason,
    )


def _nowhere(device: Device, units: Sequence[str], errors: Sequence[InputError]) -> InputError:
    if len(device.units) == 1:
        return errors[0]
    problems: list[Problem] = []
    for unit, error in zip(units, errors, strict=True):
        first = error.problems[0]
        problems.append(Problem(f"{device.id}/{unit}", first.expected, first.got, first.advice))
    return InputError("estimate", problems)
