"""`planner split MODEL --device ID --server ID`: where to cut a network between a device and a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.completion import device_ids, networks
from planner.cli.model_options import network_options
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.errors import InputError, Problem
from planner.units import UnitError, parse_quantity

if TYPE_CHECKING:
    from planner.latency.units.split import Cut, Split
    from planner.workload.asked import Asked

_SHOWN = 5


@click.command("split")
@click.argument("model", shell_complete=networks)
@click.option(
    "--device",
    "device_id",
    required=True,
    metavar="ID",
    help="Where frames arise.",
    shell_complete=device_ids,
)
@click.option(
    "--server",
    "server_id",
    required=True,
    metavar="ID",
    help="Where the rest may run.",
    shell_complete=device_ids,
)
@click.option("--up", required=True, metavar="RATE", help="Rate from device to server: 20 Mbit/s.")
@click.option("--down", metavar="RATE", help="Rate back; default: as up.")
@click.option(
    "--round-trip", required=True, metavar="TIME", help="Of an empty message and its answer: 20 ms."
)
@click.option("--input-size", metavar="SIZE", help="Of one input as sent, such as a JPEG: 150 kB.")
@click.option("--answer-size", metavar="SIZE", help="Of one answer as sent, such as a list of boxes: 2 kB.")
@click.option("--mode", help="Power mode of the device.")
@click.option("--precision", help="Of the device; default: half precision where the unit has it.")
@click.option("--server-precision", help="Of the server.")
@network_options
@hardware_option
@output_options
def command(
    model: str,
    device_id: str,
    server_id: str,
    up: str,
    down: str | None,
    round_trip: str,
    input_size: str | None,
    answer_size: str | None,
    mode: str | None,
    precision: str | None,
    server_precision: str | None,
    *,
    asked: Asked,
    output: Output,
) -> int:
    """Every cut of MODEL between a device and a server over a link, against all on one side."""
    from planner.cli.main import OK
    from planner.latency.units.split_record import split_record

    size = parse_option("--input-size", input_size, "bytes")
    answer = parse_option("--answer-size", answer_size, "bytes")
    network = api.read_onnx(model, asked=asked)
    batch = network.batch
    linked = api.linked_split(
        network,
        device_id,
        server_id,
        up_bytes_per_s=parse_option("--up", up, "bytes_per_s") or 0.0,
        down_bytes_per_s=parse_option("--down", down, "bytes_per_s"),
        round_trip_s=_time(round_trip),
        input_bytes=None if size is None else round(size * batch),
        answer_bytes=None if answer is None else round(answer * batch),
        mode=mode,
        precision=precision,
        server_precision=server_precision,
    )
    found, wire, here, there = linked.split, linked.wire, linked.device, linked.server
    record = split_record(found, here, there, wire, batch)
    heading = [
        f"{here.model}, {here.device}/{here.unit} {here.precision} and {there.device}/{there.unit} "
        f"{there.precision}, batch {batch}: {len(found.cuts)} cuts",
        _verdict(found),
    ]
    table = [_row(cut, found) for cut in _shown(found)]
    rows = [_flat(cut) for cut in found.cuts]
    right = frozenset({"kernels", "sent up", "device", "link", "server"})
    output.write(
        CommandResult(
            record, rows, table, heading, [], right, ("kernels", "sent up", "server", "link", "device")
        )
    )
    return OK


def _time(text: str) -> float:
    """A round trip; none at all is allowed."""
    try:
        return parse_quantity(text, "s")
    except UnitError as error:
        problem = Problem("value", error.expected, repr(text), error.advice)
        raise InputError("--round-trip", [problem]) from None


def _verdict(found: Split) -> str:
    best = found.best
    where = (
        "all on the device"
        if best is found.all_device
        else "all on the server"
        if best is found.all_server
        else f"cut after {best.after} ({best.kernels} of {len(found.cuts) - 1} kernels on the device)"
    )
    sure = (
        ""
        if found.certain or best in (found.all_device, found.all_server)
        else "; within the bands of both ends"
    )
    return f"best: {where}, {quantity(best.latency_s.mid, 's')}{sure}"


def _shown(found: Split) -> list[Cut]:
    """The ends, and the fastest cuts between them."""
    inner = sorted(found.cuts[1:-1], key=lambda cut: cut.latency_s.mid)[:_SHOWN]
    return [found.all_device, found.all_server, *inner]


def _row(cut: Cut, found: Split) -> dict[str, str]:
    name = (
        "all on the device"
        if cut is found.all_device
        else "all on the server"
        if cut is found.all_server
        else f"after {cut.after}"
    )
    latency = cut.latency_s
    return {
        "cut": name,
        "kernels": str(cut.kernels),
        "sent up": quantity(cut.up_bytes, "bytes"),
        "device": quantity(cut.device_s.mid, "s"),
        "link": quantity(cut.link_s, "s"),
        "server": quantity(cut.server_s.mid, "s"),
        "latency": band(latency.low, latency.mid, latency.high, "s"),
        "": "best" if cut is found.best else "",
    }


def _flat(cut: Cut) -> dict[str, object]:
    from planner.latency.units.split_record import cut_record

    record, latency = cut_record(cut), cut.latency_s
    ends = {"latency_s_low": latency.low, "latency_s_mid": latency.mid, "latency_s_high": latency.high}
    return {**{key: value for key, value in record.items() if key != "latency_s"}, **ends}
