"""What a latency leaves out: builds, copies, work around inference, reformatting, open axes, fallbacks.

Each is told as a line: how long, how often, whether the latency holds it already, and why. A time is None
where nobody knows it, and zero only where it is known to be none. Numbers come from `hardware_db/hidden`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from planner.errors import PlannerError
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.estimate import Estimate, point_for
from planner.latency.hidden_data import hidden_costs_data
from planner.latency.placement import WHOLE, Placement, place_prepared
from planner.latency.prepared import Prepared, prepare
from planner.provenance import Provenance
from planner.schema.device import Device, Precision
from planner.workload.dtypes import BITS, STORED_AS, storage_bytes
from planner.workload.workload import Workload

When = Literal["build", "start", "inference"]
FITTED = (Provenance.TRANSFERRED, Provenance.CALIBRATED, Provenance.MEASURED)
NONE = Band(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class HiddenCost:
    """One cost around inference."""

    id: str
    when: When
    """Paid once before delivery or at a start, at a start, or with every inference of a batch."""
    time_s: Band | None
    """None: not known. All ends zero: known to be none."""
    in_latency: bool
    """Whether the estimate's latency holds it already, because it was fitted on runs that paid it."""
    reason: str
    size_bytes: int | None = None
    source: str | None = None


def with_hidden_costs(
    estimate: Estimate, workload: Workload, device: Device, threads: int | None = None
) -> Estimate:
    """The estimate with every cost around it."""
    point = point_for(
        device,
        unit=estimate.unit,
        mode=estimate.mode,
        precision=estimate.precision,
        engine=estimate.engine,
        threads=threads,
    )
    prepared = prepare(workload, estimate.batch, point.precision, point.engine)
    return replace(estimate, hidden=hidden_costs(workload, prepared, device, point, estimate))


def hidden_costs(
    workload: Workload, prepared: Prepared, device: Device, point: OperatingPoint, estimate: Estimate
) -> tuple[HiddenCost, ...]:
    """Every cost around inference at an operating point, known or not, in the order of the day."""
    fitted = estimate.provenance in FITTED
    return (
        _engine_build(device, point),
        _first_run(point),
        _copies(prepared, device, point, fitted=fitted),
        _before(prepared, point),
        _after(prepared, point),
        _reformat(prepared, point, fitted=fitted),
        _dynamic_axes(workload),
        *_other_units(workload, prepared, device, point, estimate),
    )


def outside(costs: Sequence[HiddenCost]) -> Band:
    """What an inference takes beyond the latency, as far as it is known."""
    known = [c.time_s for c in costs if c.when == "inference" and not c.in_latency and c.time_s is not None]
    return Band(
        sum(band.low for band in known), sum(band.mid for band in known), sum(band.high for band in known)
    )


def unknown(costs: Sequence[HiddenCost]) -> tuple[str, ...]:
    """Ids of the costs that nobody knows."""
    return tuple(cost.id for cost in costs if cost.time_s is None)


def _engine_build(device: Device, point: OperatingPoint) -> HiddenCost:
    for entry in hidden_costs_data().engine_build:
        if point.engine in entry.engines and device.form in entry.forms:
            band = Band(entry.low_s.value, entry.mid_s.value, entry.high_s.value)
            return HiddenCost(
                "engine_build",
                "build",
                band,
                in_latency=False,
                reason=entry.reason,
                source=_titled(entry.source),
            )
    reason = f"nobody published how long {point.engine} takes to get a network ready on such a part"
    return HiddenCost("engine_build", "build", None, in_latency=False, reason=reason)


def _first_run(point: OperatingPoint) -> HiddenCost:
    for entry in hidden_costs_data().first_run:
        if point.engine in entry.engines and point.unit_kind in entry.unit_kinds:
            band = Band(0.0, entry.mid_s.value, entry.mid_s.value)
            return HiddenCost(
                "first_run",
                "start",
                band,
                in_latency=False,
                reason=entry.reason,
                source=_titled(entry.source),
            )
    reason = "nobody published how much longer the first inference takes; run one before taking requests"
    return HiddenCost("first_run", "start", None, in_latency=False, reason=reason)


