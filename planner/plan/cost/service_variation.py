"""Service variation as one input of a cost: scatter, correlation and outliers together, at its two ends.

More scatter that lasts longer makes longer queues, and so may take more devices for the same promise. How
many is simulated, at each end with all else as planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.errors import InputError
from planner.latency.band import Band
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.sizing.search import Search
from planner.rack.description.device import Service
from planner.rack.description.variation import Variation
from planner.schema.scenario.scenario import Scenario

SPREAD: Mapping[str, float] = {"measured": 0.4, "stated": 0.4, "prior": 0.6}
"""How far scatter and outliers may be off either way.

Of 22 served runs of one machine (docs/reality.md) nine in ten lie within 40 % of their middle; what nobody
has measured is taken to be worse known (assumed).
"""
_HIGHEST = 1.0 - 1e-6


def variation_at(given: Variation, factor: float) -> Variation:
    """The process with its scatter and its share of outliers times a factor, and memory moved with them.

    Memory of a correlation r per batch lasts 1 / (1 - r) batches, to first order: that is what is multiplied.
    """

    def longer(memory: float) -> float:
        return min(_HIGHEST, max(0.0, 1.0 - (1.0 - memory) / factor)) if memory > 0 else 0.0

    # A share of outliers and how they follow each other have to go together: the latter is left.
    share = given.outlier_share * factor
    stays = given.outlier_next
    if stays is not None and share * (1.0 - stays) > 1.0 - share:
        share = given.outlier_share
    return replace(
        given,
        cv=given.cv * factor,
        slow_correlation=longer(given.slow_correlation),
        fast_correlation=longer(given.fast_correlation),
        shared_correlation=longer(given.shared_correlation),
        outlier_share=min(share, 0.5),
    )


def band_of(services: tuple[Service, ...], kind: str) -> Band | None:
    """Coefficient of variation of the service that scatters most, without outliers; None where none does."""
    most = max((item.variation.cv for item in services if isinstance(item.variation, Variation)), default=0.0)
    spread = SPREAD[kind]
    return Band(most * (1 - spread), most, most * (1 + spread)) if most > 0 else None


def at_end(services: tuple[Service, ...], factor: float) -> tuple[Service, ...]:
    """Services that scatter as many times as much."""
    return tuple(
        replace(item, variation=variation_at(item.variation, factor))
        if isinstance(item.variation, Variation)
        else item
        for item in services
    )


def least_devices(scenario: Scenario, estimator: Estimator, start: Option) -> int | None:
    """The least devices that keep the promises, from those of the closed form on; None where none do."""
    try:
        return Search(scenario, estimator).least(start).chosen.option.count
    except InputError:
        return None
