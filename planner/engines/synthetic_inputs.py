"""Synthetic inputs of a network: right types and shapes, plausible values, the same for the same seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.errors import UnsupportedModelError
from planner.workload.operation import Tensor
from planner.workload.workload import Workload

_FLOATS: dict[str, type[np.floating]] = {"float": np.float32, "float16": np.float16, "double": np.float64}
_INTEGERS: dict[str, type[np.integer]] = {
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16,
    "int32": np.int32, "int64": np.int64, "uint32": np.uint32, "uint64": np.uint64,
}  # fmt: skip
_LARGEST_TOKEN = 1000


def synthetic_inputs(workload: Workload, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """One array an input: floats normal around zero, masks of ones, integers below a small vocabulary.

    An input whose value the user gave has that one.
    """
    generator = np.random.default_rng(seed)
    return {
        name: workload.values[name] if name in workload.values else _value(name, tensor, generator)
        for name, tensor in workload.inputs.items()
    }


def _value(name: str, tensor: Tensor, generator: np.random.Generator) -> NDArray[np.generic]:
    if "mask" in name.lower():
        return np.ones(tensor.shape, dtype=_dtype(tensor))
    if tensor.dtype in _FLOATS:
        return generator.standard_normal(tensor.shape).astype(_FLOATS[tensor.dtype])
    if tensor.dtype in _INTEGERS:
        top = 2 if "type" in name.lower() else _LARGEST_TOKEN
        kind = _INTEGERS[tensor.dtype]
        return generator.integers(0, min(top, np.iinfo(kind).max), tensor.shape).astype(kind)
    return np.ones(tensor.shape, dtype=_dtype(tensor))


def _dtype(tensor: Tensor) -> type[np.generic]:
    if tensor.dtype == "bool":
        return np.bool_
    known: dict[str, type[np.generic]] = {**_FLOATS, **_INTEGERS}
    if tensor.dtype not in known:
        raise UnsupportedModelError(
            f"input {tensor.name!r}: expected a float, integer or boolean type, got {tensor.dtype}; "
            "the network cannot be run here"
        )
    return known[tensor.dtype]
