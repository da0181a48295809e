"""An ONNX file without its large data: the network, however many gigabytes of weights come with it.

Only the tags and lengths of the protobuf wire format are walked (protobuf.dev/programming-guides/encoding),
in pieces of the file: values of large tensors are stepped over and never read. The file is not mapped into
memory: the system would kill a process that touches a page which somebody has cut off meanwhile (SIGBUS).
What remains is a message that the protobuf library parses as usual.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from planner.errors import InputError, Problem
from planner.process.inputs import note_input
from planner.read_files import open_unbuffered

LARGEST_GRAPH = 500_000
"""Nodes, those of subgraphs and of inlined functions included, up to which a network is read."""

_SMALL_FILE = 2**20
_PIECE = 2**14
"""Bytes that are read at once: a few hundred nodes, and little beside a tensor that is stepped over."""
_SMALL_MESSAGE = 2**16
_FIELDS = 4_000_000
_DEPTH = 100

_Kind = Literal["model", "graph", "function", "node", "attribute", "sparse", "tensor"]
_LENGTH_DELIMITED = 2
_FIXED_LENGTHS: Mapping[int, int] = {1: 8, 5: 4}

_CHILDREN: Mapping[_Kind, Mapping[int, _Kind]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Fields by which large tensors are reached."""

_DROPPED: Mapping[_Kind, frozenset[int]] = {
    "model": frozenset({20}),  # training_info
    "tensor": frozenset({4, 5, 6, 7, 9, 10, 11}),  # values in any of their forms
}


def read_skeleton(path: Path) -> bytes:
    """The message in a file; tensors beyond 64 KiB have lost their values.

    Raises `InputError` for a file that ends inside a field, nests too deep or has more than 500,000 nodes
    (about 0.8 GB once counted), and `OSError` where it cannot be read.
    """
    note_input(path)
    with open_unbuffered(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > _SMALL_FILE:
            return _Walk(file, size, str(path)).message(0, size, "model", 0)
        content = b""
        while len(content) <= _SMALL_FILE and (piece := file.read(_SMALL_FILE)):
            content += piece
        return content


def too_many_nodes(source: str) -> InputError:
    """The refusal of a network beyond the limit."""
    expected = f"at most {LARGEST_GRAPH} operators"
    advice = "cut the network into parts, or keep repeated blocks in a Loop"
    return InputError(source, [Problem("graph", expected, "more", advice)])


class _Walk:
    """Walks the fields of one file and copies those that are kept."""

    def __init__(self, file: BinaryIO, size: int, source: str) -> None:
        self._file = file
        self._size = size
        self._source = source
        self._piece = b""
        self._piece_start = 0
        self._fields = 0
        self._nodes = 0

    def message(self, start: int, end: int, kind: _Kind, depth: int) -> bytes:
        """The message between two places, large values left out."""
        if depth > _DEPTH:
            raise self._refusal("nested deeper than any network", start)
        children, dropped = _CHILDREN[kind], _DROPPED.get(kind, frozenset())
        nodes = next((field for field, child in children.items() if child == "node"), None)
        parts: list[bytes] = []
        place = kept_from = start
        while place < end:
            field_start = place
            tag, body, place = self._field(place, end)
            field = tag >> 3
            self._fields += 1
            if field == nodes:
                self._nodes += 1
                if self._nodes > LARGEST_GRAPH:
                    raise too_many_nodes(self._source)
            if self._fields > _FIELDS:
                raise self._refusal(f"made of more than {_FIELDS} fields", 0)
            child = children.get(field) if place - body > _SMALL_MESSAGE else None
            if child is None and field not in dropped:
                continue
            parts.append(self._content(kept_from, field_start))
            kept_from = place
            if child is not None:
                inner = self.message(body, place, child, depth + 1)
                parts += (_encoded(tag), _encoded(len(inner)), inner)
        parts.append(self._content(kept_from, end))
        return b"".join(parts)

    def _field(self, place: int, end: int) -> tuple[int, int, int]:
        """The tag of a field, and where its value starts and ends."""
        piece, offset = self._piece, place - self._piece_start
        # Nearly all fields of a network: a tag of one byte and a length or number of up to two, read already.
        if 0 <= offset < len(piece) - 2 and (tag := piece[offset]) < 128 and place + 2 < end:
            number, body = piece[offset + 1], place + 2
            if number > 127:
                number, body = number & 127 | piece[offset + 2] << 7, place + 3
            if number < 1 << 14:
                if tag & 7 == _LENGTH_DELIMITED and body + number <= end:
                    return tag, body, body + number
                if not tag & 7:
                    return tag, place + 1, body
        tag, after = self._varint(place, end)
        return tag, *self._span(tag & 7, after, end)

    def _span(self, wire_type: int, place: int, end: int) -> tuple[int, int]:
        """Where the value of a field starts and ends."""
        if wire_type == _LENGTH_DELIMITED:
            length, start = self._varint(place, end)
            stop = start + length
        elif wire_type == 0:
            start = place
            stop = self._varint(place, end)[1]
        elif wire_type in _FIXED_LENGTHS:
            start, stop = place, place + _FIXED_LENGTHS[wire_type]
        else:
            raise self._refusal("no ONNX message", place)
        if stop > end:
            raise self._refusal("cut off: a field runs beyond its end", place)
        return start, stop

    def _varint(self, place: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while place < end and shift < 70:
            offset = place - self._piece_start
            if not 0 <= offset < len(self._piece):
                self._piece, self._piece_start, offset = self._read(place, _PIECE), place, 0
            byte = self._piece[offset]
            place += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, place
            shift += 7
        raise self._refusal("no ONNX message", place)

    def _content(self, start: int, end: int) -> bytes:
        """The bytes between two places."""
        inside = start - self._piece_start
        if inside >= 0 and end - self._piece_start <= len(self._piece):
            return self._piece[inside : end - self._piece_start]
        parts = []
        while start < end:
            parts.append(self._read(start, end - start))
            start += len(parts[-1])
        return b"".join(parts)

    def _read(self, place: int, most: int) -> bytes:
        """At least one byte from a place on; a file that ends before it was cut since its size was asked."""
        self._file.seek(place)
        found = self._file.read(most)
        if not found:
            raise self._refusal("cut short while they are read", place)
        return found

    def _refusal(self, what: str, place: int) -> InputError:
        advice = "the file is damaged or of another format; give the path of an .onnx file"
        got = f"{self._size} bytes that are {what} (at byte {place})"
        return InputError(self._source, [Problem("content", "an ONNX model", got, advice)])


def _encoded(value: int) -> bytes:
    """An unsigned integer as a varint."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
