from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.workload.fusion import FusionRule, fuse
from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import read_workload

ACTIVATIONS = ("Relu", "Clip", "LeakyRelu", "Sigmoid", "Tanh", "HardSwish")
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Erf", "Exp", "Where", "Cast")
RULES = (
    FusionRule("convolution", ("Conv",), ("BatchNormalization", "Add", "Mul", *ACTIVATIONS), 6),
    FusionRule("product", ("Gemm", "MatMul"), ("Add", "Mul", "Div", "Erf", *ACTIVATIONS), 8),
    FusionRule(
        "layer normalisation",
        anchor=("ReduceMean",),
        absorbs=("Sub", "Pow", "Mul", "ReduceMean", "Add", "Sqrt", "Div"),
        extra_reads=0,
        requires=("ReduceMean", "ReduceMean", "Sub", "Sqrt", "Div"),
        op_class="norm",
    ),
    FusionRule("elementwise", (*ACTIVATIONS, *ARITHMETIC), (*ACTIVATIONS, *ARITHMETIC), 8, 2),
)


def kernels(graph, rules=RULES):
    return fuse(read_workload(graph), rules)


def grouped(graph, rules=RULES):
    return [kernel.operators for kernel in kernels(graph, rules)]


def conv(name, source, result):
    return Node(name, "Conv", (source, "w"), (result,), {"pads": (1, 1, 1, 1)})


W = {"w": (4, 4, 3, 3)}
X = {"x": (1, 4, 6, 6)}


def test_without_rules_every_operator_is_a_kernel(network):
    graph = network([conv("c", "x", "t"), Node("r", "Relu", ("t",), ("y",))], X, ["y"], W)
    assert grouped(graph, ()) == [("c",), ("r",)]


def test_conv_absorbs_normalisation_and_activation(network):
    nodes = [
        conv("c", "x", "t"),
        Node("n", "BatchNormalization", ("t", "s", "b", "m", "v"), ("u",)),
        Node("r", "Relu", ("u",), ("y",)),
    ]
    (kernel,) = kernels(network(nodes, X, ["y"], {**W, **dict.fromkeys("sbmv", (4,))}))
    assert kernel.operators == ("c", "n", "r")
    assert kernel.op_class == "conv"
    assert kernel.input_bytes == kernel.output_bytes == 4 * 144
    assert kernel.weight_bytes == 4 * (144 + 16)
    assert kernel.macs == 144 * 36
    assert kernel.rule == "convolution"


def test_residual_addition_fuses_into_the_branch_that_comes_last(network):
    nodes = [
        conv("main", "x", "a"),
        conv("short", "x", "b"),
        Node("add", "Add", ("a", "b"), ("s",)),
        Node("relu", "Relu", ("s",), ("y",)),
    ]
    main, short = kernels(network(nodes, X, ["y"], W))
    assert (main.operators, short.operators) == (("main",), ("short", "add", "relu"))
    assert short.input_bytes == 2 * 4 * 144


def test_rule_without_extra_reads_leaves_the_addition_alone(network):
    nodes = [conv("main", "x", "a"), Node("add", "Add", ("a", "x2"), ("y",))]
    graph = network(nodes, {**X, "x2": (1, 4, 6, 6)}, ["y"], W)
    rule = FusionRule("convolution", ("Conv",), ("Add",), extra_reads=0)
    assert grouped(graph, [rule]) == [("main",), ("add",)]
    assert grouped(graph, [FusionRule("convolution", ("Conv",), ("Add",))]) == [("main", "add")]


def test_a_product_takes_a_bias_of_its_columns_and_no_matrix(network):
    nodes = [Node("scores", "MatMul", ("q", "k"), ("s",)), Node("add", "Add", ("s", "b"), ("y",))]
    rule = FusionRule("product", ("MatMul",), ("Add",), max_nodes=2, extra_reads=0, vectors_only=True)
    sizes = {"q": (1, 4, 9, 8), "k": (1, 4, 8, 9)}
    matrix = network(nodes, sizes, ["y"], {"b": (1, 4, 9, 9)})
    vector = network(nodes, sizes, ["y"], {"b": (9,)})
    assert grouped(matrix, [rule]) == [("scores",), ("add",)]
    assert grouped(vector, [rule]) == [("scores", "add")]
    assert grouped(matrix, [replace(rule, vectors_only=False)]) == [("scores", "add")]


def test_swish_is_a_diamond_that_closes(network):
    nodes = [
        conv("c", "x", "t"),
        Node("gate", "Sigmoid", ("t",), ("g",)),
        Node("mul", "Mul", ("t", "g"), ("y",)),
    ]
    assert grouped(network(nodes, X, ["y"], W)) == [("c", "gate", "mul")]


def test_value_read_outside_stops_absorption(network):
    nodes = [
        conv("c", "x", "t"),
        Node("r", "Relu", ("t",), ("u",)),
        conv("other", "t", "v"),
        Node("join", "Concat", ("u", "v"), ("y",), {"axis": 1}),
    ]
    assert grouped(network(nodes, X, ["y"], W)) == [("c",), ("r",), ("other",), ("join",)]


