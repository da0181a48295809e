"""How racks are simulated in one study: by which engine, reported to whom, and kept when interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from planner.chain.simulation.compiled import make_ready as make_chains_ready
from planner.chain.simulation.rack_run import RackRuns
from planner.chain.simulation.racked import ChainedRun
from planner.latency.band import BandEnd, planned_bound
from planner.plan.chain.rack_steps import with_steps_at
from planner.plan.options.rack_run import Simulated
from planner.plan.rack.promises import least_serving
from planner.plan.rack.rack_model import build_rack, services_of, stream_groups
from planner.plan.rack.run_length import elsewhere, window_notes
from planner.plan.sizing.as_run import as_run
from planner.plan.sizing.latency_bounds import with_bounds
from planner.rack.counts.results import RackResult, StreamResult, Verdict
from planner.rack.description.pipelines import with_tails
from planner.rack.description.rack import Rack
from planner.rack.policies.clock import CLOCK_POLICIES
from planner.rack.sequential import simulate_until_settled
from planner.rack.simulation import Run, SimulationEngine, make_ready, simulate
from planner.schema.scenario.scenario import Scenario
from planner.units import format_quantity
from planner.wording.message import Message, message

if TYPE_CHECKING:
    from planner.plan.options.estimator import Estimator
    from planner.plan.options.option import Option

Progress = Callable[[str], None]

_LONG_EPOCHS_S = (20.0, 10.0, 5.0, 2.0)
_WORSE = (Verdict.PASS, Verdict.UNDECIDED, Verdict.FAIL)
_LONG_RUN_S = 3600.0
_FAR_K = 20.0
"""From the throttle: more than the power at the high end of a band adds to the die."""


@dataclass(frozen=True, slots=True)
class Runner:
    """How racks are simulated in one study."""

    engine: SimulationEngine = "compiled"
    progress: Progress = lambda _: None
    keep_partial: bool = False
    processes: int = 1

    def rack(self, rack: Rack, what: str, run: Run | None = None) -> RackResult:
        """A rack with its own number of replications, each by `run` where it is not the usual one."""
        make_ready(self.engine, self.progress)
        return simulate(
            rack,
            engine=self.engine,
            progress=self._reported(what),
            keep_partial=self.keep_partial,
            processes=self.processes,
            run=run,
        )

    def settled(self, scenario: Scenario, option: Option) -> Simulated:
        """An option's rack, looked at until its verdict is settled."""
        make_ready(self.engine, self.progress)
        if option.chain is not None and self.engine == "compiled":
            make_chains_ready(self.progress)
        rack = rack_of_option(scenario, option)
        settle = partial(
            simulate_until_settled,
            most_replications=scenario.simulation.most_replications,
            engine=self.engine,
            progress=self._reported(_what(option)),
            keep_partial=self.keep_partial,
            processes=self.processes,
            run=chained_run(option, planned_bound(option.plan_for)),
        )
        result = _whole(scenario, rack, settle)
        notes = chain_notes(rack, option)
        result = replace(result, warnings=(*notes, *result.warnings)) if notes else result
        return _seen(scenario, rack, result, option)

    def least_serving(self, scenario: Scenario, run: Simulated) -> int | None:
        """How few devices of a run still keep every promise; only looked for where failures are stated."""
        if scenario.failures is None or run.result.partial:
            return None
        settle = partial(
            simulate_until_settled,
            most_replications=scenario.simulation.most_replications,
            engine=self.engine,
            progress=self._reported("simulating with devices failed"),
            processes=self.processes,
            run=chained_run(run.option, planned_bound(run.option.plan_for)),
        )
        return least_serving(run.rack, lambda rack: _whole(scenario, rack, settle))

    def over_the_band(self, scenario: Scenario, estimator: Estimator, run: Simulated) -> Simulated:
        """The same run judged over the band of its service latency; as it is where it was interrupted."""
        if run.result.partial:
            return run
        try:
            result = with_bounds(
                run.result,
                planned=planned_bound(run.option.plan_for),
                rack_at=lambda bound: _at_bound(scenario, estimator, run, bound),
                run=lambda rack, bound: _whole(
                    scenario,
                    rack,
                    lambda at: self.rack(
                        # Of the ends latencies alone are kept.
                        at,
                        "simulating the ends of the latency band",
                        chained_run(run.option, bound, heated=1),
                    ),
                ),
            )
        except KeyboardInterrupt:
            if not self.keep_partial:
                raise
            return cut(run, message("simulated.interrupted_band"))
        return replace(run, result=result)

    def _reported(self, what: str) -> Callable[[int, int], None]:
        return lambda done, total: self.progress(f"{what}: run {done} of {total}")


