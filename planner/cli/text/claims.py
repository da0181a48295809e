"""Reported figures of networks on parts, beside what is predicted, as lines on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner import api
from planner.cli.text.numbers import band, quantity
from planner.units import format_number

if TYPE_CHECKING:
    from planner.schema.scenario.scenario import Scenario

_DIMENSIONS = {
    "latency_s": "s",
    "power_w": "w",
    "memory_bytes": "bytes",
    "bandwidth_bytes_per_s": "bytes_per_s",
}
_NAMES = {
    "latency_s": "latency",
    "power_w": "power",
    "memory_bytes": "memory",
    "bandwidth_bytes_per_s": "bandwidth",
}


def claim_lines(scenario: Scenario) -> Iterator[str]:
    """One line a figure, why it may be off, and the ladders."""
    claims = api.claims(scenario)
    if claims.answers:
        yield "reported, and predicted:"
    for answer in claims.answers:
        found = answer.estimate
        yield f"  {answer.claim.name}: {found.model}, {found.device} {found.mode}, {found.precision}"
        for figure in answer.figures:
            dimension, predicted = _DIMENSIONS[figure.quantity], figure.predicted
            verdict = (
                "inside" if figure.inside else f"outside, {format_number(figure.ratio, 2)} times the middle"
            )
            known = predicted.low == predicted.high
            text = (
                quantity(predicted.mid, dimension)
                if known
                else band(predicted.low, predicted.mid, predicted.high, dimension)
            )
            reported = quantity(figure.reported, dimension)
            yield f"    {_NAMES[figure.quantity]} {reported}, predicted {text}: {verdict}"
        if answer.claim.explained:
            yield f"    {' '.join(answer.claim.explained.split())}"
    for item in claims.ladders:
        dimension = _DIMENSIONS[item.quantity]
        yield (
            f"  {item.name}: the reported {_NAMES[item.quantity]} is {quantity(item.fixed, dimension)} and "
            f"{format_number(item.factor, 3)} times the predicted, off by "
            f"{item.worst_error * 100:.0f} % at most"
        )
