"""One operator as counted: the tensors it touches, its operations and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.quick_init import quickly_made

TensorRole = Literal["activation", "weight", "buffer", "constant"]
"""What a tensor is for.

- `activation`: computed anew for each inference, or an input;
- `weight`: a trained parameter;
- `buffer`: trained but by convention no parameter (running mean and variance of a batch normalisation);
- `constant`: settings, shapes, quantisation scales, literals, and what is computed once at loading.
"""

OpClass = Literal[
    "conv",
    "pointwise",
    "depthwise",
    "grouped_conv",
    "deconv",
    "gemm",
    "matmul",
    "attention",
    "recurrent",
    "pool",
    "norm",
    "softmax",
    "reduction",
    "elementwise",
    "movement",
    "sort",
    "control",
    "view",
]
"""Families that engines run alike.

`gemm` multiplies by a weight, `matmul` two activations; `pointwise` is a dense 1x1 convolution.
"""


@quickly_made
@dataclass(frozen=True, slots=True)
class Tensor:
    """A value of the network: its element type, extents, number of elements and kind."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    elements: int
    kind: TensorRole


@quickly_made
@dataclass(frozen=True, slots=True)
class Access:
    """How many elements of a tensor an operator moves (a gather reads only the rows it takes)."""

    tensor: str
    elements: int


@quickly_made
@dataclass(frozen=True, slots=True)
class Contraction:
    """Multiply-accumulates as `groups` products of a (rows x depth) and a (depth x columns) matrix.

    For a convolution rows are output channels of a group, columns output positions over the batch, and
    depth the input channels of a group times the kernel area (im2col).
    """

    groups: int
    rows: int
    columns: int
    depth: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all groups."""
        return self.groups * self.rows * self.columns * self.depth


@quickly_made
@dataclass(frozen=True, slots=True)
class Operator:
    """What one node computes and moves when it runs alone; flops are 2 x macs + other operations.

    A view names the tensors it ties together and moves 0 elements. `precision` is that of the values read.
    """

    name: str
    op_type: str
    op_class: OpClass
    macs: int
    flops: int
    reads: tuple[Access, ...]
    writes: tuple[Access, ...]
    weights: tuple[Access, ...]
    input_bytes: int
    output_bytes: int
    weight_bytes: int
    precision: str
    contraction: Contraction | None = None
    products: tuple[Contraction, ...] = ()
    """All contractions, in order, of an operator that holds several (attention as one operator)."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A node that could not be counted, why, and the tensors that it reads.

    `behind` names the node that it depends on where that is the only reason; `unsized` are its
    outputs whose shapes are not known.
    """

    name: str
    op_type: str
    reason: str
    reads: tuple[str, ...] = ()
    behind: str | None = None
    unsized: tuple[str, ...] = ()
