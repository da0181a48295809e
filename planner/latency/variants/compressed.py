"""A prepared network with smaller weights or fewer channels: its kernels at what is left of them.

Counts follow the shapes: with a share s of channels gone everywhere, a convolution keeps (1 - s) of its
inputs and of its outputs, so (1 - s)^2 of its products; the network's own inputs and outputs stay. Rounding
to what a unit likes (8 or 16 channels) is left out, and so is a rate for each layer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from planner.latency.kernels.prepared import Prepared
from planner.workload.dtypes import BITS, STORED_AS
from planner.workload.fusion import Kernel
from planner.workload.operation import Contraction

SCALE_BITS = 16


def with_int4_weights(prepared: Prepared, operators: Collection[str], group: int) -> Prepared:
    """Weights of these operators in four bits with one scale for each group; arithmetic stays as it is."""
    bits = BITS[STORED_AS[prepared.workload.precision or "fp32"][0]]
    ratio = (4 + SCALE_BITS / group) / bits
    kernels, saved = [], 0
    for kernel in prepared.kernels:
        held = kernel.weight_bytes
        if held and kernel.macs and not set(kernel.op_types).isdisjoint(operators):
            kernel = replace(kernel, weight_bytes=round(held * ratio))  # noqa: PLW2901 - the same kernel, lighter
            saved += held - kernel.weight_bytes
        kernels.append(kernel)
    weights, activations = prepared.memory_bytes
    return replace(prepared, kernels=tuple(kernels), memory_bytes=(weights - saved, activations))


def weight_share(prepared: Prepared, operators: Collection[str]) -> float:
    """The share of the network's weights that belong to kernels of these operators."""
    total = sum(kernel.weight_bytes for kernel in prepared.kernels)
    own = sum(
        kernel.weight_bytes
        for kernel in prepared.kernels
        if kernel.macs and not set(kernel.op_types).isdisjoint(operators)
    )
    return own / total if total else 0.0


def two_of_four_bytes(weight_bytes: float, bits: int) -> float:
    """Weights of which two in four are kept, with two bits each to say which."""
    return weight_bytes * (2 * bits + 2 * 2) / (4 * bits)


def with_sparse_products(prepared: Prepared, least_channels: int, rate: float) -> Prepared:
    """The products of dense convolutions from so many input channels on made so many times faster.

    Modelled as fewer products, for no model of the kernels knows the zeros; the bytes moved stay as they are.
    """
    kernels = [
        replace(
            kernel,
            macs=round(kernel.macs / rate),
            flops=kernel.flops - 2 * round(kernel.macs * (1 - 1 / rate)),
        )
        if _gains(kernel, prepared, least_channels)
        else kernel
        for kernel in prepared.kernels
    ]
    return replace(prepared, kernels=tuple(kernels))


def _gains(kernel: Kernel, prepared: Prepared, least_channels: int) -> bool:
    shape = kernel.contraction
    if "Conv" not in kernel.op_types or shape is None or shape.groups > 1 or not kernel.weights:
        return False
    weights = prepared.workload.tensors[kernel.weights[0].tensor].shape
    return len(weights) > 1 and weights[1] >= least_channels


def without_channels(prepared: Prepared, share: float) -> Prepared:
    """The network with this share of the channels of every layer gone, but for its inputs and outputs."""
    inputs, outputs = set(prepared.workload.inputs), set(prepared.workload.outputs)
    left = 1.0 - share
    kernels = []
    for kernel in prepared.kernels:
        reads = 1.0 if any(access.tensor in inputs for access in kernel.reads) else left
        writes = 1.0 if any(access.tensor in outputs for access in kernel.writes) else left
        kernels.append(_narrowed(kernel, reads, writes))
    before = sum(kernel.weight_bytes for kernel in prepared.kernels)
    after = sum(kernel.weight_bytes for kernel in kernels)
    weights, activations = prepared.memory_bytes
    kept = after / before if before else 1.0
    return replace(
        prepared, kernels=tuple(kernels), memory_bytes=(round(weights * kept), round(activations * left))
    )


def _narrowed(kernel: Kernel, reads: float, writes: float) -> Kernel:
    """A kernel with these shares of what it reads and writes."""
    shape = _contraction(kernel, reads, writes)
    weights = reads * writes if shape is None or shape.groups == 1 else writes
    macs = kernel.macs if shape is None or kernel.contraction is None else _macs(kernel, shape)
    return replace(
        kernel,
        contraction=shape,
        macs=macs,
        flops=2 * macs + round((kernel.flops - 2 * kernel.macs) * writes),
        input_bytes=round(kernel.input_bytes * reads),
        output_bytes=round(kernel.output_bytes * writes),
        weight_bytes=round(kernel.weight_bytes * weights),
    )


def _macs(kernel: Kernel, shape: Contraction) -> int:
    """Products left, in proportion: a kernel may hold more than its main contraction."""
    before = kernel.contraction.macs if kernel.contraction else 0
    return round(kernel.macs * shape.macs / before) if before else kernel.macs


def _contraction(kernel: Kernel, reads: float, writes: float) -> Contraction | None:
    shape = kernel.contraction
    if shape is None:
        return None
    if shape.groups > 1 or not kernel.weights:
        return replace(shape, groups=max(1, round(shape.groups * writes)))
    return replace(shape, rows=max(1, round(shape.rows * writes)), depth=max(1, round(shape.depth * reads)))
