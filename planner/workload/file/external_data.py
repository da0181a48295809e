"""Files beside an ONNX file that hold its weights: needed for running a network, never for counting it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto

from planner.errors import InputError, Problem
from planner.workload.file.skeleton import read_skeleton


def data_files(path: Path) -> tuple[Path, ...]:
    """Files that an engine would open beside this one; all exist, in the folder of the file or below.

    Raises `InputError` for a file that is missing, named by an absolute path, or outside that folder (a
    path with `..`, or a link that leads out): a network from elsewhere must not choose what is read.
    """
    folder = path.parent.resolve()
    problems, found = [], []
    for name in dict.fromkeys(_locations(path)):
        problem = _problem(folder, name)
        if problem is None:
            found.append(folder / name)
        else:
            problems.append(problem)
    if problems:
        raise InputError(str(path), problems)
    return tuple(found)


def has_weights(path: Path) -> bool:
    """Whether the weights are there, inside the file or beside it.

    Raises `InputError` as `data_files` does for a file outside the network's folder, there or not.
    """
    folder = path.parent.resolve()
    names = list(dict.fromkeys(_locations(path)))
    unsafe = [problem for name in names if (problem := _unsafe(folder, name)) is not None]
    if unsafe:
        raise InputError(str(path), unsafe)
    return all((folder / name).is_file() for name in names)


def _problem(folder: Path, name: str) -> Problem | None:
    unsafe = _unsafe(folder, name)
    if unsafe is not None or (folder / name).is_file():
        return unsafe
    where = f"external data {name!r}"
    advice = "put it there to run the network; counting does not need it"
    return Problem(where, "a file with the weights", f"none at {folder / name}", advice)


def _unsafe(folder: Path, name: str) -> Problem | None:
    where = f"external data {name!r}"
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or name.startswith("\\"):
        advice = "export the network with its data beside it"
        return Problem(where, "a path relative to the file", "an absolute one", advice)
    try:
        target = (folder / name).resolve()
        target.is_file()
    except (OSError, ValueError):
        return Problem(where, "the path of a file", "one that no file can have", "the file is damaged")
    if not target.is_relative_to(folder):
        got = f"{target}, which is outside"
        return Problem(where, f"a file in {folder}", got, "put the data beside the file and export it again")
    return None


def _locations(path: Path) -> Iterator[str]:
    """Names of external files as the tensors of the main graph and of its attributes give them."""
    try:
        model = onnx.ModelProto.FromString(read_skeleton(path))
    except (DecodeError, OSError) as error:
        advice = "give the path of an .onnx file"
        raise InputError(str(path), [Problem("content", "an ONNX model", str(error), advice)]) from error
    yield from _in_graph(model.graph)


def _in_graph(graph: onnx.GraphProto) -> Iterator[str]:
    for tensor in graph.initializer:
        yield from _in_tensor(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            yield from _in_tensor(attribute.t)
            yield from _in_graph(attribute.g)


def _in_tensor(tensor: TensorProto) -> Iterator[str]:
    if tensor.data_location == TensorProto.EXTERNAL:
        yield from (entry.value for entry in tensor.external_data if entry.key == "location")
