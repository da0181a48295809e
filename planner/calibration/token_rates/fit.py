"""Least squares on the logarithms of measured over predicted times, with priors; and the same left out.

Every parameter is fitted in its logarithm. Its prior adds one residual, (log value - log prior) / spread, so
that an engine with one row stays near its class (ridge; the same as a maximum a posteriori estimate). A row
counts by one over the square root of how many rows its part and architecture have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from planner.calibration.token_rates.observations import RateObservation, columns
from planner.language.rates.model import (
    CLASS_SPREAD,
    CLASSES,
    ENGINE_FACTORS,
    ENGINE_PRIORS,
    Column,
    PassWork,
    UnitRates,
    clock_factor,
    pass_time,
)

Places = npt.NDArray[np.int64]

SPREAD = 0.2
"""Deviation of the logarithm that the fit expects of a row."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows with a pass of one kind: their places among all rows, and columns of what they need."""

    places: Places
    work: PassWork
    times: Column


class Fit:
    """The rows as columns, and the parameters that they can tell something of."""

    def __init__(self, rows: Sequence[RateObservation]) -> None:
        self._rows = rows
        self.names, self.priors, self.spreads = _parameters(rows)
        self._index = {name: place for place, name in enumerate(self.names)}
        self._places_of = {name: self._places(rows, name) for name in CLASSES["gpu"]}
        repeats = Counter(row.pair for row in rows)
        self._weights = np.array([repeats[row.pair] ** -0.25 for row in rows]) / SPREAD
        self._measured = np.log([row.seconds for row in rows])
        self._parts = {
            "step": self._part([(i, r.step, r.steps) for i, r in enumerate(rows) if r.step is not None]),
            "prompt": self._part([(i, r.prompt, 1.0) for i, r in enumerate(rows) if r.prompt is not None]),
        }

    def _places(self, rows: Sequence[RateObservation], name: str) -> tuple[Places, Places]:
        """For each row the places of a parameter's logarithm: of the class, and of the engine's factor."""
        none = len(self.names)
        own = [self._index[f"{row.unit_kind}.{name}"] for row in rows]
        factor = [self._index.get(f"{row.engine}.{row.unit_kind}.{name}", none) for row in rows]
        return np.array(own, dtype=np.int64), np.array(factor, dtype=np.int64)

    def _part(self, found: list[tuple[int, PassWork | None, float]]) -> _Part | None:
        works = [work for _, work, _ in found if work is not None]
        if not works:
            return None
        places = np.array([place for place, _, _ in found])
        return _Part(places, columns(works), np.array([times for _, _, times in found]))

    def predicted_s(self, logarithms: Column) -> Column:
        """Seconds of every row."""
        total = np.zeros(len(self._rows))
        for name, part in self._parts.items():
            if part is not None:
                unit = self._unit(logarithms, part.places, prompt=name == "prompt")
                np.add.at(total, part.places, pass_time(part.work, unit).total_s * part.times)
        return total

    def _unit(self, logarithms: Column, places: Places, *, prompt: bool) -> UnitRates:
        rows = [self._rows[int(place)] for place in places]
        layer = "prompt_layer_us" if prompt else "layer_us"
        power = np.exp(self._column(logarithms, places, "clock_power"))
        kinds = np.array([row.unit_kind for row in rows])
        clocks = np.array([row.unit.clock_ghz for row in rows])
        slower = np.where(kinds == "gpu", clock_factor("gpu", clocks, power), 1.0)
        return UnitRates(
            bandwidth_bytes_per_s=np.array([row.unit.bandwidth_bytes_per_s for row in rows]),
            peak_ops_per_s=np.array([row.unit.peak_ops_per_s for row in rows]),
            vector_ops_per_s=np.array([row.unit.vector_ops_per_s for row in rows]),
            vector_share=np.exp(self._column(logarithms, places, "vector")),
            bandwidth_share=np.exp(self._column(logarithms, places, "bandwidth")),
            arithmetic_share=np.exp(self._column(logarithms, places, "arithmetic")),
            half_tokens=np.exp(self._column(logarithms, places, "half_tokens")),
            layer_s=1e-6 * np.exp(self._column(logarithms, places, layer)) * slower,
            pass_s=1e-6 * np.exp(self._column(logarithms, places, "pass_us")),
        )

    def _column(self, logarithms: Column, places: Places, name: str) -> Column:
        """Logarithm of a parameter for rows: that of the class plus the engine's factor."""
        own, factor = self._places_of[name]
        # A last element of zero serves engines without a factor.
        extended = np.append(logarithms, 0.0)
        result: Column = extended[own[places]] + extended[factor[places]]
        return result

    def residuals(self, logarithms: Column) -> Column:
        """Weighted residuals of rows, then of priors."""
        plain = (np.log(self.predicted_s(logarithms)) - self._measured) * self._weights
        # Pseudo-Huber (Charbonnier et al. 1997): rows from memory ("about 60") pull by their sign, hardly by
        # size.
        rows = np.sign(plain) * np.sqrt(2.0 * (np.sqrt(1.0 + plain**2) - 1.0))
        priors = (logarithms - np.log(self.priors)) / self.spreads
        result: Column = np.concatenate([rows, priors])
        return result

    def run(self) -> dict[str, float]:
        """The values of all parameters."""
        from scipy.optimize import least_squares

        found = least_squares(self.residuals, np.log(self.priors), method="lm", max_nfev=4000)
        return {name: float(math.exp(value)) for name, value in zip(self.names, found.x, strict=True)}


def _parameters(rows: Sequence[RateObservation]) -> tuple[list[str], Column, Column]:
    names: list[str] = []
    priors: list[float] = []
    spreads: list[float] = []
    for kind, own in CLASSES.items():
        for name, prior in own.items():
            names.append(f"{kind}.{name}")
            priors.append(prior)
            spreads.append(CLASS_SPREAD[name])
    for engine, kind in sorted({(row.engine, row.unit_kind) for row in rows}):
        for name, spread in ENGINE_FACTORS.items():
            names.append(f"{engine}.{kind}.{name}")
            priors.append(ENGINE_PRIORS.get(names[-1], 1.0))
            spreads.append(spread)
    return names, np.array(priors), np.array(spreads)


def predict(values: Mapping[str, float], rows: Sequence[RateObservation]) -> Column:
    """Seconds of rows with given values; an engine without rows of its own is its class."""
    fit = Fit(rows)
    usual = dict(zip(fit.names, fit.priors, strict=True))
    logarithms = np.array([math.log(values.get(name, usual[name])) for name in fit.names])
    return fit.predicted_s(logarithms)
