"""Whether the weights of an ONNX file are there: inside it, or in files beside it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import onnx

from planner.errors import InputError, Problem


def has_weights(path: Path) -> bool:
    """Whether an engine could load the file with its weights.

    Raises `InputError` where a weight names a file outside the network's own folder; it is not opened.
    """
    model = onnx.load(str(path), load_external_data=False)
    for tensor in model.graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        parts = PurePosixPath(location)
        if parts.is_absolute() or ".." in parts.parts:
            problem = Problem(
                f"weight {tensor.name!r}",
                "a file in the network's own folder",
                repr(location),
                "move it there",
            )
            raise InputError(str(path), [problem])
        if not (path.parent / location).is_file():
            return False
    return True
