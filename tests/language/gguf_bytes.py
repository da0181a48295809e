"""Writes small GGUF files by hand: the header as the format's document states it, zeros for the weights."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

Q4_0, F32 = 2, 0
_BLOCK = {F32: (1, 4), 1: (1, 2), Q4_0: (32, 18), 8: (32, 34)}


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def key(name: str, value: int | float | str | Sequence[str]) -> bytes:
    if isinstance(value, str):
        return text(name) + struct.pack("<I", 8) + text(value)
    if isinstance(value, float):
        return text(name) + struct.pack("<If", 6, value)
    if isinstance(value, int):
        return text(name) + struct.pack("<II", 4, value)
    return text(name) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))


def size(extents: Sequence[int], kind: int) -> int:
    numbers, width = _BLOCK[kind]
    total = 1
    for extent in extents:
        total *= extent
    return total // numbers * width


def write(
    path: Path,
    keys: Mapping[str, int | float | str | Sequence[str]],
    tensors: Sequence[tuple[str, tuple[int, ...], int]],
    kinds: Mapping[str, int] | None = None,
    offsets: Mapping[str, int] | None = None,
) -> int:
    """Bytes of the tensors; `kinds` and `offsets` are what the table says in place of the truth."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(key(name, value) for name, value in keys.items())
    offset = 0
    for name, extents, kind in tensors:
        said = (offsets or {}).get(name, offset)
        head += text(name) + struct.pack("<I", len(extents)) + struct.pack(f"<{len(extents)}Q", *extents)
        head += struct.pack("<IQ", (kinds or {}).get(name, kind), said)
        offset += -(-size(extents, kind) // 32) * 32
    head += b"\0" * (-len(head) % 32)
    path.write_bytes(head + b"\0" * offset)
    return sum(size(extents, kind) for _, extents, kind in tensors)


def llama(
    layers: int = 2, hidden: int = 256, heads: int = 8, keys: int = 2, wide: int = 512, words: int = 1000
) -> tuple[dict[str, int | float | str | Sequence[str]], list[tuple[str, tuple[int, ...], int]]]:
    """Keys and tensors of a small Llama, its last layer that of the table of words."""
    width = hidden // heads
    values: dict[str, int | float | str | Sequence[str]] = {
        "general.architecture": "llama",
        "general.name": "small",
        "general.file_type": 2,
        "llama.block_count": layers,
        "llama.embedding_length": hidden,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": keys,
        "llama.feed_forward_length": wide,
        "llama.context_length": 2048,
        "llama.rope.freq_base": 10000.0,
        "tokenizer.ggml.tokens": [f"w{index}" for index in range(words)],
    }
    tensors: list[tuple[str, tuple[int, ...], int]] = [
        ("token_embd.weight", (hidden, words), Q4_0),
        ("output_norm.weight", (hidden,), F32),
    ]
    for layer in range(layers):
        own = f"blk.{layer}."
        tensors += [
            (f"{own}attn_norm.weight", (hidden,), F32),
            (f"{own}ffn_norm.weight", (hidden,), F32),
            (f"{own}attn_q.weight", (hidden, heads * width), Q4_0),
            (f"{own}attn_k.weight", (hidden, keys * width), Q4_0),
            (f"{own}attn_v.weight", (hidden, keys * width), Q4_0),
            (f"{own}attn_output.weight", (heads * width, hidden), Q4_0),
            (f"{own}ffn_gate.weight", (hidden, wide), Q4_0),
            (f"{own}ffn_up.weight", (hidden, wide), Q4_0),
            (f"{own}ffn_down.weight", (wide, hidden), Q4_0),
        ]
    return values, tensors
