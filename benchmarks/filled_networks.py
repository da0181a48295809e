"""The networks of a folder with random weights, ready for an engine; those that cannot be are named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from planner.errors import PlannerError
from planner.workload.file.onnx_file import read_graph, write_graph


def filled_networks(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each network's file beside its filled copy, which lasts until the next one is asked for."""
    for path in sorted(folder.glob("*.onnx")):
        with tempfile.TemporaryDirectory() as scratch:
            filled = Path(scratch) / "filled.onnx"
            try:
                write_graph(read_graph(path), filled, weights="random")
            except PlannerError as error:
                print(f"{path.stem:28s} cannot be filled: {error}")
                continue
            yield path, filled