def _copies(prepared: Prepared, device: Device, point: OperatingPoint, *, fitted: bool) -> HiddenCost:
    link = hidden_costs_data().link
    size = _bytes(prepared, prepared.workload.inputs) + _bytes(prepared, prepared.workload.outputs)
    if device.memory.shared or point.unit_kind == "cpu":
        return HiddenCost(
            "copies", "inference", NONE, in_latency=False, reason=link.shared_reason, size_bytes=0,
            source=_titled("tegra_note"),
        )  # fmt: skip
    if device.host_link is None:
        reason = "inputs and outputs cross to the host; the datasheet names no link"
        return HiddenCost("copies", "inference", None, in_latency=False, reason=reason, size_bytes=size)
    rate = device.host_link.bandwidth_bytes_per_s.value
    shares = (link.high_share_ratio.value, link.mid_share_ratio.value, link.low_share_ratio.value)
    band = Band(*(size / (rate * share) for share in shares))
    published = fitted and point.engine == "tensorrt"
    reason = f"inputs and outputs over {device.host_link.technology}"
    if published:
        reason += "; the runs that the latency was fitted on copied their inputs"
    return HiddenCost(
        "copies", "inference", band, in_latency=published, reason=reason, size_bytes=size,
        source=_titled(link.source),
    )  # fmt: skip


def _before(prepared: Prepared, point: OperatingPoint) -> HiddenCost:
    steps = hidden_costs_data().image_steps
    pixels = _pixels(prepared)
    if pixels is None:
        reason = "the inputs are no images; what makes them is outside the network"
        return HiddenCost("preprocess", "inference", None, in_latency=False, reason=reason)
    if point.unit_kind not in steps.unit_kinds or point.form not in steps.forms:
        reason = "hangs on where frames are decoded and resized; measure it and state it in the scenario"
        return HiddenCost("preprocess", "inference", None, in_latency=False, reason=reason)
    band = _spread(steps.before_s.value * pixels / steps.pixels.value, steps.spread_ratio.value)
    return HiddenCost(
        "preprocess", "inference", band, in_latency=False, reason=steps.reason, source=_titled(steps.source)
    )


def _after(prepared: Prepared, point: OperatingPoint) -> HiddenCost:
    steps = hidden_costs_data().image_steps
    tensors = prepared.workload.tensors
    answered = sum(tensors[name].elements for name in prepared.workload.outputs if name in tensors)
    small = answered <= steps.answers.value * prepared.workload.batch
    if small and point.unit_kind in steps.unit_kinds and point.form in steps.forms:
        band = _spread(steps.after_s.value * prepared.workload.batch, steps.spread_ratio.value)
        return HiddenCost(
            "postprocess",
            "inference",
            band,
            in_latency=False,
            reason=steps.reason,
            source=_titled(steps.source),
        )
    reason = (
        "hangs on how much is found in a frame (boxes, text, masks); measure it and state it in the scenario"
    )
    return HiddenCost("postprocess", "inference", None, in_latency=False, reason=reason)


def _reformat(prepared: Prepared, point: OperatingPoint, *, fitted: bool) -> HiddenCost:
    """Passages between number formats: at inputs and outputs, and between kernels of different formats."""
    workload = prepared.workload
    if point.unit_kind == "cpu" and point.precision is Precision.FP32:
        told = "32 bits all through, so no format changes; layouts are the engine's own and in its fit"
        if fitted:
            return HiddenCost("reformat", "inference", NONE, in_latency=True, reason=told)
        return HiddenCost(
            "reformat", "inference", None, in_latency=False, reason="layouts are the engine's own"
        )
    sizes = [_full_bytes(prepared, name) for name in (*workload.inputs, *workload.outputs)]
    changed = sum(
        1
        for before, after in zip(prepared.kernels, prepared.kernels[1:], strict=False)
        if before.precision != after.precision
    )
    count = len(sizes) + changed
    bits = BITS[STORED_AS[point.precision][1]]
    moved_s = sum(sizes) * (1 + bits / 32) / point.bandwidth_bytes_per_s
    each_s = count * point.launch_s + moved_s
    band = Band(0.0, each_s, hidden_costs_data().reformat.high_factor_ratio.value * each_s)
    reason = f"{count} passages between number formats, each a kernel of its own unless the engine joins it"
    if fitted:
        reason += "; the latency was fitted on whole runs that paid theirs"
    return HiddenCost(
        "reformat", "inference", band, in_latency=fitted, reason=reason, source=_titled("trt_reformat")
    )