def test_graph_output_inside_stops_absorption(network):
    graph = network([conv("c", "x", "t"), Node("r", "Relu", ("t",), ("y",))], X, ["t", "y"], W)
    assert grouped(graph) == [("c",), ("r",)]


def test_length_is_limited(network):
    nodes = [Node(f"r{i}", "Relu", (f"t{i}",), (f"t{i + 1}",)) for i in range(5)]
    graph = network(nodes, {"t0": (4,)}, ["t5"])
    rule = FusionRule("pairs", ("Relu",), ("Relu",), max_nodes=2)
    assert [len(group) for group in grouped(graph, [rule])] == [2, 2, 1]


def gelu(source, result):
    return [
        Node("div", "Div", (source, "root2"), ("d",)),
        Node("erf", "Erf", ("d",), ("e",)),
        Node("plus", "Add", ("e", "one"), ("p",)),
        Node("times", "Mul", (source, "p"), ("m",)),
        Node("half", "Mul", ("m", "one"), (result,)),
    ]


def scalars(*names):
    return {name: Initializer(TensorSpec("float", ()), np.array(1, dtype=np.float32)) for name in names}


def test_product_absorbs_bias_and_gelu(network):
    nodes = [
        Node("mm", "MatMul", ("x", "w"), ("t",)),
        Node("bias", "Add", ("t", "b"), ("u",)),
        *gelu("u", "y"),
    ]
    graph = network(nodes, {"x": (2, 8)}, ["y"], {"w": (8, 16), "b": (16,), **scalars("root2", "one")})
    (kernel,) = kernels(graph)
    assert kernel.operators == ("mm", "bias", "div", "erf", "plus", "times", "half")
    assert kernel.op_class == "gemm"


def layer_norm():
    return [
        Node("mean", "ReduceMean", ("x",), ("mu",), {"axes": (-1,)}),
        Node("sub", "Sub", ("x", "mu"), ("d",)),
        Node("square", "Pow", ("d", "two"), ("d2",)),
        Node("var", "ReduceMean", ("d2",), ("v",), {"axes": (-1,)}),
        Node("eps", "Add", ("v", "small"), ("ve",)),
        Node("root", "Sqrt", ("ve",), ("sd",)),
        Node("div", "Div", ("d", "sd"), ("n",)),
        Node("scale", "Mul", ("n", "g"), ("ng",)),
        Node("shift", "Add", ("ng", "b"), ("y",)),
    ]


def test_layer_normalisation_in_primitives_is_one_kernel(network):
    weights = {"g": (8,), "b": (8,), **scalars("two", "small")}
    (kernel,) = kernels(network(layer_norm(), {"x": (2, 5, 8)}, ["y"], weights))
    assert len(kernel.operators) == 9
    assert kernel.op_class == "norm"
    assert kernel.input_bytes == kernel.output_bytes == 4 * 80


def test_required_types_must_all_be_there(network):
    nodes = [
        Node("mean", "ReduceMean", ("x",), ("mu",), {"axes": (-1,)}),
        Node("sub", "Sub", ("x", "mu"), ("y",)),
    ]
    assert grouped(network(nodes, {"x": (2, 5, 8)}, ["y"])) == [("mean",), ("sub",)]


def test_views_attach_to_their_producer_and_are_seen_through(network):
    nodes = [
        Node("mm", "MatMul", ("x", "w"), ("t",)),
        Node("view", "Reshape", ("t", "shape"), ("v",)),
        Node("relu", "Relu", ("v",), ("y",)),
    ]
    graph = network(nodes, {"x": (2, 8)}, ["y"], {"w": (8, 6), "shape": [3, 4]})
    (kernel,) = kernels(graph)
    assert kernel.operators == ("mm", "view", "relu")
    assert kernel.input_bytes == 4 * 16
    assert kernel.output_bytes == 4 * 12


def quantised(network, *, weight_only=False):
    scale = {"s": Initializer(TensorSpec("float", ()), np.array(0.1, dtype=np.float32))}
    zero = {"z": Initializer(TensorSpec("int8", ()), np.array(0, dtype=np.int8))}
    weights = {**scale, **zero, "w8": Initializer(TensorSpec("int8", (4, 4, 3, 3)))}
    folded = Node("dw", "DequantizeLinear", ("w8", "s", "z"), ("w",))
    if weight_only:
        return network([folded, conv("c", "x", "y")], X, ["y"], weights)
    nodes = [
        folded,
        Node("qx", "QuantizeLinear", ("x", "s", "z"), ("x8",)),
        Node("dx", "DequantizeLinear", ("x8", "s", "z"), ("xf",)),
        conv("c", "xf", "t"),
        Node("r", "Relu", ("t",), ("u",)),
        Node("q", "QuantizeLinear", ("u", "s", "z"), ("u8",)),
        Node("d", "DequantizeLinear", ("u8", "s", "z"), ("uf",)),
        Node("add", "Add", ("uf", "xf"), ("a",)),
        Node("qa", "QuantizeLinear", ("a", "s", "z"), ("a8",)),
        Node("da", "DequantizeLinear", ("a8", "s", "z"), ("y",)),
    ]
    return network(nodes, X, ["y"], weights)


