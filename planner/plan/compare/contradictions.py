"""Which limits together leave nothing: the smallest set that every candidate breaks one of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations


def contradicting(broken: Iterable[Collection[str]]) -> tuple[str, ...]:
    """The fewest limits of which each candidate breaks at least one, by name; none where some breaks nothing.

    One limit alone cannot be kept by anybody; two contradict each other: some keep the one, some the other,
    and nobody both. Of equally few the first by name.
    """
    sets = [frozenset(names) for names in broken]
    if not sets or not all(sets):
        return ()
    names = sorted(frozenset().union(*sets))
    for size in range(1, len(names) + 1):
        for chosen in combinations(names, size):
            if all(not names_broken.isdisjoint(chosen) for names_broken in sets):
                return chosen
    return ()
