"""`planner chain SCENARIO`: what each unit of a part has of a frame's way, and which binds first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.bars import Bar
from planner.cli.completion import device_ids, modes, precisions, scenarios
from planner.cli.evidence import scenario_evidence
from planner.cli.layout import Grid, Line
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import quantity, share
from planner.wording.message import message

if TYPE_CHECKING:
    from planner.chain.prediction import UnitUse
    from planner.plan.chain_study.study import ChainAnswer, ChainAnswers


@click.command("chain")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="ID|GLOB",
    help="Repeatable; default: the parts of SCENARIO.",
    shell_complete=device_ids,
)
@click.option("--mode", help="Power mode; default: as delivered.", shell_complete=modes)
@click.option("--precision", help="Default: the first of SCENARIO.", shell_complete=precisions)
@click.option("--batch", type=click.IntRange(min=1), help="Default: the largest of SCENARIO.")
@click.option("--count", type=click.IntRange(min=1), help="Devices that share the streams; default: one.")
@click.option("--simulate", metavar="TIME", help="Move frames through one device for so long, such as 60s.")
@scenario_evidence
@hardware_option
@outside_option
@output_options
def command(
    scenario: Path,
    devices: tuple[str, ...],
    mode: str | None,
    precision: str | None,
    batch: int | None,
    count: int | None,
    simulate: str | None,
    *,
    output: Output,
) -> int:
    """How busy SCENARIO's frames keep every unit of a part, from the camera's stream to the answer.

    Decoders, scalers, links, memory, processor cores and compute units: which is full first, at how many
    cameras, what to change first, and how long a frame takes. Exit status 3 where no part does every step.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.chain_study.record import chain_record

    found = api.predict_chain(
        scenario,
        devices,
        mode=mode,
        precision=precision,
        batch=batch,
        count=count,
        simulate_s=parse_option("--simulate", simulate, "s"),
    )
    record = chain_record(found)
    rows = [
        {"device": answer.device, **_row(answer, use)}
        for answer in found.answers
        for use in answer.prediction.units
    ]
    one = found.answers[0] if len(found.answers) == 1 else None
    table = [_row(one, use) for use in one.prediction.units] if one else [_of_part(a) for a in found.answers]
    footer = [*_about(one), *_refused(found)] if one else [*_refused(found)]
    heading = _heading(found, one)
    right = frozenset({"busy", "low", "high", "full at", "cameras", "frames/s", "servers"})
    bars = _bars(one) if one else None
    output.write(CommandResult(record, rows, table, heading, footer, right, prose={"what for"}, bars=bars))
    return OK if found.feasible else INFEASIBLE


def _heading(found: ChainAnswers, one: ChainAnswer | None) -> list[str]:
    title = found.source.scenario.title
    if one is None:
        return [f"{title}: {len(found.answers)} parts, the one that carries most first"]
    first = one.networks[0].estimate
    setting = f"{first.unit} {first.engine} {first.precision}, batches of up to {first.batch}"
    return [f"{title}: {one.cameras:,} cameras on {one.devices} x {one.device} (mode {one.mode}), {setting}"]


def _row(answer: ChainAnswer | None, use: UnitUse) -> dict[str, str]:
    """One unit of a part."""
    frames_per_s = answer.prediction.frames_per_s if answer else 0.0
    limit = use.headroom.mid * frames_per_s
    busiest = sorted(use.by_step, key=lambda item: -item[1])
    return {
        "unit": use.unit.id,
        "what": message(f"chain.role.{use.unit.role}"),
        "servers": str(use.unit.servers),
        "busy": share(use.busy.mid),
        "low": share(use.busy.low),
        "high": share(use.busy.high),
        "full at": "-" if limit == float("inf") else f"{limit:,.0f} /s",
        "what for": ", ".join(f"{step} {share(busy)}" for step, busy in busiest if busy > 0),
    }


