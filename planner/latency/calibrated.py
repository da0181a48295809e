"""A network by a calibration: which one fits the question, and what it says, kernel by kernel."""

from __future__ import annotations

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.calibration import Calibration
from planner.latency.kernel_shape import KernelShape, shapes_of
from planner.latency.prepared import Prepared, block_rule


def shapes_for(prepared: Prepared, calibration: Calibration) -> tuple[KernelShape, ...]:
    """The shapes of a network's kernels as the calibrated engine sees them."""
    return shapes_of(prepared.workload, prepared.kernels, block_rule(calibration.setting.engine))


def require_same_setting(calibration: Calibration, point: OperatingPoint, threads: int | None) -> None:
    """Refuse a calibration of another engine, precision or number of threads, all differences at once."""
    setting = calibration.setting
    wanted = (
        ("engine", setting.engine, point.engine),
        ("precision", setting.precision, point.precision.value),
        ("threads", str(setting.threads), str(threads or setting.threads)),
    )
    problems = [
        Problem(
            f"calibration: {name}", asked, own, "calibrate for this setting or ask for the calibrated one"
        )
        for name, own, asked in wanted
        if own != asked
    ]
    if problems:
        raise InputError("--calibration", problems)
