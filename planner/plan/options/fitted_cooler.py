"""A cooler fitted to a log of power and temperature, as JSON and as the lines that a scenario may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from planner.engines.imports.heat_log import HeatLog
from planner.hardware.surroundings import cooler_kinds
from planner.rack.heat.fit_cooler import (
    FanLevels,
    FittedCooler,
    Interval,
    fan_levels_of,
    fit_cooler,
    fit_leakage,
)
from planner.schema.record.commands.heat_fit import FittedRecord, HeatFitRecord
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class HeatFit:
    """What a log says of a cooler."""

    tool: str
    log: HeatLog
    ambient_c: float
    cooler: FittedCooler
    fan: FanLevels | None
    leakage_w_per_k: Interval | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the log leaves open."""
        said = [message(f"heat_fit.{remark}") for remark in self.cooler.remarks]
        if not self.log.fan_ratio:
            said.append(message("heat_fit.no_fan"))
        if self.leakage_w_per_k is None:
            said.append(message("heat_fit.no_leakage"))
        return (*self.log.notes, *said)

    @property
    def status(self) -> Literal["measured", "assumed"]:
        """Measured where the log shows its end; an end that is guessed measures nothing."""
        return "assumed" if self.cooler.remarks else "measured"

    @property
    def scenario_text(self) -> str:
        """The cooler as a scenario states it, its numbers to four digits."""
        nodes = (self.cooler.die, self.cooler.sink)
        stores = ", ".join(
            f"{{resistance: {node.resistance_k_per_w:.4g} K/W, "
            f"heat_capacity: {node.heat_capacity_j_per_k:.4g} J/K}}"
            for node in nodes
        )
        whole = sum(float(f"{node.resistance_k_per_w:.4g}") for node in nodes)
        head = f"  resistance: {whole:.5g} K/W"
        lines = ["cooler:", head, f"  stores: [{stores}]", f"  status: {self.status}"]
        found, own = self.cooler.resistance_k_per_w, cooler_kinds().known["own"]
        # The usual spread of a unit of one's own covers what is narrower.
        if found.low < own.low_ratio.value * found.value or found.high > own.high_ratio.value * found.value:
            lines.insert(2, f"  range: {{low: {found.low:.4g} K/W, high: {found.high:.4g} K/W}}")
        if self.fan is not None:
            trips = ", ".join(f"{trip_c:.1f} degC" for trip_c in self.fan.trips_c)
            speeds = ", ".join(f"{100 * speed:g} %" for speed in self.fan.speeds)
            lines.append(
                f"  fan: {{trips: [{trips}], speeds: [{speeds}], hysteresis: 3 K, rated: 0 W}}"
                "  # state what it draws; the log does not say"
            )
        return "\n".join(lines) + "\n"


def heat_fit(tool: str, log: HeatLog, ambient_c: float | None) -> HeatFit:
    """Fit a cooler to a log, in air of the temperature given or of the log's own."""
    air: Sequence[float] | float = log.ambient_c or (ambient_c if ambient_c is not None else 0.0)
    found = fit_cooler(log.time_s, log.power_w, log.temperature_c, air, log.fan_ratio)
    mean_c = fmean(log.ambient_c) if log.ambient_c else float(ambient_c or 0.0)
    fan = fan_levels_of(log.temperature_c, log.fan_ratio) if found.fan_seen else None
    leakage = fit_leakage(log.power_w, log.temperature_c, log.load)
    return HeatFit(tool, log, mean_c, found, fan, leakage)


def heat_fit_record(fit: HeatFit) -> HeatFitRecord:
    """As JSON."""
    cooler, fan = fit.cooler, fit.fan
    return {
        "tool": fit.tool,
        "file": fit.log.file,
        "ambient_c": fit.ambient_c,
        "samples": cooler.samples,
        "step_s": cooler.step_s,
        "rmse_k": cooler.rmse_k,
        "worst_k": cooler.worst_k,
        "cooler": {
            "resistance_k_per_w": _fitted(cooler.resistance_k_per_w),
            "stores": [
                {
                    "heat_capacity_j_per_k": node.heat_capacity_j_per_k,
                    "resistance_k_per_w": node.resistance_k_per_w,
                }
                for node in (cooler.die, cooler.sink)
            ],
            "time_constants_s": {"die": _fitted(cooler.die_time_s), "sink": _fitted(cooler.sink_time_s)},
            "fan": None if fan is None else {"trips_c": list(fan.trips_c), "speeds_ratio": list(fan.speeds)},
            "status": fit.status,
        },
        "leakage_w_per_k": None if fit.leakage_w_per_k is None else _fitted(fit.leakage_w_per_k),
        "scenario_text": fit.scenario_text,
        "notes": list(fit.notes),
    }


def _fitted(found: Interval) -> FittedRecord:
    return {"value": found.value, "low": found.low, "high": found.high}
