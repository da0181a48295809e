"""`planner estimate MODEL --device ID`: latency, power and memory on one part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.bars import Bar
from planner.cli.completion import networks
from planner.cli.model_options import (
    device_option,
    engine_option,
    engine_version_option,
    link_option,
    load_option,
    mode_option,
    network_options,
    plot_option,
    precision_option,
    threads_option,
)
from planner.cli.network.now import now_beside
from planner.cli.network.soak import soak_options, soaked_beside
from planner.cli.output import CommandResult, Output, Rows, frame_rows, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, count, quantity, share
from planner.cli.text.overheads import hidden_lines
from planner.cli.text.units import other_lines, unit_lines
from planner.units import format_number, format_percent

if TYPE_CHECKING:
    from planner.latency.result import Estimate, Load
    from planner.workload.asked import Asked

_BARS = 8
_RANK = ("precision", "bytes", "operators", "MACs", "bound")


@click.command("estimate")
@click.argument("model", shell_complete=networks)
@device_option
@click.option(
    "--unit", help="Compute unit, by id or kind, or auto for a look at all of them; default: the best."
)
@mode_option
@link_option
@precision_option
@network_options
@engine_option
@engine_version_option
@threads_option
@click.option(
    "--calibration",
    metavar="FILE|none",
    help="Default: the one kept for this machine; `none`: the roofline of the datasheet alone.",
)
@click.option(
    "--caller", metavar="NAME|none", help="Program around the engine; default: the network's usual."
)
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="FILE|published",
    help="Blend with measurements on this part or of this network; repeatable.",
)
@click.option(
    "--measured",
    multiple=True,
    metavar="FILE[,device=ID,mode=M,...]",
    help="What `planner measure`, `calibrate` or `import` wrote of this very setting; repeatable.",
)
@load_option
@click.option("--layers", is_flag=True, help="Add every kernel.")
@click.option("--now", is_flag=True, help="Also run MODEL on this machine, and say how far off this is.")
@soak_options
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the time of every ONNX node for Google's Model Explorer.",
)
@plot_option
@hardware_option
@output_options
def command(
    model: str,
    device_id: str,
    unit: str | None,
    mode: str | None,
    link: str | None,
    precision: str | None,
    engine: str | None,
    engine_version: str | None,
    threads: int | None,
    calibration: str | None,
    caller: str | None,
    anchors: tuple[str, ...],
    measured: tuple[str, ...],
    load: Load,
    layers: bool,  # noqa: FBT001 - click passes it by name
    overlay: Path | None,
    plot: Path | None,
    *,
    now: bool,
    soak: str | None,
    ambient: str | None,
    cooler: str | None,
    altitude: str | None,
    asked: Asked,
    output: Output,
) -> int:
    """Predict latency, throughput, power, energy and memory of MODEL on one part.

    Exit status 3 when the network does not fit the part's memory.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.latency.record import estimate_record
    from planner.plan.compare.units_auto import auto_record

    workload = api.read_onnx(model, asked=asked)
    auto = None
    if unit == "auto":
        api.refuse_beside_auto(
            threads=threads,
            calibration=calibration,
            caller=caller,
            anchor=anchors or None,
            measured=measured or None,
            load=None if load == "burst" else load,
            engine_version=engine_version,
        )
        auto = api.estimate_units(
            workload, device_id, mode=mode, precision=precision, engine=engine, link=link
        )
        result = auto.best.estimate
    else:
        result = api.estimate(
            workload,
            device_id,
            unit=unit,
            mode=mode,
            precision=precision,
            engine=engine,
            threads=threads,
            calibration=calibration,
            anchor=anchors,
            measured=measured,
            caller=caller,
            load=load,
            engine_version=engine_version,
            link=link,
        )
    if overlay is not None:
        api.write_overlay(model, workload, result, overlay)
        output.say(f"wrote {overlay}")
    if plot is not None:
        api.plot_estimate(result, plot)
        output.say(f"wrote {plot}")
    record = {**estimate_record(result, layers=layers), **(auto_record(auto) if auto else {})}
    held, soaked = soaked_beside(result, soak, ambient, cooler, altitude)
    record |= soaked
    if now:
        output.progress(f"measuring {model}")
        measured_lines, measured_keys = now_beside(result, model, threads, calibration, asked)
        output.progress_done()
        held, record = [*measured_lines, *held], record | measured_keys
    memory = result.memory
    heading = [
        f"{result.model} on {result.device}/{result.unit}, mode {result.mode}, {result.engine} "
        f"{result.precision}, batch {result.batch}",
        *_speed_lines(result),
        *_power_lines(result),
        *held,
        f"memory      {quantity(memory.total_bytes, 'bytes')} of {quantity(memory.capacity_bytes, 'bytes')}"
        + ("" if result.fits else "   DOES NOT FIT, so there is no latency"),
        f"bound by    compute {share(result.bound.compute)}, memory {share(result.bound.memory)}, "
        f"overhead {share(result.bound.overhead)}",
        *hidden_lines(result.hidden),
        *(unit_lines(auto) if auto else _other_units(result)),
    ]
    shown = result.layers if layers else ()
    table = [
        {
            "kernel": layer.name,
            "operators": "+".join(layer.op_types),
            "MACs": count(layer.macs),
            "bytes": quantity(layer.bytes, "bytes"),
            "latency": quantity(layer.time.mid_s, "s"),
            "bound": layer.bound,
            "precision": str(layer.precision),
        }
        for layer in shown
    ]
    footer = [f"note: {text}" for text in result.warnings]
    footer += [f"not costed: {u.name} ({u.op_type}): {u.reason}" for u in result.unresolved]

    def rows() -> Rows:
        return frame_rows(result.to_frame()) if layers else [_flat(record)]

    output.write(
        CommandResult(
            record,
            rows,
            table,
            heading,
            footer,
            {"MACs", "bytes", "latency"},
            _RANK,
            {"operators"},
            _bars(result),
        )
    )
    return OK if result.fits else INFEASIBLE


