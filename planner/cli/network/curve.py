"""`planner curve MODEL --device ID`: throughput and latency over batch, threads or streams, with a knee."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.bars import Bar
from planner.cli.completion import networks
from planner.cli.model_options import (
    device_option,
    engine_option,
    mode_option,
    network_options,
    plot_option,
    precision_option,
    unit_option,
)
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.units import format_number

if TYPE_CHECKING:
    from planner.plan.compare.load_curve import CurvePoint, LoadCurve, Over
    from planner.workload.asked import Asked


@click.command("curve")
@click.argument("model", shell_complete=networks)
@device_option
@click.option(
    "--over", type=click.Choice(["batch", "threads", "streams"]), default="batch", show_default=True
)
@click.option("--up-to", type=click.IntRange(min=1), default=32, show_default=True)
@unit_option
@mode_option
@precision_option
@engine_option
@network_options
@plot_option
@hardware_option
@output_options
def command(
    model: str,
    device_id: str,
    over: Over,
    up_to: int,
    unit: str | None,
    mode: str | None,
    precision: str | None,
    engine: str | None,
    plot: Path | None,
    *,
    asked: Asked,
    output: Output,
) -> int:
    """How MODEL's throughput and latency grow with batch, threads or streams on one unit, and to where."""
    from planner.cli.main import OK
    from planner.plan.compare.curve_record import curve_record, point_record

    answer = api.curve(
        api.read_onnx(model, asked=asked),
        device_id,
        over=over,
        up_to=up_to,
        unit=unit,
        mode=mode,
        precision=precision,
        engine=engine,
    )
    if plot is not None:
        api.plot_curve(answer, plot)
        output.say(f"wrote {plot}")
    first, found = answer.first, answer.curve
    record = curve_record(first, found)
    heading = [
        f"{first.model} on {first.device}/{first.unit}, mode {first.mode}, {first.engine} {first.precision}",
        _verdict(found),
    ]
    rows = [{**point_record(point, found.over), "latency_s": point.latency_s.mid} for point in found.points]
    table = [_row(point, found) for point in found.points]
    right = frozenset({found.over, "throughput", "energy"})
    output.write(CommandResult(record, rows, table, heading, [], right, ("energy",), bars=_bars(found)))
    return OK


def _bars(found: LoadCurve) -> tuple[str, list[Bar]]:
    """Throughput at every size that fits."""
    bars = [
        Bar(f"{found.over} {p.at}", 0.0, p.throughput_per_s, f"{format_number(p.throughput_per_s, 4)}/s")
        for p in found.points
        if p.fits
    ]
    return "inferences a second", bars


def _verdict(found: LoadCurve) -> str:
    best = found.best
    if best is None or found.knee_at is None:
        return "no knee: fewer than two sizes fit, or the network takes only one"
    return (
        f"knee at {format_number(found.knee_at, 3)} {found.over}, where the best rate of one meets the best "
        f"of all; most at {best.at}: {format_number(best.throughput_per_s, 4)}/s"
    )


def _row(point: CurvePoint, found: LoadCurve) -> dict[str, str]:
    if not point.fits:
        return {
            found.over: str(point.at),
            "throughput": "-",
            "latency": "-",
            "energy": "-",
            "": "does not fit",
        }
    latency = point.latency_s
    past = found.knee_at is not None and point.at > found.knee_at
    return {
        found.over: str(point.at),
        "throughput": f"{format_number(point.throughput_per_s, 4)}/s",
        "latency": band(latency.low, latency.mid, latency.high, "s"),
        "energy": quantity(point.energy_per_inference_j, "j"),
        "": "past the knee" if past else "",
    }
