"""How many of which part: the options of a scenario side by side, each simulated, with a verdict.

The best setting of each part is found by closed form and then by simulation (`planner.plan.sizing.search`).
The verdict is over two uncertainties at once: the interval over replications, and the band of the predicted
latency. PASS holds at the cautious end of the band as well; FAIL would not even hold at its best end; what
lies between is UNDECIDED, and says what would decide it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from planner.plan.options.estimator import Estimator
from planner.plan.options.margin import binding
from planner.plan.options.margin_text import binding_text, decider
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.options.what_to_measure import calibration_text
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.closed_form import (
    Sized,
    by_cost,
    count_at_saturation,
    preference,
    rank,
    size,
    sized_option,
)
from planner.plan.sizing.deployed import deployed_option
from planner.plan.sizing.growth import with_growth, years_of
from planner.plan.sizing.latency_span import planned_for, stream_spans
from planner.plan.sizing.option_contradiction import contradiction
from planner.plan.sizing.redundancy import spare_rows
from planner.plan.sizing.result import VERDICT_ORDER, SizedOption, Sizing
from planner.plan.sizing.runner import Runner, cut, rack_of_option
from planner.plan.sizing.search import Search
from planner.rack.counts.results import Verdict
from planner.rack.load.expected import grows_without_end
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import key_of, message

MOST_PARTS = 8
"""Parts of which the best setting is simulated, the cheapest by closed form first."""


def size_scenario(
    source: ScenarioFile,
    *,
    runner: Runner | None = None,
    estimator: Estimator | None = None,
    most_parts: int = MOST_PARTS,
    first_only: bool = False,
) -> Sizing:
    """Size a scenario's candidates, or judge the rack that it gives, part by part.

    With `first_only` parts are left out that cannot come before the first: the first is the same. An
    `estimator` of the same networks saves reading them again. After an interruption, where the runner keeps
    what is finished, the last rack is the answer, marked. Raises `InputError` for a device given by numbers,
    which has neither modes nor a price to compare.
    """
    scenario = source.scenario
    refuse_synthetic(scenario)
    runner = runner or Runner()
    estimator = estimator or estimator_for(source)
    search = Search(scenario, estimator, runner)
    if scenario.deployment is not None:
        given = deployed_option(scenario, scenario.deployment, estimator)
        sized = Sized((with_growth(scenario, estimator, given),), ())
    else:
        sized = _closed(scenario, estimator, runner)
    try:
        if scenario.deployment is not None:
            ranked = [_given(search, estimator, sized.options[0])]
        else:
            ranked = _parts(search, estimator, sized.options, most_parts, first_only=first_only)
    except KeyboardInterrupt:
        if not (runner.keep_partial and search.trials):
            raise
        ranked = [_interrupted(search)]
    return Sizing(
        source,
        tuple(ranked),
        sized.refusals,
        len(sized.options),
        estimator.workloads,
        sized.options,
        search.trials,
        estimator.notes,
        contradiction(sized.options),
    )


def _closed(scenario: Scenario, estimator: Estimator, runner: Runner) -> Sized:
    """All settings in closed form, with what they break in later years."""
    sized = size(scenario, estimator, progress=lambda device_id: runner.progress(f"sizing {device_id}"))
    grown = [with_growth(scenario, estimator, option) for option in sized.options]
    return replace(sized, options=rank(grown))


def _parts(
    search: Search, estimator: Estimator, options: tuple[Option, ...], most_parts: int, *, first_only: bool
) -> list[SizedOption]:
    """The best setting of each part, best first; the years of the first are simulated as well."""
    by_part: dict[str, list[Option]] = {}
    for option in options:
        by_part.setdefault(option.device, []).append(option)
    found: list[SizedOption] = []
    for number, settings in enumerate(by_part.values()):
        if first_only and _unbeatable(found, settings):
            continue
        found.append(_best_of_part(search, estimator, settings, simulate=number < most_parts))
    if search.scenario.growth is None:
        return sorted(found, key=_rank)
    grown = [_with_years(search.scenario, estimator, item, simulate=False) for item in found]
    return _first_through_all_years(search.scenario, estimator, grown)


def _unbeatable(found: list[SizedOption], settings: list[Option]) -> bool:
    """Whether some part passes and costs less than the closed form of these, the least that they come to.

    Their margins do not count here: more devices than the closed form has may keep them.
    """
    costs = [by_cost(option) for option in settings if option.feasible]
    return any(
        item.verdict is Verdict.PASS and all(by_cost(item.option) < cost for cost in costs) for item in found
    )


def _first_through_all_years(
    scenario: Scenario, estimator: Estimator, found: list[SizedOption]
) -> list[SizedOption]:
    """Ranked, the first with its years simulated: where one of them fails, another comes first."""
    ranked, done = sorted(found, key=_rank), set[str]()
    while ranked and ranked[0].simulated is not None and ranked[0].option.device not in done:
        done.add(ranked[0].option.device)
        ranked[0] = _with_years(scenario, estimator, ranked[0], simulate=True)
        ranked.sort(key=_rank)
    return ranked


def _interrupted(search: Search) -> SizedOption:
    """The last rack that was finished, marked as all that there is."""
    last = search.trials[-1]
    run = last if last.result.partial else cut(last, message("simulated.interrupted_search"))
    return SizedOption(
        option=run.option,
        verdict=run.verdict,
        verdict_reason=_reason(run),
        would_decide=(),
        count_at_saturation=count_at_saturation(search.scenario, run.option),
        count_for_service=None,
        simulated=run,
    )


def _rank(item: SizedOption) -> tuple[object, ...]:
    return (VERDICT_ORDER[item.verdict], item.simulated is None, preference(item.option))


def _with_years(
    scenario: Scenario, estimator: Estimator, item: SizedOption, *, simulate: bool
) -> SizedOption:
    """Counts year by year; a year whose simulated rack does not pass is in the verdict."""
    if item.simulated is None:
        return replace(item, years=years_of(scenario, estimator, item.option, simulate=False))
    years = years_of(scenario, estimator, item.option, simulate=simulate)
    worst = max((year.verdict or Verdict.PASS for year in years), key=VERDICT_ORDER.__getitem__)
    if VERDICT_ORDER[worst] <= VERDICT_ORDER[item.verdict]:
        return replace(item, years=years)
    number, year = next((n, year) for n, year in enumerate(years) if year.verdict is worst)
    text = message("growth.not_kept", count=year.count, verdict=message(f"verdict.{worst}"))
    reason = message("reason.in_year", year=number + 1, reason=text)
    return replace(item, years=years, verdict=worst, verdict_reason=reason)


def _best_of_part(
    search: Search, estimator: Estimator, settings: list[Option], *, simulate: bool
) -> SizedOption:
    scenario = search.scenario
    if not settings[0].feasible:
        return _without_feasible(scenario, estimator, settings)
    found = search.best(settings) if simulate else None
    if found is None:
        text = "keeps every limit in closed form; not simulated, for others are cheaper"
        decides = (f"simulating it: name {settings[0].device} alone in candidates.devices",)
        return _unsimulated(scenario, settings[0], Verdict.UNDECIDED, text, decides)
    return _judged(search, estimator, found.chosen)


def _given(search: Search, estimator: Estimator, option: Option) -> SizedOption:
    """The rack that the scenario gives; one that is asked for more than it serves is not simulated."""
    if grows_without_end(rack_of_option(search.scenario, option)):
        return _unsimulated(search.scenario, option, Verdict.FAIL, "; ".join(option.reasons), ())
    return _judged(search, estimator, search.simulated(option))


def _judged(search: Search, estimator: Estimator, run: Simulated) -> SizedOption:
    scenario = search.scenario
    judged = search.runner.over_the_band(scenario, estimator, run)
    needed = search.runner.least_serving(scenario, run)
    return SizedOption(
        option=run.option,
        verdict=judged.verdict,
        verdict_reason=_reason(judged),
        would_decide=tuple(_deciding(judged)) if judged.verdict is Verdict.UNDECIDED else (),
        count_at_saturation=count_at_saturation(scenario, run.option),
        count_for_service=search.least_for_service(run) if run.service_verdict is Verdict.PASS else None,
        simulated=judged,
        spares=spare_rows(scenario, run.option, needed),
        needed=needed,
    )


def _reason(run: Simulated) -> str:
    """The limits that are broken, or the stream that the verdict rests on: the worst, and then tightest."""
    if run.reasons:
        return "; ".join(run.reasons)
    binds = binding(run.option.margins)
    if binds and run.verdict is not run.service_verdict:
        return binding_text(binds)
    pairs = zip(run.result.streams, stream_spans(run), strict=True)
    worst, _ = max(pairs, key=lambda pair: (VERDICT_ORDER[pair[0].verdict], pair[1].tightness))
    return f"{worst.name}: {worst.verdict_reason}"


def _deciding(run: Simulated) -> Iterator[str]:
    """What would settle an open verdict."""
    spans = stream_spans(run)
    yield from dict.fromkeys(decider(margin) for margin in run.option.margins if margin.turns)
    short = [stream for stream in run.result.streams if stream.too_short]
    if short:
        yield message("decides.longer_run", duration=f"{run.rack.duration_s:g} s")
    elif any(stream.as_planned is Verdict.UNDECIDED for stream in spans):
        yield (
            f"more replications than {run.result.replications} (simulation.most_replications), or `planner "
            "simulate --simulator simpy` where the interval is within a latency bin of the SLO"
        )
    if not all(stream.ends_agree for stream in spans):
        yield calibration_text(run.option)


def _without_feasible(scenario: Scenario, estimator: Estimator, settings: list[Option]) -> SizedOption:
    """A part of which no setting keeps the limits: for good, or only at the latency planned for."""
    nearest = min(settings, key=lambda option: (len(option.reasons), preference(option)))
    if [key_of(reason) for reason in nearest.reasons] == ["reason.price_unknown"]:
        decides: tuple[str, ...] = (f"a price of {nearest.device_name}",)
        return _unsimulated(scenario, nearest, Verdict.UNDECIDED, nearest.reasons[0], decides)
    best_case = planned_for(scenario, "best")
    for option in settings:
        least = sized_option(best_case, estimator, option.part, option.networks)
        least = with_growth(best_case, estimator, least)
        if least.feasible:
            reason = (
                f"at {scenario.planning.plan_for} latency: {option.reasons[0]}; at the best end of the "
                f"latency band {least.count} would keep every limit"
            )
            return _unsimulated(scenario, option, Verdict.UNDECIDED, reason, (calibration_text(option),))
    return _unsimulated(scenario, nearest, Verdict.FAIL, "; ".join(nearest.reasons), ())


def _unsimulated(
    scenario: Scenario, option: Option, verdict: Verdict, reason: str, decides: tuple[str, ...]
) -> SizedOption:
    return SizedOption(
        option=option,
        verdict=verdict,
        verdict_reason=reason,
        would_decide=decides,
        count_at_saturation=count_at_saturation(scenario, option),
        count_for_service=None,
        simulated=None,
        spares=spare_rows(scenario, option, None),
    )
