"""A network that an engine loads and then stops in is an answer with a reason, not a crash of its process."""

import numpy as np
import pytest
from onnx import TensorProto, helper, save

pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("call", ["run", "profile"])
def test_onnxruntime_says_where_it_stops(tmp_path, call):
    from planner.engines import onnxruntime_engine
    from planner.engines.session import EngineError, Setup

    # Space to depth of an odd height: shapes are only checked when it runs.
    node = helper.make_node("SpaceToDepth", ["x"], ["y"], blocksize=2)
    graph = helper.make_graph(
        [node], "odd",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, None, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )  # fmt: skip
    path = tmp_path / "odd.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    setup = Setup(path, 1, {"x": np.zeros((1, 1, 3, 4), np.float32)})
    session = onnxruntime_engine.open_session(setup)
    with pytest.raises(EngineError, match="stops inside the network"):
        session.run() if call == "run" else onnxruntime_engine.profile(setup, seconds=0.01)
