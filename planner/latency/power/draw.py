"""What a part draws while a network runs, with bands, at every boundary that is known.

The band of a family is that of devices left out of the fit (docs/power.md). A unit of which no watts were
ever published takes the family's formula with its assumed share in the band of all families, which holds no
probability. Idles and limits that are assumed, and a clock's exponent that is not the part's own, widen it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band, BandEnd
from planner.latency.power.activity import Activity, of_steps
from planner.latency.power.law import clock_exponent, part_power_w
from planner.latency.power.model import clock_key, family_of, parameter_values, power_model
from planner.latency.power.supply import BOARD, board_input_w, module_at_wall_w, wall_w
from planner.provenance import Provenance
from planner.schema.fitted.power_model import PowerFamily, PowerModel, PowerResiduals

ACTIVITY = Band(low=0.5, mid=0.75, high=1.0)
PART_ALONE = "the part alone, without what it sits in"
AT_INPUT = "the board at its input, without its power supply"
ASSUMED_IDLE, ASSUMED_LIMIT, ASSUMED_CLOCK = 0.3, 0.2, 0.25
"""Deviations of the logarithm: of idles that were assumed here beside those published later (median factor
1.2, one in ten beyond 1.6), of limits that makers do not state, and of the exponents of four parts."""
_NINETY = 1.645
_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The same power at four places; None where it is not known or there is no such place."""

    rail_w: Band | None
    """What the unit adds to the idle of its part: its own supply rail, with its share of the memory's."""
    module_w: Band | None
    """At the input of the module, card, stick or package."""
    board_input_w: Band | None
    """At the input of the board or carrier, as a laboratory supply or a barrel plug gives it."""
    wall_w: Band | None
    """At the plug, with the power supply."""

    def scaled(self, factor: float) -> Boundaries:
        """All of them times a factor: a measured power in place of the predicted one."""
        return Boundaries(*(None if band is None else band.scaled(factor) for band in self._all()))

    def _all(self) -> tuple[Band | None, ...]:
        return self.rail_w, self.module_w, self.board_input_w, self.wall_w


@dataclass(frozen=True, slots=True)
class PowerDraw:
    """Watts while a network runs without a pause."""

    system_w: Band
    """Of the whole system at the plug for a module on its carrier, at its input for a board; else of the part
    alone."""
    part_w: Band
    """Of the part alone, never over the limit of its mode: what its sink sheds, carriers left out."""
    idle_w: float
    """Of the same boundary as `system_w`, with nothing to do."""
    boundary: str
    places: Boundaries
    provenance: Provenance
    rests_on: str | None
    """The family of the power model; None where no watts of such a unit were published."""
    demand_w: float = 0.0
    """Of a card or processor at the clock of a short run, were there no limit; 0 for a board or module, whose
    modes are sets of clocks that were measured as they are."""
    exponent: float = 1.0
    """Of the clock in the power above idle."""


def power_draw(point: OperatingPoint, activity: Activity) -> PowerDraw:
    """Power at an operating point while its unit does this."""
    model = power_model()
    family = family_of(model, point)
    if family is None:
        band = serving_power_w(point.idle_w, point.power_limit_w)
        places = _places(point, None, band, {})
        return PowerDraw(band, band, point.idle_w, PART_ALONE, places, point.power_provenance, None)
    values = parameter_values(model)
    mid_w = part_power_w(point, activity, family.name, values)
    part_w = _limited(_band(point, mid_w, family, model, values), point)
    places = _places(point, family, part_w, values)
    fitted = family.residuals is not None
    provenance = Provenance.TRANSFERRED if fitted else point.power_provenance
    name = family.name if fitted else None
    if places.wall_w is not None and point.form != BOARD:
        idle_w = module_at_wall_w(point, point.idle_w, values)
        return PowerDraw(places.wall_w, part_w, idle_w, model.boundary, places, provenance, name)
    boundary = AT_INPUT if places.board_input_w is not None else PART_ALONE
    exponent, demand_w = clock_exponent(point, values), 0.0 if family.whole else mid_w
    return PowerDraw(part_w, part_w, point.idle_w, boundary, places, provenance, name, demand_w, exponent)


def part_line_w(point: OperatingPoint, end: BandEnd) -> tuple[float, float]:
    """Watts of the part alone in a step that uses none and all of its memory, at one end of the band.

    What lies between is linear in the use, and never over the limit of the mode.
    """
    model = power_model()
    family = family_of(model, point)
    if family is None:
        both_w = serving_power_w(point.idle_w, point.power_limit_w).at(end)
        return both_w, both_w
    values = parameter_values(model)
    none_w, full_w = (
        _band(point, part_power_w(point, of_steps(use), family.name, values), family, model, values).at(end)
        for use in (0.0, 1.0)
    )
    return none_w, full_w


