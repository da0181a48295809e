"""ONNX files to plain graphs and back; weights are never read.

`read_graph` loads a file without its external data and inlines model-local functions. `write_graph`
writes a file with absent weights (they name an external file that does not exist) or with random ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import onnx
import onnx.inliner
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from planner.errors import InputError, OutputError, Problem
from planner.workload.dtypes import BITS
from planner.workload.graph import Graph, Initializer, Node
from planner.workload.onnx_proto import graph_from_proto, model_to_proto
from planner.workload.random_weights import RandomWeights

_ADVICE = "give the path of an .onnx file"
_EMBEDDED_LIMIT_BYTES = 2**31 - 2**24  # a protobuf message ends at 2 GiB


def read_graph(path: Path) -> Graph:
    """The network in an ONNX file, nodes in execution order.

    Raises `InputError` for anything that is not a readable, well-formed ONNX network.
    """
    source = str(path)
    model = _load(path, source)
    if len(model.functions):
        model = onnx.inliner.inline_local_functions(model)
    if not model.HasField("graph") or not model.graph.node:
        problem = Problem("content", "an ONNX model with at least one operator", "none", _ADVICE)
        raise InputError(source, [problem])
    graph = graph_from_proto(model, source)
    return replace(graph, name=path.stem, nodes=_in_execution_order(graph, source))


def _load(path: Path, source: str) -> onnx.ModelProto:
    if path.is_dir():
        raise InputError(source, [Problem("path", "a file", "a directory", _ADVICE)])
    try:
        content = path.read_bytes()
    except OSError as error:
        got = error.strerror or str(error)
        raise InputError(source, [Problem("path", "a readable file", got.lower(), _ADVICE)]) from error
    if not content:
        raise InputError(source, [Problem("content", "an ONNX model", "an empty file", _ADVICE)])
    try:
        return onnx.load_model_from_string(content)
    except DecodeError as error:
        problem = Problem(
            "content",
            "an ONNX model",
            f"{len(content)} bytes that are no ONNX message",
            f"the file is damaged or of another format; {_ADVICE}",
        )
        raise InputError(source, [problem]) from error


def _in_execution_order(graph: Graph, source: str) -> tuple[Node, ...]:
    """Nodes sorted so that each stands after those it reads from; stable where the file is in order."""
    problems = _duplicates(graph)
    produced = {output for node in graph.nodes for output in node.outputs if output}
    known = {*graph.inputs, *graph.initializers}
    problems += [
        Problem(f"node {node.name!r}", "inputs that exist", f"the undefined tensor {name!r}", _DAMAGED)
        for node in graph.nodes
        for name in _reads(node)
        if name not in produced and name not in known
    ]
    problems += [
        Problem("graph outputs", "outputs that exist", f"the undefined tensor {name!r}", _DAMAGED)
        for name in graph.outputs
        if name not in produced and name not in known
    ]
    if problems:
        raise InputError(source, problems)
    order: list[Node] = []
    waiting = list(graph.nodes)
    while waiting:
        later = []
        for node in waiting:
            if all(name in known for name in _reads(node)):
                order.append(node)
                known.update(node.outputs)
            else:
                later.append(node)
        if len(later) == len(waiting):
            names = ", ".join(repr(node.name) for node in later[:4])
            problem = Problem("graph", "operators without a cycle", f"a cycle through {names}", _DAMAGED)
            raise InputError(source, [problem])
        waiting = later
    return tuple(order)


_DAMAGED = "the file is damaged; export the network again"


def _duplicates(graph: Graph) -> list[Problem]:
    problems, seen = [], set(graph.inputs)
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            if name in seen:
                got = f"the tensor {name!r} written twice"
                problems.append(Problem(f"node {node.name!r}", "outputs of its own", got, _DAMAGED))
            seen.add(name)
    return problems


def _reads(node: Node) -> Iterable[str]:
    """Names that a node reads, those captured by its subgraphs included."""
    yield from filter(None, node.inputs)
    for attribute in node.attributes.values():
        if isinstance(attribute, Graph):
            yield from captured(attribute)


def captured(body: Graph) -> tuple[str, ...]:
    """Names that a subgraph reads from the graphs around it."""
    own = {*body.inputs, *body.initializers, *(name for node in body.nodes for name in node.outputs)}
    reads = [*(name for node in body.nodes for name in _reads(node)), *body.outputs]
    return tuple(dict.fromkeys(name for name in reads if name not in own))


def write_graph(graph: Graph, path: Path, *, weights: Literal["none", "random"], seed: int = 0) -> None:
    """Writes a graph as an ONNX file that passes the ONNX checker, whole or not at all.

    With weights `none` every initialiser without values becomes an external tensor in a file that does not
    exist (`<stem>.weights`): enough for counting. With `random` it gets seeded values of its type, scaled
    so that activations stay finite. Raises `OutputError` where the file cannot be written.
    """
    fill = RandomWeights(graph, seed) if weights == "random" else _no_values
    if weights == "random":
        _refuse_too_large(graph)
    model = model_to_proto(graph, fill, f"{path.stem}.weights")
    try:
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
            temporary = Path(folder) / path.name
            temporary.write_bytes(model.SerializeToString())
            temporary.with_name(f"{path.stem}.weights").touch()  # the checker wants the file to be there
            onnx.checker.check_model(temporary)
            temporary.replace(path)
    except (OSError, onnx.checker.ValidationError) as error:
        raise OutputError(f"{path}: expected a network that can be written, got {error}") from error


def _no_values(_name: str, _weight: Initializer) -> None:
    return None


def _refuse_too_large(graph: Graph) -> None:
    weights = graph.initializers.values()
    size = sum(weight.size_bytes for weight in weights if weight.spec.dtype in BITS)
    if size > _EMBEDDED_LIMIT_BYTES:
        raise OutputError(
            f"{graph.name}: expected at most {_EMBEDDED_LIMIT_BYTES} bytes of weights in one ONNX file, got "
            f"{size}; write it without weights"
        )
