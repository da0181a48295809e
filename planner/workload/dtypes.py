"""Element types: how many bits each takes and its arithmetic precision.

Types carry their ONNX names in lower case; precisions carry the names that hardware peaks have.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

BITS: Mapping[str, int] = MappingProxyType(
    {
        "bool": 8,
        "int2": 2,
        "uint2": 2,
        "int4": 4,
        "uint4": 4,
        "int8": 8,
        "uint8": 8,
        "int16": 16,
        "uint16": 16,
        "int32": 32,
        "uint32": 32,
        "int64": 64,
        "uint64": 64,
        "float4e2m1": 4,
        "nvfp4": 4,
        "float6e2m3": 6,
        "float6e3m2": 6,
        "float8e4m3fn": 8,
        "float8e4m3fnuz": 8,
        "float8e5m2": 8,
        "float8e5m2fnuz": 8,
        "float8e8m0": 8,
        "float16": 16,
        "bfloat16": 16,
        "float": 32,
        "double": 64,
        "complex64": 64,
        "complex128": 128,
    }
)
"""Element type -> bits in memory. Strings have no fixed size and are not here."""

_SCALED: Mapping[str, int] = MappingProxyType({"nvfp4": 16})
"""Types with a scale of 8 bits for so many numbers (NVIDIA, Blackwell: FP4 with a scale in FP8 for 16)."""

TEXT = "string"
_REFERENCE_BITS = 128
"""A string moves as its address and length; how long its text is no file says."""

FLOATS = frozenset({"float16", "bfloat16", "float", "double"})
"""Types that an engine may store at another precision."""


STORED_AS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fp64": ("double", "double"),
        "fp32": ("float", "float"),
        "tf32": ("float", "float"),
        "fp16": ("float16", "float16"),
        "bf16": ("bfloat16", "bfloat16"),
        "fp8": ("float8e4m3fn", "float8e4m3fn"),
        "fp4": ("nvfp4", "float16"),
        "int8": ("int8", "int8"),
        "int4": ("int4", "int8"),
    }
)
"""Precision -> element types of its weights and activations (int4 keeps 8 bits of these, fp4 16)."""

_PRECISION = {
    "double": "fp64",
    "float": "fp32",
    "float16": "fp16",
    "bfloat16": "bf16",
    "int8": "int8",
    "uint8": "int8",
    "int4": "int4",
    "uint4": "int4",
    "float4e2m1": "fp4",
    "nvfp4": "fp4",
}


@functools.cache
def precision_of(dtype: str) -> str:
    """Precision of arithmetic on this element type; an integer index type is its own."""
    if dtype.startswith("float8"):
        return "fp8"
    if dtype.startswith("float6"):
        return "fp6"
    return _PRECISION.get(dtype, dtype)


def storage_bytes(dtype: str, elements: int) -> int:
    """Bytes that densely packed elements take, rounded up to whole bytes; a string takes 16."""
    scales = -(-elements // _SCALED[dtype]) if dtype in _SCALED else 0
    return -(-elements * (_REFERENCE_BITS if dtype == TEXT else BITS[dtype]) // 8) + scales
