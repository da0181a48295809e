"""Bytes of weights from the headers of `.safetensors` files: one file, or the index of several.

The format: eight bytes with the length of a JSON object, which names every tensor with its type, extents and
place (huggingface.co/docs/safetensors). Sizes of the network are in `config.json` beside it.
"""

from __future__ import annotations

import math
import os
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.language.sizes.decoder import Decoder
from planner.language.sizes.model import StoredWeights
from planner.process.inputs import note_input
from planner.read_files import open_file, parse_bounded_json, read_bounded_json

_LARGEST_HEADER = 100_000_000
_BITS = {
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8,
    "U16": 16, "U32": 32, "U64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6,
    "F6_E3M2": 6,
}  # fmt: skip
_FORMATS = {"F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8", "F8_E5M2": "fp8", "I8": "int8"}


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of a file: its type and bytes."""

    dtype: str
    bytes: int


def read_tensors(path: Path) -> dict[str, StoredTensor]:
    """The tensors of one file; `InputError` for a header that its length does not bear out."""
    try:
        return _tensors(path)
    except OSError as error:
        raise _refused(path, "file", "a file that can be read", error.strerror or str(error)) from None


def _tensors(path: Path) -> dict[str, StoredTensor]:
    note_input(path)
    with open_file(path) as file:
        length = os.fstat(file.fileno()).st_size
        start = file.read(8)
        size = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= size <= min(_LARGEST_HEADER, length - 8):
            raise _refused(path, "header", "its length in the first 8 bytes", f"{size} of {length} bytes")
        text = file.read(size)
    entries = parse_bounded_json(text, path)
    if not isinstance(entries, dict):
        raise _refused(path, "header", "a JSON object", type(entries).__name__)
    found: dict[str, StoredTensor] = {}
    problems: list[Problem] = []
    for name, entry in entries.items():
        if name != "__metadata__":
            tensor = _tensor(name, entry, length - 8 - size, problems)
            if tensor is not None:
                found[name] = tensor
    if problems:
        raise InputError(str(path), problems[:6])
    return found


def _refused(path: Path, where: str, expected: str, got: str) -> InputError:
    return InputError(str(path), [Problem(where, expected, got, "download it again")])


def _tensor(name: str, entry: object, room: int, problems: list[Problem]) -> StoredTensor | None:
    place = f"tensor {name!r}"
    if not isinstance(entry, dict):
        problems.append(Problem(place, "an object", type(entry).__name__))
        return None
    dtype, shape, ends = entry.get("dtype"), _whole(entry.get("shape")), _whole(entry.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in _BITS:
        problems.append(Problem(place, f"a known type ({', '.join(_BITS)})", repr(dtype)))
        return None
    if shape is None or ends is None or len(ends) != 2:
        got = f"{entry.get('shape')} and {entry.get('data_offsets')}"
        problems.append(Problem(place, "extents and a place in whole numbers", got))
        return None
    size = -(-math.prod(shape) * _BITS[dtype] // 8)
    if ends[1] - ends[0] != size or ends[1] > room:
        got = f"bytes {ends[0]} to {ends[1]} of {room}"
        problems.append(Problem(place, f"{size} bytes within the file", got, "download it again"))
    return StoredTensor(dtype, size)


def _whole(value: object) -> list[int] | None:
    """A list of whole numbers; None for anything else."""
    if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
        return list(value)
    return None


def read_shards(path: Path) -> dict[str, StoredTensor] | None:
    """The tensors of all files of an index; None where the files are not beside it."""
    index = read_bounded_json(path)
    names = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(names, dict) or not names:
        raise _refused(path, "weight_map", "the file of each tensor", repr(names)[:60])
    files = sorted({str(name) for name in names.values()})
    if not all((path.parent / name).is_file() for name in files):
        return None
    found: dict[str, StoredTensor] = {}
    for name in files:
        found.update(read_tensors(path.parent / name))
    return found


def stored_weights(
    tensors: Mapping[str, StoredTensor], decoder: Decoder, config: Mapping[str, object], length: int
) -> StoredWeights:
    """Bytes of all tensors, and of those that one token reads."""
    total = sum(tensor.bytes for tensor in tensors.values())
    share = decoder.experts.active / decoder.experts.count if decoder.experts else 1.0
    read = 0.0
    for name, tensor in tensors.items():
        if "embed_tokens" in name or name.endswith(("word_embeddings.weight", "tok_embeddings.weight")):
            read += tensor.bytes * (1.0 if decoder.tied else 1.0 / decoder.vocabulary)
        else:
            read += tensor.bytes * (share if ".experts." in name else 1.0)
    return StoredWeights(_format(tensors, config), total, round(read), length)


def _format(tensors: Mapping[str, StoredTensor], config: Mapping[str, object]) -> str:
    quantised = config.get("quantization_config")
    if isinstance(quantised, dict):
        method = quantised.get("quant_method")
        bits = quantised.get("bits")
        if isinstance(method, str):
            return {"awq": "awq", "gptq": "gptq", "fp8": "fp8", "mxfp4": "mxfp4"}.get(
                method, f"int{bits}" if isinstance(bits, int) else method
            )
    counted = Counter[str]()
    for tensor in tensors.values():
        counted[tensor.dtype] += tensor.bytes
    most = counted.most_common(1)[0][0] if counted else "F16"
    return _FORMATS.get(most, most.lower())
