"""The least count that holds, found by simulation from the closed form's proposal.

Every rack is looked at until its verdict is settled (`planner.rack.sequential`), and all of them see the same
requests. More devices never make a service level harder to keep: where the proposal does not pass, the count
is raised in growing steps until one does or a limit of the site is met, and then halved in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.chain.fullest import cannot_keep_up
from planner.latency.band import planned_bound
from planner.plan.options.estimator import Estimator
from planner.plan.options.margin import binding
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.rack.run_length import elsewhere
from planner.plan.sizing.closed_form import preference, sized_option
from planner.plan.sizing.reasons import behind_a_batch_s, least_latency_s
from planner.plan.sizing.runner import Runner, rack_of_option
from planner.rack.counts.results import Verdict
from planner.rack.description.evidence import peak_ratio
from planner.rack.description.streams import StreamGroup
from planner.rack.load.expected import grows_without_end
from planner.schema.scenario.scenario import Scenario

MOST_SETTINGS_TRIED = 4
"""Settings whose count is searched for before the best of them is reported as not holding."""

_EASED_BY_MORE = ("die", "throttled", "link")
"""Margins that grow where each device has less to do."""
_FARTHEST_FOR_MARGINS = 4
_TAIL_SIGMAS = 6.0
_UTILISATION_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Found:
    """What the search for the count of one setting came to: the rack, and every one on the way to it.

    `chosen` passes at the least count, or else is the one that came nearest: open rather than failed, and of
    equals the smallest.
    """

    chosen: Simulated
    trials: tuple[Simulated, ...]


class Search:
    """Counts for the options of one scenario; a rack that was simulated once is remembered."""

    def __init__(self, scenario: Scenario, estimator: Estimator, runner: Runner | None = None) -> None:
        self.scenario = scenario
        self._estimator = estimator
        self.runner = runner or Runner()
        self._runs: dict[tuple[object, ...], Simulated] = {}

    def best(self, options: Sequence[Option], most_tried: int = MOST_SETTINGS_TRIED) -> Found | None:
        """The cheapest feasible option whose rack passes; where none does, the nearest; None without any.

        Settings whose requests are answered in time behind a whole batch are tried first, the cheapest of
        them at first. Once one passes, another one has to be cheaper at a count that passes as well: the
        largest count that is still cheaper is looked at, and only where that passes the least one is
        searched for.
        """
        feasible = [self._with_margins(option) for option in options if option.feasible]
        line = sorted(feasible, key=lambda option: (self._may_be_late(option), preference(option)))
        tried: list[Found] = []
        passing: Found | None = None
        for option in line:
            if passing is None and len(tried) >= most_tried and not self._fastest(option, line):
                continue
            if passing is not None and preference(option) >= preference(passing.chosen.proposed):
                continue
            found = self.least(option, cheaper_than=passing.chosen.proposed if passing else None)
            tried.append(found)
            if _passes(found.chosen, self.scenario):
                passing = found
        return passing or min(
            tried, key=lambda found: found.chosen.service_verdict is Verdict.FAIL, default=None
        )

    def _with_margins(self, option: Option) -> Option:
        """The least count whose margins hold where more devices, each less busy, help; else the option.

        Temperature and link load of a device fall with the count; what all of them do to the air does not.
        """
        if any(margin.name not in _EASED_BY_MORE for margin in binding(option.margins)):
            return option
        low, high = option.count, option.count
        at = option
        while binding(at.margins):
            low, high = high, 2 * high
            if low >= _FARTHEST_FOR_MARGINS * option.count:
                return option
            at = self._at(option, high)
            if not at.feasible:
                # Twice as many are more than the site takes; fewer may be enough.
                high = self._largest(self._at(option, low), lambda fewer: fewer.feasible, high)
                at = self._at(option, high)
                if high == low or binding(at.margins):
                    return option
        while high - low > 1:
            middle = (low + high) // 2
            between = self._at(option, middle)
            low, high, at = (middle, high, at) if binding(between.margins) else (low, middle, between)
        return at

    def _may_be_late(self, option: Option) -> bool:
        return any(
            behind_a_batch_s(self.scenario, option, stream) > stream.slo.latency_s
            for stream in self.scenario.streams
        )

    def _fastest(self, option: Option, line: Sequence[Option]) -> bool:
        """Whether no setting answers a lone request sooner: the one with most hope where others failed."""

        def slowest_s(option: Option) -> float:
            streams = self.scenario.streams
            return max(least_latency_s(option, stream) / stream.slo.latency_s for stream in streams)

        return option is min(line, key=slowest_s)

    def least(self, option: Option, *, cheaper_than: Option | None = None) -> Found:
        """The least count from the option's own on whose rack passes and keeps the utilisation limit.

        With `cheaper_than` only counts are looked at at which the option is preferred to that one.
        """
        trials = [self.simulated(option)]
        if _passes(trials[0], self.scenario) or not option.feasible or _too_short(trials[0]):
            return Found(trials[0], tuple(trials))
        most = self._largest(option, lambda at: at.feasible, self._hopeless_from(trials[0]))
        if cheaper_than is not None:
            most = self._largest(option, lambda at: preference(at) < preference(cheaper_than), most + 1)
        # Doubling steps find a passing count in the logarithm of the distance, halving the least one. Where
        # a cheaper one than another is looked for, the last that is cheaper tells whether there is any.
        step = 1 if cheaper_than is None else max(1, most - option.count)
        while not _passes(trials[-1], self.scenario) and trials[-1].option.count < most:
            below = trials[-1].option.count
            trials.append(self.simulated(self._at(option, min(most, below + step))))
            step *= 2
        if _passes(trials[-1], self.scenario):
            trials += self._between(option, trials[-2].option.count, trials[-1].option.count)
        return Found(_chosen(trials, self.scenario), tuple(trials))

    def _hopeless_from(self, run: Simulated) -> int:
        """A count from which on more devices do not help: all requests that there ever are find a free one.

        With free devices for all, as many are busy as requests come in a service time: a number of mean and
        variance A (Poisson; z A for arrivals that scatter z times as much), with A of the streams' highest
        rates. Six standard deviations above it none waits.
        """
        times = [run.rack, *(rack for rack, _ in elsewhere(self.scenario, run.rack))]
        return run.option.count + max(_waited_by_none(rack.streams, run.option) for rack in times)

    def least_for_service(self, passed: Simulated) -> int:
        """The least count whose rack keeps the service levels, whatever its utilisation: nothing to spare."""
        option = passed.option
        # `low` devices are too few whatever rounding does: full batches cannot carry what is asked of them.
        # Where sources are pinned, what is offered is that of the busiest device alone.
        pinned = self.scenario.simulation.dispatch == "pinned"
        low = 0 if pinned else int(option.offered_utilisation * option.count * (1 - 1e-9))
        high = option.count
        # Large racks queue little until they are nearly full: the least count is mostly the first that can
        # keep up at all. Growing steps from there find it sooner than halving from both ends.
        step = 1
        while low + step < high:
            if self._keeps(self._at(option, low + step)):
                high = low + step
                break
            low, step = low + step, step * 2
        while high - low > 1:
            middle = (low + high) // 2
            if self._keeps(self._at(option, middle)):
                high = middle
            else:
                low = middle
        return high

    def _keeps(self, option: Option) -> bool:
        """Whether an option's rack keeps the service levels; one that is overloaded is not simulated."""
        if grows_without_end(rack_of_option(self.scenario, option)):
            return False
        # Nor one in which a device has a camera too many: closed form tells that before any frame is moved.
        chain, bound = option.chain, planned_bound(option.plan_for)
        if chain is not None and cannot_keep_up(chain.chains, option.count, bound):
            return False
        return self.simulated(option).service_verdict is Verdict.PASS

    def simulated(self, option: Option) -> Simulated:
        """The option's rack, looked at until its verdict is settled.

        An interruption that the runner kept a part of ends the search: it is raised again, and the part is
        the last of the trials.
        """
        setting = (option.device, option.unit, option.mode, option.precision, option.batch)
        key = (*setting, option.plan_for, option.count)
        if key not in self._runs:
            self._runs[key] = self.runner.settled(self.scenario, option)
        # A part of a run settles nothing: the search ends here.
        if self._runs[key].result.partial:
            raise KeyboardInterrupt
        return self._runs[key]

    @property
    def trials(self) -> tuple[Simulated, ...]:
        """Every rack that was simulated, in order."""
        return tuple(self._runs.values())

    def _between(self, option: Option, fails: int, passes: int) -> list[Simulated]:
        """Halving: the racks looked at between one that does not pass and one that does."""
        trials = []
        while passes - fails > 1:
            middle = (fails + passes) // 2
            trials.append(self.simulated(self._at(option, middle)))
            if _passes(trials[-1], self.scenario):
                passes = middle
            else:
                fails = middle
        return trials

    def _largest(self, option: Option, fits: Callable[[Option], bool], beyond: int) -> int:
        """The largest count under `beyond` that fits, where the option's own does."""
        low, high = option.count, max(beyond, option.count + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if fits(self._at(option, middle)):
                low = middle
            else:
                high = middle
        return low

    def _at(self, option: Option, count: int) -> Option:
        return sized_option(self.scenario, self._estimator, option.part, option.networks, exactly=count)


def _waited_by_none(streams: Sequence[StreamGroup], option: Option) -> int:
    # Servers that would be busy if there were no end of them: for Poisson arrivals (M/G/infinity) their
    # number is Poisson, so its variance is its mean; gaps that scatter more make it at most cv^2 times that
    # (where service times are all alike). So many sigmas above the mean next to no request waits.
    busy, variance = 0.0, 0.0
    for group in streams:
        alone_s = max(service.batch_s[0] for service in option.services)
        peak = peak_ratio(group) * group.offered_per_s * alone_s
        busy += peak
        variance += peak * max(1.0, (group.gap_cv or 1.0) ** 2)
    return math.ceil(busy + _TAIL_SIGMAS * math.sqrt(variance) + _TAIL_SIGMAS)


def _passes(run: Simulated, scenario: Scenario) -> bool:
    most = scenario.planning.utilisation_limit_ratio + _UTILISATION_ROUNDING
    return run.service_verdict is Verdict.PASS and run.option.offered_utilisation <= most


def _too_short(run: Simulated) -> bool:
    return any(stream.too_short for stream in run.result.streams)


def _chosen(trials: Sequence[Simulated], scenario: Scenario) -> Simulated:
    passing = [run for run in trials if _passes(run, scenario)]
    pool = passing or [run for run in trials if run.service_verdict is not Verdict.FAIL] or list(trials)
    return min(pool, key=lambda run: run.option.count)
