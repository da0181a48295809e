"""A network by a calibration of its engine on its machine, kernel by kernel."""

from __future__ import annotations

import math

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.calibrated.calibration import Calibration
from planner.latency.kernels.prepared import Prepared, block_rule
from planner.latency.kernels.shape import KernelShape, shapes_of
from planner.latency.network_time import LayerEstimate, NetworkTime, layer_of
from planner.latency.roofline import KernelTime
from planner.provenance import Provenance

NINETY = 1.645
"""Standard deviations that hold 90 % of a normal variable."""


def shapes_for(prepared: Prepared, calibration: Calibration) -> tuple[KernelShape, ...]:
    """The shapes of a network's kernels as the calibrated engine sees them."""
    return shapes_of(prepared.workload, prepared.kernels, block_rule(calibration.setting.engine))


def by_calibration(prepared: Prepared, point: OperatingPoint, calibration: Calibration) -> NetworkTime:
    """What kernels measured on the machine say, with the band that probes left out earned it.

    Each kernel's own band holds 90 % of kernels; the network's is narrower, as kernels miss both ways.
    """
    shapes = shapes_for(prepared, calibration)
    found = calibration.predict(shapes)
    layers: list[LayerEstimate] = []
    for kernel, shape, seconds, spread in zip(
        prepared.kernels, shapes, found.seconds, found.spreads, strict=True
    ):
        compute, memory, overhead = calibration.parts(shape)
        half = math.exp(NINETY * spread)
        time = KernelTime(
            compute_s=compute * seconds,
            memory_s=memory * seconds,
            overhead_s=overhead * seconds,
            low_s=seconds / half,
            mid_s=seconds,
            high_s=seconds * half,
        )
        layers.append(layer_of(kernel, point, time))
    return NetworkTime(
        tuple(layers), calibration.fixed_s, 0.0, found.latency_s, Provenance.CALIBRATED, found.notes
    )


def require_same_setting(calibration: Calibration, point: OperatingPoint, threads: int | None) -> None:
    """Refuse a calibration of another engine, precision or number of threads, all differences at once."""
    setting = calibration.setting
    wanted = (
        ("engine", setting.engine, point.engine),
        ("precision", setting.precision, point.precision.value),
        ("threads", str(setting.threads), str(threads or setting.threads)),
    )
    problems = [
        Problem(f"calibration: {name}", asked, own, "calibrate for this, or ask for what was calibrated")
        for name, own, asked in wanted
        if own != asked
    ]
    if problems:
        raise InputError("--calibration", problems)
