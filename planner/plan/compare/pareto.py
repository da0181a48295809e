"""Which of many candidates no other beats in everything."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[Sequence[float | None]]) -> tuple[bool, ...]:
    """For each point whether no other is at least as small in every coordinate and smaller in one.

    A coordinate of None is unknown. A point whose coordinate is known is not beaten by one where it is not;
    where the point itself does not know, the coordinate does not count.
    """
    return tuple(
        not any(beats(other, point) for j, other in enumerate(points) if j != i)
        for i, point in enumerate(points)
    )


def beats(a: Sequence[float | None], b: Sequence[float | None]) -> bool:
    """Whether `a` is as small as `b` in all that both know, smaller in one, and knows no fewer."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    if len(pairs) < sum(y is not None for y in b):
        return False
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)
