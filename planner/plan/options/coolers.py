"""A part under one of its coolers, or under one given by numbers; how far its resistance may be off."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.surroundings import cooler_kinds
from planner.provenance import Status
from planner.schema.hardware.cooler import Cooler, CoolerKind, HeatStore, OwnFan, ResistanceRange
from planner.schema.hardware.cooler_kinds import Spread
from planner.schema.hardware.device import Device, Form
from planner.schema.hardware.device_heat import ThermalSpec
from planner.schema.reading.quantity import Money, Sourced
from planner.schema.scenario.cooler import CoolerAsked, OwnCooler, starts_with_a_number
from planner.units import UnitError, parse_quantity
from planner.wording.message import Message, message, word

STATED = "stated"
"""The id of a cooler that a scenario gives by numbers, and the source of its numbers."""
_FAMILIES = {
    "active": ("active_cooler", "developer_kit"),
    "passive": ("passive_sink", "passive_case"),
    "kit": ("developer_kit",),
    "server": ("server_airflow",),
    "case": ("passive_case",),
}
"""Short words for kinds, the nearest first."""


def cooled(device: Device, asked: CoolerAsked | None) -> Device:
    """The part under a cooler: one of its own by id or kind, or one stated by numbers; as it is for None.

    Raises `UnknownIdError` where the part has no such cooler.
    """
    if asked is None:
        return device
    if isinstance(asked, OwnCooler):
        return _under(device, _stated(asked, device.thermal.in_use, device.form))
    return _under(device, cooler_named(device.thermal, asked, device.id))


def cooler_of_text(text: str) -> CoolerAsked:
    """A cooler as the command line names one: an id, a kind, or a resistance such as `3.2 K/W`."""
    if not starts_with_a_number(text):
        return text
    try:
        resistance = parse_quantity(text, "k_per_w")
    except UnitError as error:
        expected = "a resistance such as 3.2 K/W, or the name of a cooler"
        raise InputError("--cooler", [Problem("value", expected, repr(text), error.advice)]) from None
    if resistance <= 0:
        raise InputError("--cooler", [Problem("value", "more than 0 K/W", repr(text))])
    return OwnCooler.model_validate({"resistance": f"{resistance!r} K/W"})


def cooler_named(thermal: ThermalSpec, asked: str, of: str) -> Cooler:
    """A cooler of a part by its id, its kind, or a short word for its kind."""
    name = asked.strip().lower().replace("_", "-").replace(" ", "-")
    for cooler in thermal.coolers:
        if cooler.id == name:
            return cooler
    for kind in (name.replace("-", "_"), *_FAMILIES.get(name, ())):
        for cooler in thermal.coolers:
            if cooler.kind == kind:
                return cooler
    known = [cooler.id for cooler in thermal.coolers]
    raise UnknownIdError(f"cooler of {of}", asked, known, "or state one: `cooler: {resistance: 3.2 K/W}`")


def _under(device: Device, cooler: Cooler) -> Device:
    """The part with the numbers of a cooler in place of those of its default one."""
    listed = [item for item in device.thermal.coolers if item.id != cooler.id]
    thermal = device.thermal.model_copy(
        update={
            "cooler": cooler.id,
            "coolers": [cooler, *listed],
            "resistance_k_per_w": cooler.resistance_k_per_w,
            "heat_capacity_j_per_k": cooler.heat_capacity_j_per_k,
            "stores": cooler.stores,
            "fan": cooler.fan,
        }
    )
    return device.model_copy(update={"thermal": thermal})


def _stated(asked: OwnCooler, default: Cooler, form: Form) -> Cooler:
    """A cooler given by numbers; where it says nothing of its stores it warms as fast as the part's own."""
    status = Status.MEASURED if asked.known_as == "measured" else Status.ASSUMED
    whole = asked.whole_k_per_w
    kind = asked.kind if asked.kind != "unknown" else _kind_like(asked, default)
    if asked.stores:
        capacity = sum(store.heat_capacity_j_per_k for store in asked.stores)
    elif asked.sink_j_per_k is not None:
        capacity = asked.sink_j_per_k + _die_capacity(whole, kind, form)
    elif asked.time_constant_s is not None:
        capacity = _capacity(asked.time_constant_s, whole, kind, form)
    else:
        capacity = default.heat_capacity_j_per_k.value * default.resistance_k_per_w.value / whole
    return Cooler.model_construct(
        id=STATED,
        kind=kind,
        resistance_k_per_w=_number(whole, status, asked.note),
        heat_capacity_j_per_k=_number(capacity, _of_capacity(asked, status), asked.note),
        range=_range(asked, status),
        boundary=default.boundary,
        stores=[
            HeatStore.model_construct(
                heat_capacity_j_per_k=_number(store.heat_capacity_j_per_k, status, asked.note),
                resistance_k_per_w=_number(store.resistance_k_per_w, status, asked.note),
            )
            for store in asked.stores
        ],
        fan=_fan(asked, status),
        price_money=_price(asked, status),
    )