def test_conversions_fold_into_the_integer_kernel(network):
    first, integer, addition, last = kernels(quantised(network))
    assert first.operators == ("qx",)
    assert integer.operators == ("dx", "c", "r", "q")
    assert integer.precision == "int8"
    assert (integer.input_bytes, integer.output_bytes) == (144, 144)
    assert integer.weight_bytes < 144 + 10
    assert addition.operators == ("d", "add", "qa")
    assert addition.precision == "int8"
    assert (addition.input_bytes, addition.output_bytes) == (288, 144)
    assert last.operators == ("da",)
    assert last.output_bytes == 4 * 144


def test_integer_weights_alone_leave_the_arithmetic_in_floats(network):
    (kernel,) = kernels(quantised(network, weight_only=True))
    assert kernel.precision == "fp32"
    assert kernel.weight_bytes == 144


def test_integer_kernels_do_the_macs_of_their_float_twin(network):
    twin = network([conv("c", "x", "t"), Node("r", "Relu", ("t",), ("y",))], X, ["y"], W)
    assert sum(k.macs for k in kernels(quantised(network))) == sum(k.macs for k in kernels(twin))


def test_value_that_an_unresolved_operator_reads_leaves_the_kernel(network):
    nodes = [
        conv("c", "x", "t"),
        Node("r", "Relu", ("t",), ("u",)),
        Node("odd", "Magic", ("t",), ("y",), domain="some.vendor"),
    ]
    assert grouped(network(nodes, X, ["u", "y"], W)) == [("c",), ("r",)]


OPERATORS = ("Conv", "Relu", "Sigmoid", "Add", "Mul", "Flatten", "Identity", "Transpose", "MaxPool")


@st.composite
def networks(draw, network):
    """Random graphs of same-sized tensors, each operator reading any earlier ones."""
    nodes, names = [], ["x"]
    for index in range(draw(st.integers(1, 14))):
        op_type = draw(st.sampled_from(OPERATORS))
        first, second = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        name, result = f"n{index}", f"t{index}"
        if op_type == "Conv":
            nodes.append(conv(name, first, result))
        elif op_type in ("Add", "Mul"):
            nodes.append(Node(name, op_type, (first, second), (result,)))
        elif op_type == "Flatten":
            nodes.append(Node(f"{name}f", "Flatten", (first,), (f"{result}f",)))
            nodes.append(Node(name, "Reshape", (f"{result}f", "shape"), (result,)))
        elif op_type == "Transpose":
            nodes.append(Node(name, op_type, (first,), (result,), {"perm": (0, 1, 3, 2)}))
        elif op_type == "MaxPool":
            attributes = {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1)}
            nodes.append(Node(name, op_type, (first,), (result,), attributes))
        else:
            nodes.append(Node(name, op_type, (first,), (result,)))
        names.append(result)
    outputs = draw(st.lists(st.sampled_from(names[1:]), min_size=1, max_size=3, unique=True))
    return network(nodes, X, outputs, {**W, "shape": [1, 4, 6, 6]})


@given(st.data())
def test_kernels_partition_the_operators_and_keep_the_work(network, data):
    workload = read_workload(data.draw(networks(network)))
    formed = fuse(workload, RULES)
    together = [name for kernel in formed for name in kernel.operators]
    assert sorted(together) == sorted(operator.name for operator in workload.operators)
    assert sum(kernel.macs for kernel in formed) == workload.macs
    assert sum(kernel.flops for kernel in formed) == workload.flops


@given(st.data())
def test_kernels_move_no_more_than_their_operators(network, data):
    workload = read_workload(data.draw(networks(network)))
    by_name = {operator.name: operator for operator in workload.operators}
    for kernel in fuse(workload, RULES):
        parts = [by_name[name] for name in kernel.operators]
        assert kernel.input_bytes <= sum(part.input_bytes for part in parts)
        assert kernel.output_bytes <= sum(part.output_bytes for part in parts)
        assert kernel.weight_bytes <= sum(part.weight_bytes for part in parts)


@given(st.data())
def test_kernels_run_in_order_on_what_earlier_ones_left(network, data):
    workload = read_workload(data.draw(networks(network)))
    available = set(workload.inputs)
    for kernel in fuse(workload, RULES):
        assert {access.tensor for access in kernel.reads} <= available
        available |= {access.tensor for access in kernel.writes}
    views = workload.views
    for output in workload.outputs:
        source = output
        while source in views:
            source = views[source]
        assert source in available


@pytest.mark.parametrize("length", [2, 5])
def test_every_kernel_of_a_chain_reads_once_and_writes_once(network, length):
    nodes = [Node(f"s{i}", "Sigmoid", (f"t{i}",), (f"t{i + 1}",)) for i in range(length)]
    (kernel,) = kernels(network(nodes, {"t0": (1, 10)}, [f"t{length}"]))
    assert kernel.moved_bytes == 2 * 10 * 4