def _bars(result: Estimate) -> tuple[str, list[Bar]] | None:
    """Where the time goes: the longest kernels, the others together, the fixed cost."""
    if not result.fits:
        return None
    ranked = sorted(result.layers, key=lambda layer: -layer.time.mid_s)
    parts = [(layer.name, layer.time.mid_s) for layer in ranked[:_BARS]]
    rest_s = sum(layer.time.mid_s for layer in ranked[_BARS:])
    if rest_s:
        parts.append((f"{len(ranked) - _BARS} others", rest_s))
    if result.fixed_s:
        parts.append(("fixed cost", result.fixed_s))
    whole_s = result.latency_s.mid
    bars = [
        Bar(name, 0.0, time_s, f"{quantity(time_s, 's')} {share(time_s / whole_s)}") for name, time_s in parts
    ]
    return "where the time goes", bars


def _other_units(result: Estimate) -> list[str]:
    lines = [f"  {line}" for line in other_lines(result.others)]
    return ["other units", *lines] if lines else []


def _speed_lines(result: Estimate) -> list[str]:
    if not result.fits:
        return []
    latency, interval = result.through_s, result.latency_s
    anchors = f", anchored on {len(result.anchors)}" if result.anchors else ""
    origin = f"[{result.provenance}{anchors}{_held(result)}]"
    between = [
        f"interval    {band(interval.low, interval.mid, interval.high, 's')}   between frames in a row"
        + (f", bound by the {result.link.bound}" if result.link and result.link.bound != "chip" else "")
    ]
    return [
        f"latency     {band(latency.low, latency.mid, latency.high, 's')}   {origin}",
        *(between if result.frame_s else []),
        *_link_line(result),
        *_fastest_line(result),
        *_load_line(result),
        f"throughput  {format_number(result.throughput_per_s, 4)} inferences/s",
    ]


def _link_line(result: Estimate) -> list[str]:
    """What a batch pays on its way over the link."""
    use = result.link
    if use is None:
        return []
    weights = f", weights {quantity(use.weights_s.mid, 's')}" if use.weights_s.mid else ""
    other = "" if use.link == use.measured_over else f"; rates are of {use.measured_over.name}"
    return [
        f"link        {use.link.name}   in {quantity(use.in_s.mid, 's')}, out {quantity(use.out_s.mid, 's')}"
        f"{weights}{other}"
    ]


def _fastest_line(result: Estimate) -> list[str]:
    if result.fastest is None:
        return []
    time = result.fastest.latency_s
    return [f"  in {result.fastest.mode:6} {band(time.low, time.mid, time.high, 's')}   its fastest mode"]


def _load_line(result: Estimate) -> list[str]:
    """The other load beside the one that is printed, where the power limit makes them differ."""
    if abs(result.bend - 1.0) < _SAME:
        return []
    other = result.through_s.scaled(result.bend if result.load == "burst" else 1.0 / result.bend)
    meant = "a short run" if result.load == "burst" else "at the power limit for long"
    return [
        f"load        {result.load}, {meant}; {_OTHER[result.load]} "
        f"{band(other.low, other.mid, other.high, 's')}"
    ]


_SAME = 0.005
_OTHER = {"burst": "sustained", "sustained": "burst"}


def _power_lines(result: Estimate) -> list[str]:
    power, part, joules = result.power_w, result.part_power_w, result.energy_per_inference_j
    promised = result.peak_ops_per_s / result.power_limit_w
    lines = [
        f"power       {band(power.low, power.mid, power.high, 'w')}   [{result.power_provenance}], "
        f"idle {quantity(result.idle_w, 'w')}{_assumed(result, 'idle')}; {result.power_boundary}"
    ]
    if part.mid != power.mid:
        limit = f"limit {quantity(result.power_limit_w, 'w')}{_assumed(result, 'limit')}"
        lines.append(f"  the part  {band(part.low, part.mid, part.high, 'w')}   {limit}")
    lines += _places(result)
    if result.fits:
        lines += [
            f"energy      {band(joules.low, joules.mid, joules.high, 'j')} per inference, "
            f"{format_number(1 / joules.mid, 3)} inferences/J",
            f"of a watt   {quantity(promised, 'ops_per_s')}/W promised (dense peak over limit), "
            f"{quantity(result.useful_ops / joules.mid, 'ops_per_s')}/W used by this network",
        ]
    return lines


_PLACES = ("rail", "board in", "plug")


def _places(result: Estimate) -> list[str]:
    """The same power at the places that the lines above do not give."""
    places = result.power_at
    found = zip(_PLACES, (places.rail_w, places.board_input_w, places.wall_w), strict=True)
    return [
        f"  {name:9} {band(item.low, item.mid, item.high, 'w')}"
        for name, item in found
        if item is not None and item != result.power_w
    ]


def _assumed(result: Estimate, name: str) -> str:
    return " (assumed)" if name in result.power_assumed else ""


def _held(result: Estimate) -> str:
    """Which share of measurements the band held, where that is known."""
    level = result.latency_s.level
    return "" if level is None else f", band of {format_percent(level)}"


def _flat(record: Mapping[str, object], within: str = "") -> dict[str, object]:
    """One CSV row: nested numbers as `latency_s_low` and so on, lists left out."""
    row: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            row.update(_flat(value, f"{within}{key}_"))
        elif not isinstance(value, list):
            row[f"{within}{key}"] = value
    return row
