"""Schema of a part's coolers: what takes its heat to the air, each with its own resistance and source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from planner.schema.reading.quantity import (
    ORIGIN_KEYS,
    Celsius,
    JoulePerKelvin,
    Kelvin,
    KelvinPerWatt,
    Money,
    Ratio,
    Sourced,
    SourcedBlock,
    Watts,
)
from planner.schema.reading.strict import Conflict

CoolerKind = Literal[
    "bare", "passive_sink", "passive_case", "active_cooler", "developer_kit", "server_airflow", "unknown"
]
"""Nothing on the chip; a sink or a case without a fan; a sink with a fan; what the maker's kit comes with;
a sink in the air of a server; `unknown` where a file states a resistance and not of what."""
PowerBoundary = Literal["package", "module", "board", "card", "plug"]
"""The power that a resistance goes with: of the chip, its module, board or card, or at the plug."""

_SUM_TOLERANCE = 0.005
"""By how much the stores may miss the whole, so that rounded numbers can be written."""
OWN = "own"
"""The id of the cooler of a part whose file states one resistance alone."""


class HeatStore(SourcedBlock):
    """One store of heat on the way from the junction to the air, and the resistance to the next outwards."""

    heat_capacity_j_per_k: Sourced[JoulePerKelvin]
    resistance_k_per_w: Sourced[KelvinPerWatt]


class OwnFan(SourcedBlock):
    """The cooler's own fan: its speed below the first trip and from each trip on."""

    trips_c: list[Sourced[Celsius]]
    speeds_ratio: list[Sourced[Ratio]] = Field(min_length=1)
    hysteresis_k: Sourced[Kelvin]
    rated_w: Sourced[Watts]
    """At full speed; the outermost resistance is stated for that too."""
    fixed_ratio: Sourced[Ratio] | None = None
    """The share of the outermost resistance that the fan does not move; none unless said."""


class ResistanceRange(SourcedBlock):
    """What the resistance was at least and at most where it was measured more than once."""

    low_k_per_w: Sourced[KelvinPerWatt]
    high_k_per_w: Sourced[KelvinPerWatt]


class Cooler(SourcedBlock):
    """One cooler that the part is used with."""

    id: str
    kind: CoolerKind
    name: str | None = None
    """As its maker sells it."""
    resistance_k_per_w: Sourced[KelvinPerWatt]
    """From the junction to the inlet air, the fan at full speed."""
    heat_capacity_j_per_k: Sourced[JoulePerKelvin]
    range: ResistanceRange | None = None
    """In place of the range of its kind and status."""
    boundary: PowerBoundary | None = None
    """The power limit's own unless said."""
    stores: list[HeatStore] = Field(default_factory=list)
    """The whole divided into stores, the die first; divided as its kind is unless given."""
    fan: OwnFan | None = None
    price_money: Sourced[Money] | None = None
    """Where it is sold apart from the part."""


_OF_A_COOLER = ("resistance", "heat_capacity", "stores", "fan")
"""Keys that a part's file may state without naming a cooler."""


def with_the_default_cooler(given: object) -> object:
    """The heat of a part's file as read: a cooler for one stated without, the default's numbers beside all.

    What is wrong with the coolers themselves is left for their own fields to refuse.
    """
    if not isinstance(given, dict):
        return given
    coolers = given.get("coolers")
    if coolers is None:
        return _with_one(given)
    if not isinstance(coolers, list) or not all(isinstance(item, dict) for item in coolers):
        return given
    origin = _origin_of(given)
    whole: list[dict[str, Any]] = [_handed_down(item, origin) for item in coolers]
    filled: dict[str, Any] = {**given, "coolers": whole}
    asked = given.get("cooler")
    default = next((item for item in whole if item.get("id") == asked), whole[0] if whole else None)
    if default is None:
        return given
    filled["cooler"] = asked if asked is not None else ""
    for key in _OF_A_COOLER:
        if key in default and key not in filled:
            copied = _handed_down(default[key], _origin_of(default), bare=True)
            # A mistake is refused once, where it is written.
            if _readable(key, copied):
                filled[key] = copied
            elif key in _STAND_INS:
                filled[key] = {"value": _STAND_INS[key], "source": "", "status": "measured"}
    return filled


_STAND_INS = {"resistance": "1 K/W", "heat_capacity": "1 J/K"}


_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "resistance": TypeAdapter(Sourced[KelvinPerWatt]),
    "heat_capacity": TypeAdapter(Sourced[JoulePerKelvin]),
    "stores": TypeAdapter(list[HeatStore]),
    "fan": TypeAdapter(OwnFan | None),
}


def _readable(key: str, value: object) -> bool:
    """Whether the numbers of the default cooler can be copied beside it."""
    try:
        _ADAPTERS[key].validate_python(value)
    except ValidationError:
        return False
    return True


