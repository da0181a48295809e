"""NumPy's types for element types, and back; the onnx package is asked about the small floats alone.

It takes long to import, and most networks have none of them.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from planner.workload.dtypes import BITS

_PLAIN = {
    **{name: np.dtype(name) for name in ("bool", "float16", "complex64", "complex128")},
    **{f"{sign}int{bits}": np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
}
_NAME_OF_PLAIN = {dtype: name for name, dtype in _PLAIN.items()}


@cache
def numpy_type(dtype: str) -> np.dtype[np.generic] | None:
    """NumPy's type for an element type; None for text, and for what this version of onnx has none for."""
    if dtype in _PLAIN:
        return _PLAIN[dtype]
    if dtype not in BITS:
        return None
    from onnx import TensorProto, helper

    number = {name.lower(): number for name, number in TensorProto.DataType.items()}.get(dtype)
    if number is None:
        return None
    found = helper.tensor_dtype_to_np_dtype(number)
    # Older versions of the package hold the small floats in a wider type.
    return found if name_of_numpy(found) == dtype else None


@cache
def name_of_numpy(dtype: np.dtype[np.generic]) -> str | None:
    """The element type of a NumPy type; None where there is none."""
    if dtype in _NAME_OF_PLAIN:
        return _NAME_OF_PLAIN[dtype]
    from onnx import TensorProto, helper

    names = {number: name.lower() for name, number in TensorProto.DataType.items()}
    try:
        return names.get(helper.np_dtype_to_tensor_dtype(dtype))
    except (KeyError, ValueError, TypeError):
        return None
