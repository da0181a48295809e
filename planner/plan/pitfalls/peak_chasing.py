"""Buying operations per second that the network cannot use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.hardware.catalog import read_device
from planner.plan.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, rack_text
from planner.schema.device import ByMode, ComputeUnit, Device, Precision
from planner.schema.pitfall import Rule
from planner.units import format_percent, format_quantity


def _label(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """The peak that the plan was drawn up with against the dense peak of one unit."""
    for device_id, counted_on in facts.scenario.candidates.labels_ops_per_s.items():
        device = read_device(device_id)
        unit_id, best = _best_dense(device, [*facts.scenario.candidates.precisions])
        if counted_on > rule.thresholds["over"] * best:
            yield Finding(
                f"candidates.labels.{device_id}",
                f"{format_quantity(counted_on, 'ops_per_s')} is counted on; the {unit_id} of {device_id}, "
                "one of "
                f"which runs a network, computes {format_quantity(best, 'ops_per_s', 3)} dense at the "
                "precisions "
                f"asked for in its fastest mode{_made_of(device)}",
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
    kind = "with 2:4 sparsity" if label.sparse else "dense"
    return f"; its label of {format_quantity(label.headline_ops_per_s.value, 'ops_per_s')} is {parts}, {kind}"


def _memory_bound(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """A part that somebody chose, whose arithmetic waits for memory most of the time."""
    option = facts.option
    if option is None or not facts.given:
        return
    slowest = option.slowest.estimate
    share, peak = _memory_share(option), _peak_of(option)
    if share < rule.thresholds["memory_share"]:
        return
    reached = 2 * sum(layer.macs for layer in slowest.layers) / slowest.latency_s.mid
    text = (
        f"at datasheet rates {slowest.model} waits for memory {format_percent(share)} of its time; it "
        f"reaches {format_percent(reached / peak, 1)} of the {format_quantity(peak, 'ops_per_s', 3)} of "
        f"{option.device}"
    )
    leaner = _with_less_peak(facts, option, rule.thresholds["less_peak"])
    if leaner is not None:
        less = format_percent(_peak_of(leaner) / peak)
        text += f"; {rack_text(leaner)} carry the same load with {less} of that peak"
    yield Finding("deployment.device", text)


def _memory_share(option: Option) -> float:
    """Share of the slowest network's ideal time in layers whose traffic outlasts their arithmetic."""
    bandwidth = read_device(option.device).memory.bandwidth_bytes_per_s[option.mode].value
    peak = _peak_of(option)
    times = [(2 * layer.macs / peak, layer.bytes / bandwidth) for layer in option.slowest.estimate.layers]
    waiting_s = sum(memory_s for compute_s, memory_s in times if memory_s > compute_s)
    return waiting_s / sum(max(pair) for pair in times)


def _with_less_peak(facts: PlanFacts, option: Option, less: float) -> Option | None:
    """The best other option with much less peak a device, that does not cost more."""
    for other in facts.others:
        known = other.cost.total is not None and option.cost.total is not None
        cheaper = known and (other.cost.total or 0.0) <= (option.cost.total or 0.0)
        if other.device != option.device and cheaper and _peak_of(other) <= less * _peak_of(option):
            return other
    return None


def _peak_of(option: Option) -> float:
    unit = read_device(option.device).units[option.unit]
    return unit.peaks_ops_per_s[Precision(option.precision)][option.mode].value


def _precision(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A precision that the part lacks and falls back from."""
    option, scenario = facts.option, facts.scenario
    if option is None:
        return
    given = scenario.deployment.precision if scenario.deployment else None
    asked = {given} if given else set(scenario.candidates.precisions)
    if Precision(option.precision) in asked:
        return
    names = ", ".join(sorted(asked))
    has = ", ".join(sorted(read_device(option.device).units[option.unit].peaks_ops_per_s))
    slowest = option.slowest
    yield Finding(
        "deployment.precision" if given else "candidates.precisions",
        f"{names} is asked for and {option.device} runs {option.precision}: its {option.unit} computes "
        f"{has}; "
        f"{slowest.estimate.model} takes {option.planning_text} there",
    )


def _sparse(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Two-of-four pruning for a unit that has no kernels for it."""
    option = facts.option
    if option is None:
        return
    unit = read_device(option.device).units[option.unit]
    if Precision(option.precision) in unit.sparse_peaks_ops_per_s:
        return
    for where, compression in facts.compressions():
        if compression.pruning is not None and compression.pruning.pattern == "two_of_four":
            yield Finding(
                f"{where}.pruning.pattern",
                f"two of four weights are zero, and no sparse peak is known of the {option.unit} of "
                f"{option.device} "
                f"at {option.precision}: it computes the zeros, {option.planning_text}",
            )


CHECKS: Mapping[str, Check] = {
    "label": _label,
    "memory-bound": _memory_bound,
    "precision": _precision,
    "sparse": _sparse,
}
