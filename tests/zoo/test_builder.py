import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.zoo.builder import NetworkBuilder


def with_batch(shape, batch):
    return tuple(batch if extent == "batch" else extent for extent in shape)


@settings(max_examples=30, deadline=None)
@given(
    side=st.integers(5, 40), kernel=st.integers(1, 7), stride=st.integers(1, 3), padding=st.integers(0, 3),
    groups=st.integers(1, 3), batch=st.integers(1, 4),
)  # fmt: skip
def test_windows_are_placed_as_onnx_places_them(side, kernel, stride, padding, groups, batch, inferred):
    assume(padding < kernel <= side)
    net = NetworkBuilder("windows")
    x = net.input("x", ("batch", 2 * groups, side, side + 3))
    y = net.conv(x, 4 * groups, kernel, stride=stride, padding=padding, groups=groups)
    z = net.max_pool(x, kernel, stride=stride, padding=padding)
    found = inferred(net.finish(y, z), batch)
    assert found[y] == with_batch(net.shape(y), batch)
    assert found[z] == with_batch(net.shape(z), batch)


def test_every_layer_has_the_shape_that_onnx_finds(inferred):
    net = NetworkBuilder("all layers")
    x = net.input("x", ("batch", 6, 8, 10))
    tokens = net.input("tokens", ("batch", 5), "int64")
    y = net.silu(net.relu6(net.batch_norm(net.conv(x, 6, 3, bias=True))))
    y = net.hard_sigmoid(net.hard_swish(net.gelu(net.upsample(y, 2))))
    left, right = net.split(y, (2, 4), axis=1)
    y = net.concat((right, left, net.mul(left, net.constant(2.0))), axis=1)
    y = net.transpose(net.reshape(y, (0, 2, 4, -1)), (0, 3, 1, 2))
    y = net.matmul(net.softmax(y, axis=1), net.transpose(y, (0, 1, 3, 2)))
    pooled = net.flatten(net.global_average_pool(x))
    scores = net.linear(net.relu(net.linear(pooled, 12, name="fc1")), 3, name="fc2")
    words = net.layer_norm(net.embedding(tokens, 100, 16, name="words"))
    spread = net.squeeze(net.linear(words, 1, name="dense"), 2)
    mask = net.sigmoid(net.to_float(net.unsqueeze(tokens, (1, 2))))
    found = inferred(net.finish(y, scores, spread, mask), 3)
    assert len(found) > 40
    for name, shape in found.items():
        assert shape == with_batch(net.shape(name), 3), name


def test_names_carry_their_scopes_and_stay_unique():
    net = NetworkBuilder("names")
    x = net.input("x", ("batch", 4, 8, 8))
    with net.scope("layer1"), net.scope("0"):
        first = net.relu(net.conv(x, 4, name="conv1"))
        second = net.relu(first)
    after = net.relu(second)
    graph = net.finish(after)
    assert (first, second, after) == ("layer1.0.relu", "layer1.0.relu_1", "relu")
    assert list(graph.initializers) == ["layer1.0.conv1.weight"]
    assert [node.name for node in graph.nodes] == ["layer1.0.conv1", first, second, after]


def test_only_learned_weights_are_initialisers():
    net = NetworkBuilder("weights")
    x = net.input("x", ("batch", 4, 8, 8))
    y = net.linear(net.flatten(net.mul(net.batch_norm(x), net.constant(2.0))), 10, name="fc")
    graph = net.finish(net.reshape(y, (0, 2, 5)))
    assert {name: weight.spec.shape for name, weight in graph.initializers.items()} == {
        "bn.weight": (4,), "bn.bias": (4,), "bn.running_mean": (4,), "bn.running_var": (4,),
        "fc.weight": (10, 256), "fc.bias": (10,),
    }  # fmt: skip
    assert sum(node.op_type == "Constant" for node in graph.nodes) == 2


def test_shapes_that_cannot_broadcast_are_refused():
    net = NetworkBuilder("mistake")
    x = net.input("x", ("batch", 4, 8, 8))
    with pytest.raises(ValueError, match="do not broadcast"):
        net.add(x, net.constant(np.zeros((1, 3, 1, 1), dtype=np.float32)))


def test_the_batch_is_no_number():
    net = NetworkBuilder("mistake")
    x = net.input("x", ("batch", 4, 8, 8))
    with pytest.raises(ValueError, match="axis 0 of x"):
        net.extent(x, 0)


def test_a_small_network_runs(run, random):
    net = NetworkBuilder("small")
    x = net.input("x", ("batch", 3, 16, 16))
    y = net.relu(net.batch_norm(net.conv(x, 8, 3, stride=2)))
    y = net.concat((net.upsample(net.max_pool(y, 2, stride=2), 2), y), axis=1)
    y = net.gelu(net.linear(net.flatten(net.global_average_pool(y)), 5, name="fc"))
    for batch in (1, 2):
        images = random.random((batch, 3, 16, 16), dtype=np.float32)
        (scores,), _ = run(net.finish(y), {"x": images})
        assert scores.shape == (batch, 5)
        assert np.isfinite(scores).all()
        assert np.ptp(scores) > 0
