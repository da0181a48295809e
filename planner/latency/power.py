"""Power while a network runs: of the part, and of the whole system at the plug.

part = idle + dynamic x share of the unit x powered partitions x (clock / top clock)^k x use,
use = standing + (1 - standing) x busiest of arithmetic and memory traffic, as shares of the unit's peaks;
system = supply x part for a module on its carrier; the part itself for a board, specified at its input.

The parameters are fitted on the power logs of MLPerf Inference (`hardware_db/power`, docs/power.md), whose
watts are those of the whole system at the plug. Clock to a power between one and three: Le Sueur and Heiser,
"Dynamic voltage and frequency scaling: the laws of diminishing returns", HotPower 2010. Where no family of
the model covers a unit (cards and servers, whose host is not metered separately; NPUs but one) a judgement is
used: 0.75 of the way from idle to the limit, within 0.5 to 1.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planner.data_files import database_dir
from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band, BandEnd
from planner.provenance import Provenance
from planner.schema.fitted.power_model import PowerFamily, PowerModel, PowerResiduals
from planner.schema.reading.yaml_file import read_model

ACTIVITY = Band(low=0.5, mid=0.75, high=1.0)
PART_ALONE = "the part alone, without what it sits in"
BOARD_INPUT = "board"
_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class PowerDraw:
    """Watts while a network runs without a pause."""

    system_w: Band
    """Of the whole system at the plug where the model covers it; of the part alone elsewhere."""
    part_w: Band
    """Of the part alone, never over the limit of its mode: what its sink sheds, carriers left out."""
    idle_w: float
    """Of the same boundary as `system_w`, with nothing to do."""
    boundary: str
    provenance: Provenance
    rests_on: str | None
    """The family of the power model; None where the judgement is used."""


def power_draw(point: OperatingPoint, use: float) -> PowerDraw:
    """Power at an operating point; `use` is the busiest of arithmetic and traffic, as a share of its peak."""
    model = power_model()
    family = family_of(model, point)
    if family is None or family.residuals is None:
        band = serving_power_w(point.idle_w, point.power_limit_w)
        return PowerDraw(band, band, point.idle_w, PART_ALONE, point.power_provenance, None)
    values = parameter_values(model)
    part_w = part_power_w(point, use, family.name, values)
    alone_w = _band(part_w, family.residuals, model.level)
    # A mode's limit is enforced by the part, so no end of the band lies beyond it, and none below idle.
    low_w, mid_w, high_w = (min(max(alone_w.at(end), point.idle_w), point.power_limit_w) for end in _ENDS)
    limited_w = Band(low_w, mid_w, high_w, model.level)
    # The watts behind the fit are those of a whole system; where its host is another computer, only the
    # part's share can be separated.
    if family.host or point.host_apart:
        return PowerDraw(alone_w, limited_w, point.idle_w, PART_ALONE, Provenance.TRANSFERRED, family.name)
    factor = supply_factor(point, values)
    idle_w = point.idle_w * factor
    whole_w = alone_w.scaled(factor)
    whole_w = Band(max(idle_w, whole_w.low), whole_w.mid, whole_w.high, whole_w.level)
    return PowerDraw(whole_w, limited_w, idle_w, model.boundary, Provenance.TRANSFERRED, family.name)


def part_line_w(point: OperatingPoint, end: BandEnd) -> tuple[float, float]:
    """Watts of the part alone with nothing and all of its peaks in use, at one end of the band.

    What lies between is linear in the use, and never over the limit of the mode.
    """
    model = power_model()
    family = family_of(model, point)
    if family is None or family.residuals is None:
        both_w = serving_power_w(point.idle_w, point.power_limit_w).at(end)
        return both_w, both_w
    values = parameter_values(model)
    none_w, full_w = (
        _band(part_power_w(point, use, family.name, values), family.residuals, model.level).at(end)
        for use in (0.0, 1.0)
    )
    return none_w, full_w


def _band(mid_w: float, residuals: PowerResiduals, level: float) -> Band:
    return Band(mid_w * residuals.low, mid_w, mid_w * residuals.high, level)


@formula("part_power")
def part_power_w(point: OperatingPoint, use: float, family: str, values: Mapping[str, float]) -> float:
    """Watts of the part by the formula above."""
    return point.idle_w + dynamic_w(point, family, values) * use_factor(use * point.threads_share, values)


def dynamic_w(point: OperatingPoint, family: str, values: Mapping[str, float]) -> float:
    """What the unit adds to idle when fully used, in this mode and at this clock."""
    if point.clock_hz and point.clock_top_hz:
        slower = point.clock_hz / point.clock_top_hz
        # Partitions that are switched off draw nothing; the clock acts on those that run.
        scale = point.active_share * math.pow(slower, values["clock_power"])
    else:
        scale = (point.power_limit_w - point.idle_w) / point.dynamic_w if point.dynamic_w else 1.0
    return point.dynamic_w * values[family] * scale


def use_factor(use: float, values: Mapping[str, float]) -> float:
    """Share of the unit's dynamic power at this use of its peaks."""
    return values["standing"] + (1.0 - values["standing"]) * min(1.0, max(0.0, use))


def supply_factor(point: OperatingPoint, values: Mapping[str, float]) -> float:
    """Watts at the plug for one of the part: limits and idle of a board are those at its input already."""
    return 1.0 if point.form == BOARD_INPUT else values["supply"]


def parameter_values(model: PowerModel) -> dict[str, float]:
    """Name -> value of all parameters; the share of a family under its name."""
    values: dict[str, float] = {name: item.value for name, item in model.parameters.items()}
    return {**values, **{family.name: family.share.value for family in model.families}}


def family_of(model: PowerModel, point: OperatingPoint) -> PowerFamily | None:
    """The family that covers a unit; None where none does."""
    described = (point.unit_name, point.architecture)
    for family in model.families:
        if point.unit_kind != family.unit_kind or point.form not in family.forms:
            continue
        if any(fnmatchcase(text, word) for word in family.words for text in described):
            return family
    return None


@functools.cache
def power_model() -> PowerModel:
    """The model as shipped."""
    return read_model(_path(), PowerModel)


def _path() -> Path:
    return database_dir() / "power" / "system.yaml"


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
