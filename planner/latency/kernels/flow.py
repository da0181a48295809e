"""Which kernel makes a tensor and which read it: what crosses a line that is drawn through a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from weakref import WeakKeyDictionary

from planner.latency.kernels.prepared import Prepared
from planner.workload.dtypes import storage_bytes
from planner.workload.fusion import Kernel
from planner.workload.workload import Workload

FROM_OUTSIDE = -1
"""The maker of the network's inputs."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One tensor between kernels: its bytes, the kernel that makes it, and those that read it.

    Kernels are identified by their position in `KernelFlow.order`. `leaves` marks an output of the network.
    """

    tensor: str
    size_bytes: int
    maker: int
    readers: tuple[int, ...]
    leaves: bool


@dataclass(frozen=True, slots=True)
class KernelFlow:
    """Kernels in an order in which each comes after those that make what it reads, and what flows between."""

    order: tuple[int, ...]
    """Place -> index among the network's kernels."""
    flows: tuple[Flow, ...]


_flows: WeakKeyDictionary[Prepared, KernelFlow] = WeakKeyDictionary()
"""One network is placed at many operating points: in each mode, and on each unit that needs help."""


def kernel_flow(prepared: Prepared) -> KernelFlow:
    """The flow of activations between a network's kernels; weights stay where their kernel is."""
    if prepared not in _flows:
        _flows[prepared] = _flow_of(prepared)
    return _flows[prepared]


def _flow_of(prepared: Prepared) -> KernelFlow:
    kernels, workload = prepared.kernels, prepared.workload
    makers = {access.tensor: index for index, kernel in enumerate(kernels) for access in kernel.writes}
    order = _sorted(kernels, makers)
    place = {index: position for position, index in enumerate(order)}
    readers: dict[str, set[int]] = {}
    for index, kernel in enumerate(kernels):
        for access in kernel.reads:
            readers.setdefault(_held_by(access.tensor, workload.views), set()).add(place[index])
    outputs = {_held_by(name, workload.views) for name in workload.outputs}
    names = dict.fromkeys([*workload.inputs, *makers, *readers])
    flows = [
        Flow(
            name,
            _size(workload, name),
            place[makers[name]] if name in makers else FROM_OUTSIDE,
            tuple(sorted(readers.get(name, ()))),
            name in outputs,
        )
        for name in names
        if name in makers or name in workload.inputs
    ]
    return KernelFlow(tuple(order), tuple(flow for flow in flows if flow.readers or flow.leaves))


def _sorted(kernels: Sequence[Kernel], makers: Mapping[str, int]) -> list[int]:
    """Indices of kernels, makers first; those that nothing orders stay in the order of the file."""
    graph: TopologicalSorter[int] = TopologicalSorter()
    for index, kernel in enumerate(kernels):
        wanted = {makers[access.tensor] for access in kernel.reads if access.tensor in makers}
        # A kernel may read what it writes itself (a view of it); that is no dependence.
        graph.add(index, *sorted(wanted - {index}))
    graph.prepare()
    order: list[int] = []
    ready = sorted(graph.get_ready())
    while ready:
        # The lowest index among those that are ready: what nothing orders stays in the order of the file.
        index = ready.pop(0)
        order.append(index)
        graph.done(index)
        ready = sorted([*ready, *graph.get_ready()])
    return order


def _held_by(name: str, views: Mapping[str, str]) -> str:
    """The tensor whose memory a view shares."""
    while name in views:
        name = views[name]
    return name


def _size(workload: Workload, name: str) -> int:
    tensor = workload.tensors[name]
    return storage_bytes(tensor.dtype, tensor.elements)


def cut_bytes(flow: KernelFlow) -> tuple[int, ...]:
    """Bytes that pass from the kernels before each cut to those behind it, for every cut from 0 to all.

    At cut 0 these are the network's inputs; at the last cut nothing is behind, and nothing passes.
    """
    count = len(flow.order)
    # A tensor crosses every cut between its maker and its last reader: one addition at each end and a running
    # sum instead of a loop over all cuts.
    changes = [0] * (count + 2)
    for item in flow.flows:
        if item.readers and item.readers[-1] > item.maker:
            changes[item.maker + 1] += item.size_bytes
            changes[item.readers[-1] + 1] -= item.size_bytes
    sizes, now = [], 0
    for change in changes[: count + 1]:
        now += change
        sizes.append(now)
    return tuple(sizes)


def output_bytes(flow: KernelFlow, cut: int) -> int:
    """Bytes of the network's outputs that kernels behind the cut make."""
    return sum(item.size_bytes for item in flow.flows if item.leaves and item.maker >= cut)


def crossings(flow: KernelFlow, unit_of: Sequence[int]) -> tuple[tuple[str, int, int, int], ...]:
    """Each tensor that a kernel on one unit makes for one on another: name, bytes, from, to; once for each.

    `unit_of` has the unit of every kernel by its index among the network's kernels.
    """
    found = []
    for item in flow.flows:
        if item.maker == FROM_OUTSIDE:
            continue
        source = unit_of[flow.order[item.maker]]
        targets = {unit_of[flow.order[reader]] for reader in item.readers} - {source}
        found += [(item.tensor, item.size_bytes, source, target) for target in sorted(targets)]
    return tuple(found)


def before_products(prepared: Prepared) -> frozenset[int]:
    """Indices of the kernels that multiply by weights, or make what such a one reads further on.

    The others only decode what the last products answered.
    """
    flow = kernel_flow(prepared)
    readers: dict[int, set[int]] = {}
    for tensor in flow.flows:
        readers.setdefault(tensor.maker, set()).update(tensor.readers)
    found: set[int] = set()
    # Backwards: all readers of a kernel are decided before the kernel itself.
    for place in reversed(range(len(flow.order))):
        kernel = prepared.kernels[flow.order[place]]
        if (kernel.macs and kernel.weights) or found & readers.get(place, set()):
            found.add(place)
    return frozenset(flow.order[place] for place in found)
