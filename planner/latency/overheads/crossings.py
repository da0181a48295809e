"""What passes around kernels: between memories, between number formats, between the units of a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner.errors import PlannerError
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.prepared import Prepared
from planner.latency.kernels.unit_limits import OnUnit
from planner.latency.link.over_link import link_use
from planner.latency.network_time import WHOLE
from planner.latency.overhead import NONE, Overhead, overhead_data, titled
from planner.latency.result import Estimate
from planner.latency.units.placement import Placement, place_prepared
from planner.schema.hardware.device import Device, Precision
from planner.workload.dtypes import BITS, STORED_AS, storage_bytes
from planner.workload.workload import Workload


def copies(prepared: Prepared, device: Device, point: OperatingPoint, *, held: bool) -> Overhead:
    """Inputs and outputs between the host's memory and the unit's; none where they share one.

    `held` says that the latency was fitted on runs, or moved by what runs were off, so that it has whatever
    these copied: over the link that they were measured over, to which the estimate adds the difference.
    """
    size = _bytes(prepared, prepared.workload.inputs) + _bytes(prepared, prepared.workload.outputs)
    if device.memory.shared or point.unit_kind == "cpu":
        return Overhead(
            "copies", "inference", NONE, in_latency=False, reason=overhead_data().shared_memory.reason,
            size_bytes=0, source=titled("tegra_note"),
        )  # fmt: skip
    if point.link is None or point.measured_link is None:
        reason = "inputs and outputs cross to the host; the datasheet names no link"
        return Overhead("copies", "inference", None, in_latency=False, reason=reason, size_bytes=size)
    costs = read_engine(point.engine).units[device.units[point.unit].kind]
    published = held and costs.copies_measured
    link = point.link if published else point.measured_link
    use = link_use(prepared, point, link, 1.0)
    band = Band(use.in_s.low + use.out_s.low, use.in_s.mid + use.out_s.mid, use.in_s.high + use.out_s.high)
    reason = f"inputs and outputs over {link.name}"
    if published:
        reason += "; the runs that the latency rests on copied them too"
    elif link != point.link:
        reason += f"; what {point.link.name} adds is in the latency"
    return Overhead(
        "copies", "inference", band, in_latency=published, reason=reason, size_bytes=size,
        source="hardware_db/surroundings/links.yaml",
    )  # fmt: skip


def reformat(prepared: Prepared, point: OperatingPoint, *, fitted: bool) -> Overhead:
    """Conversions between number formats: at inputs and outputs, and between kernels of different formats."""
    workload = prepared.workload
    if point.unit_kind == "cpu" and point.precision is Precision.FP32:
        reason = "32 bits all through, so no format changes; layouts are the engine's own and in its fit"
        if fitted:
            return Overhead("reformat", "inference", NONE, in_latency=True, reason=reason)
        return Overhead(
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
    band = Band(0.0, each_s, overhead_data().reformat.high_factor_ratio.value * each_s)
    reason = f"{count} conversions of number formats, each a kernel of its own unless the engine joins it"
    if fitted:
        reason += "; the latency was fitted on whole runs that paid theirs"
    return Overhead(
        "reformat", "inference", band, in_latency=fitted, reason=reason, source=titled("trt_reformat")
    )


def other_units(
    workload: Workload, network: OnUnit, device: Device, point: OperatingPoint, estimate: Estimate
) -> Iterator[Overhead]:
    """Crossings to other units and what the kernels there take, beside what the estimate costs them at."""
    if not point.operators:
        reason = f"which operators {point.engine} runs on a {point.unit_kind} is not in the database"
        known = point.unit_kind in WHOLE and not workload.unresolved
        if workload.unresolved:
            kinds = sorted({item.op_type for item in workload.unresolved})
            reason = f"whether {point.engine} runs {', '.join(kinds)} is not known"
        reason = f"{point.engine} runs a whole network on one {point.unit_kind}" if known else reason
        for name in ("provider_switches", "fallback"):
            yield Overhead(name, "inference", NONE if known else None, in_latency=False, reason=reason)
        return
    try:
        placed = place_prepared(workload, network, device, point)
    except PlannerError as error:
        for name in ("provider_switches", "fallback"):
            yield Overhead(name, "inference", None, in_latency=False, reason=str(error))
        return
    yield from _of_placement(placed, estimate)


def _of_placement(placed: Placement, estimate: Estimate) -> Iterator[Overhead]:
    size = sum(crossing.size_bytes for crossing in placed.crossings)
    if not placed.falls_back:
        reason = f"every operator runs on the {estimate.unit}"
        yield Overhead("provider_switches", "inference", NONE, in_latency=False, reason=reason, size_bytes=0)
        yield Overhead("fallback", "inference", NONE, in_latency=False, reason=reason)
        return
    held = any(layer.unit != estimate.unit for layer in estimate.layers)
    yield Overhead(
        "provider_switches", "inference", placed.crossing_s, in_latency=held,
        reason=f"{len(placed.crossings)} tensors cross between units", size_bytes=size,
        source=titled(overhead_data().crossing.source),
    )  # fmt: skip
    fell = placed.falls_back
    if held:
        times = [layer.time for layer in fell]
        ends = (sum(time.low_s for time in times), sum(time.high_s for time in times))
        there = Band(ends[0], sum(time.mid_s for time in times), ends[1])
        units = ", ".join(sorted({layer.unit for layer in fell}))
        reason = f"{len(fell)} of {len(estimate.layers)} kernels run on {units}"
        yield Overhead("fallback", "inference", there, in_latency=True, reason=reason)
        return
    names = {layer.name for layer in fell}
    here_s = sum(layer.time.mid_s for layer in estimate.layers if layer.name in names)
    there_s = sum(layer.time.mid_s for layer in fell)
    band = Band(
        sum(layer.time.low_s for layer in fell) - here_s,
        there_s - here_s,
        sum(layer.time.high_s for layer in fell) - here_s,
    )
    units = ", ".join(sorted({layer.unit for layer in fell}))
    yield Overhead(
        "fallback", "inference", band, in_latency=False,
        reason=f"{len(fell)} of {len(estimate.layers)} kernels run on {units}: {there_s * 1e3:.2f} ms there, "
        f"for the {here_s * 1e3:.2f} ms that the latency holds as if they ran here",
    )  # fmt: skip


def _bytes(prepared: Prepared, names: Iterable[str]) -> int:
    tensors = prepared.workload.tensors
    return sum(
        storage_bytes(tensors[name].dtype, tensors[name].elements) for name in names if name in tensors
    )


def _full_bytes(prepared: Prepared, name: str) -> int:
    """A tensor in 32 bits, as programs hand it in and take it out."""
    tensor = prepared.workload.tensors.get(name)
    return 4 * tensor.elements if tensor else 0
