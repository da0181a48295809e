"""Reported figures of networks on parts, beside what is predicted for them.

A latency above the predicted one is read two ways: the network itself was slower, or the rest is work around
it during which the unit idles. By the second interpretation the mean power at the reported rate lies between
idle and serving. A ladder of precisions is read as a fixed time that no precision shortens plus a multiple of
the predicted ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import InputError, Problem
from planner.latency.band import Band
from planner.schema.record.commands.simulate import ClaimRecord, ClaimsRecord
from planner.schema.scenario.claims import Claim
from planner.schema.scenario.scenario import Scenario

if TYPE_CHECKING:
    from planner.latency.result import Estimate


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """One figure as reported and as predicted."""

    quantity: str
    reported: float
    predicted: Band

    @property
    def inside(self) -> bool:
        """Whether the reported figure lies within the band."""
        return self.predicted.low <= self.reported <= self.predicted.high

    @property
    def ratio(self) -> float:
        """Reported over the middle of the band."""
        return self.reported / self.predicted.mid


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """All figures of one claim."""

    claim: Claim
    estimate: Estimate
    figures: tuple[ReportedFigure, ...]
    around_s: float | None
    """Reported latency less the predicted one: work around the network, if that is how it was measured."""
    mean_power_w: Band | None
    """Predicted mean at the reported rate, the unit idle during the work around."""

    @property
    def settled(self) -> bool:
        """Whether every figure lies within its band, or the claim says why not."""
        return bool(self.claim.explained) or all(figure.inside for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Reported figures of one network in several precisions as fixed + factor x predicted."""

    name: str
    device: str
    quantity: str
    fixed: float
    factor: float
    worst_error: float
    """Largest relative distance between reported and fitted."""


def claim_answers(scenario: Scenario) -> tuple[ClaimAnswer, ...]:
    """Each claim of the scenario beside its prediction; `InputError` for one that cannot be predicted."""
    return tuple(_answer(scenario, i, claim) for i, claim in enumerate(scenario.claims))


def _answer(scenario: Scenario, index: int, claim: Claim) -> ClaimAnswer:
    from planner.hardware.catalog import read_device
    from planner.hardware.link.of_part import linked
    from planner.latency.estimate import estimate
    from planner.zoo.source import read_model

    try:
        found = estimate(
            read_model(claim.model, batch=claim.batch),
            linked(read_device(claim.device), scenario.link_of(claim.device)),
            unit=claim.unit,
            mode=claim.mode,
            precision=claim.precision,
            engine=claim.engine,
        )
    except InputError as error:
        first = error.problems[0]
        problem = Problem(f"claims[{index}]", first.expected, first.got, first.advice)
        raise InputError("scenario", [problem]) from error
    around_s = claim.latency_s - found.latency_s.mid if claim.latency_s is not None else None
    mean_w = _mean_power_w(claim, found)
    figures = tuple(_figures(claim, found, mean_w))
    return ClaimAnswer(claim, found, figures, around_s, mean_w)


def _figures(claim: Claim, found: Estimate, mean_w: Band | None) -> list[ReportedFigure]:
    figures = []
    if claim.latency_s is not None:
        figures.append(ReportedFigure("latency_s", claim.latency_s, found.latency_s))
    if claim.power_w is not None:
        figures.append(ReportedFigure("power_w", claim.power_w, mean_w or found.power_w))
    if claim.memory_bytes is not None:
        need = found.memory.total_bytes
        figures.append(ReportedFigure("memory_bytes", claim.memory_bytes, Band(need, need, need)))
    if claim.bandwidth_bytes_per_s is not None:
        moved = sum(layer.bytes for layer in found.layers)
        latency = found.latency_s if claim.latency_s is None else Band(*(claim.latency_s,) * 3)
        band = Band(moved / latency.high, moved / latency.mid, moved / latency.low)
        figures.append(ReportedFigure("bandwidth_bytes_per_s", claim.bandwidth_bytes_per_s, band))
    return figures


def _mean_power_w(claim: Claim, found: Estimate) -> Band | None:
    """Power at the reported rate: busy for the predicted share of the reported latency, idle for the rest."""
    from planner.latency.power.draw import average_power_w

    if claim.latency_s is None or claim.power_w is None or claim.latency_s <= found.latency_s.mid:
        return None
    power, latency = found.power_w, found.latency_s
    busy = [min(1.0, end / claim.latency_s) for end in (latency.low, latency.mid, latency.high)]
    ends = zip((power.low, power.mid, power.high), busy, strict=True)
    low, mid, high = (average_power_w(found.idle_w, watts, share) for watts, share in ends)
    return Band(min(low, mid), mid, high, found.power_w.level)


def ladders(answers: Sequence[ClaimAnswer]) -> tuple[Ladder, ...]:
    """Fixed part and factor of every network on a part of which three figures or more were reported."""
    groups: dict[tuple[str, str, str], list[ReportedFigure]] = defaultdict(list)
    for answer in answers:
        for figure in answer.figures:
            groups[answer.claim.name, answer.claim.device, figure.quantity].append(figure)
    return tuple(
        _ladder(name, device, quantity, figures)
        for (name, device, quantity), figures in groups.items()
        if len(figures) >= 3
    )


def _ladder(name: str, device: str, quantity: str, figures: Sequence[ReportedFigure]) -> Ladder:
    from scipy.optimize import nnls

    reported = np.array([figure.reported for figure in figures])
    predicted = np.array([figure.predicted.mid for figure in figures])
    # Least squares of relative errors, with neither a fixed part nor a factor below zero.
    terms = np.column_stack([np.ones(len(reported)), predicted]) / reported[:, None]
    (fixed, factor), _ = nnls(terms, np.ones(len(reported)))
    errors = np.abs((fixed + factor * predicted) / reported - 1.0)
    return Ladder(name, device, quantity, float(fixed), float(factor), float(errors.max()))


def claims_record(scenario: Scenario) -> ClaimsRecord:
    """What `planner simulate` adds to its JSON where there are claims: keys `claims` and `ladders`."""
    answers = claim_answers(scenario)
    if not answers:
        return {}
    return {
        "claims": [_record(answer) for answer in answers],
        "ladders": [
            {
                "name": item.name,
                "device": item.device,
                "quantity": item.quantity,
                "fixed": item.fixed,
                "factor": item.factor,
                "worst_error": item.worst_error,
            }
            for item in ladders(answers)
        ],
    }


def _record(answer: ClaimAnswer) -> ClaimRecord:
    found = answer.estimate
    return {
        "name": answer.claim.name,
        "model": found.model,
        "device": found.device,
        "mode": found.mode,
        "precision": found.precision.value,
        "figures": [
            {
                "quantity": figure.quantity,
                "told": figure.reported,
                "predicted": {
                    "low": figure.predicted.low,
                    "mid": figure.predicted.mid,
                    "high": figure.predicted.high,
                    "level": figure.predicted.level,
                },
                "inside": figure.inside,
                "ratio": figure.ratio,
            }
            for figure in answer.figures
        ],
        "around_s": answer.around_s,
        "explained": answer.claim.explained,
        "settled": answer.settled,
    }
