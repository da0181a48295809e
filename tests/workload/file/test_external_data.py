import numpy as np
import pytest
from onnx import TensorProto, helper

from planner.errors import InputError
from planner.workload.file.external_data import data_files
from planner.workload.workload import read_workload


def save(path, location):
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 8])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(model.SerializeToString())
    return path


BAD = [
    ("/etc/passwd", "absolute"),
    ("C:\\weights.bin", "absolute"),
    ("../secret.bin", "outside"),
    ("sub/../../secret.bin", "outside"),
    ("linked.bin", "outside"),
    ("absent.bin", "none at .*absent.bin"),
    ("x" * 5000, "no file can have|none at"),
    ("a\0b", "no file can have"),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(128))
    inside = tmp_path / "models"
    (inside / "sub").mkdir(parents=True)
    (inside / "linked.bin").symlink_to(tmp_path / "secret.bin")
    (inside / "sub" / "weights.bin").write_bytes(np.zeros(32, dtype=np.float32).tobytes())
    return inside


@pytest.mark.parametrize(("location", "reason"), BAD)
def test_what_an_engine_must_not_open_is_refused(folder, location, reason):
    with pytest.raises(InputError, match=reason):
        data_files(save(folder / "m.onnx", location))


@pytest.mark.parametrize("location", [location for location, _ in BAD])
def test_counting_opens_none_of_it(folder, location):
    workload = read_workload(save(folder / "m.onnx", location))
    assert workload.macs == workload.parameters == 32


def test_data_beside_the_file_is_found(folder):
    path = save(folder / "m.onnx", "sub/weights.bin")
    assert data_files(path) == (folder.resolve() / "sub" / "weights.bin",)


def test_no_model_is_refused(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"this is no model, it is text")
    with pytest.raises(InputError, match="ONNX model"):
        data_files(path)
