"""What a scenario costs: its options' bills side by side, and the sensitivity of the best one's cost."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.catalog import match_devices
from planner.plan.cost.model import CostModel
from planner.plan.cost.sensitivity import MonteCarlo, Tornado, monte_carlo, tornado
from planner.plan.money.bill import Bill
from planner.plan.money.prices import missing_price, require_prices
from planner.plan.options.option import Option
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.result import VERDICT_ORDER, SizedOption, Sizing
from planner.plan.sizing.runner import Runner
from planner.plan.sizing.sized import size_scenario
from planner.rack.counts.results import Verdict
from planner.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 1000
MOST_OPTIONS = 8
"""How many options are drawn side by side; the cheapest ones."""


@dataclass(frozen=True, slots=True)
class Costed:
    """An option with its bill."""

    option: Option
    bill: Bill
    verdict: Verdict


@dataclass(frozen=True, slots=True, repr=False)
class CostStudy(Shown):
    """The best option of each part with its bill, best verdict and then cheapest first; what the first
    one's cost depends on.

    `missing` is what has to be stated before the other candidates can be costed; `reasons` say which limits
    the rest of them breaks. Without options nothing keeps the limits.
    """

    source: ScenarioFile
    options: tuple[Costed, ...]
    missing: tuple[Problem, ...]
    tornado: Tornado | None
    monte_carlo: MonteCarlo | None
    reasons: tuple[tuple[str, str], ...] = ()
    """Part and reason, for each part with a price and without a feasible option."""
    notes: tuple[str, ...] = ()
    """Measurements that were not used, with the reason."""

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        first = self.options[0] if self.options else None
        if first is None:
            return f"of {self.source.scenario.id}: no option keeps every limit"
        sum_text = f"{first.bill.total_cost:,.0f} {first.bill.currency}"
        found = f"{first.option.count} x {first.option.device}, {sum_text}"
        return f"of {self.source.scenario.id}: {found}; {len(self.options)} options"

    def to_frame(self) -> pd.DataFrame:
        """One row an option, cheapest first; money is in `currency`."""
        import pandas as pd

        return pd.DataFrame(
            {
                "device": item.option.device,
                "mode": item.option.mode,
                "precision": str(item.option.precision),
                "batch": item.option.batch,
                "count": item.option.count,
                "spares": item.option.spares,
                "power_w": item.option.heat.power_w,
                "capital": item.bill.capital,
                "running_cost_per_year": item.bill.running_cost_per_year,
                "total_cost": item.bill.total_cost,
                "cost_per_thousand_inferences": item.bill.cost_per_thousand_inferences,
                "unabsorbed_cost": item.bill.unabsorbed_cost,
                "carbon_kg": item.bill.carbon.kg_total if item.bill.carbon else None,
                "currency": item.bill.currency,
                "unit": item.option.unit,
                "units": item.option.instances,
                "engine": item.option.engine,
                "latency_provenance": item.option.latency_provenance.value,
            }
            for item in self.options
        )


def cost_study(
    source: ScenarioFile,
    *,
    device: str | None = None,
    draws: int = DRAWS,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> CostStudy:
    """The cost of the rack that a scenario gives, or of each part as `planner size` has it.

    `device` narrows the candidates to one part. Draws come from `seed`, the scenario's unless given. Raises
    `InputError` where the price of the part asked about, or of every one, is missing: by name, all at once.
    """
    refuse_synthetic(source.scenario)
    estimator = estimator_for(source)
    sizing = size_scenario(_narrowed(source, device), runner=Runner(progress=progress), estimator=estimator)
    items, missing = _priced(sizing, device)
    if not items:
        return CostStudy(source, (), missing, None, None, _reasons(sizing, ()), estimator.notes)
    models = [CostModel(source.scenario, estimator, item.option, counts=_counts(item)) for item in items]
    costed = sorted(
        zip(items, models, [model.bill() for model in models], strict=True),
        key=lambda row: (VERDICT_ORDER[row[0].verdict], row[2].total_cost),
    )
    progress(f"costing {draws} draws")
    kept = [model for _, model, _ in costed[:MOST_OPTIONS]]
    return CostStudy(
        source,
        tuple(Costed(item.option, bill, item.verdict) for item, _, bill in costed),
        missing,
        tornado(kept[0]),
        monte_carlo(kept, draws=draws, seed=source.scenario.simulation.seed if seed is None else seed),
        _reasons(sizing, [item.option.device for item in items]),
        estimator.notes,
    )


def _narrowed(source: ScenarioFile, device: str | None) -> ScenarioFile:
    """The scenario with one candidate alone; `UnknownIdError` where that is none of its candidates."""
    if device is None:
        return source
    given, candidates = source.scenario.deployment, source.scenario.candidates
    if given is not None:
        if device != given.device:
            raise UnknownIdError("device of the scenario's deployment", device, [str(given.device)])
        return source
    known = match_devices(candidates.devices)
    if device not in known:
        raise UnknownIdError("candidate of the scenario", device, known)
    alone = candidates.model_copy(update={"devices": [device]})
    return replace(source, scenario=source.scenario.model_copy(update={"candidates": alone}))


def _counts(item: SizedOption) -> tuple[int, ...]:
    """Devices in each year, as they were sized; the first year's alone without growth."""
    return tuple(year.count for year in item.years) or (item.option.count,)


def _priced(sizing: Sizing, device: str | None) -> tuple[list[SizedOption], tuple[Problem, ...]]:
    """Parts that keep the limits and have a price, and what is missing for others.

    A rack that is given is costed whatever it breaks. `InputError` where nothing has a price.
    """
    scenario = sizing.source.scenario
    parts = {item.option.device: item.option.part for item in sizing.options}
    if device is not None or scenario.deployment is not None:
        require_prices(scenario, parts.values())
    problems = {name: missing_price(scenario, part) for name, part in parts.items()}
    missing = {problem.where: problem for problem in problems.values() if problem is not None}
    found = [
        item
        for item in sizing.options
        if problems[item.option.device] is None
        and (scenario.deployment is not None or (item.option.feasible and item.verdict is not Verdict.FAIL))
    ]
    if not found and parts and len(missing) == len(parts):
        raise InputError(f"scenario {scenario.id}", missing.values())
    return found, tuple(missing.values())


def _reasons(sizing: Sizing, costed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The first reason against each part that has no option that was costed."""
    found: dict[str, str] = {}
    for item in sizing.options:
        if item.option.reasons or item.verdict is Verdict.FAIL:
            found.setdefault(item.option.device, item.verdict_reason)
    for refusal in sizing.refusals:
        found.setdefault(refusal.device, refusal.reason)
    return tuple((name, reason) for name, reason in found.items() if name not in costed)
