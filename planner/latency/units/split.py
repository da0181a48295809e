"""A network cut in two: the first kernels on a device, the others on a server, what is between over a link.

Every cut between two kernels in order is evaluated, all-server (cut 0) and all-device (the last) among them:
latency = device's time of its kernels + round trip + bytes across the cut / rate up + server's time +
answer's bytes / rate down. Neither queue nor other traffic is on the link; kernels are those of the device's
engine on both sides. The idea: Kang and others, "Neurosurgeon: collaborative intelligence between the cloud
and mobile edge", ASPLOS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.flow import KernelFlow, cut_bytes, kernel_flow, output_bytes
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.one_unit import estimate_at
from planner.latency.result import Estimate
from planner.latency.transfer.store import transfer_for
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class Wire:
    """A link between device and server."""

    up_bytes_per_s: float
    down_bytes_per_s: float
    round_trip_s: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What inputs and answers take on the link where they are sent as something else; None: as they are."""

    input_bytes: int | None = None
    answer_bytes: int | None = None


AS_THEY_ARE = Sent()


@dataclass(frozen=True, slots=True)
class Cut:
    """The first `kernels` on the device, the rest on the server."""

    kernels: int
    after: str | None
    """The last kernel on the device; None where there is none."""
    up_bytes: int
    down_bytes: int
    device_s: Band
    link_s: float
    server_s: Band
    device_energy_j: float
    """Of the device while it computes; what it draws while it waits and sends is left out."""

    @property
    def latency_s(self) -> Band:
        """Of one batch from end to end; ends of both bands together."""
        device, server = self.device_s, self.server_s
        return Band(
            device.low + self.link_s + server.low,
            device.mid + self.link_s + server.mid,
            device.high + self.link_s + server.high,
        )

    @property
    def slowest_stage_s(self) -> float:
        """What a stream of batches waits for: device, link or server, each working on its own batch."""
        return max(self.device_s.mid, self.link_s, self.server_s.mid)


@dataclass(frozen=True, slots=True)
class Split:
    """Every cut, the best of them, and the two ends."""

    cuts: tuple[Cut, ...]

    @property
    def best(self) -> Cut:
        """The cut with the shortest latency; of equal ones that with more on the device."""
        return min(self.cuts, key=lambda cut: (cut.latency_s.mid, -cut.kernels))

    @property
    def all_server(self) -> Cut:
        """Nothing on the device."""
        return self.cuts[0]

    @property
    def all_device(self) -> Cut:
        """Nothing on the server, and nothing sent."""
        return self.cuts[-1]

    @property
    def certain(self) -> bool:
        """Whether the best cut is ahead of both ends whatever the ends of the bands."""
        rivals = [cut for cut in (self.all_server, self.all_device) if cut is not self.best]
        return all(self.best.latency_s.high < rival.latency_s.low for rival in rivals)


def split_between(
    workload: Workload, here: OperatingPoint, there: OperatingPoint, wire: Wire, sent: Sent = AS_THEY_ARE
) -> tuple[Split, Estimate, Estimate]:
    """All cuts of a network between two operating points, and its estimates on both."""
    prepared = prepare(workload, workload.batch, here.precision, here.engine, here.fusing)
    device, server = (
        estimate_at(
            prepare(workload, workload.batch, point.precision, here.engine, here.fusing),
            point,
            transfer_for(point),
        )
        for point in (here, there)
    )
    return split(prepared, device, server, wire, sent), device, server


@formula("split_latency")
def split(
    prepared: Prepared, device: Estimate, server: Estimate, wire: Wire, sent: Sent = AS_THEY_ARE
) -> Split:
    """All cuts of a network whose kernels were estimated on both sides.

    Raises `InputError` for a link that sends nothing, or sides that were estimated on other kernels.
    """
    problems = []
    if min(wire.up_bytes_per_s, wire.down_bytes_per_s) <= 0 or wire.round_trip_s < 0:
        got = f"{wire.up_bytes_per_s:g} and {wire.down_bytes_per_s:g} B/s, {wire.round_trip_s:g} s"
        problems.append(Problem("link", "rates above zero and a round trip of zero or more", got))
    if not len(prepared.kernels) == len(device.layers) == len(server.layers):
        counts = f"{len(prepared.kernels)}, {len(device.layers)} and {len(server.layers)}"
        problems.append(Problem("kernels", "the same kernels on both sides", counts))
    if problems:
        raise InputError("split", problems)
    flow = kernel_flow(prepared)
    sizes = list(cut_bytes(flow))
    if sent.input_bytes is not None:
        sizes[0] = sent.input_bytes
    answers = [output_bytes(flow, k) for k in range(len(flow.order) + 1)]
    if sent.answer_bytes is not None:
        answers = [round(sent.answer_bytes * size / answers[0]) if answers[0] else 0 for size in answers]
    here, there = _side(device, flow), _side(server, flow)
    names = [prepared.kernels[index].name for index in flow.order]
    return Split(
        tuple(
            _cut(k, names, (sizes[k], answers[k]), here, there, wire, device.power_w.mid)
            for k in range(len(flow.order) + 1)
        )
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """Time of the first 0, 1, ... kernels in order (low, middle, high), and what is paid once."""

    low: tuple[float, ...]
    mid: tuple[float, ...]
    high: tuple[float, ...]
    fixed_s: float


def _side(estimate: Estimate, flow: KernelFlow) -> _Side:
    times = [estimate.layers[index].time for index in flow.order]
    return _Side(
        tuple(accumulate((time.low_s for time in times), initial=0.0)),
        tuple(accumulate((time.mid_s for time in times), initial=0.0)),
        tuple(accumulate((time.high_s for time in times), initial=0.0)),
        estimate.fixed_s,
    )


def _cut(
    k: int,
    names: Sequence[str],
    sizes: tuple[int, int],
    here: _Side,
    there: _Side,
    wire: Wire,
    device_w: float,
) -> Cut:
    sent = k < len(names)
    up_bytes, down_bytes = sizes if sent else (0, 0)
    link_s = wire.round_trip_s + up_bytes / wire.up_bytes_per_s + down_bytes / wire.down_bytes_per_s
    fixed_s = here.fixed_s if k else 0.0
    device_s = Band(here.low[k] + fixed_s, here.mid[k] + fixed_s, here.high[k] + fixed_s)
    server_s = Band(
        there.low[-1] - there.low[k] + there.fixed_s,
        there.mid[-1] - there.mid[k] + there.fixed_s,
        there.high[-1] - there.high[k] + there.fixed_s,
    )
    return Cut(
        kernels=k,
        after=names[k - 1] if k else None,
        up_bytes=up_bytes,
        down_bytes=down_bytes,
        device_s=device_s,
        link_s=link_s if sent else 0.0,
        server_s=server_s if sent else Band(0.0, 0.0, 0.0),
        device_energy_j=device_w * device_s.mid,
    )
