"""Two trees over a row of values that keep their least at the root, each change costing log2 of the row.

Both lie in an array of twice the row's size (a power of two): the root at 1, the children of node i at 2 i
and 2 i + 1, the leaves from `size` on.
"""

from __future__ import annotations

import numpy as np

from planner.arrays import Floats, Ints
from planner.rack.compiled.jit import compiled


@compiled
def renew_winner(winner: Ints, key: Floats, order: Ints, leaf: int) -> None:
    """Tell a tournament that the key of one leaf has changed; `winner[1]` is then the leaf of the least key.

    Of equal keys the one with the lower order wins.
    """
    node = (len(winner) // 2 + leaf) // 2
    while node >= 1:
        left, right = winner[2 * node], winner[2 * node + 1]
        first, second = key[left], key[right]
        # Keys are read anew at each node, so that only the path above the changed leaf has to be walked.
        best = left
        if second < first or (second == first and order[right] < order[left]):
            best = right
        # Another leaf won here before and wins now, by an unchanged key: nothing above can change. Where the
        # changed leaf wins, its new key may lose further up, so the walk goes on.
        if winner[node] == best and best != leaf:
            return
        winner[node] = best
        node //= 2


@compiled
def set_load(tree: Ints, leaf: int, load: int) -> None:
    """Put a load in a leaf; every node above holds the least of its leaves."""
    node = len(tree) // 2 + leaf
    tree[node] = load
    node //= 2
    while node >= 1:
        least = min(tree[2 * node], tree[2 * node + 1])
        # The least of this subtree is what it was: no node above holds another.
        if tree[node] == least:
            return
        tree[node] = least
        node //= 2


@compiled
def first_least(tree: Ints, start: int) -> int:
    """The first leaf that has the least load, looking from `start` on and then from the beginning."""
    size = len(tree) // 2
    least = tree[1]
    node = size + start
    # The start itself does not hold the least: climb until a subtree to the right of the path does.
    if tree[node] != least:
        # An odd node is a right child and has nothing to its right below its parent; an even one has its
        # sibling.
        while node > 1 and (node % 2 == 1 or tree[node + 1] != least):
            node //= 2
        # At the root nothing lies to the right of the start, and the search begins again from the first leaf.
        node = node + 1 if node > 1 else 1
        # Down to the leftmost leaf that holds the least.
        while node < size:
            node = 2 * node if tree[2 * node] == least else 2 * node + 1
    return node - size


def tournament(leaves: int) -> Ints:
    """A tournament of this many leaves (and as many more as make a power of two), the first one winning."""
    size = _power_of_two(leaves)
    winner = np.arange(2 * size) - size
    # All keys are infinite at first, so every left child wins its tie.
    for node in range(size - 1, 0, -1):
        winner[node] = winner[2 * node]
    return winner


def leaf_count(leaves: int) -> int:
    """Leaves of a tree that has room for this many."""
    return _power_of_two(leaves)


def _power_of_two(count: int) -> int:
    return 1 << max(0, count - 1).bit_length()
