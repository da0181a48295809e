"""Compression without a look at each layer, or beyond what accuracy data support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, time_text
from planner.schema.hardware.pitfall import PitfallRule
from planner.schema.scenario.network_facts import AccuracySpec, Compression
from planner.units import format_number, format_percent
from planner.wording.message import message

_FEW_BITS = {"int8": 8, "fp8": 8, "int4": 4, "fp4": 4}


def _unchecked(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A plan in eight bits or fewer of a network whose accuracy in them nobody stated."""
    option = facts.option
    if option is None or option.precision not in _FEW_BITS:
        return
    for item in facts.networks:
        known = facts.scenario.networks.get(item.model)
        if known is None or known.compression is None or known.compression.accuracy is None:
            planned_s = item.planned_latency_s(option.plan_for)
            yield Finding(
                f"networks.{item.model}.compression.accuracy",
                message(
                    "evidence.unchecked",
                    model=item.estimate.model,
                    bits=_FEW_BITS[option.precision],
                    device=option.device_name,
                    planned=time_text(planned_s),
                ),
            )


def _accuracy(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Accuracy below what the task takes."""
    for where, accuracy in _accuracies(facts):
        if accuracy.compressed_ratio < accuracy.least_ratio:
            short = (accuracy.least_ratio - accuracy.compressed_ratio) * 100
            yield Finding(
                f"{where}.accuracy",
                message(
                    "evidence.accuracy",
                    before=_percent(accuracy.full_ratio),
                    after=_percent(accuracy.compressed_ratio),
                    short=f"{short:.1f}",
                    least=_percent(accuracy.least_ratio),
                ),
            )


def _loss(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """More accuracy lost than eight bits alone usually cost, though it may still be enough."""
    for where, accuracy in _accuracies(facts):
        lost = accuracy.full_ratio - accuracy.compressed_ratio
        if accuracy.compressed_ratio >= accuracy.least_ratio and lost > rule.thresholds["lost"]:
            yield Finding(
                f"{where}.accuracy",
                message(
                    "evidence.loss",
                    lost=f"{lost * 100:.1f}",
                    before=_percent(accuracy.full_ratio),
                    after=_percent(accuracy.compressed_ratio),
                    usual=f"{rule.thresholds['lost'] * 100:.1f}",
                ),
            )


def _accuracies(facts: PlanFacts) -> Iterator[tuple[str, AccuracySpec]]:
    for where, compression in facts.compressions():
        if compression.accuracy is not None:
            yield where, compression.accuracy


def _per_layer(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Compression beyond eight bits that was only looked at as a whole."""
    for where, compression in facts.compressions():
        bits = compression.activation_bits
        strong = compression.pruning is not None or (bits is not None and bits < 8)
        if strong and not compression.checked_per_layer:
            yield Finding(
                f"{where}.checked_per_layer",
                message("evidence.per_layer", both=_made_smaller(compression)),
            )


def _made_smaller(compression: Compression) -> tuple[str, ...]:
    parts = []
    if compression.pruning is not None:
        share = format_percent(compression.pruning.pruned_ratio)
        parts.append(message("evidence.weights_pruned", share=share))
    if compression.activation_bits is not None and compression.activation_bits < 8:
        parts.append(message("evidence.few_bits", bits=compression.activation_bits))
    return tuple(parts)


def _unstructured(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Speed expected of zeros that dense hardware computes as well."""
    for where, compression in facts.compressions():
        pruning = compression.pruning
        if pruning is None or pruning.pattern != "unstructured":
            continue
        claimed = pruning.claimed_speedup_ratio
        if claimed is not None and claimed > rule.thresholds["speedup"]:
            option = facts.option
            either = message("evidence.either_way", planned=option.planning_text) if option else ""
            yield Finding(
                f"{where}.pruning",
                message(
                    "evidence.unstructured",
                    share=format_percent(pruning.pruned_ratio),
                    claimed=format_number(claimed, 3),
                    either=either,
                ),
            )


def _one_rate(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """The same pruning rate for layers that bear very different ones."""
    for where, compression in facts.compressions():
        pruning = compression.pruning
        if pruning and pruning.one_rate and pruning.pruned_ratio >= rule.thresholds["pruned"]:
            yield Finding(
                f"{where}.pruning.one_rate",
                message("evidence.one_rate", share=format_percent(pruning.pruned_ratio)),
            )


def _first_layers(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """First layers pruned hard: what they lose, no later layer brings back."""
    for where, compression in facts.compressions():
        share = compression.pruning.first_layers_ratio if compression.pruning else None
        if share is not None and share >= rule.thresholds["pruned"]:
            yield Finding(
                f"{where}.pruning.first_layers",
                message("evidence.first_layers", share=format_percent(share)),
            )


def _activations(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Activations in so few bits that their outliers are lost."""
    for where, compression in facts.compressions():
        bits = compression.activation_bits
        if bits is not None and bits <= rule.thresholds["bits"]:
            text = message("evidence.activations", bits=bits, number=2**bits)
            yield Finding(f"{where}.activation_bits", text)


def _distilled(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A small network taught by outputs alone."""
    for where, compression in facts.compressions():
        if compression.distilled == "outputs":
            yield Finding(f"{where}.distilled", message("evidence.distilled"))


def _percent(ratio: float) -> str:
    return format_percent(ratio, 1)


CHECKS: Mapping[str, Check] = {
    "unchecked": _unchecked,
    "accuracy": _accuracy,
    "loss": _loss,
    "per-layer": _per_layer,
    "unstructured": _unstructured,
    "one-rate": _one_rate,
    "first-layers": _first_layers,
    "activations": _activations,
    "distilled": _distilled,
}
