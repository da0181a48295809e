import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.workload.graph import Node
from planner.workload.memory import peak_bytes
from planner.workload.operation import Access, Operator
from planner.workload.workload import read_workload

FLOAT = 4


def chain(length):
    return [Node(f"r{i}", "Relu", (f"t{i}",), (f"t{i + 1}",)) for i in range(length)]


@pytest.mark.parametrize("length", [1, 2, 7])
def test_chain_needs_two_tensors_at_a_time(network, length):
    workload = read_workload(network(chain(length), {"t0": (1, 100)}, [f"t{length}"]))
    assert workload.peak_activation_bytes == 2 * 100 * FLOAT


def test_residual_branch_stays_alive(network):
    nodes = [*chain(3), Node("add", "Add", ("t3", "t1"), ("y",))]
    workload = read_workload(network(nodes, {"t0": (1, 100)}, ["y"]))
    # t1 waits while t2 becomes t3, and again while t3 + t1 becomes y
    assert workload.peak_activation_bytes == 3 * 100 * FLOAT


def test_output_lives_to_the_end(network):
    workload = read_workload(network(chain(3), {"t0": (1, 100)}, ["t1", "t3"]))
    assert workload.peak_activation_bytes == 3 * 100 * FLOAT


def test_input_lives_until_its_last_reader_only(network):
    nodes = [Node("pool", "GlobalAveragePool", ("x",), ("p",)), Node("wide", "Expand", ("p", "s"), ("y",))]
    graph = network(nodes, {"x": (1, 2, 10, 10)}, ["y"], {"s": [1, 2, 20, 20]})
    assert read_workload(graph).peak_activation_bytes == (2 + 800) * FLOAT


def test_view_takes_no_memory_and_keeps_its_source(network):
    nodes = [
        Node("a", "Relu", ("x",), ("t",)),
        Node("v", "Flatten", ("t",), ("f",)),
        Node("b", "Relu", ("x",), ("u",)),
        Node("c", "Relu", ("f",), ("y",)),
    ]
    workload = read_workload(network(nodes, {"x": (1, 10, 10)}, ["y", "u"]))
    # x and t, then x, t (through its view) and u, then t, u and y
    assert workload.peak_activation_bytes == 3 * 100 * FLOAT


def test_weights_do_not_count(network):
    graph = network([Node("m", "MatMul", ("x", "w"), ("y",))], {"x": (1, 8)}, ["y"], {"w": (8, 1000)})
    assert read_workload(graph).peak_activation_bytes == (8 + 1000) * FLOAT


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 1000)), min_size=1, max_size=12))
def test_peak_lies_between_the_largest_step_and_everything(plan):
    """Step i reads one earlier tensor and writes tensor i + 1 of the size given."""
    sizes = {"0": 10, **{str(i + 1): size for i, (_, size) in enumerate(plan)}}
    steps = [
        Operator("", "", "elementwise", 0, 0, (Access(str(min(source, i)), 1),), (Access(str(i + 1), 1),), (),
                 0, 0, 0, "fp32")
        for i, (source, _) in enumerate(plan)
    ]  # fmt: skip
    peak = peak_bytes(steps, sizes, ["0"], [str(len(plan))], {})
    largest = max(sizes[step.reads[0].tensor] + sizes[step.writes[0].tensor] for step in steps)
    assert largest <= peak <= sum(sizes.values())
