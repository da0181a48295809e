"""Fitting the effects of `planner.latency.transfer.effects` on what was left out, and judging their blend.

Deviations are those of greatest restricted likelihood with a log-normal prior on each, for a dozen devices
tell little of seven effects. Ends of the band are quantiles of the blend's own standardised errors.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.calibration.transfer.join import caller_of
from planner.calibration.transfer.observations import Observation
from planner.calibration.transfer.validate import (
    FEWEST_PUBLISHERS,
    LeftOut,
    group_weights,
    publisher_group,
    span,
    weighted_quantile,
)
from planner.hardware.catalog import read_device
from planner.latency.transfer.effects import (
    EFFECTS,
    PUBLISHER_TO_PUBLISHER,
    RUN_TO_RUN,
    Blend,
    EffectKeys,
    KnownRatio,
    Matrix,
    blend,
    effect_keys,
    shared_effects,
    state_of,
)
from planner.latency.transfer.kernels import Column
from planner.latency.transfer.scope import same_unit
from planner.schema.fitted.transfer import AcrossPublishers, Anchoring, EffectName

PRIORS: Mapping[EffectName, float] = {
    "device": 0.2,
    "device_precision": 0.12,
    "device_load": 0.1,
    "device_mode": 0.08,
    "device_family": 0.1,
    "network": 0.1,
    "network_setting": 0.08,
    "device_network": 0.1,
    "setting": 0.1,
}
"""Deviations thought likely before looking; a factor of two either way is one deviation of the prior."""
PRIOR_SPREAD = 0.7
MOST_ROWS = 360
LARGEST_ERROR = 1.2
"""Logarithms beyond are taken as this: a row wrong by ten says no more than one wrong by three."""
MOST_ANCHORS = 60
SAME_SIZE = 0.02
"""Difference of multiply-accumulates up to which two inputs are of one size."""
ENOUGH_PAIRS = 10
"""Degrees of freedom from which an engine's own rows say how publishers differ."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A left-out row with what a user might know beside it, under the fit that left its device out."""

    row: LeftOut
    keys: EffectKeys
    one_other: tuple[KnownRatio, ...]
    """One other network on this part, at its precision."""
    others: tuple[KnownRatio, ...]
    """All other networks on this part."""
    siblings: tuple[KnownRatio, ...]
    """The same network on other parts, at its precision."""


def keys_of(item: Observation) -> EffectKeys:
    """Keys of the effects of an observation."""
    return effect_keys(
        unit=f"{item.engine} on {same_unit(read_device(item.device), item.point.unit)}",
        state=state_of(item.point),
        precision=item.point.precision.value,
        caller=caller_of(item.profile),
        model=item.model,
        family=item.family,
        macs=float(item.table.macs.sum()),
        batch=item.batch,
        threads=item.point.processors,
    )


def fit_effects(left_out: Sequence[LeftOut]) -> dict[EffectName, float]:
    """Deviations of the effects, of greatest restricted likelihood; a regular sample where there are many."""
    from scipy.optimize import minimize

    # A sample by checksum of the id: without order, and the same in every run. The likelihood costs the cube
    # of the rows.
    rows = sorted(left_out, key=lambda row: zlib.crc32(row.observation.rows[0].encode()))[:MOST_ROWS]
    errors = np.clip([row.log_error for row in rows], -LARGEST_ERROR, LARGEST_ERROR)
    settings = [keys_of(row.observation) for row in rows]
    shared = np.array(shared_effects(settings, settings))
    means = np.log([PRIORS[name] for name in EFFECTS])

    def objective(logs: Column) -> float:
        # Covariance is the sum of each effect's variance times where it is shared; logarithms keep deviations
        # positive.
        total = np.tensordot(np.exp(2 * logs), shared, axes=1)
        value, _ = _likelihood(total + RUN_TO_RUN**2 * np.eye(len(errors)), errors)
        # A log-normal prior: without it an effect that the rows do not tell would run to zero or take all.
        return value + 0.5 * float((((logs - means) / PRIOR_SPREAD) ** 2).sum())

    solved = minimize(objective, means, method="Powell", options={"maxiter": 8, "ftol": 1e-4, "xtol": 1e-3})
    return {name: float(np.exp(log)) for name, log in zip(EFFECTS, solved.x, strict=True)}


