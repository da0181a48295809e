"""`planner calibrate --engine E -o FILE`: learn what an engine reaches on this machine."""

from __future__ import annotations

import click

from planner import api
from planner.api.machine.llama import LLAMA_ENGINE
from planner.cli.arguments import parse_option
from planner.cli.model_options import run_precision_option, run_threads_option
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import quantity, share
from planner.errors import InputError, Problem
from planner.units import format_percent

_CEILINGS_S, _MOST_FOR_CEILINGS = 3.0, 0.2

_QUICK_S, _USUAL_S, _FULL_S, _SERVING_S = 120.0, 300.0, 900.0, 60.0


def _asked_s(budget: str | None, *, quick: bool, full: bool) -> float | None:
    """The time asked for by one of the three options; None without any."""
    asked = [name for name, given in (("--budget", budget), ("--quick", quick), ("--full", full)) if given]
    if len(asked) > 1:
        raise InputError("calibrate", [Problem("options", "one time", " and ".join(asked))])
    return _QUICK_S if quick else _FULL_S if full else parse_option("--budget", budget, "s")


def _for_probes_s(budget_s: float, *, register: bool) -> float:
    """What is left of a budget beside the machine's ceilings, which `--register` measures at the end."""
    return budget_s - min(_CEILINGS_S, _MOST_FOR_CEILINGS * budget_s) if register else budget_s


@click.command("calibrate")
@click.option("--engine", required=True, help="onnxruntime, openvino, ncnn or llama.cpp.")
@run_threads_option
@run_precision_option
@click.option("--budget", "budget_text", help="Time in all; default: 5min, 60s with --serving.")
@click.option("--quick", is_flag=True, help="As --budget 2min: for a first look.")
@click.option("--full", is_flag=True, help="As --budget 15min: for the narrowest bands.")
@click.option(
    "--register/--no-register",
    default=True,
    show_default=True,
    help="Keep it where `planner estimate --device this-machine` finds it.",
)
@click.option(
    "--serving",
    is_flag=True,
    help="Measure how long service in a server takes and how it scatters, in place of kernels, and keep it "
    "for `variation: measured`; --budget is how long.",
)
@output_options
def command(
    engine: str,
    threads: int,
    precision: str,
    budget_text: str | None,
    register: bool,  # noqa: FBT001 - click passes it by name
    serving: bool,  # noqa: FBT001
    *,
    quick: bool,
    full: bool,
    output: Output,
) -> int:
    """Run random small networks on an engine of this machine and fit what its kernels take.

    Writes the calibration to the file of -o (YAML, with a table of measured kernels beside it). A run that
    was stopped goes on where it was when the same command is given again.

    With --engine llama.cpp the networks are small language models, on one thread and on all processors unless
    --threads says how many, and `planner llm --device this-machine` rests on it.
    """
    from planner.cli.main import OK

    asked_s = _asked_s(budget_text, quick=quick, full=full)
    if engine == LLAMA_ENGINE:
        from planner.cli.engine.llama import calibrate_llama, refuse_network_options

        refuse_network_options("calibrate", "precision", "serving", "quick", "full")
        budget_s = _for_probes_s(asked_s or _USUAL_S, register=register)
        return calibrate_llama(threads, budget_s, register=register, output=output)
    if serving:
        return _serving(engine, threads, precision, asked_s or _SERVING_S, output)
    if output.path is None:
        problem = Problem("-o", "the file to write", "none", "add -o FILE.yaml")
        raise InputError("calibrate", [problem])
    path = output.path
    calibration = api.calibrate(
        engine,
        path,
        threads=threads,
        precision=precision,
        budget_s=_for_probes_s(asked_s or _USUAL_S, register=register),
        progress=output.progress,
    )
    output.progress_done()
    places = [str(path), str(path.with_suffix(".csv"))]
    if register:
        output.say("measuring this machine's ceilings")
        places += [str(place) for place in api.register_calibration(calibration)]
    conditions, error = calibration.conditions, calibration.error
    record = {
        "engine": engine,
        "engine_version": calibration.setting.engine_version,
        "cpu": calibration.setting.cpu,
        "threads": threads,
        "precision": precision,
        "probes": conditions.probes,
        "rejected": conditions.rejected,
        "kernels": conditions.kernels,
        "reference_spread": conditions.reference_spread,
        "band_floor": error.floor,
        "written": places,
    }
    heading = [
        f"{engine} {calibration.setting.engine_version}, {precision}, threads {threads}",
        calibration.setting.cpu,
        f"probes      {conditions.probes} kept, {conditions.rejected} left out, {conditions.kernels} kernels",
        f"machine     reference {quantity(conditions.reference_s, 's')}, "
        f"spread {share(conditions.reference_spread)}",
        *(f"wrote       {place}" for place in places),
    ]
    Output(output.format, None, output.quiet).write(CommandResult(record, [record], [], heading))
    return OK


def _serving(engine: str, threads: int, precision: str, time_s: float, output: Output) -> int:
    """What service in a server is like here, kept and printed."""
    from planner.cli.main import OK

    if threads != 1:
        problem = Problem("--threads", "1 with --serving, which pins each unit to a core", str(threads))
        raise InputError("calibrate", [problem])
    found, path = api.calibrate_serving(engine, precision=precision, time_s=time_s, progress=output.progress)
    output.progress_done()
    given = found.variation
    record = {**found.model_dump(mode="json", exclude={"schema_version"}), "written": [str(path)]}
    heading = [
        f"{found.engine} {found.engine_version}, {found.precision}, one thread, {found.batches} requests",
        found.cpu + (": noisy while it was measured" if found.noisy else ""),
        f"in service {given.serving_factor:.3g} times as long as in a benchmark loop "
        f"({found.serving_low:.3g} to {found.serving_high:.3g} by network)",
        f"scatter     {share(given.cv_ratio)}; correlation {given.next_ratio:.2f} over one, "
        f"{given.over_ten_ratio:.2f} over ten, {_or_unknown(given.over_hundred_ratio)} over a hundred",
        f"outliers    {format_percent(given.outliers_ratio, 1)}, {given.outlier_factor:.3g} times as long",
        f"neighbour   {share(given.neighbours_ratio)} longer beside another unit at work",
        f"wrote       {path}",
    ]
    output.write(CommandResult(record, [record], [], heading))
    return OK


def _or_unknown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
