"""`planner measure MODEL...`: run networks on an engine of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner import api
from planner.api.machine.llama import LLAMA_ENGINE
from planner.cli.arguments import parse_option
from planner.cli.completion import networks
from planner.cli.engine.llama import (
    NETWORK_OPTIONS,
    TokenOptions,
    measure_llama,
    refuse_network_options,
    refuse_token_options,
    token_options,
)
from planner.cli.model_options import network_options, run_precision_option, run_threads_option
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import interval, quantity, share

if TYPE_CHECKING:
    from planner.engines.measure import EngineRun
    from planner.schema.record.commands.chain import MeasuredStepRecord
    from planner.workload.asked import Asked

_RANK = ("first", "memory", "p90", "95 % interval")
_COLUMNS = ("network", "median", "95 % interval", "p90", "first", "memory", "noise")


@click.command("measure")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", shell_complete=networks)
@click.option("--engine", help="onnxruntime, openvino, ncnn or llama.cpp; needed without --chain.")
@click.option(
    "--chain", "chain", is_flag=True, help="MODEL is a scenario: run the chain of its first video stream."
)
@run_threads_option
@run_precision_option
@network_options
@token_options
@click.option("--time", "time_text", default="2s", show_default=True, help="How long to sample each network.")
@click.option(
    "--limit", "limit_text", default="2min", show_default=True, help="Stop a network after this time."
)
@output_options
def command(
    models: tuple[str, ...],
    engine: str | None,
    threads: int,
    precision: str,
    time_text: str,
    limit_text: str,
    *,
    chain: bool,
    asked: Asked,
    tokens: TokenOptions,
    output: Output,
) -> int:
    """Measure each MODEL: median, percentiles, first-run cost, memory, and a verdict on the noise.

    With --chain each MODEL is a scenario: decode, resize, networks and crops of its first stream with video
    run on one core, each step alone and as a chain, and the chain is predicted from its parts. With
    --engine llama.cpp each MODEL is a GGUF file, or a config.json or zoo:NAME that gets random weights, and
    prompts and single steps are timed. Exit status 3 when no network could be run.
    """
    from planner.cli.main import INFEASIBLE, OK

    time_s, limit_s = parse_option("--time", time_text, "s"), parse_option("--limit", limit_text, "s")
    if engine == LLAMA_ENGINE and not chain:
        refuse_network_options("measure", *NETWORK_OPTIONS)
        return measure_llama(models, threads, tokens, time_s, limit_s, output)
    refuse_token_options("measure", tokens)
    if chain:
        return _chains(models, engine, precision, time_s, limit_s, output)
    if engine is None:
        raise click.MissingParameter(param_hint="'--engine'", param_type="option")
    found = []
    for number, model in enumerate(models, start=1):
        output.progress(f"measuring {model} ({number} of {len(models)})")
        found.append(
            api.measure(
                model,
                engine,
                threads=threads,
                precision=precision,
                asked=asked,
                time_s=time_s or 2.0,
                limit_s=limit_s or 120.0,
            )
        )
    output.progress_done()
    count = f"{threads} thread{'s' if threads > 1 else ''}"
    batches = ", ".join(str(size) for size in dict.fromkeys(item.batch for item in found))
    heading = [f"{engine}, {precision}, {count}, batch {batches}, {found[0].cpu}"]
    record = {"measurements": [item.record() for item in found]}
    rows = [_row(item) for item in found]
    right = frozenset({"median", "p90", "first", "memory"})
    table = [_cells(item) for item in found]
    output.write(CommandResult(record, rows, table, heading, [], right, _RANK, {"noise"}))
    return OK if any(item.timing for item in found) else INFEASIBLE


def _chains(
    scenarios: tuple[str, ...],
    engine: str | None,
    precision: str,
    time_s: float | None,
    limit_s: float | None,
    output: Output,
) -> int:
    """Chains of scenarios on one core of this machine, measured and predicted."""
    from planner.cli.main import OK
    from planner.plan.chain_study.record import measured_record

    if engine not in (None, "onnxruntime"):
        raise click.BadParameter(f"expected onnxruntime with --chain, got {engine}", param_hint="'--engine'")
    records, rows, lines = [], [], []
    table: list[dict[str, str]] = []
    for number, scenario in enumerate(scenarios, start=1):
        output.progress(f"measuring the chain of {scenario} ({number} of {len(scenarios)})")
        found = api.measure_chain(
            scenario, precision=precision, time_s=time_s or 2.0, limit_s=max(limit_s or 0.0, 120.0)
        )
        record = measured_record(found)
        records.append(record)
        rows += [{"scenario": found.scenario, **step} for step in record["steps"]]
        table += [_step_cells(found.scenario, step) for step in record["steps"]]
        left_out = f"; left out: {', '.join(found.left_out)}" if found.left_out else ""
        lines.append(
            f"{found.scenario}, {found.stream}: {quantity(found.predicted_s, 's')} a frame from its parts, "
            f"{quantity(found.times.frame_s, 's')} measured over {found.times.frames:,} frames, "
            f"{found.error:+.1%}{left_out}"
        )
    output.progress_done()
    heading = [f"onnxruntime, {precision}, one core, {records[0]['cpu']}"]
    right = frozenset({"alone", "in the chain", "a frame"})
    output.write(CommandResult({"chains": records}, rows, table, heading, ["", *lines], right))
    return OK


def _step_cells(scenario: str, step: MeasuredStepRecord) -> dict[str, str]:
    return {
        "chain": scenario,
        "step": step["step"],
        "alone": quantity(step["alone_s"], "s"),
        "in the chain": quantity(step["within_s"], "s"),
        "a frame": f"{step['per_frame']:.3g} x",
    }


def _cells(item: EngineRun) -> dict[str, str]:
    timing = item.timing
    if timing is None:
        return dict.fromkeys(_COLUMNS, "") | {"network": item.model, "noise": item.reason or "unknown"}
    values = (
        item.model,
        quantity(timing.median_s, "s"),
        interval(timing.low_s, timing.high_s, "s"),
        quantity(timing.p90_s, "s"),
        quantity(item.first_s, "s"),
        quantity(item.peak_memory_bytes, "bytes"),
        f"{timing.verdict}, {share(timing.spread)}",
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _row(item: EngineRun) -> dict[str, object]:
    timing = item.timing
    return {
        "model": item.model,
        "engine": item.engine,
        "engine_version": item.engine_version,
        "cpu": item.cpu,
        "threads": item.threads,
        "batch": item.batch,
        "median_s": timing.median_s if timing else None,
        "p90_s": timing.p90_s if timing else None,
        "first_s": item.first_s,
        "verdict": timing.verdict if timing else None,
        "reason": item.reason,
    }
