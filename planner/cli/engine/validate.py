"""`planner validate MODEL... --engine E --calibration FILE`: predictions beside measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.api.machine.llama import LLAMA_ENGINE
from planner.cli.arguments import parse_option
from planner.cli.completion import networks, scenarios
from planner.cli.engine.llama import (
    NETWORK_OPTIONS,
    TokenOptions,
    refuse_network_options,
    refuse_token_options,
    token_options,
    validate_llama,
)
from planner.cli.model_options import (
    network_options,
    plot_option,
    run_precision_option,
    run_threads_option,
)
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import quantity, share
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.calibration.validate import CalibrationAccuracy, ValidationRow
    from planner.schema.record.commands.validate import AccuracyRecord, ValidateRecord
    from planner.workload.asked import Asked

_RANK = ("floor", "roofline", "noise", "in band")
_RIGHT = frozenset({"predicted", "measured", "error", "roofline", "floor"})


@click.command("validate")
@click.argument("models", nargs=-1, metavar="MODEL...", shell_complete=networks)
@click.option(
    "--engine", help="onnxruntime, openvino, ncnn or llama.cpp; with --serve the first unless given."
)
@click.option(
    "--calibration", "file", type=click.Path(path_type=Path), help="Default: the one of this machine."
)
@run_threads_option
@run_precision_option
@network_options
@token_options
@click.option("--time", "time_text", default="1.5s", show_default=True, help="How long to sample a network.")
@click.option("--limit", "limit_text", default="3min", show_default=True, help="Stop a network after this.")
@click.option(
    "--serve",
    "scenario",
    type=click.Path(path_type=Path),
    metavar="SCENARIO",
    shell_complete=scenarios,
    help="Serve the requests of SCENARIO on this machine, in place of MODEL..., and simulate the same ones.",
)
@click.option("--duration", "duration_text", help="With --serve: how long; the scenario's unless given.")
@click.option("--seed", type=click.IntRange(min=0), help="With --serve: in place of the scenario's.")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Of the plan MODEL (a scenario) in the field: requests, power, temperature; repeatable.",
)
@click.option(
    "--published",
    is_flag=True,
    help="Score published rows that no fit has seen; MODEL... are then tables, the shipped ones if none.",
)
@click.option(
    "--networks",
    type=click.Path(path_type=Path),
    help="With --published: a folder with MODEL.onnx of the networks that the zoo lacks.",
)
@click.option(
    "--budget", "budget_text", default="5min", show_default=True, help="llama.cpp without MODEL: time in all."
)
@plot_option
@hardware_option
@outside_option
@output_options
def command(
    models: tuple[str, ...],
    engine: str | None,
    file: Path | None,
    threads: int,
    precision: str,
    time_text: str,
    limit_text: str,
    scenario: Path | None,
    duration_text: str | None,
    seed: int | None,
    logs: tuple[Path, ...],
    plot: Path | None,
    networks: Path | None,
    budget_text: str,
    *,
    published: bool,
    asked: Asked,
    tokens: TokenOptions,
    output: Output,
) -> int:
    """Measure each MODEL on this machine and put the calibrated prediction, and the roofline's, beside it.

    No network given here took part in the fit, nor did any of its family: probes are random. Exit status 3
    when no network could be run.

    With --serve a real server on this machine takes the requests of SCENARIO by its rules, a core for each
    unit, and what it shows is put beside simulations of the same requests.

    With --log MODEL is a scenario that runs in the field: its latencies, power and temperatures are put
    beside the plan. Exit status 3 when a promise that the plan makes is broken.

    With --published, published rows that came after the fits are predicted and scored, beside the scores that
    were kept when they came: nothing is measured here.

    With --engine llama.cpp and no MODEL, those are small language models of architectures and formats that no
    probe has; a run that was stopped, or whose --budget was over, goes on where it was.
    """
    from planner.cli.main import INFEASIBLE, OK

    if logs:
        from planner.cli.engine.field import field

        return field(_plan_asked(models, engine, scenario), logs, output)
    if published:
        from planner.cli.engine.later import validate_later

        return validate_later(models, networks, output)
    if engine == LLAMA_ENGINE and scenario is None:
        refuse_network_options("validate", *NETWORK_OPTIONS, "duration_text", "seed", "plot")
        limits = (
            parse_option("--time", time_text, "s") or 1.5,
            parse_option("--limit", limit_text, "s") or 180.0,
            parse_option("--budget", budget_text, "s") or 300.0,
        )
        return validate_llama(models, file, threads, tokens, limits, output)
    refuse_token_options("validate", tokens)
    of_serve = {"--duration": duration_text, "--seed": seed, "--plot": plot}
    name = _engine_asked(models, engine, scenario, of_serve)
    if scenario is not None:
        from planner.cli.engine.served import serve

        duration_s = None if duration_text is None else parse_option("--duration", duration_text, "s")
        return serve(scenario, name, duration_s, seed, plot, output)
    found = api.validate(
        models,
        name,
        calibration=file,
        threads=threads,
        precision=precision,
        asked=asked,
        time_s=parse_option("--time", time_text, "s") or 1.5,
        limit_s=parse_option("--limit", limit_text, "s") or 180.0,
        progress=output.progress,
    )
    output.progress_done()
    record = found.record()
    rows = [dict(row) for row in record["rows"]]
    table = [_cells(row) for row in sorted(found.rows, key=lambda row: -abs(row.error))]
    output.write(CommandResult(record, rows, table, _heading(found, record), _footer(found), _RIGHT, _RANK))
    return OK if found.rows else INFEASIBLE


def _plan_asked(models: tuple[str, ...], engine: str | None, scenario: Path | None) -> Path:
    """The plan that logs are of; refuses several, and what belongs to the other questions."""
    problems = []
    if len(models) != 1:
        got = ", ".join(models) or "none"
        problems.append(Problem("MODEL...", "one scenario beside --log", got))
    for name, value in (("--engine", engine), ("--serve", scenario)):
        if value is not None:
            problems.append(Problem(name, "none beside --log", str(value)))
    if problems:
        raise InputError("validate", problems)
    return Path(models[0])


def _engine_asked(
    models: tuple[str, ...], engine: str | None, scenario: Path | None, of_serve: Mapping[str, object]
) -> str:
    """The engine; refuses networks beside a scenario, and what is missing or too much without one."""
    problems = []
    if scenario is not None and models:
        problems.append(Problem("MODEL...", "none beside --serve", ", ".join(models)))
    if scenario is None and not models:
        problems.append(Problem("MODEL...", "a network, or --serve SCENARIO", "neither"))
    if scenario is None and models and engine is None:
        problems.append(Problem("--engine", "onnxruntime, openvino, ncnn or llama.cpp", "none"))
    for name, value in of_serve.items():
        if scenario is None and value is not None:
            problems.append(Problem(name, "--serve SCENARIO beside it", "none"))
    if problems:
        raise InputError("validate", problems)
    return engine or "onnxruntime"


def _heading(found: CalibrationAccuracy, record: ValidateRecord) -> list[str]:
    lines = [f"{len(found.rows)} networks, none of them part of the fit"]
    # As estimated, with the drift of the reference divided out, without a calibration, and with the networks'
    # own measured kernels.
    summaries: tuple[tuple[str, AccuracyRecord], ...] = (
        ("calibrated", record),
        ("no drift", record["without_drift"]),
        ("roofline", record["roofline"]),
        ("own kernels", record["floor"]),
    )
    for name, part in summaries:
        mape, p90, within = part["mape"], part["p90_error"], part["within_10_percent"]
        if mape is not None and p90 is not None and within is not None:
            lines.append(f"{name:12s}MAPE {share(mape)}, p90 {share(p90)}, within 10 %: {share(within)}")
    coverage, width = record["coverage"], record["half_width"]
    if isinstance(coverage, float) and isinstance(width, float):
        lines.append(f"band        of 90 % holds {share(coverage)}, half-width {share(width)}")
    return lines


def _footer(found: CalibrationAccuracy) -> list[str]:
    lines = [
        f"{entry['op_class']}: {share(part)} of the time, bias {_signed(entry['bias'])}"
        for entry in found.classes()
        if isinstance(part := entry["share_of_time"], float) and isinstance(entry["bias"], float)
    ]
    for kernel in found.worst():
        times = f"{quantity(kernel.predicted_s, 's')} predicted, {quantity(kernel.measured_s, 's')} measured"
        lines.append(f"worst: {kernel.model} {kernel.name} ({kernel.kind}): {times}; {kernel.cause}")
    return lines + [f"not run: {model}: {reason}" for model, reason in found.refused]


def _cells(row: ValidationRow) -> dict[str, str]:
    return {
        "network": row.model,
        "predicted": quantity(row.predicted_s, "s"),
        "measured": quantity(row.measured_s, "s"),
        "error": _signed(row.error),
        "in band": "yes" if row.covered else "no",
        "roofline": _signed(row.roofline_s / row.measured_s - 1) if row.roofline_s else "",
        "floor": _signed(row.floor_error) if row.floor_error is not None else "",
        "noise": row.noise,
    }


def _signed(value: object) -> str:
    return f"{100 * value:+.1f} %" if isinstance(value, float) else ""
