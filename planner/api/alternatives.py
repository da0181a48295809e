"""A network made smaller, run under other loads, or cut between two machines.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.database.parts import precision_named
from planner.api.networks import chosen_part, counted_network
from planner.errors import InputError

if TYPE_CHECKING:
    from planner.hardware.operating_point import OperatingPoint
    from planner.latency.result import Estimate
    from planner.latency.units.split import Split, Wire
    from planner.latency.variants.variants import Variant
    from planner.plan.compare.load_curve import LoadCurve, Over
    from planner.schema.hardware.device import Device, Precision
    from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class UnitCurve:
    """A curve over batch, threads or streams, and the estimate of its first point."""

    first: Estimate
    curve: LoadCurve


@dataclass(frozen=True, slots=True)
class LinkedSplit:
    """Every cut of a network over a link, with the estimates of the whole network on both sides."""

    split: Split
    device: Estimate
    server: Estimate
    wire: Wire


def what_if(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    unit: str | None = None,
    mode: str | None = None,
    engine: str | None = None,
    threads: int | None = None,
    channels: float = 0.3,
    evidence: Mapping[str, object] | None = None,
) -> tuple[Variant, ...]:
    """A network in other precisions and compressions on one unit, each with gain, need and risk.

    The unit is the best one for the network as it is, unless named. `channels` is the share of channels that
    structured pruning takes, from 0 to 1. `evidence` (see the function of that name) has a calibration and
    measurements besides. A variant that the unit or the engine lacks has no estimate and
    says why. Raises `InputError` for a share outside that range and for a unit that does not run the network
    at all.

    >>> what_if("zoo:resnet18", "jetson-orin-nano-8")[0].id
    'fp32'
    """
    from planner.hardware.operating_point import choose_mode
    from planner.latency.variants.variants import VariantQuestion, variants
    from planner.plan.options.estimator import Estimator
    from planner.plan.scenario.evidence import evidence_among

    network, part = counted_network(workload), chosen_part(device)
    asked = {"engine": engine, "threads": threads, **(evidence or {})}
    known = evidence_among({name: value for name, value in asked.items() if value is not None}, [part.id], [])
    estimator, batch = Estimator({network.model: network}, known), network.batch
    # All variants are of one unit: the one that the network itself would take.
    usual_mode = choose_mode(part, mode).id
    chosen = estimator.compared(part, usual_mode, None, batch, unit=unit).best.estimates[0].estimate

    def as_it_is(point: OperatingPoint) -> Estimate:
        return estimator.estimate(
            network.model,
            part,
            unit=point.unit,
            mode=point.mode,
            precision=point.precision,
            batch=batch,
            engine=point.engine,
        )

    runs_on = known.engine or chosen.engine
    question = VariantQuestion(part, chosen.unit, mode, batch, runs_on, known.threads, as_it_is)
    return variants(network, question, channels)


def baseline(found: Sequence[Variant]) -> Variant | None:
    """The variant that gains are over: 32 bits where they run, else the first that runs; None without any.

    >>> baseline(what_if("zoo:resnet18", "jetson-orin-nano-8")).id
    'fp32'
    """
    from planner.latency.variants import variants

    return variants.baseline(tuple(found))


def curve(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    over: Over = "batch",
    up_to: int = 32,
    unit: str | None = None,
    mode: str | None = None,
    precision: str | None = None,
    engine: str | None = None,
) -> UnitCurve:
    """Throughput (inferences per second) and latency (s) at powers of two of batch, threads or streams.

    Threads end at the cores of the unit. Streams are of the network's own batch. Raises `InputError` where no
    size fits the memory, for `up_to` below one, and for threads on a unit without cores.

    >>> [point.at for point in curve("zoo:resnet18", "t4", up_to=4).curve.points]
    [1, 2, 4]
    """
    from planner.latency.estimate import estimate as predict
    from planner.latency.overhead import outside
    from planner.latency.overheads.around import with_overheads
    from planner.plan.compare.load_curve import estimated_curve, stream_curve

    network, part, named = counted_network(workload), chosen_part(device), precision_named(precision)

    def at(*, batch: int | None = None, threads: int | None = None, chosen: str | None = None) -> Estimate:
        return predict(
            network,
            part,
            unit=chosen or unit,
            mode=mode,
            precision=named,
            engine=engine,
            batch=batch,
            threads=threads,
        )

    # All points are of the unit of the first.
    first = at(threads=1 if over == "threads" else None)
    if over == "streams":
        around_s = outside(with_overheads(first, network, part).hidden).mid
        return UnitCurve(first, stream_curve(up_to, first, around_s, part.units[first.unit].count.value))
    if over == "batch":
        only = None if _grows(network, lambda: at(batch=2, chosen=first.unit)) else network.batch
        return UnitCurve(
            first, estimated_curve("batch", up_to, lambda size: at(batch=size, chosen=first.unit), only)
        )
    cores = part.units[first.unit].active.get(first.mode)
    most = min(up_to, cores.value if cores else 1)
    return UnitCurve(
        first, estimated_curve("threads", most, lambda count: at(threads=count, chosen=first.unit))
    )


def _grows(network: Workload, at_two: Callable[[], Estimate]) -> bool:
    """Whether a network takes batches of one and two: its inputs, its constants and its outputs do."""
    if not network.takes_batch(1) or not network.takes_batch(2):
        return False
    try:
        at_two()
    except InputError:
        return False
    return True


def split(
    workload: Workload | str | Path,
    device: Device | str,
    server: Device | str,
    *,
    up_bytes_per_s: float,
    round_trip_s: float,
    down_bytes_per_s: float | None = None,
    input_bytes: int | None = None,
    answer_bytes: int | None = None,
    precision: str | None = None,
    server_precision: str | None = None,
    mode: str | None = None,
) -> Split:
    """Every cut of a network between a device and a server over a link.

    Rates are in bytes per second, the way back as fast as the way up unless said. `input_bytes` and
    `answer_bytes` are of one batch as sent; None: as the tensors are. `mode` is of the device. Raises
    `InputError` for a link that sends nothing.

    >>> split("zoo:resnet18", "jetson-orin-nano-8", "t4", up_bytes_per_s=1e7, round_trip_s=0.02).certain
    True
    """
    return linked_split(
        workload,
        device,
        server,
        up_bytes_per_s=up_bytes_per_s,
        round_trip_s=round_trip_s,
        down_bytes_per_s=down_bytes_per_s,
        input_bytes=input_bytes,
        answer_bytes=answer_bytes,
        precision=precision,
        server_precision=server_precision,
        mode=mode,
    ).split


def linked_split(
    workload: Workload | str | Path,
    device: Device | str,
    server: Device | str,
    *,
    up_bytes_per_s: float,
    round_trip_s: float,
    down_bytes_per_s: float | None = None,
    input_bytes: int | None = None,
    answer_bytes: int | None = None,
    precision: str | None = None,
    server_precision: str | None = None,
    mode: str | None = None,
) -> LinkedSplit:
    """As `split`, with the link and the estimates of the whole network on both sides beside the cuts.

    >>> found = linked_split("zoo:resnet18", "jetson-orin-nano-8", "t4", up_bytes_per_s=1e7, round_trip_s=0)
    >>> found.server.device
    't4'
    """
    from planner.latency.units.split import Sent, Wire, split_between

    network = counted_network(workload)
    here = _best_point(network, chosen_part(device), mode, precision_named(precision))
    there = _best_point(network, chosen_part(server), None, precision_named(server_precision))
    wire = Wire(
        up_bytes_per_s, up_bytes_per_s if down_bytes_per_s is None else down_bytes_per_s, round_trip_s
    )
    found, on_device, on_server = split_between(network, here, there, wire, Sent(input_bytes, answer_bytes))
    return LinkedSplit(found, on_device, on_server, wire)


def _best_point(
    network: Workload, part: Device, mode: str | None, precision: Precision | None
) -> OperatingPoint:
    """The operating point of the unit that the whole network would take."""
    from planner.latency.estimate import estimate as predict
    from planner.latency.point import point_for

    unit = predict(network, part, mode=mode, precision=precision).unit
    return point_for(part, unit=unit, mode=mode, precision=precision)
