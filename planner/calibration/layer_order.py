"""Layers of an engine that keeps no names of the file, identified by their order, kinds and results.

A converter renames and fuses, but mostly keeps the order of the file. The layers are laid beside the file's
operators in the order of both (Needleman and Wunsch 1970, gaps free), where a pair counts the more the surer
it is: products and results of the same size weigh most. Where a converter reorders branches of like layers,
they may be taken for each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.engines.session import EngineNode
from planner.workload.fusion import Kernel
from planner.workload.operation import Operator
from planner.workload.workload import Workload

StandsFor = Mapping[str, Sequence[str]]
"""Kind of an engine's layer -> the ONNX operators that it may represent."""

_PRODUCT, _SAME_SIZE, _SAME_KIND, _LEADING = 12.0, 4.0, 1.0, 0.3
"""The last for an operator that gives its kernel the name: an addition of its own before a folded bias."""


def operators_of_layers(
    workload: Workload, kernels: Sequence[Kernel], nodes: Sequence[EngineNode], stands_for: StandsFor
) -> tuple[tuple[str, ...], ...]:
    """Names of the operators that each layer represents, layer by layer; empty where none is found.

    Products that found no layer of their own belong to the next one that did: an engine's attention layer
    represents the projections before it too. A layer that represents none, next to a product, belongs to
    that: converters put changes of shape around it.
    """
    operators = [operator for operator in workload.operators if operator.writes]
    table = _scores(workload, operators, nodes, stands_for)
    leading = {kernel.name for kernel in kernels}
    table += _LEADING * np.array([operator.name in leading for operator in operators]) * (table > 0)
    pairs = _aligned(table)
    found: list[tuple[str, ...]] = [()] * len(nodes)
    last = -1
    for index, position in pairs:
        skipped = [operator.name for operator in operators[last + 1 : position] if operator.macs]
        found[index] = (
            (*skipped, operators[position].name) if operators[position].macs else (operators[position].name,)
        )
        last = position if operators[position].macs or not skipped else last
    products = frozenset(operator.name for operator in operators if operator.macs)
    return tuple(names or _beside(index, nodes, found, products) for index, names in enumerate(found))


def _beside(
    index: int, nodes: Sequence[EngineNode], found: Sequence[tuple[str, ...]], products: frozenset[str]
) -> tuple[str, ...]:
    """The product that reads what this layer writes, or that wrote what it reads."""
    node = nodes[index]
    readers = (i for i, other in enumerate(nodes) if set(other.tensors_in) & set(node.tensors_out))
    makers = (i for i, other in enumerate(nodes) if set(other.tensors_out) & set(node.tensors_in))
    beside = (found[i] for i in (*readers, *makers) if products.intersection(found[i]))
    return next(beside, ())


def _scores(
    workload: Workload, operators: Sequence[Operator], nodes: Sequence[EngineNode], stands_for: StandsFor
) -> NDArray[np.float64]:
    """What each pair of layer (row) and operator (column) is worth; zero where it cannot be.

    A layer mostly represents the first operator of its list.
    """
    kinds = np.array([operator.op_type for operator in operators])
    products = np.array([operator.macs > 0 for operator in operators])
    values = np.array([_values(workload, operator) for operator in operators])
    table = np.zeros((len(nodes), len(operators)))
    for row, node in enumerate(nodes):
        same = values == node.values
        for rank, kind in enumerate(stands_for.get(node.kind, (node.kind,))):
            worth = np.where(same, np.where(products, _PRODUCT, _SAME_SIZE), 0.0) + _SAME_KIND / (1 + rank)
            table[row] = np.where(kinds == kind, worth, table[row])
    return table


def _values(workload: Workload, operator: Operator) -> int:
    tensor = workload.tensors.get(operator.writes[0].tensor)
    return math.prod(tensor.shape) if tensor is not None else -1


def _aligned(scores: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of row and column, both rising, of the largest sum."""
    rows, columns = scores.shape
    best = np.zeros((rows + 1, columns + 1))
    for row in range(rows):
        # Best of skipping this row or pairing it with each column; skipping columns is the running maximum
        # below.
        taken = np.maximum(best[row, 1:], best[row, :-1] + scores[row])
        best[row + 1, 1:] = np.maximum.accumulate(taken)
    pairs = []
    row, column = rows, columns
    while row and column:
        # Back from the end: a cell equal to its neighbour was reached by a skip, else by the pair.
        if best[row, column] == best[row, column - 1]:
            column -= 1
        elif best[row, column] == best[row - 1, column]:
            row -= 1
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]
