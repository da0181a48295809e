"""Where a network comes from: a file, or `zoo:NAME` for one of the reference networks."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from planner.errors import InputError, Problem
from planner.workload.asked import Asked
from planner.workload.workload import Workload, read_workload
from planner.zoo.registry import build, names

_ZOO = "zoo:"
_SIZE = re.compile(r"size=([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?")


def read_model(
    model: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
) -> Workload:
    """What a network computes, counted layer by layer; `model` is the path of an ONNX file or `zoo:NAME`
    (`zoo:NAME@size=320` for images of another size).

    `batch` sets the batch of the inputs and `shapes` whole inputs by name; `asked` has these and more.
    Raises `UnknownIdError` for an unknown zoo name and `InputError` for a missing file, with the zoo's name
    where one is near, and for a size that the network does not take.
    """
    text = str(model)
    if text.startswith(_ZOO):
        name, sides = _name_and_sides(text)
        if sides is None:
            sides = _sides_of_shape(name, asked.shapes if asked is not None else shapes or {})
        if asked is None and not shapes:
            return _as_it_is(name, sides, batch)
        return _read_zoo(name, sides, Asked(batch, shapes or {}) if asked is None else asked)
    path = Path(model)
    if not path.exists():
        raise InputError(
            text, [Problem("MODEL", f"an ONNX file or {_ZOO}NAME", "no such file", _advice(path))]
        )
    return read_workload(path, batch=batch, shapes=shapes, asked=asked, name=path.stem)


@functools.lru_cache(maxsize=16)
def _as_it_is(name: str, sides: tuple[int, int] | None, batch: int | None) -> Workload:
    """A network of the zoo with nothing else said: counted once for all questions of a process."""
    return _read_zoo(name, sides, Asked(batch, {}))


def _read_zoo(name: str, sides: tuple[int, int] | None, asked: Asked) -> Workload:
    """A network at a size; one that its steps do not divide is refused with the network's own sizes."""
    graph = build(name, sides)
    if sides is None:
        return read_workload(graph, asked=asked, name=name)
    found = read_workload(graph, asked=asked, name=name)
    if found.unresolved:
        first = found.unresolved[0]
        got = f"{sides[0]} x {sides[1]}: {first.name!r} ({first.op_type}): {first.reason}"
        raise InputError(name, [Problem("size", "a size that it takes", got, "multiples of 32 suit most")])
    return found


def _name_and_sides(text: str) -> tuple[str, tuple[int, int] | None]:
    """`zoo:yolov8n@size=320` or `@size=192x320` (height by width) as the name and the sides."""
    name, separator, rest = text.removeprefix(_ZOO).partition("@")
    if not separator:
        return name, None
    found = _SIZE.fullmatch(rest)
    if found is None:
        problem = Problem("size", f"{_ZOO}{name}@size=320 or @size=192x320", repr(rest))
        raise InputError(text, [problem])
    height = int(found[1])
    return name, (height, int(found[2]) if found[2] else height)


def _sides_of_shape(name: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int] | None:
    """Sides of an image whose whole shape was asked, where they are not the network's own."""
    for asked, shape in shapes.items():
        own = build(name).inputs.get(asked)
        if own is not None and len(shape) == len(own.shape) == 4 and shape[2:] != own.shape[2:]:
            return shape[2], shape[3]
    return None


def export(name: str, path: Path, *, weights: Literal["none", "random"], seed: int = 0) -> None:
    """Writes a network of the zoo as an ONNX file, with its weights absent or random.

    Raises `UnknownIdError` for an unknown name and `OutputError` where the file cannot be written.
    """
    from planner.workload.file.onnx_file import write_graph

    write_graph(build(name), path, weights=weights, seed=seed)


def _advice(path: Path) -> str:
    wanted = path.name.removesuffix(".onnx").lower().replace("-", "_")
    nearest = difflib.get_close_matches(wanted, names(), n=1)
    if nearest:
        return f"did you mean {_ZOO}{nearest[0]}?"
    return "check the path; `planner zoo list` shows the reference networks"
