"""Lines under the table of `planner simulate`: theory, updates, clock savings, failures, offloading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planner import api
from planner.cli.text.numbers import interval, quantity
from planner.units import format_number, format_percent, format_time_share

if TYPE_CHECKING:
    from planner.api.racks import ClockSaving
    from planner.plan.rack.questions import FailureAnswer, OffloadAnswer, UpdateAnswer
    from planner.plan.rack.theory import Theory
    from planner.rack.counts.results import RackResult, StreamResult
    from planner.rack.description.rack import Rack
    from planner.rack.studies.knee import Knee
    from planner.schema.scenario.scenario import Scenario


def theory_lines(theory: Theory) -> list[str]:
    """Theory beside simulation, a line a quantity."""
    lines = [f"{theory.model} in theory and here:"]
    for row in theory.rows:
        expected, found = (
            quantity(value, row.dimension) if row.dimension else format_number(value, 4)
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


def rack_life_lines(scenario: Scenario, rack: Rack, failures: FailureAnswer | None) -> list[str]:
    """Knee, updates, clock savings, failures and offloading, where the scenario asks."""
    found = api.rack_answers(scenario, rack, failures)
    return [
        *_knee_lines(scenario, found.knee),
        *_update_lines(found.update),
        *_clock_lines(scenario, found.clock_savings),
        *_failure_lines(found.failures),
        *_offload_lines(scenario, found.offload),
    ]


def _knee_lines(scenario: Scenario, knee: Knee | None) -> list[str]:
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


def _failure_lines(answer: FailureAnswer | None) -> list[str]:
    if answer is None:
        return []
    lines = [
        f"failures, {answer.count} devices and {answer.spares} spares, each up "
        f"{format_percent(answer.device_availability, 3)} of the time:"
    ]
    for row in answer.rows:
        heat = "overloaded" if row.overloaded else "throttles" if row.throttles else "carries the load"
        holds = answer.holds(row)
        kept = "" if holds is None else ", keeps every promise" if holds else ", does not keep every promise"
        lines.append(
            f"  {row.failed} failed, {format_percent(row.probability, 3)} of the time: "
            f"{format_percent(row.utilisation)} busy, {row.hottest_c:.0f} °C, {heat}{kept}"
        )
    lines.append(f"  {availability_text(answer.availability)}; {_asked(answer)}")
    return lines


def availability_text(share: float | None) -> str:
    """The availability of a rack, as every command says it."""
    if share is None:
        return "availability (every promise holds): unknown, as the promises are not kept with all devices up"
    return f"availability (every promise holds): {format_time_share(share)} of the time"


def _asked(answer: FailureAnswer) -> str:
    met = {True: "kept", False: "missed", None: "open"}[answer.met]
    spares = answer.spares_for_target
    enough = "" if answer.met or spares is None else f"; {spares} spares would reach it"
    return f"{format_percent(answer.target, 4)} asked: {met}{enough}"


def _offload_lines(scenario: Scenario, answer: OffloadAnswer | None) -> list[str]:
    asked = scenario.offload
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


def _update_lines(answer: UpdateAnswer | None) -> list[str]:
    """The update of the scenario: both ways of sending, and what published figures determine."""
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


def _clock_lines(scenario: Scenario, savings: Sequence[ClockSaving]) -> list[str]:
    """What the clock governor saves under each load."""
    asked = scenario.clock_scaling
    if asked is None:
        return []
    lines = ["energy that the clock governor saves:"]
    for item in savings:
        saving = item.saving
        lines.append(f"  {saving.load}: {format_percent(saving.low)} to {format_percent(saving.high)}")
        if asked.claimed_low_ratio is not None and asked.claimed_high_ratio is not None:
            claim = f"{format_percent(asked.claimed_low_ratio)} to {format_percent(asked.claimed_high_ratio)}"
            reached = "; ".join(item.claim_reached_with) if item.claim_reached_with else "no case"
            lines.append(f"    the claimed {claim} reached with: {reached}")
    return lines
