"""Operators that compute element by element or only rearrange: the small change between layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.workload.graph import Dim, TensorSpec
from planner.zoo.graph_writer import GraphWriter

_KEPT = 1024
"""Elements of a whole-number constant whose values the reader keeps."""
_ONNX_FLOAT = 1  # TensorProto.DataType.FLOAT


class TensorSteps(GraphWriter):
    """Each method adds one operator and returns the name of the tensor it makes (of each, for a split)."""

    # -- elementwise ---------------------------------------------------------------------------------

    def map(self, op_type: str, x: str, *, name: str) -> str:
        """An operator of one tensor that keeps its shape."""
        return self._add(op_type, (x,), self._tensors[x], name)

    def combine(self, op_type: str, a: str, b: str, *, name: str) -> str:
        """An elementwise operator of two tensors that broadcast."""
        shape = _broadcast(self.shape(a), self.shape(b))
        return self._add(op_type, (a, b), TensorSpec(self._tensors[a].dtype, shape), name)

    def mean(self, x: str, name: str = "mean") -> str:
        """Mean over the last axis, kept as an extent of one."""
        spec = TensorSpec("float", (*self.shape(x)[:-1], 1))
        return self._add("ReduceMean", (x,), spec, name, axes=(-1,), keepdims=1)

    def reduce(self, op_type: str, x: str, axes: Sequence[int], name: str = "reduced") -> str:
        """A reduction over some axes, kept as extents of one."""
        shape = tuple(1 if axis in axes else extent for axis, extent in enumerate(self.shape(x)))
        spec = TensorSpec("float", shape)
        if op_type == "ReduceSum":  # takes its axes as a tensor since opset 13, the others since 18
            inputs = (x, self.constant(axes, name=f"{name}.axes"))
            return self._add(op_type, inputs, spec, name, keepdims=1)
        return self._add(op_type, (x,), spec, name, axes=tuple(axes), keepdims=1)

    def above_diagonal(self, x: str, name: str = "trilu") -> str:
        """The same matrix with zeros on and below the diagonal."""
        inputs = (x, self.constant(np.array(1, dtype=np.int64), name=f"{name}.k"))
        return self._add("Trilu", inputs, self._tensors[x], name, upper=1)

    def add(self, a: str, b: str, name: str = "add") -> str:
        """a + b."""
        return self.combine("Add", a, b, name=name)

    def mul(self, a: str, b: str, name: str = "mul") -> str:
        """a * b."""
        return self.combine("Mul", a, b, name=name)

    def count(self, length: int, name: str = "count") -> str:
        """0, 1, 2, ... as float32; longer than files keep the values of, it is made of two short ones."""
        if length <= _KEPT:
            return self.to_float(self.constant(range(length), name=name))
        inner = next((size for size in range(_KEPT, 1, -1) if length % size == 0), 1)
        if inner == 1 or length // inner > _KEPT:
            raise ValueError(f"{length} is no product of two numbers up to {_KEPT}")
        rows = self.constant(np.arange(0, length, inner, dtype=np.int64)[:, None], name=f"{name}.rows")
        columns = self.constant(range(inner), name=f"{name}.columns")
        both = self.combine("Add", rows, columns, name=f"{name}.both")
        return self.to_float(self.reshape_constant(both, (length,), f"{name}.shape"))

    def relative_rows(self, rows: int, columns: int, name: str = "relative_position_index") -> str:
        """For each pair of cells the number of their relative place, (cells, cells) of int64.

        Relative places go row by row from the last row up to the last row down.
        """
        row, column = np.divmod(np.arange(rows * columns, dtype=np.int64), columns)
        reach = 2 * columns - 1
        number = row * reach + column
        offset = (rows - 1) * reach + columns - 1
        own = self.constant(number[:, None] + offset, name=f"{name}.own")
        return self.combine("Sub", own, self.constant(number[None], name=f"{name}.other"), name=name)

    def to_float(self, x: str, name: str = "cast") -> str:
        """The same values as float32."""
        return self._add("Cast", (x,), TensorSpec("float", self.shape(x)), name, to=_ONNX_FLOAT)

    # -- movement ------------------------------------------------------------------------------------

    def reshape(self, x: str, target: Sequence[int], name: str = "reshape") -> str:
        """Another shape of the same elements: 0 copies the extent at that place, -1 takes what is left."""
        shape = self.shape(x)
        copied: list[Dim] = [shape[axis] if extent == 0 else extent for axis, extent in enumerate(target)]
        if -1 in copied:
            known = [extent for extent in copied if extent != -1]
            copied[copied.index(-1)] = _elements(shape) // _elements(known)
        inputs = (x, self.constant(target, name=f"{name}.shape"))
        return self._add("Reshape", inputs, TensorSpec(self._tensors[x].dtype, tuple(copied)), name)

    def reshape_constant(self, x: str, shape: Sequence[int], name: str = "reshape") -> str:
        """Another shape of a tensor without a batch, every extent given."""
        inputs = (x, self.constant(shape, name=name))
        return self._add("Reshape", inputs, TensorSpec(self._tensors[x].dtype, tuple(shape)), f"{name}.to")

    def flatten(self, x: str, name: str = "flatten") -> str:
        """(batch, everything else)."""
        shape = self.shape(x)
        spec = TensorSpec("float", (shape[0], _elements(shape[1:])))
        return self._add("Flatten", (x,), spec, name, axis=1)

    def expand(self, x: str, shape: Sequence[int], name: str = "expand") -> str:
        """Repeated along the axes of extent one, and along new leading axes."""
        inputs = (x, self.constant(shape, name=f"{name}.shape"))
        return self._add("Expand", inputs, TensorSpec("float", tuple(shape)), name)

    def repeat(self, x: str, axis: int, times: int, name: str = "repeat") -> str:
        """Repeated along one axis of extent one, whatever the others are."""
        shape = list(self.shape(x))
        shape[axis] = times
        ones = [times if place == axis else 1 for place in range(len(shape))]
        inputs = (x, self.constant(ones, name=f"{name}.shape"))
        return self._add("Expand", inputs, TensorSpec("float", tuple(shape)), name)

    def repeat_for_batch(self, x: str, like: str, name: str = "repeat") -> str:
        """A tensor whose first extent is one, repeated to the batch of another."""
        with self.scope(name):
            batch = self._add("Shape", (like,), TensorSpec("int64", (1,)), "batch", start=0, end=1)
            rest = self.constant([self.extent(x, axis) for axis in range(1, len(self.shape(x)))])
            length = TensorSpec("int64", (len(self.shape(x)),))
            target = self._add("Concat", (batch, rest), length, "shape", axis=0)
            spec = TensorSpec("float", (self.shape(like)[0], *self.shape(x)[1:]))
            return self._add("Expand", (x, target), spec, "expand")

    def transpose(self, x: str, order: Sequence[int], name: str = "transpose") -> str:
        """Axes in another order."""
        spec = TensorSpec("float", tuple(self.shape(x)[axis] for axis in order))
        return self._add("Transpose", (x,), spec, name, perm=tuple(order))

    def unsqueeze(self, x: str, axes: Sequence[int], name: str = "unsqueeze") -> str:
        """New axes of extent one at these places of the result."""
        shape = list(self.shape(x))
        for axis in sorted(axes):
            shape.insert(axis, 1)
        inputs = (x, self.constant(axes, name=f"{name}.axes"))
        return self._add("Unsqueeze", inputs, TensorSpec(self._tensors[x].dtype, tuple(shape)), name)

    def squeeze(self, x: str, axis: int, name: str = "squeeze") -> str:
        """Without one axis of extent one."""
        shape = list(self.shape(x))
        del shape[axis]
        inputs = (x, self.constant([axis], name=f"{name}.axes"))
        return self._add("Squeeze", inputs, TensorSpec("float", tuple(shape)), name)

    def concat(self, parts: Sequence[str], axis: int, name: str = "concat") -> str:
        """Tensors one after the other along one axis."""
        shape = list(self.shape(parts[0]))
        shape[axis] = sum(self.extent(part, axis) for part in parts)
        return self._add("Concat", parts, TensorSpec("float", tuple(shape)), name, axis=axis)

    def pad_channels(self, x: str, count: int, name: str = "pad") -> str:
        """Channels of zeros after those of (batch, c, h, w)."""
        shape = self.shape(x)
        spec = TensorSpec("float", (shape[0], self.extent(x, 1) + count, *shape[2:]))
        pads = self.constant([0, 0, 0, 0, 0, count, 0, 0], name=f"{name}.pads")
        return self._add("Pad", (x, pads), spec, name, mode="constant")

    def pad_image(self, x: str, name: str = "pad") -> str:
        """One row and one column of zeros at the end of (batch, c, h, w)."""
        shape = self.shape(x)
        spec = TensorSpec("float", (*shape[:2], self.extent(x, 2) + 1, self.extent(x, 3) + 1))
        pads = self.constant([0, 0, 0, 0, 0, 0, 1, 1], name=f"{name}.pads")
        return self._add("Pad", (x, pads), spec, name, mode="constant")

    def pad_end(self, x: str, counts: Sequence[int], *, mode: str = "constant", name: str = "pad") -> str:
        """Zeros (or the tensor reflected) after the end of each axis; as it is where none are asked."""
        if not any(counts):
            return x
        shape = tuple(dim + more if isinstance(dim, int) else dim
                      for dim, more in zip(self.shape(x), counts, strict=True))  # fmt: skip
        pads = self.constant([0] * len(counts) + list(counts), name=f"{name}.pads")
        return self._add("Pad", (x, pads), TensorSpec("float", shape), name, mode=mode)

    def pad_with_ones(self, x: str, name: str = "ones") -> str:
        """A one after the end of the last axis."""
        shape = self.shape(x)
        spec = TensorSpec("float", (*shape[:-1], self.extent(x, -1) + 1))
        pads = self.constant([0] * (2 * len(shape) - 1) + [1], name=f"{name}.pads")
        return self._add("Pad", (x, pads, self.constant(1.0)), spec, name, mode="constant")

    def slice(self, x: str, axis: int, start: int, end: int, name: str = "slice") -> str:
        """The part of a tensor from `start` to before `end` along one axis."""
        shape = list(self.shape(x))
        shape[axis] = end - start
        limits = [self.constant([at], name=f"{name}.{part}")
                  for part, at in (("starts", start), ("ends", end), ("axes", axis))]  # fmt: skip
        return self._add("Slice", (x, *limits), TensorSpec("float", tuple(shape)), name)

    def cut_to(self, x: str, like: str, axis: int, name: str = "cut") -> str:
        """The beginning of a tensor, as long along one axis as another tensor is."""
        with self.scope(name):
            end = self._add("Shape", (like,), TensorSpec("int64", (1,)), "end", start=axis, end=axis + 1)
            limits = (self.constant([0], name="start"), end, self.constant([axis], name="axis"))
            shape = list(self.shape(x))
            shape[axis] = self.extent(like, axis)
            spec = TensorSpec(self._tensors[x].dtype, tuple(shape))
            return self._add("Slice", (x, *limits), spec, "slice")

    def split(self, x: str, sizes: Sequence[int], axis: int, name: str = "split") -> tuple[str, ...]:
        """Consecutive pieces of these sizes along one axis."""
        inputs = (x, self.constant(sizes, name=f"{name}.sizes"))
        full = self._unique(name)
        shape = list(self.shape(x))
        outputs = []
        for index, size in enumerate(sizes):
            shape[axis] = size
            outputs.append(f"{full}.{index}")
            self._tensors[outputs[-1]] = TensorSpec("float", tuple(shape))
        self._append("Split", inputs, tuple(outputs), full, axis=axis)
        return tuple(outputs)


def _broadcast(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Shape of an elementwise result; a symbol or a number above one wins over an extent of one."""
    rank = max(len(a), len(b))
    padded_a, padded_b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    for left, right in zip(padded_a, padded_b, strict=True):
        if left != right and 1 not in (left, right):
            raise ValueError(f"shapes {a} and {b} do not broadcast")
    return tuple(right if left == 1 else left for left, right in zip(padded_a, padded_b, strict=True))


def _elements(shape: Sequence[Dim]) -> int:
    """Product of the known extents, the batch left out."""
    return math.prod(extent for extent in shape if isinstance(extent, int))
