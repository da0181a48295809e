"""One network measured here and now, beside what was predicted for it on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planner.engines.measure import EngineRun, measure
from planner.engines.session import EngineError
from planner.errors import InputError, Problem
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.result import Estimate
from planner.schema.record.estimate import MeasuredNowRecord
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class MeasuredNow:
    """What the engine took, and how far the prediction is from it; `error` is predicted / measured - 1."""

    run: EngineRun
    median_s: float
    error: float
    inside_band: bool
    drift: float | None
    """The reference kernel now over what it took during the calibration; None without a calibration."""

    @property
    def processors(self) -> float | None:
        """How many processors the process had; None where that was not noted."""
        return self.run.timing.processors if self.run.timing else None

    def record(self) -> MeasuredNowRecord:
        """As JSON."""
        timing = self.run.timing
        return {
            "engine": self.run.engine,
            "engine_version": self.run.engine_version,
            "threads": self.run.threads,
            "median_s": self.median_s,
            "low_s": timing.low_s if timing else None,
            "high_s": timing.high_s if timing else None,
            "p90_s": timing.p90_s if timing else None,
            "noise": timing.verdict if timing else "unknown",
            "processors": self.processors,
            "error": self.error,
            "inside_band": self.inside_band,
            "drift": self.drift,
        }


def measured_now(
    workload: Workload,
    file: Path | None,
    predicted: Estimate,
    threads: int | None,
    calibration: Calibration | None,
    *,
    seconds: float,
    limit_s: float,
) -> MeasuredNow:
    """Run the network on the engine, precision and threads that the prediction is for.

    Raises `InputError` where the prediction is of another machine or of an engine that does not run here, and
    `EngineError` where the engine refuses the network.
    """
    if predicted.device != THIS_MACHINE:
        advice = f"ask with `--device {THIS_MACHINE}`; `planner measure MODEL` runs a network without a part"
        problem = Problem("--now", f"the part {THIS_MACHINE}", predicted.device, advice)
        raise InputError("estimate", [problem])
    if not predicted.fits:
        problem = Problem("--now", "a network that fits the memory", "one that does not")
        raise InputError("estimate", [problem])
    own = calibration.setting.threads if calibration is not None else 1
    run = measure(
        workload, predicted.engine, file=file, threads=threads or own, precision=str(predicted.precision),
        seconds=seconds, limit_s=limit_s,
    )  # fmt: skip
    if run.timing is None:
        raise EngineError(f"{predicted.model}: expected {predicted.engine} to run it, got: {run.reason}")
    band, median_s = predicted.latency_s, run.timing.median_s
    # What the program around the engine takes is in the prediction and not in the measurement.
    around_s = predicted.caller_s
    drift = run.timing.reference_s / calibration.conditions.reference_s if calibration is not None else None
    return MeasuredNow(
        run,
        median_s,
        (band.mid - around_s) / median_s - 1,
        band.low - around_s <= median_s <= band.high - around_s,
        drift,
    )
