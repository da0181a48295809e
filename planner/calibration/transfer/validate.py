"""Predictions of what was left out of the fit: whole devices, families of networks, and publishers.

A device is left out with all parts that have the same unit at the same clock and memory, which differ in name
alone. A publisher is left out with the program that he calls the engine from, as a new one's is not known.
The bands come from these errors and never from those of the fit itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from planner.calibration.transfer.fit import columns_of, fit_transfer, predict
from planner.calibration.transfer.observations import Observation
from planner.formulas import formula
from planner.hardware.catalog import read_device
from planner.latency.transfer.kernels import Column
from planner.latency.transfer.prediction import usual_profile
from planner.latency.transfer.scope import same_unit
from planner.schema.fitted.transfer import NetworkKind, Residuals, Transfer

Scheme = Literal["device", "family", "publisher"]
SCHEMES: tuple[Scheme, ...] = ("device", "family", "publisher")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One observation predicted by a fit that saw nothing of its group."""

    observation: Observation
    scheme: Scheme
    group: str
    predicted_s: float
    others: tuple[tuple[Observation, float], ...] = field(default=(), repr=False)
    """What the fit did see, each with the seconds that it predicts for it."""

    @property
    def log_error(self) -> float:
        """Logarithm of measured over predicted."""
        return float(np.log(self.observation.latency_s / self.predicted_s))


def leave_out(transfer: Transfer, found: Sequence[Observation], scheme: Scheme) -> tuple[LeftOut, ...]:
    """Every observation predicted with its device (family of networks, publisher) left out.

    Nothing where all observations are of one group: there would be nothing to fit. Nothing either for two
    publishers, of which each would be judged by the other alone, and of a publisher of most rows, without
    whom a fit lacks more than his ways.
    """
    group_of = GROUPS_OF[scheme]
    counts = Counter(group_of(item) for item in found)
    groups = sorted(counts)
    if scheme == "publisher":
        groups = [group for group in groups if counts[group] <= MOST_OF_ALL * len(found)]
    if len(counts) < 2 or (scheme == "publisher" and len(groups) < FEWEST_PUBLISHERS):
        return ()
    results: list[LeftOut] = []
    whole = fit_transfer(transfer, found)
    for group in groups:
        inside = [item for item in found if group_of(item) == group]
        outside = [item for item in found if group_of(item) != group]
        # From the fit of all rows, which is near: the search is shorter than from the priors.
        values = fit_transfer(transfer, outside, start=whole)
        if scheme == "publisher":
            inside = [as_asked(transfer, item) for item in inside]
        times = predict(transfer, values, columns_of(inside, transfer.scoped))
        seen = predict(transfer, values, columns_of(outside, transfer.scoped))
        others = tuple(zip(outside, seen.tolist(), strict=True))
        results += [
            LeftOut(item, scheme, group, float(time), others)
            for item, time in zip(inside, times, strict=True)
        ]
    return tuple(results)


def device_group(observation: Observation) -> str:
    """The device, or the others that have the same unit, clock and memory."""
    return same_unit(read_device(observation.device), observation.point.unit)


def family_group(observation: Observation) -> str:
    """The family of networks."""
    return observation.family


def publisher_group(observation: Observation) -> str:
    """Who published it: the prefix of its rows."""
    return observation.rows[0].partition("-")[0]


GROUPS_OF: Mapping[Scheme, Callable[[Observation], str]] = {
    "device": device_group,
    "family": family_group,
    "publisher": publisher_group,
}


def as_asked(transfer: Transfer, item: Observation) -> Observation:
    """The observation as an estimate is asked: called as networks of its name usually are."""
    return replace(item, profile=usual_profile(transfer, item.model))


def residuals(left_out: Iterable[LeftOut], level: float) -> list[Residuals]:
    """Ends of a band that holds the share `level` of what was left out, for each kind of network.

    Every group weighs alike, however many rows it has: the next device or family is one more group.
    """
    rows = list(left_out)
    kinds: tuple[NetworkKind, ...] = ("cnn", "transformer")
    found = []
    for kind in kinds:
        own = [row for row in rows if row.observation.kind == kind]
        if own:
            found.append(_residuals(kind, own, level))
    return found


