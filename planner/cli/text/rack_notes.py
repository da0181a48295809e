"""Lines under the table of `planner simulate`: theory, updates, clock savings, failures, offloading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planner.cli.text.numbers import interval, quantity
from planner.units import format_percent

if TYPE_CHECKING:
    from planner.plan.rack.theory import Theory
    from planner.rack.counts.results import RackResult, StreamResult
    from planner.rack.description.rack import Rack
    from planner.schema.scenario.scenario import Scenario


def theory_lines(theory: Theory) -> list[str]:
    """Theory beside simulation, a line a quantity."""
    lines = [f"{theory.model} in theory and here:"]
    for row in theory.rows:
        expected, found = (
            quantity(value, row.dimension) if row.dimension else f"{value:.4g}"
            for value in (row.theory, row.simulated)
        )
        line = f"  {row.quantity}: {expected}, simulated {found} ({row.error * 100:+.1f} %)"
        if row.dimension and row.agrees is not None:
            line += f", interval {interval(row.low, row.high, row.dimension)}"
            line += " holds it" if row.agrees else " misses it"
        lines.append(line)
    return lines


def band_lines(streams: Sequence[StreamResult]) -> list[str]:
    """The p99 of each stream over the band of its service latency, and what that leaves of the verdict."""
    lines = []
    for stream in streams:
        if stream.bounds is None:
            continue
        ends = (stream.bounds.low, stream.bounds.mid, stream.bounds.high)
        found = ", ".join(
            f"{'overloaded' if at.p99 is None else quantity(at.p99, 's')} ({at.verdict})" for at in ends
        )
        lines.append(f"  {stream.name}: {found}")
    return ["p99 at the low, middle and high end of the service latency's band:", *lines] if lines else []


def new_model_lines(rack: Rack, result: RackResult) -> list[str]:
    """What was measured of a new model on the devices that had it first, and how often it went back."""
    update, seen = rack.life.update, result.update
    if update is None or not update.measured:
        return []
    if seen is None:
        return ["new model: no run lasted until it was decided on"]
    share = format_percent(seen.rolled_back_share)
    back = f"new model: back to the old one in {share} of {seen.replications} runs"
    if seen.late_share is None or seen.failed_share is None:
        return [f"{back}; its first devices answered nothing while they were watched"]
    found = [f"{format_percent(seen.failed_share, 2)} came to nothing"]
    if update.roll_back_p99_s is not None:
        limit = quantity(update.roll_back_p99_s, "s")
        found.insert(0, f"{format_percent(seen.late_share, 2)} took longer than {limit} (1 % may)")
    return [f"{back}; of {seen.answered} requests on the first devices {', '.join(found)}"]


def rack_life_lines(scenario: Scenario, rack: Rack) -> list[str]:
    """Knee, updates, clock savings, failures and offloading, where the scenario asks."""
    return [
        *_knee_lines(scenario),
        *_update_lines(scenario),
        *_clock_lines(scenario),
        *_failure_lines(scenario, rack),
        *_offload_lines(scenario, rack),
    ]


def _knee_lines(scenario: Scenario) -> list[str]:
    from planner.plan.rack.questions import knee_answer

    knee = knee_answer(scenario)
    if knee is None:
        return []
    lines = [
        f"knee of these rows: {knee.at_threads:.1f} threads, where {knee.per_thread_per_s:,.0f}/s each "
        f"meet the narrowest place at {knee.bottleneck_per_s:,.0f}/s"
    ]
    for row, given in zip(knee.readings, scenario.concurrency, strict=True):
        lines.append(
            f"  {row.threads} threads: {given.throughput_per_s:,.0f}/s of at most {row.bound_per_s:,.0f}/s, "
            f"{row.in_flight:,.0f} in flight; a batch of {given.batch:,} takes {quantity(row.fill_s, 's')} "
            "to arrive" + ("" if row.whole_batches else ": it can only be a maximum")
        )
    return lines


def _failure_lines(scenario: Scenario, rack: Rack) -> list[str]:
    from planner.plan.rack.questions import failure_answer

    asked, answer = scenario.failures, failure_answer(scenario, rack)
    if asked is None or answer is None:
        return []
    lines = [
        f"failures, {asked.hot_spares} hot spares, each device up "
        f"{format_percent(answer.availability, 3)} of the time:"
    ]
    for row in answer.rows:
        state = "overloaded" if row.overloaded else "throttles" if row.throttles else "carries the load"
        lines.append(
            f"  {row.failed} failed, {format_percent(row.probability, 3)} of the time: "
            f"{format_percent(row.utilisation)} busy, {row.hottest_c:.0f} degC, {state}"
        )
    met = "kept" if answer.carried >= asked.target_ratio else "missed"
    lines.append(
        f"  carries its load {format_percent(answer.carried, 4)} of the time; "
        f"{format_percent(asked.target_ratio, 4)} asked: {met}"
    )
    return lines


def _offload_lines(scenario: Scenario, rack: Rack) -> list[str]:
    from planner.plan.rack.questions import offload_answer

    asked, answer = scenario.offload, offload_answer(scenario, rack)
    if asked is None or answer is None:
        return []
    sent = answer.sent
    lines = [
        f"offloading {format_percent(asked.share_ratio)}: {quantity(sent.mean_latency_s, 's')} on average, "
        f"p99 {quantity(sent.p99_latency_s, 's')}, link {format_percent(sent.link_utilisation)} busy, "
        f"{answer.price_per_year:,.0f} {scenario.money.currency} a year; the rack would be "
        f"{format_percent(answer.rack_utilisation)} busy"
    ]
    if not sent.link_holds:
        lines.append(
            f"note: the link queues, so these latencies are too short; it carries "
            f"{format_percent(answer.largest_share)}"
        )
    return lines


def _update_lines(scenario: Scenario) -> list[str]:
    """The update of the scenario: both ways of sending, and what published figures determine."""
    from planner.plan.rack.questions import update_answer

    answer = update_answer(scenario)
    if answer is None:
        return []
    lines = ["update:"]
    for name, way in (("whole file", answer.full), ("difference", answer.delta)):
        lines.append(
            f"  {name}: {quantity(way.sent_bytes, 'bytes')} over the link in {way.waves} waves, "
            f"{way.total_s:,.0f} s in all, each device out for {quantity(way.interruption_s, 's')}, "
            f"{way.lost_device_s:,.0f} s of device time lost"
        )
    if answer.measured is not None:
        lines.append(
            f"  measured: {format_percent(answer.delta_ratio, 1)} of the whole ({answer.measured.method})"
        )
    lines += [
        f"  published: {quantity(reading.rate_bytes_per_s, 'bytes_per_s')} and "
        f"{quantity(reading.fixed_s, 's')} fixed, if rebuilding takes {quantity(reading.apply_s, 's')}"
        for reading in answer.readings
    ]
    return lines + [f"note: {remark}" for remark in answer.remarks]


def _clock_lines(scenario: Scenario) -> list[str]:
    """What the clock governor saves under each load."""
    from planner.plan.rack.questions import claim_holds, clock_savings

    asked = scenario.clock_scaling
    if asked is None:
        return []
    lines = ["energy that the clock governor saves:"]
    for saving in clock_savings(scenario):
        lines.append(f"  {saving.load}: {format_percent(saving.low)} to {format_percent(saving.high)}")
        if asked.claimed_low_ratio is not None and asked.claimed_high_ratio is not None:
            cases = claim_holds(asked, saving)
            claim = f"{format_percent(asked.claimed_low_ratio)} to {format_percent(asked.claimed_high_ratio)}"
            reached = "; ".join(cases) if cases else "no case"
            lines.append(f"    the claimed {claim} reached with: {reached}")
    return lines
