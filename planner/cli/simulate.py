"""`planner simulate SCENARIO`: the rack over time."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.output import Answer, Output, frame_rows, output_options
from planner.cli.rack_notes import rack_life_lines, theory_lines
from planner.cli.text import interval, quantity, share


@click.command("simulate")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--engine", type=click.Choice(["simpy"]), default="simpy", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the scenario's.")
@click.option("--replications", type=click.IntRange(min=2), help="Instead of the scenario's.")
@output_options
def command(
    scenario: Path, engine: str, seed: int | None, replications: int | None, *, output: Output
) -> int:
    """Simulate the rack of SCENARIO: the one it gives, or the best that fits.

    Exit status 3 when no rack is feasible or a service level fails.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.rack_life import life_record
    from planner.plan.record import rack_record
    from planner.plan.study import read_scenario, simulate_deployment, with_simulation
    from planner.plan.theory import compare_with_theory, theory_record

    source = with_simulation(read_scenario(scenario), seed=seed, replications=replications)
    simulated = simulate_deployment(source, progress=output.progress)
    output.progress_done()
    if simulated is None:
        output.say("planner: no candidate keeps every limit; `planner report` lists the reasons")
        return INFEASIBLE
    rack, result = simulated.rack, simulated.result
    record = {**rack_record(rack, result), "verdict": simulated.verdict, "engine": engine}
    theory = compare_with_theory(rack, result)
    if theory is not None:
        record["theory"] = theory_record(theory)
    record.update(life_record(source.scenario, rack))
    table = [
        {
            "stream": stream.name,
            "requests": str(stream.requests),
            "dropped": str(stream.dropped),
            "p50": quantity(stream.latency_s.p50, "s"),
            "p99": quantity(stream.latency_s.p99, "s"),
            "interval": interval(stream.latency_s.p99_low, stream.latency_s.p99_high, "s"),
            "asked": quantity(group.slo_s, "s"),
            "verdict": stream.verdict.value,
        }
        for stream, group in zip(result.streams, rack.streams, strict=True)
    ]
    temperature = result.devices.temperature_c
    heading = [
        f"{rack.count} x {rack.device.name}, {result.replications} runs of {rack.duration_s:g} s, seed "
        f"{result.seed}",
        f"utilisation {share(result.devices.utilisation)}, throttled "
        f"{share(result.devices.throttled_share)}, "
        f"devices {temperature.mean:.1f} degC mean, {temperature.max:.1f} degC at most, "
        f"rack {quantity(result.power_w, 'w')}",
    ]
    footer = ["self-checks (relative residuals):"]
    footer += [f"  {name.replace('_', ' ')}: {residual:.1e}" for name, residual in result.invariants.items()]
    footer += theory_lines(theory) if theory else []
    footer += rack_life_lines(source.scenario, rack)
    footer += [f"note: {text}" for text in result.warnings]
    rows = frame_rows(result.to_frame())
    right = frozenset({"requests", "dropped", "p50", "p99", "asked"})
    output.write(Answer(record, rows, table, heading, footer, right))
    return INFEASIBLE if simulated.verdict == "FAIL" else OK
