"""What a latency leaves out: builds, copies, work around inference, reformatting, open axes, fallbacks.

Each is one line: how long, how often, whether the latency holds it already, and why. A time is None
where nobody knows it, and zero only where it is known to be none. Numbers come from `hardware_db/hidden`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.kernels.unit_limits import OnUnit, on_unit
from planner.latency.overhead import NONE, Overhead, OverheadTime, overhead_data, titled
from planner.latency.overheads.crossings import copies, other_units, reformat
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.provenance import Provenance
from planner.schema.hardware.device import Device
from planner.workload.workload import Workload

FITTED = (Provenance.TRANSFERRED, Provenance.CALIBRATED, Provenance.MEASURED)


def with_overheads(
    estimate: Estimate,
    workload: Workload,
    device: Device,
    threads: int | None = None,
    network: OnUnit | None = None,
) -> Estimate:
    """The estimate with every cost around it.

    `network` is the workload as it was prepared for the estimate; without it, it is prepared here.
    """
    point = point_for(
        device,
        unit=estimate.unit,
        mode=estimate.mode,
        precision=estimate.precision,
        engine=estimate.engine,
        threads=threads,
        engine_version=estimate.engine_version,
    )
    if network is None:
        prepared = prepare(workload, estimate.batch, point.precision, point.engine, point.fusing)
        network = on_unit(prepared, point)
    return replace(estimate, hidden=overheads_of(workload, network, device, point, estimate))


def overheads_of(
    workload: Workload, network: OnUnit, device: Device, point: OperatingPoint, estimate: Estimate
) -> tuple[Overhead, ...]:
    """Every cost around inference at an operating point, known or not, in the order of the day."""
    prepared, fitted = network.prepared, estimate.provenance in FITTED
    return (
        _engine_build(device, point),
        _first_run(point),
        copies(prepared, device, point, held=fitted or estimate.latency_s.level is not None),
        _before(prepared, point),
        _after(prepared, point),
        reformat(prepared, point, fitted=fitted),
        _dynamic_axes(workload),
        *other_units(workload, network, device, point, estimate),
    )


def _outside(
    cost_id: str, when: OverheadTime, time_s: Band | None, reason: str, source: str | None = None
) -> Overhead:
    """A cost that no latency holds."""
    return Overhead(cost_id, when, time_s, in_latency=False, reason=reason, source=titled(source))


def _engine_build(device: Device, point: OperatingPoint) -> Overhead:
    for entry in overhead_data().engine_build:
        if point.engine in entry.engines and device.form in entry.forms:
            band = Band(entry.low_s.value, entry.mid_s.value, entry.high_s.value)
            return _outside("engine_build", "build", band, entry.reason, entry.source)
    reason = f"nobody published how long {point.engine} takes to get a network ready on such a part"
    return _outside("engine_build", "build", None, reason)


def _first_run(point: OperatingPoint) -> Overhead:
    for entry in overhead_data().first_run:
        if point.engine in entry.engines and point.unit_kind in entry.unit_kinds:
            band = Band(0.0, entry.mid_s.value, entry.mid_s.value)
            return _outside("first_run", "start", band, entry.reason, entry.source)
    reason = "nobody published how much longer the first inference takes; run one before taking requests"
    return _outside("first_run", "start", None, reason)


def _before(prepared: Prepared, point: OperatingPoint) -> Overhead:
    steps = overhead_data().image_steps
    pixels = _pixels(prepared)
    if pixels is None:
        reason = "the inputs are no images; what makes them is outside the network"
        return _outside("preprocess", "inference", None, reason)
    if point.unit_kind not in steps.unit_kinds or point.form not in steps.forms:
        reason = "depends on where frames are decoded and resized; measure it and state it in the scenario"
        return _outside("preprocess", "inference", None, reason)
    band = _spread(steps.before_s.value * pixels / steps.pixels.value, steps.spread_ratio.value)
    return _outside("preprocess", "inference", band, steps.reason, steps.source)


def _after(prepared: Prepared, point: OperatingPoint) -> Overhead:
    steps = overhead_data().image_steps
    tensors = prepared.workload.tensors
    answered = sum(tensors[name].elements for name in prepared.workload.outputs if name in tensors)
    small = answered <= steps.answers.value * prepared.workload.batch
    if small and point.unit_kind in steps.unit_kinds and point.form in steps.forms:
        band = _spread(steps.after_s.value * prepared.workload.batch, steps.spread_ratio.value)
        return Overhead(
            "postprocess",
            "inference",
            band,
            in_latency=False,
            reason=steps.reason,
            source=titled(steps.source),
        )
    reason = (
        "depends on what is found in a frame (boxes, text, masks); measure it and state it in the scenario"
    )
    return _outside("postprocess", "inference", None, reason)


def _dynamic_axes(workload: Workload) -> Overhead:
    open_axes = [
        f"{name}[{axis}]"
        for name, spec in workload.graph.inputs.items()
        for axis, extent in enumerate(spec.shape)
        if not isinstance(extent, int)
    ]
    if not open_axes:
        return Overhead(
            "dynamic_axes", "inference", NONE, in_latency=False, reason="every extent is fixed in the file"
        )
    return Overhead(
        "dynamic_axes", "inference", None, in_latency=False,
        reason=f"{', '.join(open_axes[:4])} are open in the file: kernels chosen for a range are slower, and "
        "a new extent may build anew; fix them at export or in the engine's profile",
    )  # fmt: skip


def _pixels(prepared: Prepared) -> int | None:
    """Pixels of all images of the batch; None where an input is no image."""
    found = [_image_pixels(tensor.shape) for tensor in prepared.workload.inputs.values()]
    pixels = [number for number in found if number is not None]
    return sum(pixels) if pixels and len(pixels) == len(found) else None


def _image_pixels(shape: tuple[int, ...]) -> int | None:
    """Pixels of images with one, three or four channels before their sides or last, one or several."""
    if len(shape) == 4 and (shape[1] in _CHANNELS or shape[3] in _CHANNELS):
        sides = shape[2:] if shape[1] in _CHANNELS else shape[1:3]
        return shape[0] * math.prod(sides)
    if len(shape) == 3 and min(shape[1:]) >= _LEAST_SIDE and shape[0] in _COLOURED:
        return math.prod(shape[1:])
    if len(shape) == 3 and min(shape[:2]) >= _LEAST_SIDE and shape[2] in _COLOURED:
        return math.prod(shape[:2])
    return None


_CHANNELS, _COLOURED = (1, 3, 4), (3, 4)
_LEAST_SIDE = 16
"""Of one image without a batch, so that no row of features passes for one."""


def _spread(mid_s: float, factor: float) -> Band:
    return Band(mid_s / factor, mid_s, mid_s * factor)
