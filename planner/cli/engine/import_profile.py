"""`planner import TOOL FILE`: the profile of an engine or a device as a measurement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.model_options import network_options
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import quantity
from planner.units import format_percent

if TYPE_CHECKING:
    from planner.workload.asked import Asked


@click.command("import")
@click.argument("tool", type=click.Choice(api.PROFILE_TOOLS))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--model", help="Map layers to the nodes of this network: a file or zoo:NAME.")
@network_options
@output_options
def command(tool: str, files: tuple[Path, ...], model: str | None, *, asked: Asked, output: Output) -> None:
    """Read what TOOL wrote: latency, layers, power, temperatures.

    trtexec takes several files (--exportTimes, --exportProfile, --exportLayerInfo), the others one.
    """
    if tool != "trtexec" and len(files) > 1:
        raise click.UsageError(f"expected one file of {tool}, got {len(files)}; import them one by one")
    profile = api.import_profile(tool, files, model=model, asked=asked)
    total_s = sum(layer.latency_s for layer in profile.layers)
    heading = [f"{tool}: {', '.join(profile.files)}"]
    for name, latency in (("latency", profile.latency_s), ("on the device", profile.device_s)):
        if latency:
            spread = f"{quantity(latency.p10, 's')} - {quantity(latency.p90, 's')}"
            heading.append(f"{name} {quantity(latency.median, 's')} ({spread}) over {latency.runs} runs")
    if profile.layers:
        heading.append(f"{len(profile.layers)} layers, {quantity(total_s, 's')} in all")
    table = [
        {
            "layer": layer.name,
            "kind": layer.kind,
            "time": quantity(layer.latency_s, "s"),
            "share": format_percent(layer.latency_s / total_s, 1) if total_s else "",
            "ONNX nodes": ", ".join(layer.operators),
        }
        for layer in profile.layers
    ] or [
        {"quantity": s.name, "mean": f"{s.mean:.4g}", "low": f"{s.low:.4g}", "high": f"{s.high:.4g}"}
        for s in profile.series
    ]
    rows = [
        {"name": layer.name, "kind": layer.kind, "latency_s": layer.latency_s} for layer in profile.layers
    ]
    series = [{"name": s.name, "mean": s.mean, "low": s.low, "high": s.high} for s in profile.series]
    right = frozenset({"time", "share", "mean", "low", "high"})
    notes = [f"note: {text}" for text in profile.notes]
    record = {**profile.record(), "model": model}
    output.write(CommandResult(record, rows or series, table, heading, notes, right))
