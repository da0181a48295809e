"""The networks of the zoo by name: what each is, what was published about it, and its graph."""

from __future__ import annotations

from planner.errors import InputError, Problem, UnknownIdError
from planner.workload.graph import Dim, Graph
from planner.zoo import classifiers, detectors, encoders, heads, language, yolos
from planner.zoo.graph_writer import image_sides, is_image
from planner.zoo.reference import Entry, ReferenceNetwork


def names() -> tuple[str, ...]:
    """Names of all networks, families together."""
    return tuple(_NETWORKS)


def describe(name: str) -> ReferenceNetwork:
    """What is known of one network; `UnknownIdError` with the nearest names for any other."""
    return _entry(name)[0]


def build(name: str, sides: tuple[int, int] | None = None) -> Graph:
    """The graph of one network (opset 17, symbolic batch), for images of `sides` (height, width) where given.

    Raises `UnknownIdError` for any other name, and `InputError` for sides that the network does not take:
    its steps do not divide them, or its weights are for one size.
    """
    _, builder = _entry(name)
    if sides is None:
        return builder(name)
    plain = builder(name)
    if not any(is_image(spec.shape) for spec in plain.inputs.values()):
        raise _refused(name, plain, sides, "it reads no images")
    try:
        with image_sides(sides):
            graph = builder(name)
    except (ValueError, ArithmeticError, LookupError, RuntimeError) as error:
        raise _refused(name, plain, sides, str(error)) from error
    if _multiplied(graph) != _multiplied(plain):
        raise _refused(name, plain, sides, "its fully connected layers are for one size")
    return graph


def _multiplied(graph: Graph) -> list[tuple[Dim, ...]]:
    """Shapes of the weights that layers multiply by, which no size of the image changes."""
    layers = (node for node in graph.nodes if node.op_type in ("Conv", "Gemm", "MatMul"))
    weights = (graph.initializers.get(name) for node in layers for name in node.inputs[1:2])
    return [weight.spec.shape for weight in weights if weight is not None]


def _refused(name: str, plain: Graph, sides: tuple[int, int], why: str) -> InputError:
    own = next((spec.shape[2:] for spec in plain.inputs.values() if is_image(spec.shape)), ())
    text = " x ".join(str(side) for side in own) or "its own inputs"
    got = f"{sides[0]} x {sides[1]}: {why}"
    problem = Problem("size", f"a size that it takes, such as {text}", got, "multiples of 32 suit most")
    return InputError(name, [problem])


_ALL: tuple[Entry, ...] = (
    *classifiers.ENTRIES,
    *yolos.ENTRIES,
    *heads.ENTRIES,
    *detectors.ENTRIES,
    *encoders.ENTRIES,
    *language.ENTRIES,
)
_NETWORKS = {network.name: (network, builder) for network, builder in _ALL}


def _entry(name: str) -> Entry:
    try:
        return _NETWORKS[name]
    except KeyError:
        raise UnknownIdError("network", name, _NETWORKS, "`planner zoo list` shows all") from None
