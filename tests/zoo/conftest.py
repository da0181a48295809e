import functools
from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from planner.workload.file.onnx_file import write_graph
from planner.workload.graph import Graph
from planner.workload.workload import Workload, read_workload
from planner.zoo.registry import build

Export = Callable[..., onnx.ModelProto]
Arrays = dict[str, NDArray]


@pytest.fixture(scope="session")
def graph() -> Callable[[str], Graph]:
    """The graph of a network, made once."""
    return functools.cache(build)


@pytest.fixture(scope="session")
def workload(graph: Callable[[str], Graph]) -> Callable[[str], Workload]:
    """A network counted at batch one, once."""
    return functools.cache(lambda name: read_workload(graph(name), batch=1))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Writes a graph and answers the ONNX message."""
    path = tmp_path_factory.mktemp("zoo") / "network.onnx"

    def write(graph: Graph, weights: str = "none") -> onnx.ModelProto:
        write_graph(graph, path, weights=weights)
        return onnx.load(path, load_external_data=False)

    return write


@pytest.fixture(scope="session")
def run(exported: Export) -> Callable[[Graph, Mapping[str, NDArray]], tuple[list[NDArray], Arrays]]:
    """Executes a graph with random weights by the ONNX reference evaluator; answers outputs and weights."""

    def execute(graph: Graph, feeds: Mapping[str, NDArray]) -> tuple[list[NDArray], Arrays]:
        model = exported(graph, "random")
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        return ReferenceEvaluator(model).run(None, dict(feeds)), weights

    return execute


@pytest.fixture(scope="session")
def inferred(exported: Export) -> Callable[[Graph, int], dict[str, tuple[int, ...]]]:
    """Shapes of all tensors at one batch size, as strict ONNX inference finds them."""

    def shapes(graph: Graph, batch: int) -> dict[str, tuple[int, ...]]:
        model = exported(graph)
        for value in model.graph.input:
            value.type.tensor_type.shape.dim[0].dim_value = batch
        model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        known = [*model.graph.value_info, *model.graph.output]
        return {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in known}

    return shapes


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)
