"""Service as it is in a server: longer than in a benchmark loop, scattering, and with memory.

A scenario says by `variation` which: none, a prior by kind of unit, what was measured on this machine,
numbers of its own, or a file of service times. What is taken is named in every answer.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from planner.arrays import Floats
from planner.data_files import config_dir
from planner.errors import InputError, Problem
from planner.hardware.processor import cpu_name
from planner.hardware.surroundings import serving_priors
from planner.latency.band import BandEnd
from planner.latency.calibrated.sittings import BAND_DEVIATIONS, within_sitting
from planner.process.trust import distrusted
from planner.rack.description.device import Service
from planner.rack.description.variation import Replayed, Variation, sharing, varying
from planner.read_files import read_bounded
from planner.schema.hardware.device import UnitKind
from planner.schema.hardware.serving import (
    EstimatesInService,
    MeasuredServing,
    ReplayedTimes,
    ServiceVariation,
)
from planner.schema.reading.yaml_file import read_model
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent
from planner.wording.message import Message, message

MEASURED_FILE = "this-machine.serving.yaml"
_COLUMN = "service_s"
_LONGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class InService:
    """What turns a benchmark loop's times into those of a server; `note` says what it rests on."""

    kind: str
    factor: float
    low: float
    high: float
    """What the factor lies between; itself where it is stated."""
    variation: Variation | None
    neighbours: float
    note: Message
    measured: MeasuredServing | None = None
    """What was measured on this machine, where that is taken."""

    def applied(
        self,
        service: Service,
        middle: Service | None = None,
        at: BandEnd = "mid",
        *,
        calibrated: bool = False,
    ) -> Service:
        """A service with its times in a server, at an end of their band where the `middle` is given.

        The band of a benchmark's time and that of the factor are independent: their deviations in the
        logarithm add as squares. `calibrated` says that the times are estimates of this machine by the
        calibration of the engine that was served with: the blind misses of that serving are then their band.
        """
        if middle is not None and calibrated and self.measured and self.measured.estimates:
            return self._estimated(service, middle, at, self.measured.estimates)
        own = {"low": self.low, "mid": self.factor, "high": self.high}[at] / self.factor
        middle_s = service.batch_s if middle is None else middle.batch_s
        times_s = []
        for time_s, mid_s in zip(service.batch_s, middle_s, strict=True):
            away = math.hypot(math.log(time_s / mid_s), math.log(own))
            times_s.append(self.factor * mid_s * math.exp(-away if time_s < mid_s or own < 1 else away))
        if middle is None:
            times_s = [self.factor * time_s for time_s in service.batch_s]
        return replace(service, batch_s=tuple(times_s), variation=self.variation)

    def _estimated(
        self, service: Service, middle: Service, at: BandEnd, given: EstimatesInService
    ) -> Service:
        """Estimates of this machine times what lies between them and a server, with the misses' band."""
        side = {"low": -1.0, "mid": 0.0, "high": 1.0}[at]
        times_s = []
        for time_s, mid_s in zip(service.batch_s, middle.batch_s, strict=True):
            whole = abs(math.log(time_s / mid_s)) / BAND_DEVIATIONS
            within = given.scale * within_sitting(whole, given.between_runs)
            away = BAND_DEVIATIONS * math.hypot(within, given.between_runs)
            times_s.append(given.factor * mid_s * math.exp(side * away))
        return replace(service, batch_s=tuple(times_s), variation=self.variation)

    def same_engine(self, engine: str, precision: str) -> bool:
        """Whether what was measured was served with this engine in this precision."""
        found = self.measured
        return found is not None and (found.engine, found.precision) == (engine, precision)


def in_service(scenario: Scenario, unit: UnitKind) -> InService | None:
    """What a scenario says of services on a kind of unit; None where they are constant or replayed.

    Raises `InputError` where a measurement or a prior is asked for and there is none.
    """
    given = scenario.variation
    if given == "none" or isinstance(given, ReplayedTimes):
        return None
    if isinstance(given, ServiceVariation):
        return _of("stated", given, message("variation.stated"), (given.serving_factor,) * 2)
    if given == "prior" and scenario.synthetic is not None:
        advice = "state it: `variation: {cv: ..., next: ..., serving_factor: ...}`"
        problem = Problem("variation", "numbers, for a device given by numbers", "prior", advice)
        raise InputError(scenario.id, [problem])
    if given == "prior":
        prior = serving_priors().units.get(unit)
        if prior is None:
            expected = f"a kind of unit with a prior: {', '.join(serving_priors().units)}"
            raise InputError(scenario.id, [Problem("variation", expected, unit, "state it by numbers")])
        spread = {"low": f"{prior.serving_low:g}", "high": f"{prior.serving_high:g}"}
        note = message("variation.prior", unit=unit, status=prior.status, **spread)
        return _of("prior", prior, note, (prior.serving_low, prior.serving_high))
    found = measured_serving()
    note = message("variation.measured", engine=found.engine, date=found.date, batches=found.batches)
    taken = _of("measured", found.variation, note, (found.serving_low, found.serving_high))
    return replace(taken, measured=found)


def measured_file() -> Path:
    """Where `planner calibrate --serving` keeps what it has found."""
    return config_dir() / "calibrations" / MEASURED_FILE


def measured_serving() -> MeasuredServing:
    """What was measured on this machine; refused where there is nothing, or it is another machine's."""
    path = measured_file()
    if not path.is_file():
        advice = "run `planner calibrate --serving` on the machine, or write `variation: prior`"
        raise InputError("scenario", [Problem("variation", "a measurement of this machine", "none", advice)])
    if (reason := distrusted(path)) is not None:
        raise InputError(str(path), [Problem("variation", "a file that nobody else can write", reason)])
    found = read_model(path, MeasuredServing)
    if found.cpu != cpu_name():
        advice = "run `planner calibrate --serving` again"
        raise InputError(str(path), [Problem("cpu", cpu_name(), found.cpu, advice)])
    return found


