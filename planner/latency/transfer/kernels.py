"""Kernels of a network as columns of numbers: what the transferred model needs of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from planner.latency.kernels.prepared import Prepared
from planner.schema.fitted.transfer import NetworkKind
from planner.workload.dtypes import storage_bytes
from planner.workload.fusion import Kernel
from planner.workload.operation import Tensor

CLASSES = ("conv", "winograd", "pointwise", "grouped", "depthwise", "gemm", "matmul", "none")
"""Classes with a share of the peak of their own; `winograd` are dense 3x3 convolutions of stride 1, `matmul`
multiplies two activations, `none` has no multiply-accumulates."""

_CLASS_OF = {
    "pointwise": "pointwise",
    "grouped_conv": "grouped",
    "depthwise": "depthwise",
    "gemm": "gemm",
    "recurrent": "gemm",
    "matmul": "matmul",
    "attention": "matmul",
}
_LAYOUT = frozenset({"Transpose", "Concat", "Slice", "Split", "Gather", "Pad", "Expand", "Tile", "Resize"})

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelTable:
    """One row per kernel, and one per product of an operator that holds several, as attention does.

    Sizes are in elements, operations or bytes.
    """

    kind: npt.NDArray[np.int64]
    """Index into `CLASSES`."""
    macs: Column
    other_ops: Column
    read_bytes: Column
    write_bytes: Column
    weight_bytes: Column
    all_weight_bytes: Column
    """Weights of the whole network, the same in every row."""
    all_write_bytes: Column
    """Activations that one image makes in the whole network, the same in every row."""
    kernels: Column
    images: Column
    """How many rows the network has, and its batch; the same in every row."""
    attention: Column
    """1 in a network that multiplies two activations, else 0, the same in every row."""
    spelt_out: Column
    """1 in a network whose attention runs operator by operator, else 0, the same in every row."""
    products: Column
    layers: Column
    """Products of two activations, and kernels with multiply-accumulates; the same in every row."""
    groups: Column
    rows: Column
    columns: Column
    depth: Column
    silu_bytes: Column
    """Activations behind a convolution that x sigmoid(x) would read and write again if it ran apart."""
    moves: Column
    """1 for a kernel that only copies or rearranges, else 0."""
    joins: Column
    """1 for a kernel that only concatenates, else 0."""
    turns: Column
    """1 for a kernel that only transposes, else 0."""
    launched: Column
    """0 for a kernel of views alone, which costs nothing, and for further rows of one kernel, else 1."""
    opens: Column
    """1 in the first row of a kernel, else 0."""

    def __len__(self) -> int:
        return len(self.kind)

    def by_kernel(self, rows: Column) -> Column:
        """Sums over the rows of each kernel."""
        result: Column = np.add.reduceat(rows, np.flatnonzero(self.opens)) if len(rows) else rows
        return result


_tables: WeakKeyDictionary[Prepared, KernelTable] = WeakKeyDictionary()
"""A network is put on many parts; its table is made once and goes with it."""


def kernel_table(prepared: Prepared) -> KernelTable:
    """The kernels of a network made ready for an engine."""
    if prepared not in _tables:
        _tables[prepared] = _table(prepared)
    return _tables[prepared]


def _table(prepared: Prepared) -> KernelTable:
    tensors = prepared.workload.tensors
    written = sum(kernel.output_bytes for kernel in prepared.kernels) / prepared.workload.batch
    attention = any(kernel.op_class in ("matmul", "attention") and kernel.macs for kernel in prepared.kernels)
    # Where some of it fuses, such as heads of one size, the rest is taken to be the smaller part.
    joint = any(joins_attention(kernel) for kernel in prepared.kernels)
    parts = [(part, first) for kernel in prepared.kernels for part, first in _parts(kernel, tensors)]
    whole = (
        float(prepared.workload.weight_bytes),
        float(written),
        float(len(parts)),
        float(prepared.workload.batch),
        float(attention),
        float(attention and not joint),
        float(sum(part.op_class in ("matmul", "attention") and part.macs > 0 for part, _ in parts)),
        float(sum(part.macs > 0 for part, _ in parts)),
    )
    found = [_row(part, tensors, whole, first=first) for part, first in parts]
    return KernelTable(*(np.array(column) for column in zip(*found, strict=True)))


def network_kind(table: KernelTable) -> NetworkKind:
    """A transformer where products of matrices are most of the work and some multiply two activations."""
    macs = {name: float(table.macs[table.kind == index].sum()) for index, name in enumerate(CLASSES)}
    # Products with weights alone also make a perceptron; it takes products of two activations as well.
    if macs["matmul"] > 0 and macs["gemm"] + macs["matmul"] > 0.5 * sum(macs.values()):
        return "transformer"
    return "cnn"


def stacked(tables: Sequence[KernelTable]) -> KernelTable:
    """Several tables, one under the other."""
    return KernelTable(
        *(np.concatenate([getattr(table, field.name) for table in tables]) for field in fields(KernelTable))
    )


def joins_attention(kernel: Kernel) -> bool:
    """Whether a kernel holds both products of attention with the softmax between."""
    spelt = "Softmax" in kernel.op_types and kernel.op_class == "matmul" and kernel.macs > 0
    return spelt or kernel.op_class == "attention"


def _parts(kernel: Kernel, tensors: Mapping[str, Tensor]) -> Iterator[tuple[Kernel, bool]]:
    """The kernel itself, or the products in it one by one; the first of them opens it."""
    if len(kernel.products) < 2:
        yield replace(kernel, contraction=kernel.products[0]) if kernel.products else kernel, True
        return
    last = len(kernel.products) - 1
    attends = kernel.op_class == "attention"
    others = kernel.flops - 2 * kernel.macs
    values = _values_bytes(kernel, tensors) if attends else 0
    for place, product in enumerate(kernel.products):
        part = replace(
            kernel,
            # Of attention the products after the projections are of activations.
            op_class=kernel.op_class if attends and (place > 0 or not kernel.weights) else "gemm",
            macs=product.macs,
            # Operations beside the products count with the first of them.
            flops=2 * product.macs + (others if place == 0 else 0),
            # What comes in is read at first, but for the values; results in between stay inside.
            input_bytes=kernel.input_bytes - values if place == 0 else values if place == last else 0,
            output_bytes=kernel.output_bytes if place == last else 0,
            weight_bytes=kernel.weight_bytes if place == 0 else 0,
            contraction=product,
            products=(),
        )
        yield part, place == 0


def _values_bytes(kernel: Kernel, tensors: Mapping[str, Tensor]) -> int:
    """Bytes of the values that attention reads: half of what it reads beside the query."""
    if len(kernel.reads) < 2:
        return 0
    query = storage_bytes(tensors[kernel.reads[0].tensor].dtype, kernel.reads[0].elements)
    return max(0, kernel.input_bytes - query) // 2


def _row(
    kernel: Kernel, tensors: Mapping[str, Tensor], whole: tuple[float, ...], *, first: bool
) -> tuple[float, ...]:
    shape = kernel.contraction
    kind = _kind(kernel, tensors) if kernel.macs else "none"
    # The fusion rules join x sigmoid(x) to its convolution; whether an engine does is a parameter of its fit.
    apart = shape is not None and {"Conv", "Sigmoid", "Mul"} <= set(kernel.op_types)
    return (
        CLASSES.index(kind),
        float(kernel.macs),
        float(kernel.flops - 2 * kernel.macs),
        float(kernel.input_bytes),
        float(kernel.output_bytes),
        float(kernel.weight_bytes),
        *whole,
        float(shape.groups if shape else 1),
        float(shape.rows if shape else 1),
        float(shape.columns if shape else 1),
        float(shape.depth if shape else 1),
        # Run on its own, the pass reads and writes the result once more.
        2.0 * kernel.output_bytes if apart else 0.0,
        float(not kernel.macs and bool(_LAYOUT.intersection(kernel.op_types))),
        float(not kernel.macs and "Concat" in kernel.op_types),
        float(_LAYOUT.intersection(kernel.op_types) == {"Transpose"} and not kernel.macs),
        float(first and kernel.op_class != "view"),
        float(first),
    )


def _kind(kernel: Kernel, tensors: Mapping[str, Tensor]) -> str:
    if kernel.op_class in _CLASS_OF:
        return _CLASS_OF[kernel.op_class]
    return "winograd" if _is_winograd(kernel, tensors) else "conv"


def _is_winograd(kernel: Kernel, tensors: Mapping[str, Tensor]) -> bool:
    """Whether a dense 3x3 convolution keeps the extents of its input (stride 1)."""
    sizes = [tensors[access.tensor].shape for access in kernel.weights]
    square = any(len(shape) == 4 and shape[2:] == (3, 3) for shape in sizes)
    if not square or kernel.contraction is None or not kernel.reads:
        return False
    read = tensors[kernel.reads[0].tensor].shape
    if len(read) != 4 or kernel.op_class != "conv":
        return False
    # Stride 1 keeps the number of positions; without padding a few at the border are missing, with stride 2
    # three quarters are.
    return bool(kernel.contraction.columns >= 0.8 * read[0] * read[2] * read[3])
