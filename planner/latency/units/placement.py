"""One network over the units of a part: most of it on one unit, what that lacks on another, and the cost.

A kernel runs on the main unit where all of its operators do within its limits, else on the first other unit
that has them: a DLA or NPU is helped out by the GPU, that by the CPU. Every transfer of a tensor between
units costs a fixed time (`hardware_db/hidden`); they share a memory. It stops holding for engines that copy
within shared memory, and where an engine leaves small pieces between two that fall back on the other unit
too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from planner.errors import InputError, PlannerError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.flow import before_products, crossings, kernel_flow
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.kernels.unit_limits import OnUnit, Refusals, on_unit
from planner.latency.network_time import WHOLE, LayerEstimate, NetworkTime
from planner.latency.one_unit import assembled, estimate_at
from planner.latency.overhead import overhead_data
from planner.latency.point import point_for
from planner.latency.remarks import LOST_KERNELS
from planner.latency.result import Estimate
from planner.latency.transfer.store import transfer_for
from planner.provenance import weakest
from planner.schema.fitted.transfer import Transfer
from planner.schema.hardware.device import Device, Precision
from planner.units import format_quantity
from planner.wording.message import key_of
from planner.workload.workload import Workload

AUTO = "auto"
_HELPERS = {"dla": ("gpu", "cpu"), "npu": ("gpu", "cpu"), "gpu": ("cpu",), "cpu": ()}
"""Which kinds of units help one out, the first that can."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One tensor handed from a unit to another."""

    tensor: str
    size_bytes: int
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The network on a main unit, with the kernels that fall back and where to."""

    main: str
    estimate: Estimate
    falls_back: tuple[LayerEstimate, ...]
    crossings: tuple[Crossing, ...]
    crossing_s: Band
    operators_known: bool
    """Whether the engine's list of operators for the unit is in the database."""
    decodes_elsewhere: bool
    """Whether nothing falls back but what decodes the last products, which a host may do as well."""
    network: OnUnit
    """The network as it was prepared for the main unit."""

    @property
    def kernels(self) -> dict[str, int]:
        """How many kernels run on each unit."""
        counts: dict[str, int] = {}
        for layer in self.estimate.layers:
            counts[layer.unit] = counts.get(layer.unit, 0) + 1
        return counts


def place(
    workload: Workload,
    device: Device,
    main: str,
    *,
    mode: str | None = None,
    precision: Precision | str | None = None,
    batch: int | None = None,
    engine: str | None = None,
) -> Placement:
    """The network with `main` as its main unit.

    Raises `InputError` for an operator that no unit of the part runs, beside what `estimate` refuses.
    """
    point = point_for(device, unit=main, mode=mode, precision=precision, engine=engine)
    prepared = prepare(workload, batch or workload.batch, point.precision, point.engine, point.fusing)
    return place_prepared(workload, on_unit(prepared, point), device, point)


def estimate_with_helpers(
    workload: Workload,
    network: OnUnit,
    device: Device,
    point: OperatingPoint,
    transfer: Transfer | None,
    profile: str | None = None,
    *,
    ideal: bool = False,
) -> Estimate:
    """The estimate on one unit, with what it does not run on the units that help it out.

    As on the unit alone where it runs everything, and where no unit of the part runs some operator that
    decodes the last products, with a warning that says so. Raises `InputError` for any other operator that no
    unit of the part runs.
    """
    own = transfer_for(point)
    if not network.refused or (transfer is None and own is not None):
        return estimate_at(network.prepared, point, transfer, profile, refused=network.refused, ideal=ideal)
    try:
        return place_prepared(workload, network, device, point).estimate
    except InputError as error:
        if not before_products(network.prepared).isdisjoint(network.refused):
            raise
        # What follows the last products a host can do: boxes, classes, text.
        alone = estimate_at(network.prepared, point, transfer, profile, refused=network.refused, ideal=ideal)
        return replace(alone, warnings=(*alone.warnings, str(error.problems[0])))


def place_prepared(workload: Workload, network: OnUnit, device: Device, point: OperatingPoint) -> Placement:
    """As `place`, for a network prepared for the point already."""
    prepared, against = network.prepared, network.refused
    whole = estimate_at(prepared, point, transfer_for(point), refused=against)
    lost = list(against)
    layers, band, fixed_s = list(whole.layers), whole.latency_s, whole.fixed_s
    places = [point.unit] * len(layers)
    levels, origins = [band.level], [whole.provenance]
    for helper in _helpers(device, point) if lost else ():
        there_on = on_unit(_in_precision_of(helper, workload, prepared, point), helper)
        taken = [i for i in lost if i not in there_on.refused]
        if not taken:
            continue
        there = estimate_at(there_on.prepared, helper, transfer_for(helper), refused=there_on.refused)
        for i in taken:
            band = _moved(band, layers[i], there.layers[i])
            layers[i], places[i] = there.layers[i], helper.unit
        fixed_s += there.fixed_s
        band = band.shifted(there.fixed_s)
        levels.append(there.latency_s.level)
        origins.append(there.provenance)
        lost = [i for i in lost if i not in taken]
    if lost:
        raise _nowhere(device, point, {i: against[i] for i in lost})
    crossed = _crossed(prepared, places)
    crossing_s = crossing_band(len(crossed))
    decodes = before_products(prepared).isdisjoint(against)
    level = None if None in levels or (crossed and not decodes) else band.level
    band = Band(band.low + crossing_s.low, band.mid + crossing_s.mid, band.high + crossing_s.high, level)
    time = NetworkTime(tuple(layers), fixed_s + crossing_s.mid, whole.caller_s, band, weakest(origins), ())
    fell = tuple(layers[i] for i, unit in enumerate(places) if unit != point.unit)
    found = assembled(prepared, point, time, against, link=whole.link, rests_on=whole.rests_on)
    found = replace(found, warnings=_with_fallback_notes(whole, point, fell, crossed, against))
    known = bool(point.operators) or point.unit_kind in WHOLE
    return Placement(point.unit, found, fell, crossed, crossing_s, known, decodes, network)


