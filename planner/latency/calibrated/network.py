"""A network by a calibration of its engine on its machine, kernel by kernel."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.calibrated.calibration import Calibration
from planner.latency.kernels.precision import integer_form, kernel_peak
from planner.latency.kernels.prepared import Prepared, block_rule
from planner.latency.kernels.shape import KernelShape, shapes_of
from planner.latency.network_time import LayerEstimate, NetworkTime, layer_of
from planner.latency.roofline import KernelTime
from planner.latency.transfer.prediction import moved_by_forms
from planner.provenance import Provenance
from planner.workload.borrowed import LOANS
from planner.workload.fusion import Kernel

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
    peaks = tuple(kernel_peak(kernel, point) for kernel in prepared.kernels)
    factors = tuple(_factor_of_form(kernel, point, calibration) for kernel in prepared.kernels)
    found = calibration.predict(
        [
            shape if factor is None else _as_probed(kernel, shape, calibration)
            for kernel, shape, factor in zip(prepared.kernels, shapes, factors, strict=True)
        ]
    )
    each = [seconds * (factor or 1.0) for seconds, factor in zip(found.seconds, factors, strict=True)]
    more = (calibration.fixed_s + sum(each)) / found.latency_s.mid
    band = moved_by_forms(found.latency_s.scaled(more), np.array(each), peaks)
    layers: list[LayerEstimate] = []
    for kernel, shape, seconds, spread in zip(prepared.kernels, shapes, each, found.spreads, strict=True):
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
    return NetworkTime(tuple(layers), calibration.fixed_s, 0.0, band, Provenance.CALIBRATED, found.notes)


FAST_OVER_FLOATS = 3.0
"""Products of uint8 by int8, which probes in 8 bits have, over the same in floats: 2.4 to 3.7 of dense ones
(benchmarks/integer_forms.py)."""


def _factor_of_form(kernel: Kernel, point: OperatingPoint, calibration: Calibration) -> float | None:
    """Time of a kernel in a form that no probe has, over that of the form that they have; None for others."""
    form = integer_form(kernel, point)
    if form is None:
        return None
    probed = FAST_OVER_FLOATS if calibration.setting.precision == "int8" else 1.0
    return probed / form.of_float_rate


def _as_probed(kernel: Kernel, shape: KernelShape, calibration: Calibration) -> KernelShape:
    """The shape of a kernel in the form that the calibration's probes have: that of the float operator."""
    plain = next((loan.op_type for (_, name), loan in LOANS.items() if name in kernel.op_types), None)
    kind = shape.kind if plain is None else f"{plain}{shape.kind[shape.kind.index(' in 8 bits') :]}"
    return replace(
        shape, kind=kind if calibration.setting.precision == "int8" else kind.replace(" in 8 bits", "")
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
