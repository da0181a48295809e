"""One network: what `planner inspect` writes."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.question import UnresolvedRecord


class OperatorRecord(TypedDict):
    """What one operator computes and moves."""

    name: str
    op_type: str
    macs: int
    flops: int
    input_bytes: int
    output_bytes: int
    weight_bytes: int
    precision: str


class TensorRecord(TypedDict):
    """An input or output; an extent, or the whole shape, is null where it is not known."""

    name: str
    shape: list[int | None] | None
    dtype: str | None


class InspectRecord(TypedDict):
    """Totals of a network, its operators, and what could not be costed."""

    model: str
    batch: int
    precision: str | None
    macs: int
    flops: int
    parameters: int
    weight_bytes: int
    activation_bytes: int
    peak_activation_bytes: int
    kernels: int
    inputs: list[TensorRecord]
    outputs: list[TensorRecord]
    operators: list[OperatorRecord]
    unresolved: list[UnresolvedRecord]
    whole: bool
    assumptions: list[str]
    sha256: str
