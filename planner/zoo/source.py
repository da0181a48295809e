"""Where a network comes from: a file, or `zoo:NAME` for one of the reference networks."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from planner.errors import InputError, Problem
from planner.workload.asked import Asked
from planner.workload.file.onnx_file import write_graph
from planner.workload.workload import Workload, read_workload
from planner.zoo.registry import build, names

_ZOO = "zoo:"


def read_model(
    model: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
) -> Workload:
    """What a network computes, counted layer by layer; `model` is the path of an ONNX file or `zoo:NAME`.

    `batch` sets the batch of the inputs and `shapes` whole inputs by name; `asked` has these and more.
    Raises `UnknownIdError` for an unknown zoo name and `InputError` for a missing file, with the zoo's name
    where one is near.
    """
    text = str(model)
    if text.startswith(_ZOO):
        name = text.removeprefix(_ZOO)
        return read_workload(build(name), batch=batch, shapes=shapes, asked=asked, name=name)
    path = Path(model)
    if not path.exists():
        raise InputError(
            text, [Problem("MODEL", f"an ONNX file or {_ZOO}NAME", "no such file", _advice(path))]
        )
    return read_workload(path, batch=batch, shapes=shapes, asked=asked, name=path.stem)


def export(name: str, path: Path, *, weights: Literal["none", "random"], seed: int = 0) -> None:
    """Writes a network of the zoo as an ONNX file, with its weights absent or random.

    Raises `UnknownIdError` for an unknown name and `OutputError` where the file cannot be written.
    """
    write_graph(build(name), path, weights=weights, seed=seed)


def _advice(path: Path) -> str:
    wanted = path.name.removesuffix(".onnx").lower().replace("-", "_")
    nearest = difflib.get_close_matches(wanted, names(), n=1)
    if nearest:
        return f"for the reference network write {_ZOO}{nearest[0]}"
    return "check the path; `planner zoo list` shows the reference networks"