def variation_of(given: ServiceVariation) -> Variation | None:
    """The process that numbers describe; None where nothing scatters."""
    if given.cv_ratio == 0 and given.outliers_ratio == 0:
        return None
    own = varying(
        given.cv_ratio,
        next_one=given.next_ratio,
        over_ten=given.over_ten_ratio,
        over_hundred=given.over_hundred_ratio,
        outlier_share=given.outliers_ratio,
        outlier_ratio=given.outlier_factor,
        outlier_next=given.outlier_next_ratio,
        outlier_cv=given.outlier_cv_ratio,
    )
    return sharing(own, given.shared_ratio)


def _of(kind: str, given: ServiceVariation, note: Message, ends: tuple[float, float]) -> InService:
    return InService(kind, given.serving_factor, *ends, variation_of(given), given.neighbours_ratio, note)


def variation_note(scenario: Scenario, unit: UnitKind) -> Message:
    """One line for every answer: which service times were simulated."""
    given = scenario.variation
    if given == "none":
        return message("variation.none")
    if isinstance(given, ReplayedTimes):
        return message("variation.replayed", file=Path(given.times).name)
    found = in_service(scenario, unit)
    if found is None or found.variation is None:
        return message("variation.constant", factor=f"{found.factor if found else 1.0:g}")
    cv = format_percent(found.variation.cv)
    memory = format_percent(found.variation.correlation(1))
    return message("variation.drawn", basis=found.note, cv=cv, memory=memory, factor=f"{found.factor:g}")


def replayed_services(scenario: Scenario, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services with the times of a file: means by batch size from it, and factors in its order."""
    given = scenario.variation
    if not isinstance(given, ReplayedTimes):
        return services
    rows = read_times(Path(given.times))
    return tuple(
        _replayed(given.times, service, rows.get(service.network, rows.get(""))) for service in services
    )


@dataclass(frozen=True, slots=True, eq=False)
class TimedBatches:
    """Service times of one network in their order, and the size of each batch."""

    service_s: Floats
    batch: Floats


def replayed(times: TimedBatches, batch_s: tuple[float, ...]) -> tuple[tuple[float, ...], Replayed]:
    """Mean time by batch size, and each time over the mean of its size, in their order.

    A size that was never served keeps its place between those that were, in proportion to `batch_s`.
    """
    sizes = np.unique(times.batch).astype(int)
    means_s = {int(size): float(times.service_s[times.batch == size].mean()) for size in sizes}
    known = np.array([size for size in sizes if size <= len(batch_s)] or [sizes[0]])
    over = np.array([means_s[int(size)] / batch_s[min(int(size), len(batch_s)) - 1] for size in known])
    scale = np.interp(np.arange(1, len(batch_s) + 1), known, over)
    mean_s = tuple(
        means_s.get(size, float(scale[size - 1] * batch_s[size - 1])) for size in range(1, len(batch_s) + 1)
    )
    factors = times.service_s / np.array([means_s[int(size)] for size in times.batch])
    return mean_s, Replayed(tuple(factors.tolist()))


def _replayed(file: str, service: Service, times: TimedBatches | None) -> Service:
    if times is None:
        expected = f"times of {service.network!r}, or a file without the column `network`"
        raise InputError(file, [Problem("variation.times", expected, "none")])
    batch_s, factors = replayed(times, service.batch_s)
    return replace(service, batch_s=batch_s, variation=factors)


def read_times(path: Path) -> Mapping[str, TimedBatches]:
    """Service times of a file by network; all under an empty name where it has no column `network`.

    Raises `InputError` for a file without times, or with one that is not above zero.
    """
    import pandas as pd

    content = io.BytesIO(read_bounded(path))
    try:
        table = pd.read_parquet(content) if path.suffix == ".parquet" else pd.read_csv(content)
    except (OSError, ValueError) as error:
        expected = f"a CSV or Parquet file with a column {_COLUMN}"
        raise InputError(str(path), [Problem("variation.times", expected, str(error))]) from error
    if _COLUMN not in table.columns:
        got = ", ".join(map(str, table.columns))
        raise InputError(str(path), [Problem("variation.times", f"a column {_COLUMN}", got)])
    times_s = pd.to_numeric(table[_COLUMN], errors="coerce").to_numpy(dtype=np.float64)
    batches = table["batch"] if "batch" in table.columns else pd.Series(1, index=table.index)
    batch = pd.to_numeric(batches, errors="coerce").to_numpy(dtype=np.float64)
    problems = [*_wrong(_COLUMN, times_s, times_s > 0, "a time above 0 s")]
    problems += _wrong("batch", batch, (batch >= 1) & (batch == np.floor(batch)), "a whole number from 1 on")
    if not 0 < len(table) <= _LONGEST:
        problems.append(Problem("variation.times", f"from one to {_LONGEST:,} times", str(len(table))))
    if problems:
        raise InputError(str(path), problems)
    if "network" not in table.columns:
        return {"": TimedBatches(times_s, batch)}
    names = table["network"].astype(str)
    return {
        str(name): TimedBatches(times_s[(names == name).to_numpy()], batch[(names == name).to_numpy()])
        for name in names.unique()
    }


def _wrong(column: str, values: Floats, right: np.ndarray, expected: str) -> list[Problem]:
    bad = np.flatnonzero(~(right & np.isfinite(values)))
    return (
        [Problem(f"row {int(bad[0]) + 1}", f"in {column} {expected}", f"{values[bad[0]]:g}")]
        if bad.size
        else []
    )
