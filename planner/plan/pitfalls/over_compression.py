"""Compression without a look at each layer, or beyond what accuracy data support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, time_text
from planner.schema.network_facts import Accuracy, Compression
from planner.schema.pitfall import Rule
from planner.units import format_percent

_FEW_BITS = {"int8": 8, "fp8": 8, "int4": 4, "fp4": 4}


def _unchecked(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
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
                f"{item.estimate.model} runs in {_FEW_BITS[option.precision]} bits on {option.device}, and "
                f"nothing says what accuracy is left: the planned {time_text(planned_s)} a batch rest on it",
            )


def _accuracy(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Accuracy below what the task takes."""
    for where, accuracy in _accuracies(facts):
        if accuracy.compressed_ratio < accuracy.least_ratio:
            short = (accuracy.least_ratio - accuracy.compressed_ratio) * 100
            yield Finding(
                f"{where}.accuracy",
                f"{_percent(accuracy.full_ratio)} before and {_percent(accuracy.compressed_ratio)} after "
                f"compression, {short:.1f} points under the {_percent(accuracy.least_ratio)} that the task "
                "takes",
            )


def _loss(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """More accuracy lost than eight bits alone usually cost, though it may still be enough."""
    for where, accuracy in _accuracies(facts):
        lost = accuracy.full_ratio - accuracy.compressed_ratio
        if accuracy.compressed_ratio >= accuracy.least_ratio and lost > rule.thresholds["lost"]:
            yield Finding(
                f"{where}.accuracy",
                f"compression costs {lost * 100:.1f} points ({_percent(accuracy.full_ratio)} to "
                f"{_percent(accuracy.compressed_ratio)}); eight bits alone cost "
                f"{rule.thresholds['lost'] * 100:.1f} or less in the published cases",
            )


def _accuracies(facts: PlanFacts) -> Iterator[tuple[str, Accuracy]]:
    for where, compression in facts.compressions():
        if compression.accuracy is not None:
            yield where, compression.accuracy


def _per_layer(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Compression beyond eight bits that was only looked at as a whole."""
    for where, compression in facts.compressions():
        bits = compression.activation_bits
        strong = compression.pruning is not None or (bits is not None and bits < 8)
        if strong and not compression.checked_per_layer:
            yield Finding(
                f"{where}.checked_per_layer",
                f"{_made_smaller(compression)}, and no layer was looked at alone",
            )


def _made_smaller(compression: Compression) -> str:
    parts = []
    if compression.pruning is not None:
        parts.append(f"{format_percent(compression.pruning.pruned_ratio)} of the weights are pruned")
    if compression.activation_bits is not None and compression.activation_bits < 8:
        parts.append(f"activations have {compression.activation_bits} bits")
    return " and ".join(parts)


def _unstructured(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """Speed expected of zeros that dense hardware computes as well."""
    for where, compression in facts.compressions():
        pruning = compression.pruning
        if pruning is None or pruning.pattern != "unstructured":
            continue
        claimed = pruning.claimed_speedup_ratio
        if claimed is not None and claimed > rule.thresholds["speedup"]:
            predicted = f"; {facts.option.planning_text} with or without them" if facts.option else ""
            yield Finding(
                f"{where}.pruning",
                f"{format_percent(pruning.pruned_ratio)} of single weights are zero and {claimed:.3g} "
                "times the "
                f"speed is expected; a dense unit multiplies the zeros too, which is 1.0 times{predicted}",
            )


def _one_rate(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """The same pruning rate for layers that bear very different ones."""
    for where, compression in facts.compressions():
        pruning = compression.pruning
        if pruning and pruning.one_rate and pruning.pruned_ratio >= rule.thresholds["pruned"]:
            yield Finding(
                f"{where}.pruning.one_rate",
                f"every layer loses {format_percent(pruning.pruned_ratio)} of its weights, the first and the "
                "narrowest too",
            )


def _first_layers(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """First layers pruned hard: what they lose, no later layer brings back."""
    for where, compression in facts.compressions():
        share = compression.pruning.first_layers_ratio if compression.pruning else None
        if share is not None and share >= rule.thresholds["pruned"]:
            yield Finding(
                f"{where}.pruning.first_layers",
                f"{format_percent(share)} of the first layers' weights are pruned",
            )


def _activations(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:
    """Activations in so few bits that their outliers are lost."""
    for where, compression in facts.compressions():
        bits = compression.activation_bits
        if bits is not None and bits <= rule.thresholds["bits"]:
            yield Finding(f"{where}.activation_bits", f"activations have {bits} bits, {2**bits} values each")


def _distilled(facts: PlanFacts, rule: Rule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A small network taught by outputs alone."""
    for where, compression in facts.compressions():
        if compression.distilled == "outputs":
            yield Finding(f"{where}.distilled", "the network was taught by the large one's outputs alone")


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