def _residuals(kind: NetworkKind, rows: Sequence[LeftOut], level: float) -> Residuals:
    """The band that holds the next device or family, and the next publisher, each by itself.

    Who asks is somebody whose way of measuring no fit has seen, whatever part he has: the two spreads are not
    parts of one, and the wider one counts at each end.
    """
    known = [row for row in rows if row.scheme != "publisher"]
    published = [row for row in rows if row.scheme == "publisher"]
    if len({row.group for row in published}) < FEWEST_PUBLISHERS:
        published = []
    spans = [span(own, level) for own in (known, published) if own]
    low, high = min(span.low for span in spans), max(span.high for span in spans)
    return Residuals(
        kind=kind,
        observations=len({row.observation.rows for row in rows}),
        # At least 5 % either way: no set of rows is better than the noise of its publishers.
        low=round(float(np.exp(min(low, -0.05))), 4),
        high=round(float(np.exp(max(high, 0.05))), 4),
        spread=round(spans[0].spread, 4),
        publishers=len({row.group for row in published}),
    )


@dataclass(frozen=True, slots=True)
class LeftOutSpan:
    """Logarithms of the ends of a band, and a robust standard deviation."""

    low: float
    high: float
    spread: float


@formula("left_out_band")
def span(rows: Sequence[LeftOut], level: float) -> LeftOutSpan:
    """Logarithms of the ends of a band that holds the next group of the kinds that rows are of."""
    errors = np.array([row.log_error for row in rows])
    weights = group_weights(rows, lambda row: f"{row.scheme} {row.group}")
    middle = weighted_quantile(errors, weights, 0.5)
    wider = next_group(len({(row.scheme, row.group) for row in rows}), level)
    return LeftOutSpan(
        # Distances from the middle grow, not the ends themselves: a biased fit keeps its bias.
        low=middle + wider * (weighted_quantile(errors, weights, (1 - level) / 2) - middle),
        high=middle + wider * (weighted_quantile(errors, weights, (1 + level) / 2) - middle),
        # Median absolute deviation, scaled to the standard deviation of a normal variable.
        spread=weighted_quantile(np.abs(errors - middle), weights, 0.5) * 1.4826,
    )


FEWEST_PUBLISHERS = 3
"""How many have to be left out in turn before their spread is one."""
MOST_OF_ALL = 0.5
PRIOR_GROUPS = 2
"""How many groups' worth of spread is known before any was left out."""


def next_group(groups: int, level: float) -> float:
    """How much wider than among these groups a band is that holds the next: Student's prediction interval.

    Over the normal quantile; one group more than were seen comes with its own chance, 1 + 1 / groups.
    """
    from scipy.stats import norm, t

    share = (1 + level) / 2
    # Degrees of freedom of the spread among groups, with those that prior knowledge is worth.
    student = float(t.ppf(share, groups - 1 + PRIOR_GROUPS) / norm.ppf(share))
    return student * float(np.sqrt(1 + 1 / groups))


def group_weights(rows: Sequence[LeftOut], group_of: Callable[[LeftOut], str]) -> Column:
    """One over the size of each row's group."""
    names = [group_of(row) for row in rows]
    return np.array([1.0 / names.count(name) for name in names])


def weighted_quantile(values: Column, weights: Column, share: float) -> float:
    """The value below which this share of the weight lies, linear between the middles of the steps."""
    order = np.argsort(values)
    # Each value lies at the middle of its own step of weight; with equal weights this is Hazen's rule.
    steps = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(share * weights.sum(), steps, values[order]))


def held_bands(left_out: Sequence[LeftOut], level: float) -> tuple[tuple[LeftOut, float, float], ...]:
    """Each left-out row with the band that the others would have given it: ratios of measured to predicted.

    The band of a row comes from observations outside its group alone, so that the share it holds is not that
    of a band made to hold it.
    """
    found = []
    for scheme in SCHEMES:
        group_of = GROUPS_OF[scheme]
        for group in sorted({row.group for row in left_out if row.scheme == scheme}):
            inside = [row for row in left_out if row.scheme == scheme and row.group == group]
            outside = [row for row in left_out if group_of(row.observation) != group]
            bands = {item.kind: item for item in residuals(outside, level)}
            for row in inside:
                band = bands.get(row.observation.kind) or max(
                    bands.values(), key=lambda item: item.observations, default=None
                )
                if band is not None:
                    found.append((row, band.low, band.high))
    return tuple(found)