def _with_one(given: dict[str, Any]) -> dict[str, Any]:
    own = {key: given[key] for key in _OF_A_COOLER if key in given}
    if "resistance" not in own or "heat_capacity" not in own:
        return given
    origin = _origin_of(given)
    if not all(_readable(key, _handed_down(own[key], origin, bare=True)) for key in own):
        return given
    return {**given, "cooler": OWN, "coolers": [{**origin, "id": OWN, "kind": "unknown", **own}]}


def _origin_of(block: dict[str, Any]) -> dict[str, Any]:
    return {key: block[key] for key in ORIGIN_KEYS if block.get(key) is not None}


def _handed_down(value: Any, origin: dict[str, Any], *, bare: bool = False) -> Any:  # noqa: ANN401 - YAML
    """A group with the origin around it where it has none of its own, and its inner groups likewise."""
    if isinstance(value, list):
        return [_handed_down(item, origin, bare=bare) for item in value]
    if not isinstance(value, dict):
        return {**origin, "value": value} if bare and value is not None else value
    own = _origin_of(value)
    whole = own if "source" in own or "status" in own else {**origin, **own}
    inner = {
        key: _handed_down(item, whole) if key in ("stores", "fan", "range") else item
        for key, item in value.items()
    }
    return {**whole, **inner}


def cooler_conflicts(coolers: list[Cooler], default: str | None) -> Iterator[Conflict]:
    """What does not fit together among a part's coolers, each named by its place."""
    ids, where = [cooler.id for cooler in coolers], ("thermal", "coolers")
    if len(set(ids)) != len(ids):
        yield Conflict(where, "ids that differ", ", ".join(ids))
    if ids and default not in ids:
        got = f"{default!r}" if default else "none"
        yield Conflict(("thermal", "cooler"), f"one of the coolers {', '.join(ids)}", got)
    for number, cooler in enumerate(coolers):
        place = ("thermal",) if cooler.id == OWN else (*where, number)
        resistance = cooler.resistance_k_per_w.value
        if min(resistance, cooler.heat_capacity_j_per_k.value) <= 0:
            got = f"{resistance:g} K/W, {cooler.heat_capacity_j_per_k.value:g} J/K"
            yield Conflict((*place, "resistance"), "a resistance and a heat capacity above 0", got)
            continue
        ends = cooler.range
        if ends is not None and not 0 < ends.low_k_per_w.value <= resistance <= ends.high_k_per_w.value:
            got = f"{ends.low_k_per_w.value:g} to {ends.high_k_per_w.value:g} K/W"
            yield Conflict((*place, "range"), f"low and high around {resistance:g} K/W", got, of_values=True)
        yield from _store_conflicts(cooler, place)
        yield from _fan_conflicts(cooler.fan, (*place, "fan"))


def _store_conflicts(cooler: Cooler, place: tuple[str | int, ...]) -> Iterator[Conflict]:
    for name, unit in (("resistance_k_per_w", "K/W"), ("heat_capacity_j_per_k", "J/K")):
        values = [getattr(store, name).value for store in cooler.stores]
        whole = getattr(cooler, name).value
        if values and min(values) <= 0:
            yield Conflict((*place, "stores"), f"each above 0 {unit}", f"{min(values):g} {unit}")
        elif values and abs(sum(values) - whole) > _SUM_TOLERANCE * whole:
            expected = f"{whole:g} {unit} in all, as `{name.rsplit('_', 3)[0]}` says"
            yield Conflict((*place, "stores"), expected, f"{sum(values):g} {unit}", of_values=True)


def _fan_conflicts(fan: OwnFan | None, where: tuple[str | int, ...]) -> Iterator[Conflict]:
    if fan is None:
        return
    trips_c, speeds = [trip.value for trip in fan.trips_c], [speed.value for speed in fan.speeds_ratio]
    if len(speeds) != len(trips_c) + 1:
        yield Conflict((*where, "speeds"), f"{len(trips_c) + 1}, one more than trips", str(len(speeds)))
    if not all(lower < upper for lower, upper in pairwise(trips_c)):
        yield Conflict((*where, "trips"), "trips that rise", ", ".join(f"{t:g} degC" for t in trips_c))
    if not all(lower < upper for lower, upper in pairwise((0.0, *speeds))) or speeds[-1] > 1:
        got = ", ".join(f"{100 * speed:g} %" for speed in speeds)
        yield Conflict((*where, "speeds"), "speeds above 0 % that rise to at most 100 %", got)
    if fan.fixed_ratio is not None and not 0 <= fan.fixed_ratio.value <= 1:
        got = f"{100 * fan.fixed_ratio.value:g} %"
        yield Conflict((*where, "fixed"), "a share from 0 to 100 %", got)
