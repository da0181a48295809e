"""What was measured in the field beside what the plan says, quantity by quantity.

A quantity agrees where the interval of the measurement and the band of the plan meet. Intervals of quantiles
are those of order statistics (binomial): requests are taken for independent, and as they are not in a queue,
the true interval is wider than the one that is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from planner.errors import InputError, Problem
from planner.latency.anchoring.power import METER
from planner.latency.band import Band, BandEnd
from planner.latency.calibrated.network import NINETY
from planner.plan.field.logs import DeviceLog, FieldLog, StreamLog, read_field_log
from planner.plan.options.coolers import resistance_band
from planner.plan.options.rack_run import Simulated
from planner.plan.options.value_of_measuring import work_of
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.runner import Progress
from planner.plan.study.study import run_study
from planner.rack.counts.results import StreamResult, Verdict
from planner.rack.description.streams import StreamGroup
from planner.rack.simulation import SimulationEngine
from planner.schema.scenario.scenario import Scenario

_NORMAL_95 = 1.96
P99 = 0.99
SENSOR_K = 2.0
"""What a thermometer of a die may be off by; assumed."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One quantity: planned with its band, measured with its interval. Infinite is without end."""

    quantity: str
    of: str
    unit: str
    planned: Band
    measured: float
    measured_low: float
    measured_high: float
    samples: int
    source: str

    @property
    def agrees(self) -> bool:
        """Whether band and interval meet."""
        return self.measured_low <= self.planned.high and self.measured_high >= self.planned.low

    @property
    def error(self) -> float | None:
        """Measured over the middle of the plan, less one; of temperatures the difference in kelvins."""
        if not math.isfinite(self.measured):
            return None
        if self.unit == "c":
            return self.measured - self.planned.mid
        return self.measured / self.planned.mid - 1.0


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """The promise of one stream, as planned and as kept in the field."""

    stream: str
    planned: Verdict
    field: Verdict
    late_share: float


@dataclass(frozen=True, slots=True)
class FieldScore:
    """A plan in the field."""

    source: ScenarioFile
    run: Simulated
    rows: tuple[FieldRow, ...]
    verdicts: tuple[FieldVerdict, ...]
    notes: tuple[str, ...]

    @property
    def agreeing(self) -> int:
        """Of the rows, how many agree."""
        return sum(row.agrees for row in self.rows)

    @property
    def kept(self) -> bool:
        """Whether no promise that the plan makes is broken in the field."""
        return all(
            item.field is not Verdict.FAIL for item in self.verdicts if item.planned is not Verdict.FAIL
        )


def score_plan(
    source: ScenarioFile,
    logs: Sequence[Path],
    *,
    engine: SimulationEngine = "compiled",
    progress: Progress = lambda _: None,
) -> FieldScore:
    """Answer the scenario and put its logs beside; raises `InputError` where no rack can be simulated."""
    streams = [stream.name for stream in source.scenario.streams]
    found = [log for path in logs for log in read_field_log(path, streams)]
    study = run_study(source, engine=engine, progress=progress)
    if study.simulated is None:
        advice = "state the rack that runs as `deployment`"
        raise InputError(source.file, [Problem("candidates", "a rack that keeps the limits", "none", advice)])
    run = study.simulated
    rows = [row for log in found for row in _rows(run, source.scenario, log)]
    verdicts = [_verdict(run, log) for log in found if isinstance(log, StreamLog)]
    return FieldScore(source, run, tuple(rows), tuple(verdicts), study.estimator.notes)


def _rows(run: Simulated, scenario: Scenario, log: FieldLog) -> Iterator[FieldRow]:
    if isinstance(log, StreamLog):
        yield from _of_stream(run, log)
    else:
        yield from _of_device(run, scenario, log)


def _of_stream(run: Simulated, log: StreamLog) -> Iterator[FieldRow]:
    result, group = _stream(run, log.stream)
    bounds, latency = result.bounds, result.latency_s
    ends = [latency.p99] * 3
    promised = [result.slo_latency_s] * 3
    if bounds is not None:
        each = (bounds.low, bounds.mid, bounds.high)
        ends, promised = [end.p99 for end in each], [end.slo_latency_s for end in each]
    if group.slo_quantile != P99 and all(value is not None for value in promised):
        yield _quantile(log, group.slo_quantile, promised)
    yield _quantile(log, P99, ends)


