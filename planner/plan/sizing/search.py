"""The least count that holds, found by simulation from the closed form's proposal.

Every rack is looked at until its verdict is settled (`planner.rack.sequential`), and all of them see the same
requests. More devices never make a service level harder to keep: where the proposal does not pass, the count
is raised in growing steps until one does or a limit of the site is met, and then halved in between.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.sizing.closed_form import preference, sized_option
from planner.plan.sizing.runner import Runner
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario

MOST_SETTINGS_TRIED = 4
"""Settings whose count is searched for before the best of them is reported as not holding."""

_FARTHEST = 4
"""A count is raised to this many times the proposal at most; where that does not help, more will not."""
# The limit is one of the closed form; the simulated share scatters around it by chance.
_UTILISATION_ROUNDING = 0.005


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

        A count that is raised makes an option dearer, so the closed form's cost is the least that it may
        come to: the first option that passes and is still the cheapest in line is the cheapest of all.
        """
        # The number breaks ties, so that options themselves are never compared.
        line = [(preference(option), n, option) for n, option in enumerate(options) if option.feasible]
        heapq.heapify(line)
        tried: dict[int, Found] = {}
        while line:
            _, number, _ = heapq.heappop(line)
            # Back in line at its true cost and still the cheapest: nothing that is left can be cheaper.
            if number in tried:
                return tried[number]
            if len(tried) == most_tried:
                continue
            found = self.least(options[number])
            tried[number] = found
            if _passes(found.chosen, self.scenario):
                heapq.heappush(line, (preference(found.chosen.option), number, found.chosen.option))
        return min(tried.values(), key=lambda found: found.chosen.verdict is Verdict.FAIL, default=None)

    def least(self, option: Option) -> Found:
        """The least count from the option's own on whose rack passes and keeps the utilisation limit."""
        trials = [self.simulated(option)]
        if _passes(trials[0], self.scenario) or not option.feasible or _too_short(trials[0]):
            return Found(trials[0], tuple(trials))
        # Doubling steps find a passing count in the logarithm of the distance, halving the least one.
        most, step = self._largest_feasible(option), 1
        while not _passes(trials[-1], self.scenario) and trials[-1].option.count < most:
            below = trials[-1].option.count
            trials.append(self.simulated(self._at(option, min(most, below + step))))
            step *= 2
        if _passes(trials[-1], self.scenario):
            trials += self._between(option, trials[-2].option.count, trials[-1].option.count)
        return Found(_chosen(trials, self.scenario), tuple(trials))

    def least_for_service(self, passed: Simulated) -> int:
        """The least count whose rack keeps the service levels, whatever its utilisation: nothing to spare."""
        option = passed.option
        # `low` devices are too few whatever rounding does: they are asked for more than full batches can
        # carry.
        low, high = int(option.offered_utilisation * option.count * (1 - 1e-9)), option.count
        while high - low > 1:
            middle = (low + high) // 2
            if self.simulated(self._at(option, middle)).verdict is Verdict.PASS:
                high = middle
            else:
                low = middle
        return high

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

    def _largest_feasible(self, option: Option) -> int:
        """The largest count up to the farthest that keeps the closed form's limits."""
        low, high = option.count, _FARTHEST * option.count + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._at(option, middle).feasible:
                low = middle
            else:
                high = middle
        return low

    def _at(self, option: Option, count: int) -> Option:
        return sized_option(self.scenario, self._estimator, option.part, option.networks, exactly=count)


def _passes(run: Simulated, scenario: Scenario) -> bool:
    most = scenario.planning.utilisation_limit_ratio + _UTILISATION_ROUNDING
    return run.verdict is Verdict.PASS and run.result.devices.utilisation <= most


def _too_short(run: Simulated) -> bool:
    return any(stream.too_short for stream in run.result.streams)


def _chosen(trials: Sequence[Simulated], scenario: Scenario) -> Simulated:
    passing = [run for run in trials if _passes(run, scenario)]
    pool = passing or [run for run in trials if run.verdict is not Verdict.FAIL] or list(trials)
    return min(pool, key=lambda run: run.option.count)
