"""What a scenario costs: its options' bills side by side, and the sensitivity of the best one's cost."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import InputError, Problem, UnknownIdError
from planner.plan.cost.model import CostModel
from planner.plan.cost.sensitivity import MonteCarlo, Tornado, monte_carlo, tornado
from planner.plan.money.bill import Bill
from planner.plan.money.prices import missing_price, require_prices
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.sizing.closed_form import Sized, size
from planner.plan.sizing.deployed import deployed_option

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


@dataclass(frozen=True, slots=True)
class CostStudy:
    """The best option of each part with its bill, cheapest first, and the sensitivity of the first.

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
    """The cost of the rack that a scenario gives, or of the best option of each part, in closed form.

    `device` narrows the candidates to one part. Draws come from `seed`, the scenario's unless given. Raises
    `InputError` where the price of the part asked about, or of every one, is missing: by name, all at once.
    """
    refuse_synthetic(source.scenario)
    estimator = Estimator(read_workloads(source))
    options, missing, sized = _options(source, estimator, device, progress)
    if not options:
        return CostStudy(source, (), missing, None, None, _reasons(sized, device, ()))
    models = [CostModel(source.scenario, estimator, option) for option in options]
    costed = sorted(
        zip(models, [model.bill() for model in models], strict=True), key=lambda pair: pair[1].total_cost
    )
    progress(f"costing {draws} draws")
    kept = [model for model, _ in costed[:MOST_OPTIONS]]
    return CostStudy(
        source,
        tuple(Costed(model.option, bill) for model, bill in costed),
        missing,
        tornado(kept[0]),
        monte_carlo(kept, draws=draws, seed=source.scenario.simulation.seed if seed is None else seed),
        _reasons(sized, device, [option.device for option in options]),
    )


def _options(
    source: ScenarioFile, estimator: Estimator, device: str | None, progress: Callable[[str], None]
) -> tuple[list[Option], tuple[Problem, ...], Sized | None]:
    """The options to be costed, what is missing for others, and the whole sizing where nothing is given."""
    scenario = source.scenario
    if scenario.deployment is not None:
        given = deployed_option(scenario, scenario.deployment, estimator)
        if device not in (None, given.device):
            raise UnknownIdError("device of the scenario's deployment", str(device), [given.device])
        require_prices(scenario, [given.part])
        return [given], (), None
    sized = size(scenario, estimator, progress=lambda name: progress(f"sizing {name}"))
    parts = {option.device: option.part for option in sized.options}
    if device is not None:
        if device not in parts:
            raise UnknownIdError("candidate of the scenario", device, parts)
        parts = {device: parts[device]}
        require_prices(scenario, parts.values())
    problems = {name: missing_price(scenario, part) for name, part in parts.items()}
    missing = {problem.where: problem for problem in problems.values() if problem is not None}
    best: dict[str, Option] = {}
    for option in sized.options:
        if option.feasible and option.device in parts and problems[option.device] is None:
            best.setdefault(option.device, option)
    if not best and len(missing) == len(parts):
        raise InputError(f"scenario {scenario.id}", missing.values())
    return list(best.values()), tuple(missing.values()), sized


def _reasons(sized: Sized | None, device: str | None, costed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The first reason against each part that was asked about and has no option that was costed."""
    if sized is None:
        return ()
    found: dict[str, str] = {}
    for option in sized.options:
        if option.reasons:
            found.setdefault(option.device, option.reasons[0])
    for refusal in sized.refusals:
        found.setdefault(refusal.device, refusal.reason)
    return tuple(
        (name, reason) for name, reason in found.items() if name not in costed and device in (None, name)
    )