def _of_part(answer: ChainAnswer) -> dict[str, str]:
    """One part in a row of its own."""
    prediction = answer.prediction
    binds = prediction.binding
    following = prediction.next_binding
    return {
        "device": answer.device,
        "binds": binds.unit.id,
        "what": message(f"chain.role.{binds.unit.role}"),
        "busy": share(binds.busy.mid),
        "then": f"{following.unit.id} {share(following.busy.mid)}" if following else "-",
        "cameras": "-" if answer.gaps else f"{answer.cameras_carried:,.0f}",
        "latency": _latest(answer),
        "": "; ".join(gap.reason for gap in answer.gaps),
    }


def _latest(answer: ChainAnswer) -> str:
    return quantity(max(stream.alone_s.mid for stream in answer.prediction.streams), "s")


def _about(answer: ChainAnswer) -> list[Line]:
    """What binds, what to change first, how long frames take, and what to know."""
    prediction = answer.prediction
    lines: list[Line] = []
    binds = message(
        "chain.binds",
        unit=prediction.binding.unit.name,
        role=message(f"chain.role.{prediction.binding.unit.role}"),
        busy=share(prediction.binding.busy.mid),
    )
    lines.append(f"{binds}: {answer.cameras_carried:,.0f} cameras of this mix fill it")
    gain, following = prediction.gain, prediction.next_binding
    if gain is not None and following is not None:
        limit = f"{answer.cameras_carried * gain:,.0f} cameras"
        text = message("chain.gain.one", gain=f"{gain:.3g}", limit=limit, unit=following.unit.name)
    else:
        text = message("chain.gain.alone")
    lines += [f"change first: {answer.advice}; {text}", ""]
    for stream in prediction.streams:
        loaded = quantity(stream.loaded_s.mid, "s") if stream.loaded_s else "without end"
        lines.append(
            f"{stream.stream}: {quantity(stream.alone_s.mid, 's')} from frame to answer "
            f"({quantity(stream.alone_s.low, 's')} - {quantity(stream.alone_s.high, 's')}), "
            f"{quantity(stream.crowded_s.mid, 's')} with many objects, {loaded} on average under this load; "
            f"{quantity(stream.slo_s, 's')} asked"
        )
        rows = [
            {"step": step, "unit": unit, "time": quantity(time_s.mid, "s"),
             "low": quantity(time_s.low, "s"), "high": quantity(time_s.high, "s")}
            for step, unit, time_s in stream.steps
        ]  # fmt: skip
        lines += [Grid(rows, right=frozenset({"time", "low", "high"})), ""]
    lines += _simulated(answer)
    lines += [f"note: {note}" for note in answer.part.notes]
    lines += [f"cannot be done: {gap.where}: {gap.reason}" for gap in answer.gaps]
    lines.append(f"rests on: {answer.provenance.value}")
    return lines


def _simulated(answer: ChainAnswer) -> list[Line]:
    """What a run adds: the promised quantile, and the share of frames in time."""
    run = answer.simulated
    if run is None:
        return []
    lines: list[Line] = []
    for stream in run.streams:
        low, mid, high = (
            "without end" if end == float("inf") else quantity(end, "s")
            for end in (stream.latency_s.low, stream.latency_s.mid, stream.latency_s.high)
        )
        kept = "a unit cannot keep up" if stream.kept_share is None else f"{share(stream.kept_share)} in time"
        lost = f", {stream.dropped:,} dropped" if stream.dropped else ""
        lines.append(
            f"{stream.stream}, simulated: quantile {stream.quantile:g} {mid} ({low} - {high}), {kept}{lost}"
        )
    return [*lines, f"{run.frames:,} frames on one device in {quantity(run.duration_s, 's')}", ""]


def _bars(answer: ChainAnswer) -> tuple[str, list[Bar]]:
    return "share of time that each unit is busy, one is full", [
        Bar(use.unit.id, 0.0, use.busy.mid, share(use.busy.mid)) for use in answer.prediction.units
    ]


def _refused(found: ChainAnswers) -> list[str]:
    return [f"not on {device}: {reason}" for device, reason in found.refused]
