"""`planner measure MODEL...`: run networks on an engine of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.completion import networks
from planner.cli.model_options import network_options, run_precision_option, run_threads_option
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import interval, quantity, share

if TYPE_CHECKING:
    from planner.engines.measure import EngineRun
    from planner.workload.asked import Asked

_RANK = ("first", "memory", "p90", "95 % interval")
_COLUMNS = ("network", "median", "95 % interval", "p90", "first", "memory", "noise")


@click.command("measure")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", shell_complete=networks)
@click.option("--engine", required=True, help="onnxruntime, openvino or ncnn.")
@run_threads_option
@run_precision_option
@network_options
@click.option("--time", "time_text", default="2s", show_default=True, help="How long to sample each network.")
@click.option(
    "--limit", "limit_text", default="2min", show_default=True, help="Stop a network after this time."
)
@output_options
def command(
    models: tuple[str, ...],
    engine: str,
    threads: int,
    precision: str,
    time_text: str,
    limit_text: str,
    *,
    asked: Asked,
    output: Output,
) -> int:
    """Measure each MODEL: median, percentiles, first-run cost, memory, and a verdict on the noise.

    Exit status 3 when no network could be run.
    """
    from planner.cli.main import INFEASIBLE, OK

    time_s, limit_s = parse_option("--time", time_text, "s"), parse_option("--limit", limit_text, "s")
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
