"""`planner simulate SCENARIO`: the rack over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import simulated_evidence
from planner.cli.output import CommandResult, Output, Rows, frame_rows, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.scenario import conversations
from planner.cli.text.claims import claim_lines
from planner.cli.text.margins import margin_lines
from planner.cli.text.numbers import interval, quantity, share
from planner.cli.text.rack_notes import band_lines, new_model_lines, rack_life_lines, theory_lines
from planner.cli.text.services import service_lines
from planner.errors import InputError, Problem
from planner.units import format_number

if TYPE_CHECKING:
    from planner.api.scenarios import SimulatedScenario
    from planner.plan.options.rack_run import RackRun
    from planner.rack.simulation import SimulationEngine
    from planner.schema.record.commands.simulate import SettingRecord


@click.command("simulate")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@simulated_evidence
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the scenario's.")
@click.option("--replications", type=click.IntRange(min=2), help="Instead of the scenario's.")
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    help="Write what each device did in the first run, second by second, to FILE.csv or FILE.parquet.",
)
@click.option(
    "--log-every", type=click.IntRange(min=1), default=1, show_default=True, help="Log each so many seconds."
)
@hardware_option
@outside_option
@output_options
def command(
    scenario: Path,
    simulator: SimulationEngine,
    seed: int | None,
    replications: int | None,
    log: Path | None,
    log_every: int,
    *,
    output: Output,
) -> int:
    """Simulate the rack of SCENARIO: the one it gives, or the best that fits.

    Exit status 3 when no rack is feasible or a service level fails. Ctrl-C writes what is finished, marked
    partial, with exit status 130.
    """
    from planner.cli.main import INFEASIBLE

    if api.has_conversations(scenario):
        if log is not None:
            expected = "no --log of conversations, which have no epochs"
            raise InputError("planner simulate", [Problem("--log", expected, str(log))])
        return conversations.simulate(scenario, simulator, seed, replications, output=output)
    if log is not None:
        api.check_log(log)
    found = api.simulate_scenario(
        scenario,
        engine=simulator,
        seed=seed,
        replications=replications,
        keep_partial=True,
        progress=output.progress,
    )
    output.progress_done()
    if isinstance(found, api.SimulatedScenario):
        output.write(_answer(found))
        return _logged(found, log, log_every, output)
    from planner.plan.record.options import infeasible_record

    record = infeasible_record(found)
    reasons = record["reasons"]
    table = [{key: str(value) for key, value in row.items()} for row in reasons]
    heading = ["no candidate keeps every limit; each one's first reason:"]
    output.write(CommandResult(record, reasons, table, heading, prose={"reason"}))
    return INFEASIBLE


def _logged(found: SimulatedScenario, log: Path | None, every: int, output: Output) -> int:
    """Write the log where one is asked for, of a run that was not interrupted; the exit status."""
    from planner.cli.main import INTERRUPTED

    if log is None or found.run.result.partial:
        return _status(found.run)
    partial = api.write_log(found, log, every=every)
    if partial is not None:
        output.say(f"interrupted: the seconds that were finished are in {partial}")
        return INTERRUPTED
    output.say(f"wrote {log}")
    return _status(found.run)


def _status(simulated: RackRun) -> int:
    """The exit status of an answer: interrupted before infeasible before fine."""
    from planner.cli.main import INFEASIBLE, INTERRUPTED, OK

    if simulated.result.partial:
        return INTERRUPTED
    return INFEASIBLE if simulated.verdict == "FAIL" else OK


def _setting(given: SettingRecord | None) -> str:
    """Unit, engine, precision and what the latency rests on; nothing for a device given by numbers."""
    if given is None:
        return ""
    unit = f"{given['units']} x {given['unit']}" if given["units"] > 1 else given["unit"]
    return f" on {unit} {given['engine']} {given['precision']} [{given['latency_provenance']}]"


def _answer(found: SimulatedScenario) -> CommandResult:
    """The simulated rack as table and record, with what the scenario asks about the rack beside."""
    from planner.plan.record.simulated import sensitivity_notes, simulate_record

    scenario, simulated = found.source.scenario, found.run
    rack, result = simulated.rack, simulated.result
    theory = api.theory_beside(simulated)
    moved = found.sensitivity
    notes = [*result.warnings, *sensitivity_notes(moved), *found.notes, *api.own_part_notes(found.parts)]
    failures = found.failures
    answered = simulate_record(scenario, simulated, found.engine, theory, notes, failures, moved)
    table = [
        {
            "stream": stream.name,
            "requests": str(stream.requests),
            "dropped": str(stream.dropped),
            "p50": quantity(stream.latency_s.p50, "s"),
            "p99": quantity(stream.latency_s.p99, "s"),
            "interval": interval(stream.latency_s.p99_low, stream.latency_s.p99_high, "s"),
            "worst": quantity(stream.latency_s.p99_worst, "s"),
            "broken": "-" if stream.installations_broken is None else share(stream.installations_broken),
            "asked": quantity(group.slo_s, "s"),
            "verdict": stream.verdict.value,
        }
        for stream, group in zip(result.streams, rack.streams, strict=True)
    ]
    temperature = result.devices.temperature_c
    given = answered.get("setting")
    setting = _setting(given)
    heading = [
        f"{rack.count} x {rack.device.name}{setting}, {result.replications} runs of "
        f"{rack.duration_s:g} s, seed {result.seed}",
        *service_lines(given["services"] if given else []),
        answered["variation"],
        f"utilisation {share(result.devices.utilisation)}, throttled "
        f"{share(result.devices.throttled_share)}, "
        f"devices {temperature.mean:.1f} °C mean, {temperature.max:.1f} °C at most, "
        f"rack {quantity(result.power_w, 'w')}",
    ]
    if rack.policies:
        changes = result.devices.open_changes
        heading.append(
            f"open devices changed {format_number(changes, 3)} times a run of {rack.duration_s:g} s"
        )
    if not rack.life.quiet:
        heading.append(
            f"out of service {share(result.devices.out_share)} of device time, "
            f"{format_number(result.devices.outages, 3)} times a run"
        )
    heading += new_model_lines(rack, result)
    if result.devices.host_utilisation is not None:
        heading.append(f"hosts' cores busy {share(result.devices.host_utilisation)}")
    footer = [f"{s.name}: {s.verdict}: {s.verdict_reason}" for s in result.streams if s.verdict != "PASS"]
    footer += band_lines(result.streams)
    footer += ["self-checks (relative residuals):"]
    footer += [f"  {name.replace('_', ' ')}: {residual:.1e}" for name, residual in result.invariants.items()]
    footer += theory_lines(theory) if theory else []
    footer += rack_life_lines(scenario, rack, failures)
    footer += claim_lines(scenario)
    footer += [f"note: {text}" for text in notes]
    footer += [f"limit broken: {reason}" for reason in simulated.reasons]
    footer += margin_lines(simulated.margins)

    def rows() -> Rows:
        return frame_rows(result.to_frame())

    right = frozenset({"requests", "dropped", "p50", "p99", "worst", "broken", "asked"})
    rank = ("dropped", "p50", "requests", "broken", "worst", "interval")
    return CommandResult(answered, rows, table, heading, footer, right, rank)
