"""Sensitivity of a cost to its inputs: one input at a time (tornado), and all of them at once (Monte Carlo).

Monte Carlo draws every input evenly over its quantiles with a Latin hypercube, so that the middle of a band
is its median and its ends are the farthest that is thought of: a band of 90 % is taken for all there is.
Inputs are drawn independently. Variance is shared out by Sobol' indices (Saltelli et al., Comput. Phys.
Commun. 181, 2010, as in `scipy.stats.sobol_indices`): `first_order` is the part that an input explains alone,
`total` the part that it has a hand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats
from planner.formulas import formula
from planner.plan.cost.model import SHARED, CostModel

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SOBOL_BASE = 256
_BINS = 40


@dataclass(frozen=True, slots=True)
class Swing:
    """One input moved from end to end of its band, the others as planned."""

    input: str
    unit: str
    low: float
    planned: float
    high: float
    basis: str
    total_cost_at_low: float
    total_cost_at_high: float
    cost_per_thousand_at_low: float
    cost_per_thousand_at_high: float
    count_at_low: int
    count_at_high: int
    hottest_c_at_low: float
    hottest_c_at_high: float
    """The hottest device of the last year, as many as are planned."""

    @property
    def width(self) -> float:
        """How far the total cost moves between the ends."""
        return abs(self.total_cost_at_high - self.total_cost_at_low)


@dataclass(frozen=True, slots=True)
class Tornado:
    """Every input's swing, the widest first, around the planned total cost."""

    currency: str
    total_cost: float
    swings: tuple[Swing, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row an input, the widest swing first; money is in `currency`."""
        import pandas as pd

        return pd.DataFrame(
            {**asdict(swing), "width": swing.width, "currency": self.currency} for swing in self.swings
        )


@dataclass(frozen=True, slots=True)
class CostSpread:
    """One option over all draws: quantiles 5, 25, 50, 75 and 95 % of its costs, and how it fares.

    `cheapest_share` is the share of draws in which no other option is cheaper; `within_budget_share` that in
    which the capital of the first year keeps the budget, None without one.
    """

    device: str
    mean_total_cost: float
    total_cost: tuple[float, ...]
    cost_per_thousand: tuple[float, ...]
    count: tuple[int, int]
    """The fewest and the most devices of any draw."""
    cheapest_share: float
    within_budget_share: float | None


@dataclass(frozen=True, slots=True)
class Influence:
    """What one input does to the total cost of the first option; None where the cost does not vary."""

    input: str
    rank_correlation: float | None
    first_order: float | None
    total: float | None


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """All inputs drawn at once: the spread of each option's cost, and the sensitivity of the first one."""

    draws: int
    seed: int
    currency: str
    options: tuple[CostSpread, ...]
    inputs: tuple[Influence, ...]
    edges: tuple[float, ...]
    """Of equal bins over the first option's total cost."""
    counts: tuple[int, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row an option; money is in `currency`."""
        import pandas as pd

        rows = []
        for spread in self.options:
            row: dict[str, object] = {"device": spread.device, "mean_total_cost": spread.mean_total_cost}
            for name in ("total_cost", "cost_per_thousand"):
                values = zip(QUANTILES, getattr(spread, name), strict=True)
                row |= {f"{name}_p{share * 100:g}": value for share, value in values}
            row |= {
                "cheapest_share": spread.cheapest_share,
                "within_budget_share": spread.within_budget_share,
                "currency": self.currency,
            }
            rows.append(row)
        return pd.DataFrame(rows)


@formula("tornado")
def tornado(model: CostModel) -> Tornado:
    """Each input of an option at both ends of its band."""
    planned = model.bill()
    swings = []
    for item in (*model.inputs, *model.still, *model.simulated):
        low, high = model.bill({item.name: 0.0}), model.bill({item.name: 1.0})
        swings.append(
            Swing(
                input=item.name,
                unit=item.unit,
                low=item.band.low,
                planned=item.at(item.planned),
                high=item.band.high,
                basis=item.basis,
                total_cost_at_low=low.total_cost,
                total_cost_at_high=high.total_cost,
                cost_per_thousand_at_low=low.cost_per_thousand_inferences,
                cost_per_thousand_at_high=high.cost_per_thousand_inferences,
                count_at_low=model.count({item.name: 0.0}),
                count_at_high=model.count({item.name: 1.0}),
                hottest_c_at_low=model.hottest_c({item.name: 0.0}),
                hottest_c_at_high=model.hottest_c({item.name: 1.0}),
            )
        )
    return Tornado(
        planned.currency, planned.total_cost, tuple(sorted(swings, key=lambda swing: -swing.width))
    )


def monte_carlo(models: Sequence[CostModel], *, draws: int, seed: int) -> MonteCarlo:
    """Options costed at the same draws: tariff and growth are shared, the rest is each one's own."""
    from scipy.stats import qmc

    columns = _columns(models)
    # Each input's range is cut into as many strata as there are draws, and each stratum is drawn from once:
    # means settle with far fewer draws than at random.
    shares = qmc.LatinHypercube(d=max(1, len(columns)), rng=seed).random(draws)
    samples = [_Sample.of(model, shares, columns) for model in models]
    totals = np.array([sample.total for sample in samples])
    # Options of equal cost are both the cheapest; shares may then add up to more than one.
    cheapest = totals <= totals.min(axis=0)
    first = samples[0].total
    counts, edges = np.histogram(first, bins=_BINS)
    return MonteCarlo(
        draws=draws,
        seed=seed,
        currency=models[0].scenario.money.currency,
        options=tuple(
            _spread(model, sample, cheap)
            for model, sample, cheap in zip(models, samples, cheapest, strict=True)
        ),
        inputs=_influences(models[0], shares, columns, first, seed),
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
    )


def _columns(models: Sequence[CostModel]) -> dict[tuple[str, str], int]:
    """A column of the design for each input; those that are shared have one for all options."""
    names = [(_owner(model, item.name), item.name) for model in models for item in model.inputs]
    return {name: column for column, name in enumerate(dict.fromkeys(names))}


def _owner(model: CostModel, name: str) -> str:
    return "" if name in SHARED else model.option.device


@dataclass(frozen=True, slots=True)
class _Sample:
    """One option at every draw."""

    total: Floats
    per_thousand: Floats
    capital: Floats
    count: Floats

    @staticmethod
    def of(model: CostModel, shares: Floats, columns: dict[tuple[str, str], int]) -> _Sample:
        own = {item.name: columns[_owner(model, item.name), item.name] for item in model.inputs}
        rows = []
        for row in shares:
            quantiles = {name: float(row[column]) for name, column in own.items()}
            bill = model.bill(quantiles)
            rows.append(
                (bill.total_cost, bill.cost_per_thousand_inferences, bill.capital, model.count(quantiles))
            )
        return _Sample(*np.array(rows, dtype=np.float64).T)


def _spread(model: CostModel, sample: _Sample, cheapest: NDArray[np.bool_]) -> CostSpread:
    budget = model.scenario.money.budget_money
    within = None if budget is None else float(np.mean(sample.capital <= budget.amount))
    return CostSpread(
        device=model.option.device,
        mean_total_cost=float(sample.total.mean()),
        total_cost=tuple(float(value) for value in np.quantile(sample.total, QUANTILES)),
        cost_per_thousand=tuple(float(value) for value in np.quantile(sample.per_thousand, QUANTILES)),
        count=(int(sample.count.min()), int(sample.count.max())),
        cheapest_share=float(cheapest.mean()),
        within_budget_share=within,
    )


def _influences(
    model: CostModel, shares: Floats, columns: dict[tuple[str, str], int], total: Floats, seed: int
) -> tuple[Influence, ...]:
    from scipy.stats import rankdata, sobol_indices, uniform

    names = [item.name for item in model.inputs]
    if not names or np.ptp(total) == 0:
        return tuple(Influence(name, None, None, None) for name in names)

    def costs(quantiles: Floats) -> Floats:
        return np.array(
            [model.bill(dict(zip(names, column, strict=True))).total_cost for column in quantiles.T.tolist()]
        )

    found = sobol_indices(
        func=costs,
        # A power of two, as the sequence behind it asks; the model runs n x (inputs + 2) times.
        n=_SOBOL_BASE,
        dists=[uniform()] * len(names),  # type: ignore[list-item]
        rng=seed,
    )
    ranks = rankdata(total)
    return tuple(
        Influence(
            input=name,
            rank_correlation=float(
                np.corrcoef(rankdata(shares[:, columns[_owner(model, name), name]]), ranks)[0, 1]
            ),
            first_order=float(first),
            total=float(whole),
        )
        for name, first, whole in zip(names, found.first_order, found.total_order, strict=True)
    )
