"""Random weights in the block types of GGUF files, as bytes.

A kernel takes as long for one finite value as for another. So the numbers of a block are any bits, and only
its scales are set: to values that keep weights near 0.02, as trained ones are, and no product overflows.
Places of the scales are those of the structures in `ggml-common.h` of llama.cpp.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from planner.language.formats.ggml_types import BY_NAME

_SCALES: Mapping[str, Mapping[int, float]] = {
    "q4_0": {0: 4e-3},
    "q4_1": {0: 4e-3, 2: -3e-2},
    "q5_0": {0: 2e-3},
    "q5_1": {0: 2e-3, 2: -3.1e-2},
    "q8_0": {0: 2.7e-4},
    "q2_k": {80: 2e-3, 82: 3e-3},
    "q3_k": {108: 5e-4},
    "q4_k": {0: 1e-4, 2: 7.5e-4},
    "q5_k": {0: 6.2e-5, 2: 9.6e-4},
    "q6_k": {208: 6.2e-5},
    "iq4_nl": {0: 2.7e-4},
    "iq4_xs": {0: 6.2e-5},
}
"""Type -> place of each scale or offset in a block, in 16 bits, and its value."""
_FLOATS = ("f32", "f16", "bf16")
_DRAWN = 8_192
"""Blocks that are drawn; they repeat, and a file is written at the speed of the disk."""

RANDOM_TYPES = (*_SCALES, *_FLOATS)


def random_blocks(kind: str, size_bytes: int) -> NDArray[np.uint8]:
    """So many bytes of whole blocks of a type of `RANDOM_TYPES`, the same each time."""
    return np.resize(_drawn(kind), size_bytes)


@functools.cache
def _drawn(kind: str) -> NDArray[np.uint8]:
    random = np.random.default_rng(0)
    if kind in _FLOATS:
        values = (0.02 * random.standard_normal(_DRAWN)).astype(np.float32)
        if kind == "bf16":
            return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
        return values.astype(np.float16 if kind == "f16" else np.float32).view(np.uint8)
    width = BY_NAME[kind].bytes
    blocks = random.integers(0, 256, (_DRAWN, width), dtype=np.uint8)
    for place, value in _SCALES[kind].items():
        blocks[:, place : place + 2] = np.array([value], dtype=np.float16).view(np.uint8)
    return blocks.reshape(-1)