def _band(
    point: OperatingPoint, mid_w: float, family: PowerFamily, model: PowerModel, values: Mapping[str, float]
) -> Band:
    """The middle with the ends of its family, widened by what is assumed of this part."""
    seen = model.rests_on is not None and point.device in model.rests_on.devices
    ends: PowerResiduals = family.residuals or model.anywhere
    extra = 0.0 if seen else assumed_deviation(point, mid_w, values)
    if family.residuals is None:
        extra = math.hypot(extra, family.share.spread * (1.0 - point.idle_w / mid_w))
    low = math.exp(-math.hypot(math.log(ends.low), _NINETY * extra))
    high = math.exp(math.hypot(math.log(ends.high), _NINETY * extra))
    return Band(mid_w * low, mid_w, mid_w * high, model.level if family.residuals else None)


def assumed_deviation(point: OperatingPoint, mid_w: float, values: Mapping[str, float]) -> float:
    """Deviation of the logarithm of a part's watts from what is assumed of it."""
    idle = min(1.0, point.idle_w / mid_w)
    parts = [ASSUMED_IDLE * idle if point.idle_assumed else 0.0]
    parts.append(ASSUMED_LIMIT * (1.0 - idle) if point.limit_assumed else 0.0)
    if clock_key(point.device) not in values and point.clock_hz and point.clock_top_hz:
        exponent = ASSUMED_CLOCK * clock_exponent(point, values)
        parts.append(exponent * abs(math.log(point.clock_hz / point.clock_top_hz)) * (1.0 - idle))
    return math.hypot(*parts)


def _limited(band: Band, point: OperatingPoint) -> Band:
    # A mode's limit is enforced by the part, so no end of the band lies beyond it, and none below idle.
    low, mid, high = (min(max(band.at(end), point.idle_w), point.power_limit_w) for end in _ENDS)
    return Band(low, mid, high, band.level)


def _places(
    point: OperatingPoint, family: PowerFamily | None, part_w: Band, values: Mapping[str, float]
) -> Boundaries:
    rail_w = part_w.shifted(-point.idle_w) if family else None
    if family is None or family.whole is False or point.host_apart:
        return Boundaries(rail_w, part_w, None, None)
    if point.form == BOARD:
        wall = _through(part_w, lambda own_w: wall_w(own_w, point.limit_top_w))
        return Boundaries(rail_w, None, part_w, wall)
    board = _through(part_w, lambda own_w: board_input_w(own_w, values))
    wall = _through(part_w, lambda own_w: module_at_wall_w(point, own_w, values))
    return Boundaries(rail_w, part_w, board, wall)


def _through(band: Band, losses: Callable[[float], float]) -> Band:
    low, mid, high = (losses(band.at(end)) for end in _ENDS)
    return Band(low, mid, high, band.level)


@formula("energy_band")
def energy_band(power_w: Band, latency_s: Band, batch: int) -> Band:
    """Joules of one inference.

    Errors of power and latency are taken as independent where both bands hold a probability, so their
    logarithms add as squares; else the ends multiply and hold none.
    """
    mid = power_w.mid * latency_s.mid / batch
    if power_w.level is None or latency_s.level is None:
        low, high = power_w.low * latency_s.low, power_w.high * latency_s.high
        return Band(low / batch, mid, high / batch)
    # Independent errors of factors: squares of logarithms add, for each side of the band by itself.
    down = math.hypot(math.log(power_w.low / power_w.mid), math.log(latency_s.low / latency_s.mid))
    up = math.hypot(math.log(power_w.high / power_w.mid), math.log(latency_s.high / latency_s.mid))
    return Band(mid * math.exp(-down), mid, mid * math.exp(up), min(power_w.level, latency_s.level))


@formula("serving_power")
def serving_power_w(idle_w: float, power_limit_w: float) -> Band:
    """Power while the unit is busy, by judgement, from the idle draw and the limit of the mode."""
    span_w = power_limit_w - idle_w
    return Band(
        low=idle_w + ACTIVITY.low * span_w,
        mid=idle_w + ACTIVITY.mid * span_w,
        high=idle_w + ACTIVITY.high * span_w,
    )


def average_power_w(idle_w: float, serving_w: float, utilisation: float) -> float:
    """Mean power at a share of time spent serving; the rest of the time is idle."""
    return idle_w + utilisation * (serving_w - idle_w)