def _dynamic_axes(workload: Workload) -> HiddenCost:
    open_axes = [
        f"{name}[{axis}]"
        for name, spec in workload.graph.inputs.items()
        for axis, extent in enumerate(spec.shape)
        if not isinstance(extent, int)
    ]
    if not open_axes:
        return HiddenCost(
            "dynamic_axes", "inference", NONE, in_latency=False, reason="every extent is fixed in the file"
        )
    return HiddenCost(
        "dynamic_axes", "inference", None, in_latency=False,
        reason=f"{', '.join(open_axes[:4])} are open in the file: kernels chosen for a range are slower, and "
        "a new extent may build anew; fix them at export or in the engine's profile",
    )  # fmt: skip


def _other_units(
    workload: Workload, prepared: Prepared, device: Device, point: OperatingPoint, estimate: Estimate
) -> Iterator[HiddenCost]:
    """Passages to other units and what the kernels there take, beside what the estimate costs them at."""
    if not point.operators:
        reason = f"which operators {point.engine} runs on a {point.unit_kind} is not in the database"
        known = point.unit_kind in WHOLE and not workload.unresolved
        if workload.unresolved:
            kinds = sorted({item.op_type for item in workload.unresolved})
            reason = f"whether {point.engine} runs {', '.join(kinds)} is not known"
        told = f"{point.engine} runs a whole network on one {point.unit_kind}" if known else reason
        for name in ("provider_switches", "fallback"):
            yield HiddenCost(name, "inference", NONE if known else None, in_latency=False, reason=told)
        return
    try:
        placed = place_prepared(workload, prepared, device, point)
    except PlannerError as error:
        for name in ("provider_switches", "fallback"):
            yield HiddenCost(name, "inference", None, in_latency=False, reason=str(error))
        return
    yield from _of_placement(placed, estimate)


def _of_placement(placed: Placement, estimate: Estimate) -> Iterator[HiddenCost]:
    size = sum(passage.size_bytes for passage in placed.passages)
    if not placed.falls_back:
        told = f"every operator runs on the {estimate.unit}"
        yield HiddenCost("provider_switches", "inference", NONE, in_latency=False, reason=told, size_bytes=0)
        yield HiddenCost("fallback", "inference", NONE, in_latency=False, reason=told)
        return
    yield HiddenCost(
        "provider_switches", "inference", placed.crossing_s, in_latency=False,
        reason=f"{len(placed.passages)} tensors cross between units", size_bytes=size,
        source=_titled(hidden_costs_data().crossing.source),
    )  # fmt: skip
    fell = placed.falls_back
    names = {layer.name for layer in fell}
    here_s = sum(layer.time.mid_s for layer in estimate.layers if layer.name in names)
    there_s = sum(layer.time.mid_s for layer in fell)
    band = Band(
        sum(layer.time.low_s for layer in fell) - here_s,
        there_s - here_s,
        sum(layer.time.high_s for layer in fell) - here_s,
    )
    units = ", ".join(sorted({layer.unit for layer in fell}))
    yield HiddenCost(
        "fallback", "inference", band, in_latency=False,
        reason=f"{len(fell)} of {len(estimate.layers)} kernels run on {units}: {there_s * 1e3:.2f} ms there, "
        f"for the {here_s * 1e3:.2f} ms that the latency holds as if they ran here",
    )  # fmt: skip


def _pixels(prepared: Prepared) -> int | None:
    """Pixels of all images of the batch; None where an input is no image."""
    sides = [tensor.shape for tensor in prepared.workload.inputs.values()]
    if not sides or any(len(shape) != 4 or shape[1] not in (1, 3, 4) for shape in sides):
        return None
    return sum(shape[0] * shape[2] * shape[3] for shape in sides)


def _bytes(prepared: Prepared, names: Iterable[str]) -> int:
    tensors = prepared.workload.tensors
    return sum(
        storage_bytes(tensors[name].dtype, tensors[name].elements) for name in names if name in tensors
    )


def _full_bytes(prepared: Prepared, name: str) -> int:
    """A tensor in 32 bits, as programs hand it in and take it out."""
    tensor = prepared.workload.tensors.get(name)
    return 4 * tensor.elements if tensor else 0


def _spread(mid_s: float, factor: float) -> Band:
    return Band(mid_s / factor, mid_s, mid_s * factor)


def _titled(source: str | None) -> str | None:
    found = hidden_costs_data().sources.get(source or "")
    return found.title if found else None