def _whole(scenario: Scenario, rack: Rack, run: Callable[[Rack], RackResult]) -> RackResult:
    """The result of a rack with each stream from the stretch of the day that is worst for it."""
    result = run(rack)
    streams = list(result.streams)
    notes = list(window_notes(scenario, rack))
    unseen = {number for number, group in enumerate(rack.streams) if group.silent}
    moved: dict[str, set[int]] = {"window.unseen": set(), "window.own_worst": set()}
    for other, numbers in elsewhere(scenario, rack):
        there = run(other).streams
        for number in numbers:
            if number in unseen or _tightness(there[number]) > _tightness(streams[number]):
                streams[number] = there[number]
                moved["window.unseen" if rack.streams[number].silent else "window.own_worst"].add(number)
                unseen.discard(number)
    notes += [
        message(key, streams=", ".join(streams[number].name for number in sorted(numbers)))
        for key, numbers in moved.items()
        if numbers
    ]
    return replace(result, streams=tuple(streams), warnings=(*notes, *result.warnings))


def _tightness(stream: StreamResult) -> tuple[int, float]:
    """How near a stream is to breaking its promise: by verdict, and then by the latency promised."""
    latency_s = stream.slo_latency_s
    return _WORSE.index(stream.verdict), math.inf if latency_s is None else latency_s


def _seen(scenario: Scenario, rack: Rack, result: RackResult, option: Option) -> Simulated:
    """The run, and the option with what was seen in place of what the closed form expected."""
    return Simulated(rack, result, as_run(scenario, rack, result, option), option)


def rack_of_option(scenario: Scenario, option: Option) -> Rack:
    """The rack that an option is; in runs of hours with longer epochs, where heat decides nothing."""
    rack = build_rack(
        scenario,
        option.part,
        option.mode,
        option.batch,
        option.services,
        option.count,
        racks=option.racks,
        unit=option.unit,
        instances=option.instances,
        beside=option.beside,
        chain=option.chain,
    )
    if rack.duration_s <= _LONG_RUN_S:
        return rack
    return replace(rack, epoch_s=_longest_epoch_s(rack, option.heat.temperature_c))


def _at_bound(scenario: Scenario, estimator: Estimator, run: Simulated, bound: BandEnd) -> Rack:
    """The rack of a run with every network of every unit at one bound of its latency band."""
    from planner.plan.rack.units_beside import units_beside

    part, networks = run.option.part, run.option.networks
    device = replace(
        run.rack.device,
        services=services_of(scenario, estimator, part, networks, bound),
        beside=units_beside(scenario, estimator, part, networks, bound),
    )
    streams = run.rack.streams
    if run.option.chain is not None:
        streams = with_steps_at(streams, stream_groups(scenario), run.option.chain, bound)
    streams = with_tails(streams, device.services)
    rack = replace(run.rack, device=device, streams=streams, epoch_s=_epoch_s(run))
    # Phases of sources are judged by as many replications at every end of the band.
    return replace(rack, replications=run.result.replications)


def _epoch_s(run: Simulated) -> float:
    """Epochs for the ends of the band: longer ones where nothing happens at them.

    Policies, events and throttling act at the ends of epochs. Where there are none, and the devices stay far
    below their throttle, queues and latencies are the same for any length.
    """
    return _longest_epoch_s(run.rack, run.result.devices.temperature_c.max)


def _longest_epoch_s(rack: Rack, hottest_c: float) -> float:
    near = hottest_c + _FAR_K > rack.device.thermal.throttle_c
    if rack.policies or not rack.life.quiet or near:
        return rack.epoch_s
    spans_s = (rack.duration_s, rack.warmup_s)
    return next((e for e in _LONG_EPOCHS_S if all(span_s % e == 0 for span_s in spans_s)), rack.epoch_s)


def chained_run(option: Option, bound: BandEnd, *, heated: int | None = None) -> Run | None:
    """How an option's rack is run where its streams are chains; None where they are single networks.

    `heated` is in how many replications heat is looked at where it changes nothing; else as the rack says.
    """
    if option.chain is None:
        return None
    return ChainedRun(option.chain.chains, bound, RackRuns(heated))


def chain_notes(rack: Rack, option: Option) -> tuple[Message, ...]:
    """What the frames of chains do not see of their rack."""
    if option.chain is None:
        return ()
    notes = []
    until_s = ChainedRun(option.chain.chains, planned_bound(option.plan_for)).until_s(rack)
    if until_s < rack.duration_s:
        frames, whole = (format_quantity(time_s, "s") for time_s in (until_s, rack.duration_s))
        notes.append(message("simulated.chain_cut", until=frames, duration=whole))
    alone = any(not isinstance(policy, CLOCK_POLICIES) for policy in rack.policies)
    if alone or rack.life.update is not None or rack.shares or rack.device.contention:
        notes.append(message("simulated.chain_alone"))
    return tuple(notes)


def cut(run: Simulated, why: str) -> Simulated:
    """The same run, marked as all that was finished."""
    return replace(run, result=replace(run.result, warnings=(why, *run.result.warnings), partial=True))


def _what(option: Option) -> str:
    return f"simulating {option.count} x {option.device}"
