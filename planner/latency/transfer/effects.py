"""What measurements nearby tell of one that is missing: the best linear unbiased blend of model and anchors.

The logarithm of measured over predicted is taken as a sum of independent effects: of the unit, of the unit at
a precision, of the network, and so on (`EFFECTS`). Two settings share the effects whose keys are equal, so
their covariance is the sum of those variances. Anchors then shift the prediction by their conditional mean
and narrow it to the conditional deviation (Henderson, Best linear unbiased estimation and prediction under a
selection model, Biometrics 31, 1975; the same as simple kriging). It stops holding where effects multiply,
such as a unit that is slow for one kind of layer alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.transfer.kernels import Column
from planner.schema.fitted.transfer import EffectName

EFFECTS: tuple[EffectName, ...] = get_args(EffectName)
RUN_TO_RUN = 0.02
"""Deviation of the logarithm of a latency measured twice in one setting with care."""
MACHINE_TO_MACHINE = 0.03
"""Deviation of the logarithm of one latency between machines of one part.

Identical GPUs of five large systems differ by 8 % (Sinha et al., Not all GPUs are created equal, 2022,
arXiv:2208.11035), read here as the distance between the 10 and the 90 % quantile of a normal variable, 2.56
deviations. Outliers of theirs are 1.5 times slower: one measured unit does not rule out such a neighbour.
"""
PUBLISHER_TO_PUBLISHER = 0.18
"""Deviation of the logarithm of one setting's latency between people who published it.

Root mean square of two kinds: 0.23 among the boards and runs that contributors to ncnn's table measured in
one setting (306 degrees of freedom), 0.11 among publishers of TensorRT (27). What one of them measured is off
for another by this much, however many rows he has.
"""
LARGE_BATCH = 4

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EffectKeys:
    """One setting as the keys of its effects, in the order of `EFFECTS`."""

    keys: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class KnownRatio:
    """A measurement in one setting: the logarithm of measured over predicted, and what it is called."""

    keys: EffectKeys
    log_ratio: float
    name: str = ""
    deviation: float = 0.0
    """Of its own repeats, where the file has them; never counted below `RUN_TO_RUN`."""


@dataclass(frozen=True, slots=True)
class Blend:
    """What anchors make of a prediction, in its logarithm."""

    shift: float
    deviation: float
    prior_deviation: float
    weights: tuple[float, ...]
    """How much of each anchor's ratio the shift takes over."""


@dataclass(frozen=True, slots=True)
class Used:
    """An anchor in an estimate: what it is called, measured over predicted, and its weight in the blend."""

    name: str
    ratio: float
    weight: float


@dataclass(frozen=True, slots=True)
class Anchored:
    """What anchors make of a prediction: a factor on its middle, and the band over the new middle."""

    factor: float
    low: float
    high: float
    used: tuple[Used, ...]
    notes: tuple[str, ...]
    shares: tuple[float, float] = (1.0, 1.0)
    """What is left of the distances of the model's own ends, in logarithms; the nearer ends count."""


def effect_keys(
    *,
    unit: str,
    state: str,
    precision: str,
    caller: str,
    model: str,
    family: str,
    macs: float,
    batch: int,
    threads: float,
) -> EffectKeys:
    """Keys of a setting; `unit` is the same text for parts that differ in name alone, `macs` a batch's.

    `state` is the mode and clock. Input sizes are distinguished by the multiply-accumulates of one inference.
    """
    # Three digits: counts of the same network from two exports differ by less.
    size = f"{macs / batch:.2e}"
    loaded = batch >= LARGE_BATCH
    return EffectKeys(
        (
            (unit,),
            (unit, precision, caller),
            (unit, loaded, threads),
            (unit, state),
            (unit, precision, caller, family),
            (model,),
            (model, size, precision, batch, caller),
            (unit, model),
            (unit, state, model, size, precision, batch, threads, caller),
        )
    )


def state_of(point: OperatingPoint) -> str:
    """Mode and clocks of a point, as part of the keys of a setting."""
    return f"{point.mode} {point.clock_hz / 1e6:g} MHz {point.bandwidth_bytes_per_s / 1e9:g} GB/s"


@formula("anchored_blend")
def blend(deviations: Mapping[EffectName, float], target: EffectKeys, anchors: Sequence[KnownRatio]) -> Blend:
    """The conditional mean and deviation at the target, given the anchors."""
    prior = float(np.sqrt(sum(value**2 for value in deviations.values())))
    if not anchors:
        return Blend(0.0, prior, prior, ())
    settings = [anchor.keys for anchor in anchors]
    # Repeated measurements differ by their own noise; it also keeps the matrix regular where two anchors
    # share every effect.
    noise = np.array([max(RUN_TO_RUN, anchor.deviation) ** 2 for anchor in anchors])
    among = covariance(deviations, settings, settings) + np.diag(noise)
    shared = covariance(deviations, [target], settings)[0]
    # Conditional mean of a normal variable; it is the best linear predictor also where errors are not normal.
    weights: Column = np.linalg.solve(among, shared)
    shift = float(weights @ np.array([anchor.log_ratio for anchor in anchors]))
    # The truth itself varies from run to run: no anchor can narrow the band below that.
    variance = max(prior**2 - float(weights @ shared), RUN_TO_RUN**2)
    return Blend(shift, float(np.sqrt(variance)), prior, tuple(weights.tolist()))


def covariance(
    deviations: Mapping[EffectName, float], rows: Sequence[EffectKeys], columns: Sequence[EffectKeys]
) -> Matrix:
    """Covariance of the logarithms between two lists of settings."""
    total = np.zeros((len(rows), len(columns)))
    for name, same in zip(EFFECTS, shared_effects(rows, columns), strict=True):
        total += deviations.get(name, 0.0) ** 2 * same
    return total


def shared_effects(rows: Sequence[EffectKeys], columns: Sequence[EffectKeys]) -> tuple[Matrix, ...]:
    """For each effect, 1 where a row and a column have the same key, else 0."""
    found = []
    for index in range(len(EFFECTS)):
        numbers: dict[Hashable, int] = {}
        left, right = (
            np.array([numbers.setdefault(item.keys[index], len(numbers)) for item in settings])
            for settings in (rows, columns)
        )
        found.append((left[:, None] == right[None, :]).astype(np.float64))
    return tuple(found)
