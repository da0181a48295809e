"""`planner curve MODEL --device ID`: throughput and latency over batch, threads or streams, with a knee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.cli.arguments import parse_precision, parse_shapes
from planner.cli.model_options import (
    device_option,
    engine_option,
    mode_option,
    precision_option,
    shape_option,
    unit_option,
)
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity

if TYPE_CHECKING:
    from planner.latency.result import Estimate
    from planner.plan.compare.load_curve import CurvePoint, LoadCurve


@click.command("curve")
@click.argument("model")
@device_option
@click.option(
    "--over", type=click.Choice(["batch", "threads", "streams"]), default="batch", show_default=True
)
@click.option("--up-to", type=click.IntRange(min=1), default=32, show_default=True)
@unit_option
@mode_option
@precision_option
@engine_option
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Of each request.")
@shape_option
@hardware_option
@output_options
def command(
    model: str,
    device_id: str,
    over: str,
    up_to: int,
    unit: str | None,
    mode: str | None,
    precision: str | None,
    engine: str | None,
    batch: int,
    shapes: tuple[str, ...],
    *,
    output: Output,
) -> int:
    """How MODEL's throughput and latency grow with batch, threads or streams on one unit, and to where."""
    from planner.cli.main import OK
    from planner.hardware.catalog import read_device
    from planner.latency.estimate import estimate
    from planner.latency.overhead import outside
    from planner.latency.overheads.around import with_overheads
    from planner.plan.compare.load_curve import estimated_curve, stream_curve
    from planner.zoo.source import read_model

    device = read_device(device_id)
    workload = read_model(model, batch=batch, shapes=parse_shapes(shapes))
    asked = parse_precision(precision)

    def at(batch: int | None = None, threads: int | None = None) -> Estimate:
        return estimate(
            workload,
            device,
            unit=unit,
            mode=mode,
            precision=asked,
            engine=engine,
            batch=batch,
            threads=threads,
        )

    first = at(threads=1 if over == "threads" else None)
    if over == "streams":
        around_s = outside(with_overheads(first, workload, device).hidden).mid
        found = stream_curve(up_to, first, around_s, device.units[first.unit].count.value)
    elif over == "batch":
        found = estimated_curve("batch", up_to, lambda size: at(batch=size))
    else:
        most = min(up_to, _cores(first))
        found = estimated_curve("threads", most, lambda count: at(threads=count))
    record = {
        "model": workload.model,
        "device": device.id,
        "unit": first.unit,
        "mode": first.mode,
        "engine": first.engine,
        "precision": first.precision.value,
        "over": found.over,
        "knee_at": found.knee_at,
        "rows": [_record(point, found) for point in found.points],
    }
    heading = [
        f"{workload.model} on {device.id}/{first.unit}, mode {first.mode}, {first.engine} {first.precision}",
        _verdict(found),
    ]
    rows = [{**_record(point, found), "latency_s": point.latency_s.mid} for point in found.points]
    table = [_row(point, found) for point in found.points]
    right = frozenset({found.over, "throughput", "energy"})
    output.write(CommandResult(record, rows, table, heading, [], right))
    return OK


def _cores(found: Estimate) -> int:
    """The cores that threads can use; the estimate has refused a unit without any."""
    from planner.hardware.catalog import read_device

    active = read_device(found.device).units[found.unit].active.get(found.mode)
    return active.value if active else 1


def _verdict(found: LoadCurve) -> str:
    best = found.best
    if best is None or found.knee_at is None:
        return "no knee: fewer than two sizes fit"
    return (
        f"knee at {found.knee_at:.3g} {found.over}, where the best rate of one meets the best of all; "
        f"most at {best.at}: {best.throughput_per_s:.4g}/s"
    )


def _record(point: CurvePoint, found: LoadCurve) -> dict[str, object]:
    latency = point.latency_s
    return {
        found.over: point.at,
        "latency_s": {"low": latency.low, "mid": latency.mid, "high": latency.high, "level": latency.level},
        "throughput_per_s": point.throughput_per_s if point.fits else None,
        "energy_per_inference_j": point.energy_per_inference_j if point.fits else None,
        "fits": point.fits,
    }


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
        "throughput": f"{point.throughput_per_s:.4g}/s",
        "latency": band(latency.low, latency.mid, latency.high, "s"),
        "energy": quantity(point.energy_per_inference_j, "j"),
        "": "past the knee" if past else "",
    }
