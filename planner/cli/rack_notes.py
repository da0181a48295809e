"""Lines under the table of `planner simulate`: theory, updates, clock savings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cli.text import interval, quantity

if TYPE_CHECKING:
    from planner.plan.theory import Theory
    from planner.schema.scenario import Scenario


def theory_lines(theory: Theory) -> list[str]:
    """Theory beside simulation, a line a quantity."""
    lines = [f"{theory.model} in theory and here:"]
    for row in theory.rows:
        expected, found = (
            quantity(value, row.dimension) if row.dimension else f"{value:.4g}"
            for value in (row.theory, row.simulated)
        )
        line = f"  {row.quantity}: {expected}, simulated {found} ({row.error:+.1%})"
        if row.dimension and row.agrees is not None:
            line += f", interval {interval(row.low, row.high, row.dimension)}"
            line += " holds it" if row.agrees else " misses it"
        lines.append(line)
    return lines


def update_lines(scenario: Scenario) -> list[str]:
    """The update of the scenario: both ways of sending, and what published figures determine."""
    from planner.plan.rack_life import update_answer

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
        lines.append(f"  measured: {answer.delta_ratio:.1%} of the whole ({answer.measured.method})")
    lines += [
        f"  published: {quantity(reading.rate_bytes_per_s, 'bytes_per_s')} and "
        f"{quantity(reading.fixed_s, 's')} fixed, if rebuilding takes {quantity(reading.apply_s, 's')}"
        for reading in answer.readings
    ]
    return lines + [f"note: {remark}" for remark in answer.remarks]


def clock_lines(scenario: Scenario) -> list[str]:
    """What the clock governor saves under each load."""
    from planner.plan.rack_life import claim_holds, clock_savings

    asked = scenario.clock_scaling
    if asked is None:
        return []
    lines = ["energy that the clock governor saves:"]
    for saving in clock_savings(scenario):
        lines.append(f"  {saving.load}: {saving.low:.0%} to {saving.high:.0%}")
        if asked.claimed_low_ratio is not None and asked.claimed_high_ratio is not None:
            cases = claim_holds(asked, saving)
            claim = f"{asked.claimed_low_ratio:.0%} to {asked.claimed_high_ratio:.0%}"
            reached = "; ".join(cases) if cases else "no case"
            lines.append(f"    the claimed {claim} reached with: {reached}")
    return lines
