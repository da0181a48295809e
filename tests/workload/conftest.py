from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.workload import Workload, read_workload

Shape = tuple[int | str, ...]


def make_network(
    nodes: Sequence[Node],
    inputs: Mapping[str, Shape | TensorSpec],
    outputs: Sequence[str],
    weights: Mapping[str, object] | None = None,
    opset: int = 17,
    domains: Mapping[str, int] | None = None,
) -> Graph:
    """A graph; a weight is a shape (float, no values), an `Initializer`, or a list of integers."""

    def spec(given: Shape | TensorSpec) -> TensorSpec:
        return given if isinstance(given, TensorSpec) else TensorSpec("float", given)

    def weight(given: object) -> Initializer:
        if isinstance(given, Initializer):
            return given
        if isinstance(given, list):
            values = np.array(given, dtype=np.int64)
            return Initializer(TensorSpec("int64", values.shape), values)
        assert isinstance(given, tuple)
        return Initializer(TensorSpec("float", given))

    return Graph(
        name="network",
        inputs={name: spec(given) for name, given in inputs.items()},
        outputs=tuple(outputs),
        nodes=tuple(nodes),
        initializers={name: weight(given) for name, given in (weights or {}).items()},
        opset=opset,
        domains=domains or {},
    )


@pytest.fixture(scope="session")
def network() -> Callable[..., Graph]:
    return make_network


@pytest.fixture(scope="session")
def count_one() -> Callable[..., Workload]:
    """Counts a network of one operator: shapes of activations a, b, ..., then of weights w0, w1, ..."""

    def count(
        op_type: str,
        activations: Sequence[Shape | TensorSpec],
        weights: Sequence[object] = (),
        outputs: int = 1,
        opset: int = 17,
        inputs: Sequence[str] | None = None,
        **attributes: object,
    ) -> Workload:
        domain, _, name = op_type.rpartition(":")
        names = [chr(ord("a") + index) for index in range(len(activations))]
        weight_names = [f"w{index}" for index in range(len(weights))]
        results = [f"y{index}" for index in range(outputs)]
        node = Node(name, name, tuple(inputs or [*names, *weight_names]), tuple(results), attributes, domain)
        graph = make_network(
            [node],
            dict(zip(names, activations, strict=True)),
            results[:1],
            dict(zip(weight_names, weights, strict=True)),
            opset,
            {domain: 1} if domain else None,
        )
        return read_workload(graph)

    return count