_in_other_precisions: WeakKeyDictionary[Prepared, dict[Precision, Prepared]] = WeakKeyDictionary()
"""Of each network, as its helpers run it: asked for at every operating point."""


def _in_precision_of(
    helper: OperatingPoint, workload: Workload, prepared: Prepared, main: OperatingPoint
) -> Prepared:
    """The network as a helper runs it; the same where it computes in the precision of the main unit."""
    if helper.precision is main.precision:
        return prepared
    known = _in_other_precisions.setdefault(prepared, {})
    if helper.precision not in known:
        known[helper.precision] = prepare(
            workload, prepared.workload.batch, helper.precision, main.engine, main.fusing
        )
    return known[helper.precision]


def _moved(band: Band, here: LayerEstimate, there: LayerEstimate) -> Band:
    """The network's band with one kernel timed elsewhere; ends move with ends, as if errors went together."""
    return Band(
        band.low - here.time.low_s + there.time.low_s,
        band.mid - here.time.mid_s + there.time.mid_s,
        band.high - here.time.high_s + there.time.high_s,
        band.level,
    )


def _helpers(device: Device, point: OperatingPoint) -> list[OperatingPoint]:
    """Points of the units that help out, in the precision of the main unit where they have it."""
    found = []
    for kind in _HELPERS[point.unit_kind]:
        for unit_id, unit in device.units.items():
            if unit.kind == kind and unit_id != point.unit:
                engine = point.engine if point.engine in unit.engines else unit.engines[0]
                found.append(_point(device, unit_id, point, engine))
                break
    return found


def _point(device: Device, unit: str, main: OperatingPoint, engine: str) -> OperatingPoint:
    try:
        return point_for(device, unit=unit, mode=main.mode, precision=main.precision, engine=engine)
    except PlannerError:
        return point_for(device, unit=unit, mode=main.mode, engine=engine)


def _crossed(prepared: Prepared, places: Sequence[str]) -> tuple[Crossing, ...]:
    if len(set(places)) == 1:
        return ()
    units = sorted(set(places))
    found = crossings(kernel_flow(prepared), [units.index(unit) for unit in places])
    return tuple(Crossing(name, size, units[a], units[b]) for name, size, a, b in found)


def crossing_band(crossed: int) -> Band:
    """Time of so many transfers between units that share a memory."""
    one = overhead_data().crossing
    return Band(*(crossed * end.value for end in (one.low_s, one.mid_s, one.high_s)))


def _nowhere(device: Device, point: OperatingPoint, against: Refusals) -> InputError:
    kinds = sorted({reason for reasons in against.values() for reason in reasons})
    problem = Problem(
        "unit",
        f"a unit of {device.id} that runs {', '.join(kinds)}",
        f"{point.unit} with {point.engine} ({_what_it_has(point)}), and no other unit to help out",
        "choose another unit or replace those operators",
    )
    return InputError("estimate", [problem])


def _what_it_has(point: OperatingPoint) -> str:
    """The number formats of a unit, and its memory where it has none but that on the chip."""
    formats = ", ".join(point.peaks_ops_per_s)
    if not point.on_chip or not point.cache_bytes:
        return formats
    return f"{formats}, {format_quantity(point.cache_bytes, 'bytes', 3)} on chip"


def _with_fallback_notes(
    whole: Estimate,
    point: OperatingPoint,
    fell: Sequence[LayerEstimate],
    crossed: Sequence[Crossing],
    against: Refusals,
) -> tuple[str, ...]:
    """The warnings of an estimate, with what was done about operators in place of what might be."""
    kept = [text for text in whole.warnings if key_of(text) != LOST_KERNELS]
    if fell:
        kinds = sorted({reason for reasons in against.values() for reason in reasons})
        units = ", ".join(sorted({layer.unit for layer in fell}))
        kept.append(
            f"{len(fell)} of {len(whole.layers)} kernels fall back from {point.unit} to {units}, for they "
            f"hold {', '.join(kinds)}; {len(crossed)} tensors cross between the units"
        )
    return tuple(kept)
