"""Peak memory of activations from lifetimes in execution order.

A tensor lives from the step that writes it to its last reader; inputs live from the start, outputs to the
end. Views share the memory of their source. Nothing is computed in place, and weights are not counted: an
engine's allocator may reach less (in-place activation functions) or more (work space, fragmentation).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from planner.workload.operation import Access


class MemoryStep(Protocol):
    """Anything that reads and writes tensors when its turn comes: an operator, a kernel."""

    @property
    def reads(self) -> tuple[Access, ...]:
        """Activations read."""

    @property
    def writes(self) -> tuple[Access, ...]:
        """Activations written."""


def peak_bytes(
    steps: Sequence[MemoryStep],
    sizes: Mapping[str, int],
    inputs: Iterable[str],
    outputs: Iterable[str],
    aliases: Mapping[str, str],
) -> int:
    """Largest sum of the sizes of tensors alive at one step, bytes.

    `sizes` is bytes per tensor; `aliases` maps a view to the tensor whose memory it shares.
    """
    last = {_root(access.tensor, aliases): -1 for step in steps for access in (*step.reads, *step.writes)}
    for index, step in enumerate(steps):
        for access in (*step.reads, *step.writes):
            last[_root(access.tensor, aliases)] = index
    last.update(dict.fromkeys((_root(name, aliases) for name in outputs), len(steps)))
    expiring: dict[int, list[str]] = {}
    for name, index in last.items():
        expiring.setdefault(index, []).append(name)
    alive = {_root(name, aliases) for name in inputs}
    current = peak = sum(sizes[name] for name in alive)
    for index, step in enumerate(steps):
        for access in step.writes:
            name = _root(access.tensor, aliases)
            if name not in alive:
                alive.add(name)
                current += sizes[name]
        peak = max(peak, current)
        for name in expiring.get(index, ()):
            if name in alive:
                alive.remove(name)
                current -= sizes[name]
    return peak


def _root(name: str, aliases: Mapping[str, str]) -> str:
    while name in aliases:
        name = aliases[name]
    return name
