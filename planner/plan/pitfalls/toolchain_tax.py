"""Copies, fallbacks, first runs and launches that nobody budgeted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.hardware.catalog import read_engine
from planner.plan.options.option import NetworkOnPart
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, time_text
from planner.schema.hardware.pitfall import PitfallRule
from planner.units import format_percent, format_quantity
from planner.wording.message import message
from planner.workload.dtypes import storage_bytes


def _copies(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Inputs that are copied while the unit waits."""
    for where, item, toolchain in facts.toolchains():
        if toolchain.copies != "synchronous" or facts.option is None:
            continue
        copied = _copy_s(facts, item)
        planned_s = item.planned_latency_s(facts.option.plan_for)
        if copied is None:
            yield Finding(f"{where}.copies", message("evidence.copies_unknown"))
            continue
        copy_s, text = copied
        if copy_s >= rule.thresholds["share"] * planned_s:
            busy = facts.option.utilisation * (1 + copy_s / planned_s)
            yield Finding(
                f"{where}.copies",
                message(
                    "evidence.copies",
                    way=text,
                    copy=time_text(copy_s),
                    planned=time_text(planned_s),
                    more=format_percent(copy_s / planned_s),
                    busy=format_percent(busy),
                ),
            )


def _copy_s(facts: PlanFacts, item: NetworkOnPart) -> tuple[float, str] | None:
    """Time to copy a batch's inputs, and the way they take; None where the rate is unknown.

    Within one memory each byte is read and written; over a link it passes once.
    """
    if facts.estimator is None or facts.option is None:
        return None
    workload = facts.estimator.workloads[item.model]
    size = sum(storage_bytes(tensor.dtype, tensor.elements) for tensor in workload.inputs.values())
    size_bytes = size * facts.option.batch / workload.batch
    device = facts.option.part
    moved = format_quantity(size_bytes, "bytes", 3)
    if device.memory.shared:
        rate = device.memory.bandwidth_bytes_per_s[facts.option.mode].value
        within = message("evidence.copy_within", size=moved, rate=format_quantity(rate, "bytes_per_s", 3))
        return 2 * size_bytes / rate, within
    if device.host_link is None:
        return None
    rate = device.host_link.bandwidth_bytes_per_s.value
    over = message("evidence.copy_over", size=moved, rate=format_quantity(rate, "bytes_per_s", 3))
    return size_bytes / rate, over


def _fallback(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Kernels that the unit cannot run, so that every inference crosses to another unit and back."""
    option = facts.option
    if option is None:
        return
    costs = read_engine(option.engine).units.get(option.compute_unit.kind)
    runs = frozenset(costs.operators or ()) if costs else frozenset()
    for item in facts.networks if runs else ():
        lost = [layer for layer in item.estimate.layers if not runs.issuperset(layer.op_types)]
        if lost:
            kinds = sorted({op for layer in lost for op in layer.op_types} - runs)
            shown = ", ".join(kinds[:5]) + (", ..." if len(kinds) > 5 else "")
            yield Finding(
                f"streams.{item.model}",
                message(
                    "evidence.fallback",
                    lost=len(lost),
                    kernels=len(item.estimate.layers),
                    model=item.estimate.model,
                    unit=option.unit,
                    device=option.device_name,
                    types=shown,
                ),
            )


def _first_run(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A service whose first inference outlasts its service level, at every start."""
    for where, item, toolchain in facts.toolchains():
        if toolchain.engine_built != "at_start" or toolchain.first_run_s is None:
            continue
        streams = [stream for stream in facts.scenario.streams if stream.model == item.model]
        slo_s = min(stream.slo.latency_s for stream in streams)
        if toolchain.first_run_s > rule.thresholds["slos"] * slo_s:
            waiting = toolchain.first_run_s * sum(stream.count * stream.rate_per_s for stream in streams)
            devices = facts.option.count if facts.option else 1
            yield Finding(
                f"{where}.engine_built",
                message(
                    "evidence.first_run",
                    first=time_text(toolchain.first_run_s),
                    times=f"{toolchain.first_run_s / slo_s:,.0f}",
                    asked=time_text(slo_s),
                    missed=f"{waiting:,.0f}",
                    devices=devices,
                    each=f"{waiting / devices:,.0f}",
                ),
            )


def _dynamic_axes(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Extents that change at run time, where kernels were chosen for one."""
    for where, item, toolchain in facts.toolchains():
        if toolchain.dynamic_axes:
            planned_s = item.planned_latency_s(facts.scenario.planning.plan_for)
            yield Finding(
                f"{where}.dynamic_axes",
                message("evidence.dynamic_axes", model=item.estimate.model, planned=time_text(planned_s)),
            )


def _launches(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A network of so many small kernels that starting them takes longer than running them."""
    for item in facts.networks:
        launching_s = sum(layer.time.overhead_s for layer in item.estimate.layers)
        share = launching_s / item.estimate.latency_s.mid
        if share >= rule.thresholds["share"]:
            yield Finding(
                f"streams.{item.model}",
                message(
                    "evidence.launches",
                    model=item.estimate.model,
                    share=format_percent(share),
                    latency=time_text(item.estimate.latency_s.mid),
                    kernels=len(item.estimate.layers),
                ),
            )


CHECKS: Mapping[str, Check] = {
    "copies": _copies,
    "fallback": _fallback,
    "first-run": _first_run,
    "dynamic-axes": _dynamic_axes,
    "launches": _launches,
}
