"""ONNX files to plain graphs and back; weights are never read.

`read_graph` loads a file without its external data and inlines model-local functions. `write_graph`
writes a file with absent weights (they name an external file that does not exist) or with random ones.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import onnx
from google.protobuf.message import DecodeError

from planner.errors import InputError, OutputError, Problem
from planner.workload.dtypes import BITS
from planner.workload.file.execution_order import in_execution_order
from planner.workload.file.from_proto import graph_from_proto
from planner.workload.file.functions import inlined
from planner.workload.file.other_formats import other_format
from planner.workload.file.random_weights import RandomWeights
from planner.workload.file.skeleton import read_skeleton
from planner.workload.file.to_proto import model_to_proto
from planner.workload.graph import Graph, Initializer

_ADVICE = "give the path of an .onnx file"
_EMBEDDED_LIMIT_BYTES = 2**31 - 2**24  # a protobuf message ends at 2 GiB


def read_graph(path: Path) -> Graph:
    """The network in an ONNX file, nodes in execution order.

    Raises `InputError` for anything that is not a readable, well-formed ONNX network.
    """
    source = str(path)
    model = _load(path, source)
    if len(model.functions):
        model = inlined(model, source)
    if not model.HasField("graph") or not model.graph.node:
        _refuse_other(path, source, by_ending=True)
        problem = Problem("content", "an ONNX model with at least one operator", "none", _ADVICE)
        raise InputError(source, [problem])
    graph = replace(graph_from_proto(model, source), name=path.stem)
    return in_execution_order(graph, source)


def load_proto(path: Path) -> onnx.ModelProto:
    """The message of an ONNX file as it is, without weights. Raises `InputError` for what is none."""
    return _load(path, str(path))


def _load(path: Path, source: str) -> onnx.ModelProto:
    if path.is_dir():
        advice = _ADVICE
        if (path / "saved_model.pb").exists():
            advice = (
                f"convert it: python -m tf2onnx.convert --saved-model {path.name} --output {path.name}.onnx"
            )
        raise InputError(source, [Problem("path", "a file", "a directory", advice)])
    if path.exists() and not path.is_file():  # one may wait for ever, the other has no end
        raise InputError(source, [Problem("path", "a file", "a device or a pipe", _ADVICE)])
    try:
        _refuse_other(path, source, by_ending=False)
        content = _skeleton(path, source)
    except OSError as error:
        got = error.strerror or str(error)
        raise InputError(source, [Problem("path", "a readable file", got.lower(), _ADVICE)]) from error
    if not content:
        raise InputError(source, [Problem("content", "an ONNX model", "an empty file", _ADVICE)])
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(content)
    except DecodeError as error:
        _refuse_other(path, source, by_ending=True)
        problem = Problem(
            "content",
            "an ONNX model",
            f"{len(content)} bytes that are no ONNX message",
            f"the file is damaged or of another format; {_ADVICE}",
        )
        raise InputError(source, [problem]) from error
    return model


def _skeleton(path: Path, source: str) -> bytes:
    try:
        return read_skeleton(path)
    except InputError:
        _refuse_other(path, source, by_ending=True)
        raise


def _refuse_other(path: Path, source: str, *, by_ending: bool) -> None:
    """Refuse a file of another format, with the command that makes an ONNX of it."""
    known = other_format(path, by_ending=by_ending)
    if known is not None:
        raise InputError(source, [Problem("content", "an ONNX model", *known)])


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
