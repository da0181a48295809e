"""Fitting a transferred model: the twin of `planner.latency.transfer.model`, with the same parameters.

Least squares of log(predicted / measured) with a soft-L1 loss, so that a bad row does not steer, and priors
as further residuals, so that what the rows do not tell stays where physics puts it. Parameters are fitted as
logarithms: all are above zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from planner.calibration.transfer.observations import Observation
from planner.latency.transfer.facts import VECTOR_LANES, assumed_cache_bytes, ops_per_joule
from planner.latency.transfer.kernels import Column, KernelTable, stacked
from planner.latency.transfer.model import UnitFacts, kernel_times
from planner.latency.transfer.scope import FACTORS, applies, setting_of
from planner.schema.fitted.transfer import ScopedParameter, Transfer

NOISE = 0.12
"""Standard deviation of the logarithm of a published latency from run to run and publisher to publisher."""


@dataclass(frozen=True, slots=True)
class ObservationColumns:
    """Observations as arrays: kernels under each other, and where each network begins."""

    table: KernelTable
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    facts: tuple[Column, ...]
    """The facts of `UnitFacts` that a datasheet gives, in its order, one number an observation."""
    scopes: Mapping[str, npt.NDArray[np.bool_]]
    """Scoped parameter -> the observations it holds for."""
    log_latency: Column
    weights: Column


def columns_of(found: Sequence[Observation], scoped: Sequence[ScopedParameter]) -> ObservationColumns:
    """Arrays for `predict`; each pair of device and network weighs alike, however often it was measured."""
    lengths = np.array([len(item.table) for item in found])
    settings = [setting_of(item.point, item.profile) for item in found]
    points = [item.point for item in found]
    facts = (
        [point.peak_ops_per_s for point in points],
        [point.vector_ops_per_s for point in points],
        [point.reload_bytes_per_s for point in points],
        [point.processors for point in points],
        [point.cache_bytes or assumed_cache_bytes(point) for point in points],
        [point.clock_hz for point in points],
        [ops_per_joule(point) for point in points],
        [VECTOR_LANES.get(point.precision, 1.0) for point in points],
    )
    repeats = Counter((item.device, item.model) for item in found)
    return ObservationColumns(
        table=stacked([item.table for item in found]),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        lengths=lengths,
        facts=tuple(np.array(column, dtype=np.float64) for column in facts),
        scopes={item.name: np.array([applies(item, setting) for setting in settings]) for item in scoped},
        log_latency=np.log([item.latency_s for item in found]),
        # Residuals are squared, so a pair measured n times weighs n x n^-1/2, the square root of n: more than
        # once, for the settings differ, and less than n times.
        weights=np.array([repeats[item.device, item.model] ** -0.25 for item in found]),
    )


def predict(transfer: Transfer, values: Mapping[str, float], columns: ObservationColumns) -> Column:
    """Seconds of every observation by the model with these values of its parameters."""
    fixed_us = np.full(len(columns.lengths), values.get("fixed_us", 0.0))
    for item in transfer.scoped:
        if item.acts_on == "fixed_us":
            fixed_us = fixed_us + values[item.name] * columns.scopes[item.name]
    kernels = predict_kernels(transfer, values, columns)
    # Sums of stretches of one long column: no loop over networks, of which a fit evaluates thousands.
    result: Column = 1e-6 * fixed_us + np.add.reduceat(kernels, columns.starts)
    return result


def predict_kernels(transfer: Transfer, values: Mapping[str, float], columns: ObservationColumns) -> Column:
    """Seconds of every kernel of every observation."""
    acting: dict[str, Column] = {name: np.ones(len(columns.lengths)) for name in FACTORS}
    for item in transfer.scoped:
        if item.acts_on != "fixed_us":
            # Where its facts do not match a scoped parameter is one and so has no derivative there.
            factor = np.where(columns.scopes[item.name], values[item.name], 1.0)
            acting[item.acts_on] = acting[item.acts_on] * factor
    spread = [np.repeat(column, columns.lengths) for column in (*columns.facts, *acting.values())]
    return kernel_times({**transfer.constants, **values}, columns.table, UnitFacts(*spread)).total_s


def fit_transfer(
    transfer: Transfer, found: Sequence[Observation], start: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Values of all parameters, fitted on these observations.

    Scoped ones that none of them touches stay at their priors. `start` (else the priors) is where the search
    begins; it ends where the sum of squares is least, wherever that was.
    """
    from scipy.optimize import least_squares

    priors = {**transfer.parameters, **{item.name: item for item in transfer.scoped}}
    columns = columns_of(found, transfer.scoped)
    # A parameter that no row touches would only follow its prior, and make the Jacobian wider.
    free = [name for name in priors if name not in columns.scopes or columns.scopes[name].any()]
    means = np.log([priors[name].prior for name in free])
    spreads = np.array([priors[name].spread for name in free])
    others = {name: prior.prior for name, prior in priors.items() if name not in free}

    def residuals(logs: Column) -> Column:
        values = {**others, **dict(zip(free, np.exp(logs), strict=True))}
        # In units of the noise of a row, as priors are in units of their spread: both then weigh as their
        # likelihoods.
        errors = (np.log(predict(transfer, values, columns)) - columns.log_latency) * columns.weights / NOISE
        return np.concatenate([errors, (logs - means) / spreads])

    first = means if start is None else np.log([start[name] for name in free])
    # Soft L1 grows as the residual beyond one deviation and not as its square, so that the pull of a row
    # stops growing with its error. Tolerances are far below the noise of the rows.
    solved = least_squares(residuals, first, loss="soft_l1", x_scale=spreads, xtol=1e-4, ftol=3e-4)
    return {**others, **{name: float(np.exp(log)) for name, log in zip(free, solved.x, strict=True)}}
