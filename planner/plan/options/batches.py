"""Which batch sizes are compared."""

from __future__ import annotations


def batch_sizes(max_batch: int) -> tuple[int, ...]:
    """Powers of two up to the maximum, and the maximum."""
    sizes = [1]
    while sizes[-1] * 2 <= max_batch:
        sizes.append(sizes[-1] * 2)
    return tuple(sizes if sizes[-1] == max_batch else [*sizes, max_batch])