def _likelihood(total: Matrix, errors: Column) -> tuple[float, float]:
    """Negative restricted log-likelihood of errors with one common mean, and that mean."""
    # Dividing by the root of the covariance makes errors independent with unit variance (whitening).
    root = np.linalg.cholesky(total)
    ones = np.linalg.solve(root, np.ones(len(errors)))
    white = np.linalg.solve(root, errors)
    # Generalised least squares of the common mean.
    mean = float(ones @ white / (ones @ ones))
    rest = white - mean * ones
    # The last term is what makes it restricted: it pays for the mean, which was estimated from the same
    # errors.
    value = 0.5 * float(rest @ rest) + float(np.log(np.diag(root)).sum()) + 0.5 * float(np.log(ones @ ones))
    return value, mean


def neighbours(left_out: Sequence[LeftOut]) -> tuple[Neighbours, ...]:
    """Every left-out row with its neighbours, in the order of rows.

    The ratios of siblings are those of a fit that had them and not this row's device, as a user's part is
    not in ours either; the row's own device is known by rows that the same fit left out.
    """
    found = []
    # Each observation is a neighbour of hundreds of rows: its keys are worked out once. By identity, as an
    # observation holds arrays, which have no hash.
    keys: dict[int, EffectKeys] = {}

    def known(item: Observation, log_ratio: float) -> KnownRatio:
        if id(item) not in keys:
            keys[id(item)] = keys_of(item)
        return KnownRatio(keys[id(item)], log_ratio, item.rows[0])

    for row in left_out:
        item = row.observation
        own = [
            other
            for other in left_out
            if other.group == row.group
            and other.observation.model != item.model
            and other.observation.point.precision is item.point.precision
        ]
        # Another order for each row, the same in every run: which neighbour is the only one must not be a
        # habit.
        own.sort(key=lambda other: zlib.crc32((item.rows[0] + other.observation.rows[0]).encode()))
        others = tuple(known(other.observation, other.log_error) for other in own[:MOST_ANCHORS])
        siblings = tuple(
            known(other, float(np.log(other.latency_s / seconds)))
            for other, seconds in row.others
            if other.model == item.model and other.point.precision is item.point.precision
        )
        found.append(Neighbours(row, keys_of(item), others[:1], others, siblings[:MOST_ANCHORS]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Blended:
    """A left-out row as anchors predict it."""

    row: LeftOut
    blend: Blend

    @property
    def log_error(self) -> float:
        """Logarithm of measured over blended."""
        return self.row.log_error - self.blend.shift

    @property
    def standardised(self) -> float:
        """The error in conditional deviations."""
        return self.log_error / self.blend.deviation


def blended(
    effects: Mapping[EffectName, float], rows: Sequence[Neighbours], which: str
) -> tuple[Blended, ...]:
    """Rows that have neighbours of a kind (a field of `Neighbours`, or `both`), blended with them."""
    found = []
    for row in rows:
        anchors = (*row.others, *row.siblings) if which == "both" else getattr(row, which)
        if anchors:
            found.append(Blended(row.row, blend(effects, row.keys, anchors)))
    return tuple(found)


def fit_anchoring(
    left_out: Sequence[LeftOut], level: float, by_publisher: Sequence[LeftOut] = ()
) -> Anchoring | None:
    """Effects, and the ends of the band in conditional deviations, over the three kinds of neighbours.

    With rows whose publishers were left out, what others' rows make of them as well.
    """
    if not left_out:
        return None
    effects = {name: float(f"{value:.3g}") for name, value in fit_effects(left_out).items()}
    rows = neighbours(left_out)
    every = [item for which in ("one_other", "others", "siblings") for item in blended(effects, rows, which)]
    low, high = ends(every, level)
    return Anchoring(effects=effects, low=low, high=high, across=across(effects, by_publisher, level))


def across(
    effects: Mapping[EffectName, float], by_publisher: Sequence[LeftOut], level: float
) -> AcrossPublishers | None:
    """What is left of the model's own band where all others' rows move it, as `--anchor published` does.

    Both bands are of the same rows, those of which others published something near. What programs, clocks
    and versions of the next publisher make of a latency does not shrink with the rows of others.
    """
    alone, moved = [], []
    for row in by_publisher:
        if anchors := anchors_of_others(row):
            shift = blend(effects, keys_of(row.observation), anchors).shift
            alone.append(row)
            moved.append(replace(row, predicted_s=row.predicted_s * math.exp(shift)))
    publishers = len({row.group for row in moved})
    if publishers < FEWEST_PUBLISHERS:
        return None
    before, after = span(alone, level), span(moved, level)
    return AcrossPublishers(
        publishers=publishers,
        observations=len(moved),
        between=round(between_publishers([row.observation for row in by_publisher]), 4),
        low=_share(after.low, before.low),
        high=_share(after.high, before.high),
    )


LEAST_SHARE = 0.2
"""However well others' rows did, runs and machines of the next publisher differ."""


def _share(after: float, before: float) -> float:
    """Of a distance from the middle; one where anchors narrow nothing."""
    return round(min(1.0, max(LEAST_SHARE, after / before)), 3) if before else 1.0


def anchors_of_others(row: LeftOut) -> tuple[KnownRatio, ...]:
    """What others published of this network, or of other networks on this part, at this precision."""
    item = row.observation
    unit = same_unit(read_device(item.device), item.point.unit)
    size = float(item.table.macs.sum()) / item.batch
    found = []
    for other, seconds in row.others:
        per_image = float(other.table.macs.sum()) / other.batch
        of_network = other.model == item.model and abs(per_image - size) <= SAME_SIZE * size
        here = same_unit(read_device(other.device), other.point.unit) == unit
        if other.point.precision is item.point.precision and (of_network or here):
            ratio = float(np.log(other.latency_s / seconds))
            found.append(KnownRatio(keys_of(other), ratio, other.rows[0]))
    return tuple(found)


def between_publishers(found: Sequence[Observation]) -> float:
    """Standard deviation of the logarithm of one setting's latency between its publishers.

    Where hardly any setting has two, that of all engines together.
    """
    by_setting: dict[tuple[object, ...], dict[str, list[float]]] = {}
    for item in found:
        key = (
            item.model, item.shape, item.device, item.point.unit, state_of(item.point), item.point.precision,
            item.batch, item.threads,
        )  # fmt: skip
        own = by_setting.setdefault(key, {})
        own.setdefault(publisher_group(item), []).append(float(np.log(item.latency_s)))
    squares, free = 0.0, 0
    for publishers in by_setting.values():
        means = [float(np.mean(logs)) for logs in publishers.values()]
        squares += float(((np.array(means) - np.mean(means)) ** 2).sum())
        free += len(means) - 1
    return math.sqrt(squares / free) if free >= ENOUGH_PAIRS else PUBLISHER_TO_PUBLISHER


def ends(rows: Sequence[Blended], level: float) -> tuple[float, float]:
    """Quantiles of standardised errors that hold this share, each group weighing alike."""
    if not rows:
        return -1.645, 1.645
    errors = np.array([row.standardised for row in rows])
    weights = group_weights([row.row for row in rows], lambda row: row.group)
    low = weighted_quantile(errors, weights, (1 - level) / 2)
    high = weighted_quantile(errors, weights, (1 + level) / 2)
    # Never narrower than one conditional deviation either way: a few lucky groups are no proof.
    return round(min(low, -1.0), 3), round(max(high, 1.0), 3)