def _capacity(sink_s: float, whole_k_per_w: float, kind: CoolerKind, form: Form) -> float:
    """Heat capacity of a sink with this time constant against the air, and of the die of its kind."""
    divided = cooler_kinds().kinds[kind].divided(form)
    if divided is None:
        return sink_s / whole_k_per_w
    return divided.heat_capacity_j_per_k(sink_s, whole_k_per_w)


def _die_capacity(whole_k_per_w: float, kind: CoolerKind, form: Form) -> float:
    """What a cooler of this kind has beside its sink."""
    divided = cooler_kinds().kinds[kind].divided(form)
    return 0.0 if divided is None else divided.die_time_s / (divided.die_ratio * whole_k_per_w)


def _kind_like(asked: OwnCooler, default: Cooler) -> CoolerKind:
    """The kind of a stated cooler that names none: by its fan, else as the part's own."""
    if asked.fan is not None:
        return "active_cooler"
    return "passive_sink" if default.kind == "unknown" else default.kind


def _of_capacity(asked: OwnCooler, status: Status) -> Status:
    """A mass is worked out from, which is better than a kind's usual time and no measurement."""
    return Status.DERIVED if asked.mass_kg is not None else status


def _number(value: float, status: Status, note: str | None) -> Sourced[float]:
    return Sourced[float].model_construct(value=value, source=STATED, status=status, note=note)


def _price(asked: OwnCooler, status: Status) -> Sourced[Money] | None:
    if asked.price_money is None:
        return None
    return Sourced[Money].model_construct(value=asked.price_money, source=STATED, status=status)


def _range(asked: OwnCooler, status: Status) -> ResistanceRange | None:
    ends = asked.range
    if ends is None:
        return None
    return ResistanceRange.model_construct(
        low_k_per_w=_number(ends.low_k_per_w, status, None),
        high_k_per_w=_number(ends.high_k_per_w, status, None),
    )


def _fan(asked: OwnCooler, status: Status) -> OwnFan | None:
    fan = asked.fan
    if fan is None:
        return None
    return OwnFan.model_construct(
        trips_c=[_number(trip_c, status, None) for trip_c in fan.trips_c],
        speeds_ratio=[_number(speed, status, None) for speed in fan.speeds_ratio],
        hysteresis_k=_number(fan.hysteresis_k, status, None),
        rated_w=_number(fan.rated_w, status, None),
        fixed_ratio=_number(fan.fixed_ratio, status, None),
    )


_FAR = 4.0
"""Times what a part's own coolers have, beyond which a stated resistance is asked about."""


def odd_cooler(device: Device, asked: CoolerAsked | None) -> Message | None:
    """What is odd about a stated resistance beside those of the part's own coolers; physics allows it."""
    if not isinstance(asked, OwnCooler):
        return None
    listed = sorted(device.thermal.coolers, key=lambda item: item.resistance_k_per_w.value)
    best, worst = listed[0], listed[-1]
    above = asked.whole_k_per_w / worst.resistance_k_per_w.value
    below = best.resistance_k_per_w.value / asked.whole_k_per_w
    if max(above, below) <= _FAR:
        return None
    near = worst if above > below else best
    return message(
        "odd_cooler.above" if above > below else "odd_cooler.below",
        part=device.id,
        asked=f"{asked.whole_k_per_w:.4g} K/W",
        times=f"{max(above, below):,.0f}",
        cooler=word("cooler", near.id),
        has=f"{near.resistance_k_per_w.value:.3g} K/W",
    )


@dataclass(frozen=True, slots=True)
class ResistanceBand:
    """What the resistance of a cooler may be: a band of 90 %, and where the number comes from."""

    low_k_per_w: float
    mid_k_per_w: float
    high_k_per_w: float
    status: Status
    source: str


def resistance_band(thermal: ThermalSpec) -> ResistanceBand:
    """The resistance in use with its spread: as stated, else by its status and the kind of cooler."""
    cooler, given = thermal.in_use, thermal.resistance_k_per_w
    ends = cooler.range
    if ends is not None:
        low, high = ends.low_k_per_w.value, ends.high_k_per_w.value
    else:
        spread = _spread(cooler)
        low, high = given.value * spread.low_ratio.value, given.value * spread.high_ratio.value
    return ResistanceBand(low, given.value, high, given.status, given.source)


def rise_band(thermal: ThermalSpec) -> tuple[float, float]:
    """What the heat capacity in use may be, low and high, as ratios of what is stated: a band of 90 %."""
    assumed = thermal.heat_capacity_j_per_k.status is Status.ASSUMED
    spread = cooler_kinds().rise["assumed" if assumed else "known"]
    return spread.low_ratio.value, spread.high_ratio.value


def _spread(cooler: Cooler) -> Spread:
    """By status; one read from runs whose cooler nobody states may be off as far as an assumed one."""
    kinds, number = cooler_kinds(), cooler.resistance_k_per_w
    if number.status is Status.ASSUMED or number.confidence == "low":
        return kinds.kinds[cooler.kind]
    if number.status is Status.MEASURED:
        return kinds.known["own" if number.source == STATED else "measured"]
    return kinds.known["stated"]