def _quantile(log: StreamLog, share: float, planned: Sequence[float | None]) -> FieldRow:
    low_s, mid_s, high_s = (math.inf if value is None else value for value in planned)
    at, low, high = quantile_interval(len(log.latency_s), share)
    return FieldRow(
        f"p{100 * share:g}",
        log.stream,
        "s",
        Band(low_s, mid_s, high_s),
        float(log.latency_s[at]),
        float(log.latency_s[low]),
        float(log.latency_s[high]),
        len(log.latency_s),
        log.source,
    )


def quantile_interval(count: int, share: float) -> tuple[int, int, int]:
    """Places, in order, of a quantile and of the ends of its interval of 95 % (normal approximation)."""
    # How many of n independent values lie below the quantile is binomial (Conover, Practical Nonparametric
    # Statistics, 3.2). The normal approximation stops where n p (1 - p) is below about five: the 99 %
    # quantile of 500 values. There the upper end is the largest value, and the true end may lie beyond it.
    half = _NORMAL_95 * math.sqrt(count * share * (1.0 - share))
    at = min(count - 1, math.ceil(share * count) - 1)
    low = max(0, math.floor(share * count - half) - 1)
    high = min(count - 1, math.ceil(share * count + half))
    return max(0, at), low, high


def _verdict(run: Simulated, log: StreamLog) -> FieldVerdict:
    """Kept where even the high end of the interval is in time, broken where not even the low end is."""
    result, group = _stream(run, log.stream)
    _, low, high = quantile_interval(len(log.latency_s), group.slo_quantile)
    field = Verdict.UNDECIDED
    if log.latency_s[high] <= group.slo_s:
        field = Verdict.PASS
    elif log.latency_s[low] > group.slo_s:
        field = Verdict.FAIL
    late = float((log.latency_s > group.slo_s).mean())
    return FieldVerdict(log.stream, result.verdict, field, late)


def _stream(run: Simulated, name: str) -> tuple[StreamResult, StreamGroup]:
    return next(
        (result, group)
        for result, group in zip(run.result.streams, run.rack.streams, strict=True)
        if result.name == name
    )


def _of_device(run: Simulated, scenario: Scenario, log: DeviceLog) -> Iterator[FieldRow]:
    """Power of one device at its share of the load, and what that warms it to."""
    power = device_power_w(run, scenario)
    if log.power_w is not None:
        yield _device_row(run, log, "power", "w", power, log.power_w)
    if log.temperature_c is not None:
        air_c = fmean(run.result.series.inlet_c) if log.ambient_c is None else log.ambient_c
        cooler = resistance_band(run.option.part.thermal)
        warm = Band(
            air_c + cooler.low_k_per_w * power.low,
            air_c + cooler.mid_k_per_w * power.mid,
            air_c + cooler.high_k_per_w * power.high,
        )
        yield _device_row(run, log, "temperature", "c", warm, log.temperature_c)


def device_power_w(run: Simulated, scenario: Scenario) -> Band:
    """Mean power of one device: idle, and what its networks add for the share of the time that it serves.

    Networks count by the time that they keep it at work; the ends are those of their power.
    """
    option = run.option
    idle_w, limit_w = option.power_mode.idle_w.value, option.power_mode.power_limit_w.value
    busy = run.result.devices.utilisation
    weights = [work_of(scenario, option, item) * item.planning_latency_s.mid for item in option.networks]
    whole = sum(weights) or 1.0

    def at(end: BandEnd) -> float:
        adds = (max(0.0, item.estimate.part_power_w.at(end) - idle_w) for item in option.networks)
        each_w = sum(weight * more for weight, more in zip(weights, adds, strict=True)) / whole
        return idle_w + busy * min(limit_w - idle_w, option.instances * each_w)

    return Band(at("low"), at("mid"), at("high"))


def _device_row(
    run: Simulated, log: DeviceLog, quantity: str, unit: str, planned: Band, measured: float
) -> FieldRow:
    # Monitors of a board are off by themselves: power by a share, thermometers by a kelvin or two.
    off = (math.exp(NINETY * METER) - 1.0) * measured if unit == "w" else SENSOR_K
    ends = measured - off, measured + off
    name = run.option.device
    return FieldRow(quantity, name, unit, planned, measured, *ends, log.samples, log.source)
