"""The difference between two real model files, as small as the means at hand make it.

Files of one layout (a network trained on) differ word by word: little-endian 32-bit words are subtracted and
the bytes of equal weight put together, so that a small change of a float leaves long runs of zeros, and the
rest is compressed (LZMA, in the standard library). Files of different layout need moved blocks found: there
Zstandard with the old file as a dictionary (`zstd --patch-from`) is tried as well, if the package is
installed. The smallest wins. Neither finds what does not repeat: a network trained on changes nearly every
mantissa.
"""

from __future__ import annotations

import importlib.util
import lzma
from dataclasses import dataclass

import numpy as np

from planner.rack.description.checks import Checks

_WORD = 4
_LZMA_PRESET = 1
_ZSTD_LEVEL = 9
_ZSTD_MOST_WINDOW = 31
_ZSTD_MOST_TABLE = 27


@dataclass(frozen=True, slots=True)
class Delta:
    """Size of a difference, of what it is taken to, and the means that made it."""

    method: str
    delta_bytes: int
    new_bytes: int

    @property
    def ratio(self) -> float:
        """Difference over the whole new file."""
        return self.delta_bytes / self.new_bytes


def measure_delta(old: bytes, new: bytes) -> Delta:
    """The smallest difference from the old to the new file."""
    checks = Checks("model files")
    checks.require(old and new, "files", "two files that are not empty", f"{len(old)} and {len(new)} bytes")
    checks.finish()
    found = [Delta("word difference, LZMA", len(word_difference(old, new)), len(new))]
    if importlib.util.find_spec("zstandard") is not None:
        found.append(Delta("Zstandard with the old file as dictionary", len(zstd_patch(old, new)), len(new)))
    return min(found, key=lambda delta: delta.delta_bytes)


def word_difference(old: bytes, new: bytes) -> bytes:
    """The new file as differences of words from the old one at the same offset, compressed."""
    size = -(-len(new) // _WORD) * _WORD
    words = _words(new, size) - _words(old, size)
    planes = words.view(np.uint8).reshape(-1, _WORD).T.tobytes()
    return len(new).to_bytes(8, "little") + lzma.compress(planes, preset=_LZMA_PRESET)


def _words(content: bytes, size: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """The first `size` bytes as little-endian words, with zeros where the content ends."""
    return np.frombuffer(content[:size].ljust(size, b"\0"), dtype="<u4")


def zstd_patch(old: bytes, new: bytes) -> bytes:
    """The new file compressed by Zstandard with the old one as a dictionary; needs the extra `delta`.

    The level's own tables remember too little to find the old file's blocks, so they are as wide as the
    window, up to half a gigabyte each.
    """
    import zstandard

    window = min(_ZSTD_MOST_WINDOW, max(len(old), len(new)).bit_length() + 1)
    table = min(_ZSTD_MOST_TABLE, window)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _ZSTD_LEVEL, window_log=window, chain_log=table, hash_log=table
    )
    dictionary = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    patch: bytes = zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(new)
    return patch
