"""Damaged files are refused or counted, never a traceback; what benchmarks/fuzz/networks.py found is here."""

import functools
import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from planner.errors import InputError, PlannerError
from planner.workload.file import skeleton as onnx_skeleton
from planner.workload.record import workload_record
from planner.workload.workload import read_workload


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(nodes, inputs, outputs, weights=(), opset=17, functions=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions))


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


@pytest.fixture
def read(tmp_path):
    def run(model):
        path = tmp_path / "m.onnx"
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        workload = read_workload(path)
        json.dumps(workload_record(workload, kernels=0))
        return workload

    return run


@functools.cache
def small_networks() -> tuple[bytes, ...]:
    """A convolutional block with a shape chain, a loop, a quantised product and a model-local function."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("MatMul", ["s", "w"], ["t"])],
        "body",
        [value("i", [], TensorProto.INT64), value("c", [], TensorProto.BOOL), value("s", [2, 8])],
        [value("d", [], TensorProto.BOOL), value("t", [2, 8])],
    )
    add = helper.make_node("Add", ["p", "p"], ["q"])
    twice = helper.make_function("local", "Twice", ["p"], ["q"], [add], [helper.make_opsetid("", 17)])
    weight = numpy_helper.from_array(np.ones((8, 8), dtype=np.float32), "w")
    looped = model_of(
        [
            helper.make_node("Loop", ["n", "", "x"], ["y"], body=body),
            helper.make_node("Twice", ["y"], ["z"], domain="local"),
        ],
        [value("x", [2, 8])], [value("z", [2, 8])], [weight, integers("n", 3)], functions=[twice],
    )  # fmt: skip
    kernel = numpy_helper.from_array(np.ones((4, 3, 3, 3), dtype=np.float32), "k")
    convolved = model_of(
        [
            helper.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]),
            helper.make_node("Shape", ["c"], ["s"]),
            helper.make_node("Gather", ["s", "zero"], ["first"]),
            helper.make_node("Concat", ["first", "rest"], ["target"], axis=0),
            helper.make_node("Reshape", ["c", "target"], ["y"]),
        ],
        [value("x", ["batch", 3, 8, 8])], [value("y", None)],
        [kernel, integers("zero", 0), integers("rest", -1)],
    )  # fmt: skip
    return looped.SerializeToString(), convolved.SerializeToString()


edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=8
)


@given(network=st.sampled_from((0, 1)), edits=edits, kept=st.floats(0, 1.5))
@settings(max_examples=400, deadline=None)
def test_bytes_replaced_removed_and_inserted(tmp_path_factory, network, edits, kept):
    content = bytearray(small_networks()[network])
    for place, length, replacement in edits:
        start = int(place * len(content))
        content[start : start + length] = replacement
    path = tmp_path_factory.getbasetemp() / "edited.onnx"
    path.write_bytes(bytes(content[: int(kept * len(content)) if kept < 1 else None]))
    try:
        workload = read_workload(path)
    except PlannerError:
        pass  # refused with a message is as good as counted
    else:
        assert workload.macs >= 0
        assert workload.peak_activation_bytes >= 0


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_no_network(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "random.onnx"
    path.write_bytes(content)
    with pytest.raises(PlannerError):
        read_workload(path)


def test_undefined_name_in_a_subgraph(read):
    body = helper.make_graph([helper.make_node("Relu", ["nowhere"], ["b"])], "b", [], [value("b", [1])])
    node = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    with pytest.raises(InputError, match="undefined tensor 'nowhere'"):
        read(model_of([node], [value("c", [], TensorProto.BOOL)], [value("y", [1])]))


def test_cycle_in_a_subgraph(read):
    nodes = [helper.make_node("Relu", ["q"], ["p"]), helper.make_node("Relu", ["p"], ["q"])]
    body = helper.make_graph(nodes, "b", [], [value("q", [1])])
    node = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    with pytest.raises(InputError, match="cycle"):
        read(model_of([node], [value("c", [], TensorProto.BOOL)], [value("y", [1])]))


@pytest.mark.parametrize("dims", [[-1, 4], [2**62, 2**62], [2**40, 2**40]])
def test_weights_of_impossible_extents(read, dims):
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims)
    model = model_of(
        [helper.make_node("Add", ["x", "w"], ["y"])], [value("x", [4])], [value("y", None)], [weight]
    )
    with pytest.raises(InputError, match="extents that are not negative, at most"):
        read(model)


def test_inputs_of_impossible_extents(read):
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], [value("x", [1, 2**40])], [value("y", None)])
    with pytest.raises(InputError, match="extents up to"):
        read(model)


def test_input_without_an_element_type(read):
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], [value("x", [1, 4])], [value("y", None)])
    model.graph.input[0].type.tensor_type.elem_type = 0
    with pytest.raises(InputError, match="an element type, got undefined"):
        read(model)


@pytest.mark.parametrize(
    ("node", "weights"),
    [
        (helper.make_node("Expand", ["x", "t"], ["y"]), [integers("t", 2**31, 2**31, 1)]),
        (helper.make_node("Tile", ["x", "t"], ["y"]), [integers("t", 2**40, 2**40)]),
        (helper.make_node("ConstantOfShape", ["t"], ["y"]), [integers("t", 2**62, 2**62)]),
        (helper.make_node("Reshape", ["x", "t"], ["y"]), [integers("t", -2, 5)]),
        (helper.make_node("Pad", ["x", "t"], ["y"]), [integers("t", 0, 0, 2**60, 2**60)]),
        (helper.make_node("Conv", ["x", "x"], ["y"], strides=[0, 0]), []),
        (helper.make_node("Transpose", ["x"], ["y"], perm=[0, 0]), []),
        (helper.make_node("Concat", ["x"], ["y"], axis=7), []),
        (helper.make_node("Gather", ["x"], ["y"]), []),
        (helper.make_node("LSTM", ["x", "x", "x"], ["y"], hidden_size=-3), []),
        (helper.make_node("Loop", [], ["y"]), []),
    ],
)  # fmt: skip
def test_contradictory_nodes_are_unresolved_with_a_reason(read, node, weights):
    beside = helper.make_node("Relu", ["x"], ["z"])
    model = model_of([node, beside], [value("x", [4, 4])], [value("y", None), value("z", None)], weights)
    workload = read(model)
    assert [lost.op_type for lost in workload.unresolved] == [node.op_type]
    assert workload.unresolved[0].reason
    assert workload.flops == 16


def test_constant_with_text_for_a_number(read):
    constant = helper.make_node("Constant", [], ["c"])
    constant.attribute.append(AttributeProto(name="value_float", type=AttributeProto.STRING, s=b""))
    nodes = [constant, helper.make_node("Relu", ["x"], ["y"])]
    workload = read(model_of(nodes, [value("x", [4])], [value("y", None)]))
    assert workload.flops == 4


def test_quantised_weight_of_unknown_type(read):
    weight = TensorProto(name="w", data_type=99, dims=[4, 4])
    scale = numpy_helper.from_array(np.array(0.1, dtype=np.float32), "s")
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s"], ["wf"]),
        helper.make_node("MatMul", ["x", "wf"], ["y"]),
    ]
    assert read(model_of(nodes, [value("x", [2, 4])], [value("y", None)], [weight, scale])).macs == 32


def nested(depth):
    body = helper.make_graph([helper.make_node("Relu", ["x"], ["y0"])], "b", [], [value("y0", [4])])
    for level in range(1, depth):
        node = helper.make_node("If", ["c"], [f"y{level}"], then_branch=body, else_branch=body)
        body = helper.make_graph([node], "b", [], [value(f"y{level}", [4])])
    node = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    return model_of([node], [value("x", [4]), value("c", [], TensorProto.BOOL)], [value("y", [4])])


def test_nested_branches_are_read(read):
    assert read(nested(5)).flops == 4


def test_functions_that_multiply_into_too_many_nodes(read):
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    functions = [
        helper.make_function("local", "F0", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], opset)
    ]
    for level in range(1, 40):
        calls = [
            helper.make_node(f"F{level - 1}", ["a"], ["m"], domain="local"),
            helper.make_node(f"F{level - 1}", ["m"], ["b"], domain="local"),
        ]
        functions.append(helper.make_function("local", f"F{level}", ["a"], ["b"], calls, opset))
    node = helper.make_node("F39", ["x"], ["y"], domain="local")
    with pytest.raises(InputError, match="at most 500000 operators"):
        read(model_of([node], [value("x", [4])], [value("y", None)], functions=functions))


def test_functions_that_call_themselves(read):
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    call = helper.make_node("F", ["a"], ["b"], domain="local")
    function = helper.make_function("local", "F", ["a"], ["b"], [call], opset)
    node = helper.make_node("F", ["x"], ["y"], domain="local")
    with pytest.raises(InputError, match="calls in a circle: F"):
        read(model_of([node], [value("x", [4])], [value("y", None)], functions=[function]))


@pytest.mark.parametrize("version", [0, -3, 2**40])
def test_operator_set_that_cannot_be(read, version):
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], [value("x", [4])], [value("y", None)])
    model.opset_import[0].version = version
    with pytest.raises(InputError, match="version of an operator set"):
        read(model)


def test_operator_set_of_the_future_is_said(read):
    model = model_of(
        [helper.make_node("Relu", ["x"], ["y"])], [value("x", [4])], [value("y", None)], opset=900
    )
    assert any("operators of set 900" in text for text in read(model).assumptions)


class TestLargeFiles:
    """Files beyond a mebibyte are walked and their large values stepped over."""

    @pytest.fixture
    def large(self):
        weights = [
            numpy_helper.from_array(np.ones((64, 64 * 128), dtype=np.float32), "w"),
            integers("t", -1, 4),
        ]
        in_attribute = numpy_helper.from_array(np.ones((40_000,), dtype=np.float32))
        nodes = [
            helper.make_node("MatMul", ["x", "w"], ["m"]),
            helper.make_node("Reshape", ["m", "t"], ["r"]),
            helper.make_node("Constant", [], ["c"], value=in_attribute),
            helper.make_node("ReduceSum", ["c"], ["s"]),
            helper.make_node("Add", ["r", "s"], ["y"]),
        ]
        return model_of(nodes, [value("x", [2, 64])], [value("y", None)], weights).SerializeToString()

    def test_give_the_same_network(self, large, tmp_path, read, monkeypatch):
        walked = read(large)
        assert len(onnx_skeleton.read_skeleton(tmp_path / "m.onnx")) < 2000
        monkeypatch.setattr(onnx_skeleton, "_SMALL_FILE", 2**30)
        whole = read(large)
        assert walked.operators == whole.operators
        assert walked.tensors == whole.tensors
        assert walked.digest == whole.digest
        assert walked.macs == 2 * 64 * 64 * 128

    @pytest.mark.parametrize("length", [1, 126, 127, 128, 129, 16_383, 16_384, 20_000])
    def test_names_of_any_length(self, length, read):
        """Lengths of one, two and three bytes, within a piece of the file and across its border."""
        name = "n" * length
        weight = numpy_helper.from_array(np.ones((64, 64 * 128), dtype=np.float32), "w")
        nodes = [
            helper.make_node("Relu", ["x"], [name], doc_string="d" * length),
            helper.make_node("MatMul", [name, "w"], ["y"]),
        ]
        model = model_of(nodes, [value("x", [2, 64])], [value("y", None)], [weight])
        found = read(model.SerializeToString())
        assert found.macs == 2 * 64 * 64 * 128
        assert found.tensors[name].shape == (2, 64)

    @pytest.mark.parametrize("kept", [0.5, 0.999])
    def test_cut_off(self, large, read, kept):
        with pytest.raises(InputError, match="cut off"):
            read(large[: int(kept * len(large))])

    @pytest.mark.parametrize("kept", [0, 2**20, 2**21 + 1000])
    def test_cut_by_somebody_else_while_it_is_read(self, large, tmp_path, monkeypatch, kept):
        """The size was asked before, so that the walk steps to where the file has ended meanwhile."""
        path = tmp_path / "m.onnx"
        path.write_bytes(large + bytes(40_000))
        reads = onnx_skeleton._Walk._read

        def cut_before(walk, place, most):
            os.truncate(path, kept)
            return reads(walk, place, most)

        monkeypatch.setattr(onnx_skeleton._Walk, "_read", cut_before)
        with pytest.raises(InputError, match="cut short while they are read"):
            read_workload(path)

    def test_of_another_format(self, read):
        with pytest.raises(InputError, match=r"no ONNX message|cut off"):
            read(b"\x89PNG\r\n\x1a\n" + bytes(2**21))

    def test_values_in_place_of_shapes(self, read):
        """A tensor of two elements that comes with megabytes."""
        lie = TensorProto(name="t", data_type=TensorProto.INT64, dims=[2], raw_data=bytes(2**21))
        node = helper.make_node("Reshape", ["x", "t"], ["y"])
        with pytest.raises(InputError, match="values for shape"):
            read(model_of([node], [value("x", [4])], [value("y", None)], [lie]))

    def test_beyond_what_one_message_can_hold(self, tmp_path):
        """5 GB of weights in the file (a hole, so that the disk stays empty), read with a few kilobytes."""
        rows, columns = 1000, 1_250_000
        spec = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[rows, columns]).SerializeToString()
        size = rows * columns * 4
        values = b"\x4a" + onnx_skeleton._encoded(size)
        tensor = b"\x2a" + onnx_skeleton._encoded(len(spec) + len(values) + size) + spec + values
        node = helper.make_node("MatMul", ["x", "w"], ["y"])
        start = model_of([node], [value("x", [1, rows])], [value("y", None)]).SerializeToString()
        start += b"\x3a" + onnx_skeleton._encoded(len(tensor) + size) + tensor
        path = tmp_path / "m.onnx"
        with path.open("wb") as file:
            file.write(start)
            file.truncate(len(start) + size)
        tracemalloc.start()
        workload = read_workload(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert workload.parameters == rows * columns
        assert workload.weight_bytes == 5 * 10**9
        assert peak < 10**6

    def test_too_many_nodes(self, read, monkeypatch):
        monkeypatch.setattr(onnx_skeleton, "LARGEST_GRAPH", 1000)
        name = "n" * 1000
        nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"], name=name) for i in range(1100)]
        with pytest.raises(InputError, match="at most 1000 operators"):
            read(model_of(nodes, [value("t0", [4])], [value("t1100", None)]))


def test_order_of_many_nodes_filed_backwards(read):
    """Sorting takes time linear in the nodes, whatever their order: 4,000 in reverse."""
    nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"]) for i in range(4000)]
    workload = read(model_of(nodes[::-1], [value("t0", [4])], [value("t4000", None)]))
    assert len(workload.operators) == 4000


def test_long_chain_of_conversions_of_a_weight(read):
    weight = numpy_helper.from_array(np.ones((4, 4), dtype=np.float32), "w0")
    nodes = [helper.make_node("Identity", [f"w{i}"], [f"w{i + 1}"]) for i in range(3000)]
    nodes.append(helper.make_node("MatMul", ["x", "w3000"], ["y"]))
    workload = read(model_of(nodes, [value("x", [2, 4])], [value("y", None)], [weight]))
    assert workload.parameters == 16


def test_model_without_operators_of_the_package(tmp_path):
    path = Path(tmp_path) / "m.onnx"
    path.write_bytes(onnx.ModelProto(ir_version=8).SerializeToString() * 3)
    with pytest.raises(InputError, match="at least one operator"):
        read_workload(path)


def test_an_empty_input_with_an_extent_beyond_all_addresses_is_refused(read):
    shape = [0, 2**62]
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], [value("x", shape)], [value("y", shape)])
    with pytest.raises(InputError, match="expected extents up to"):
        read(model)
