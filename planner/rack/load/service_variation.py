"""The numbers that both engines draw service times with, for each unit and network of a rack."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.formulas import formula
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Replayed, Variation


@dataclass(frozen=True, slots=True)
class Weights:
    """One service's process: log factor = sum of weight * state, less `shift`; `keeps` and `takes` are those
    of each state's step, x = keeps * x + takes * normal, which leaves its variance at one. An outlier is
    `outlier` * exp(`outlier_spread` * normal) times as long.
    """

    slow_weight: float
    slow_keeps: float
    slow_takes: float
    fast_weight: float
    fast_keeps: float
    fast_takes: float
    noise_weight: float
    shift: float
    outlier_enters: float
    outlier_stays: float
    outlier: float
    outlier_spread: float
    shared_weight: float
    shared_keeps: float
    shared_takes: float


@formula("service_variation")
def weights_of(given: Variation, units: int = 1) -> Weights:
    """The weights of a process whose factor has mean one, on a device of so many units.

    The mean of a log-normal factor is exp(sigma^2 / 2), times what outliers add; both are taken out. What
    units share makes a step with each batch of any of them: as many steps are one of a unit's own.
    """
    sigma, spread = given.sigma, math.sqrt(math.log1p(given.outlier_cv**2))
    shared_keeps = given.shared_correlation ** (1.0 / units)
    return Weights(
        slow_weight=sigma * math.sqrt(given.slow_share),
        slow_keeps=given.slow_correlation,
        slow_takes=math.sqrt(1.0 - given.slow_correlation**2),
        fast_weight=sigma * math.sqrt(given.fast_share),
        fast_keeps=given.fast_correlation,
        fast_takes=math.sqrt(1.0 - given.fast_correlation**2),
        noise_weight=sigma * math.sqrt(given.noise_share),
        shift=sigma**2 / 2 + math.log(given.outlier_mean),
        outlier_enters=given.outlier_enters,
        outlier_stays=given.outlier_stays,
        outlier=given.outlier_ratio * math.exp(-(spread**2) / 2),
        outlier_spread=spread,
        shared_weight=sigma * math.sqrt(given.shared_share),
        shared_keeps=shared_keeps,
        shared_takes=math.sqrt(1.0 - shared_keeps**2),
    )


def variations(rack: Rack, networks: tuple[str, ...]) -> list[list[Variation | Replayed | None]]:
    """What each network's service times do on each unit of a device; None where they do not scatter."""
    rows: list[list[Variation | Replayed | None]] = []
    for unit in rack.device.units:
        services = [unit.service(network) for network in networks]
        rows.append([service.variation if service is not None else None for service in services])
    return rows
