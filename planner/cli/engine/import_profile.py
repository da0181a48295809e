"""`planner import TOOL FILE`: the profile of an engine or a device as a measurement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import device_ids
from planner.cli.engine.fitted_cooler import fitted_cooler
from planner.cli.engine.import_tokens import AnchorOutput, import_tokens
from planner.cli.model_options import mode_option, network_options, unit_option
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import quantity
from planner.units import format_percent

if TYPE_CHECKING:
    from planner.engines.imports.profile import ProfileLatency
    from planner.workload.asked import Asked


@click.command("import")
@click.argument("tool", type=click.Choice((*api.PROFILE_TOOLS, *api.TOKEN_TOOLS, "csv")))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--model", help="Map layers to the nodes of this network: a file or zoo:NAME.")
@click.option("--thermal", is_flag=True, help="Fit a cooler to power and temperature: tegrastats or csv.")
@click.option("--ambient", metavar="T", help="With --thermal: the air, such as 24degC.")
@click.option("--interval", metavar="TIME", help="With --thermal: between samples of a log without times.")
@click.option(
    "--anchor", type=click.Path(path_type=Path), metavar="FILE.yaml",
    help="Of a language model: also write what `planner llm --anchor` reads.",
)  # fmt: skip
@click.option("--device", "device_id", metavar="ID", help="With --anchor: the part that was measured.",
              shell_complete=device_ids)  # fmt: skip
@unit_option
@mode_option
@click.option("--engine", help="With --anchor: the engine, where the file does not say.")
@click.option("--weights", help="With --anchor: the format of the weights, where the file does not say.")
@network_options
@output_options
def command(
    tool: str,
    files: tuple[Path, ...],
    model: str | None,
    *,
    thermal: bool,
    ambient: str | None,
    interval: str | None,
    anchor: Path | None,
    device_id: str | None,
    unit: str | None,
    mode: str | None,
    engine: str | None,
    weights: str | None,
    asked: Asked,
    output: Output,
) -> None:
    """Read what TOOL wrote: latency, layers, power, temperatures.

    trtexec takes its log or several files (--exportTimes, --exportProfile, --exportLayerInfo), openvino its
    reports, the others one file. With --thermal the log's power and temperature give a cooler: resistance,
    two heat stores, fan curve and leakage as far as the log shows them, as lines for a scenario.

    Of language models llama-bench (json, jsonl, csv, md), vllm, genai-perf, aiperf and llm-bench give rates
    of tokens; with --anchor they are written as `planner llm --anchor FILE` reads them.
    """
    anchoring = AnchorOutput(anchor, device_id, unit, mode, engine, weights)
    if tool in api.TOKEN_TOOLS and not thermal:
        import_tokens(tool, files, model, anchoring, output)
        return
    if anchoring != AnchorOutput(None, None, None, None, None, None):
        raise click.UsageError(f"--anchor and what it takes are for {', '.join(api.TOKEN_TOOLS)}")
    if thermal or tool == "csv":
        if not thermal:
            raise click.UsageError("csv is a log of power and temperature: add --thermal")
        output.write(fitted_cooler(tool, files, ambient, interval))
        return
    if tool not in api.SEVERAL_FILES and len(files) > 1:
        raise click.UsageError(f"expected one file of {tool}, got {len(files)}; import them one by one")
    profile = api.import_profile(tool, files, model=model, asked=asked)
    total_s = sum(layer.latency_s for layer in profile.layers)
    heading = [f"{tool}: {', '.join(profile.files)}"]
    for name, latency in (("latency", profile.latency_s), ("on the device", profile.device_s)):
        if latency:
            heading.append(f"{name} {_latency_text(latency)}")
    if profile.throughput_per_s is not None:
        heading.append(f"throughput {profile.throughput_per_s:.4g} inferences/s")
    if profile.layers:
        mapped = profile.mapped_share
        share = "" if mapped is None else f", {format_percent(mapped, 1)} of it mapped to ONNX nodes"
        heading.append(f"{len(profile.layers)} layers, {quantity(total_s, 's')} in all{share}")
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
    output.write(
        CommandResult(
            record, rows or series, table, heading, notes, right, ("ONNX nodes", "kind"), {"ONNX nodes"}
        )
    )


def _latency_text(latency: ProfileLatency) -> str:
    """The median, with quantiles and runs where the tool says them."""
    text = quantity(latency.median, "s")
    if latency.p10 is not None and latency.p90 is not None:
        text += f" ({quantity(latency.p10, 's')} - {quantity(latency.p90, 's')})"
    elif latency.p90 is not None:
        text += f" (90 % within {quantity(latency.p90, 's')})"
    return text if latency.runs is None else f"{text} over {latency.runs} runs"
