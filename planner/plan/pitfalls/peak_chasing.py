"""Buying operations per second that the network cannot use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.hardware.catalog import read_device
from planner.plan.options.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, rack_text
from planner.schema.hardware.device import ByMode, ComputeUnit, Device, Precision
from planner.schema.hardware.pitfall import PitfallRule
from planner.units import format_percent, format_quantity
from planner.wording.message import message


def _label(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """The peak that the plan was drawn up with against the dense peak of one unit."""
    for device_id, counted_on in facts.scenario.candidates.labels_ops_per_s.items():
        device = read_device(device_id)
        unit_id, best = _best_dense(device, [*facts.scenario.candidates.precisions])
        if counted_on > rule.thresholds["over"] * best:
            yield Finding(
                f"candidates.labels.{device_id}",
                message(
                    "evidence.label",
                    counted=format_quantity(counted_on, "ops_per_s"),
                    unit=unit_id,
                    device=device_id,
                    best=format_quantity(best, "ops_per_s", 3),
                    made=_made_of(device),
                ),
            )


def _best_dense(device: Device, precisions: list[Precision]) -> tuple[str, float]:
    peaks = {
        unit_id: max(number.value for by_mode in _asked(unit, precisions) for number in by_mode.values())
        for unit_id, unit in device.units.items()
        if _asked(unit, precisions)
    }
    if not peaks:
        unit_id = next(iter(device.units))
        by_precision = device.units[unit_id].peaks_ops_per_s.values()
        return unit_id, max(number.value for by_mode in by_precision for number in by_mode.values())
    unit_id = max(peaks, key=lambda name: peaks[name])
    return unit_id, peaks[unit_id]


def _asked(unit: ComputeUnit, precisions: list[Precision]) -> list[ByMode]:
    effective = {unit.fallback.get(precision, precision) for precision in precisions}
    return [by_mode for precision, by_mode in unit.peaks_ops_per_s.items() if precision in effective]


def _made_of(device: Device) -> str:
    """What the headline on the box adds up."""
    label = device.label
    if label is None:
        return ""
    parts = " + ".join(f"{count} {unit}" for unit, count in label.units.items())
    kind = message("evidence.sparsity" if label.sparse else "evidence.dense")
    headline = format_quantity(label.headline_ops_per_s.value, "ops_per_s")
    return message("evidence.made_of", headline=headline, parts=parts, kind=kind)


def _memory_bound(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A part that somebody chose, whose arithmetic waits for memory most of the time."""
    option = facts.option
    if option is None or not facts.given:
        return
    slowest = option.slowest.estimate
    share, peak = _memory_share(option), _peak_of(option)
    if share < rule.thresholds["memory_share"]:
        return
    reached = 2 * sum(layer.macs for layer in slowest.layers) / slowest.latency_s.mid
    leaner, carried = _with_less_peak(facts, option, rule.thresholds["less_peak"]), ""
    if leaner is not None:
        less = format_percent(_of_device(leaner) / _of_device(option))
        carried = message("evidence.leaner", rack=rack_text(leaner), less=less)
    text = message(
        "evidence.memory_bound",
        model=slowest.model,
        share=format_percent(share),
        reached=format_percent(reached / peak, 1),
        peak=format_quantity(peak, "ops_per_s", 3),
        device=option.device_name,
        leaner=carried,
    )
    yield Finding("deployment.device", text)


def _memory_share(option: Option) -> float:
    """Share of the slowest network's ideal time in layers whose traffic outlasts their arithmetic."""
    bandwidth = option.part.memory.bandwidth_bytes_per_s[option.mode].value
    peak = _peak_of(option)
    # Under a roofline (Williams et al. 2009) a layer ideally takes the longer of its arithmetic and its
    # traffic.
    times = [(2 * layer.macs / peak, layer.bytes / bandwidth) for layer in option.slowest.estimate.layers]
    waiting_s = sum(memory_s for compute_s, memory_s in times if memory_s > compute_s)
    return waiting_s / sum(max(pair) for pair in times)


def _with_less_peak(facts: PlanFacts, option: Option, less: float) -> Option | None:
    """The best other option with much less peak a device, that does not cost more."""
    for other in facts.others:
        known = other.cost.total is not None and option.cost.total is not None
        cheaper = known and (other.cost.total or 0.0) <= (option.cost.total or 0.0)
        if other.device != option.device and cheaper and _of_device(other) <= less * _of_device(option):
            return other
    return None


def _of_device(option: Option) -> float:
    """Peak of all instances of the unit that serve in one device."""
    return option.instances * _peak_of(option)


def _peak_of(option: Option) -> float:
    """Peak of one instance of the unit."""
    unit = option.compute_unit
    return unit.peaks_ops_per_s[Precision(option.precision)][option.mode].value


def _precision(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A precision that the part lacks and falls back from."""
    option, scenario = facts.option, facts.scenario
    if option is None:
        return
    given = scenario.deployment.precision if scenario.deployment else None
    asked = {given} if given else set(scenario.candidates.precisions)
    if Precision(option.precision) in asked:
        return
    has = option.compute_unit.peaks_ops_per_s
    slowest = option.slowest
    yield Finding(
        "deployment.precision" if given else "candidates.precisions",
        message(
            "evidence.precision",
            items=tuple(sorted(asked)),
            device=option.device_name,
            precision=str(option.precision),
            unit=option.unit,
            has=message("text.items", items=tuple(sorted(has))),
            model=slowest.estimate.model,
            planned=option.planning_text,
        ),
    )


def _sparse(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Two-of-four pruning for a unit that has no kernels for it."""
    option = facts.option
    if option is None:
        return
    unit = option.compute_unit
    if Precision(option.precision) in unit.sparse_peaks_ops_per_s:
        return
    for where, compression in facts.compressions():
        if compression.pruning is not None and compression.pruning.pattern == "two_of_four":
            yield Finding(
                f"{where}.pruning.pattern",
                message(
                    "evidence.sparse",
                    unit=option.unit,
                    device=option.device_name,
                    precision=str(option.precision),
                    planned=option.planning_text,
                ),
            )


CHECKS: Mapping[str, Check] = {
    "label": _label,
    "memory-bound": _memory_bound,
    "precision": _precision,
    "sparse": _sparse,
}
