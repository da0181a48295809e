"""Which kernels an engine runs with channels in vector blocks, and what it copies between the two layouts.

Blocked convolutions are several times faster than plain ones, and each conversion between the layouts costs a
copy. The rules are those of ONNX Runtime's NCHWc transformer (its source, `nchwc_transformer.cc`), which
other engines for processors follow closely: a convolution goes into blocks where its channels allow it;
pools, element-wise operators without a constant, enlargements and joins follow their inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.workload.dtypes import storage_bytes
from planner.workload.fusion import Kernel
from planner.workload.operation import Operator, Tensor
from planner.workload.workload import Workload

_CONVOLUTIONS = frozenset({"conv", "pointwise", "depthwise", "grouped_conv"})
_INTEGERS = frozenset({"int8", "int4"})
"""Kernels on integers keep channels last instead."""
_IN_PLACE = frozenset({"elementwise", "reduction"})
_JOINING = frozenset({"Concat", "Split", "Slice", "Resize", "Upsample", "BatchNormalization"})
_FOLLOWING = frozenset({"Resize", "Upsample", "BatchNormalization"})


@dataclass(frozen=True, slots=True)
class BlockRule:
    """Channels in a block, and what the channels that a convolution reads must be a multiple of.

    A block of one is a layout with channels last: any number of channels and groups goes into it.
    """

    size: int
    multiple: int

    @property
    def is_channels_last(self) -> bool:
        """Whether channels are kept together whatever their number."""
        return self.size == 1


@dataclass(frozen=True, slots=True)
class ChannelLayout:
    """Whether one kernel runs on blocks, and the bytes that are reordered for it before and after.

    `padding` is how much larger its result gets when its channels are filled up to whole blocks.
    """

    blocked: bool = False
    reorder_in_bytes: int = 0
    reorder_out_bytes: int = 0
    padding: float = 1.0


def layouts_of(
    workload: Workload, kernels: Sequence[Kernel], rule: BlockRule | None
) -> tuple[ChannelLayout, ...]:
    """The layout of each kernel in order; plain without a copy where the engine has no blocks.

    A tensor is reordered once in each direction: into blocks by the first kernel that wants them, out of them
    at the charge of the kernel that made it. A convolution of few channels reads them plain.
    """
    if rule is None:
        return (ChannelLayout(),) * len(kernels)
    mains = {operator.name: operator for operator in workload.operators}
    blocked: set[str] = set()
    both: set[str] = set()
    flags: list[bool] = []
    into = [0] * len(kernels)
    out_of: dict[str, int] = {}
    for index, kernel in enumerate(kernels):
        main = mains[kernel.name]
        runs_blocked = _runs_blocked(workload, kernel, main, blocked, rule)
        flags.append(runs_blocked)
        direct = runs_blocked and _reads_image(workload, main, rule)
        for access in kernel.reads:
            name, size = access.tensor, _bytes(workload, access.tensor)
            # A blocked kernel may still read its image plain: three channels fill no block.
            plain = not runs_blocked or (direct and name == main.reads[0].tensor)
            if plain and name in blocked:
                out_of[name] = size
            # Reordered once: later readers find the copy in blocks.
            elif not plain and name not in blocked and name not in both:
                into[index] += size
                both.add(name)
        if runs_blocked:
            blocked.update(access.tensor for access in kernel.writes)
    for name in workload.outputs:
        if name in blocked:
            out_of[name] = _bytes(workload, name)
    return tuple(
        ChannelLayout(
            flag,
            into[index],
            sum(out_of.get(access.tensor, 0) for access in kernel.writes),
            _padding(workload, kernel, rule) if flag else 1.0,
        )
        for index, (kernel, flag) in enumerate(zip(kernels, flags, strict=True))
    )


def _padding(workload: Workload, kernel: Kernel, rule: BlockRule) -> float:
    channels = workload.tensors[kernel.writes[0].tensor].shape[1]
    # Ceiling division: channels of the last block that nothing fills are computed all the same.
    return -(-channels // rule.size) * rule.size / channels


def _bytes(workload: Workload, name: str) -> int:
    tensor = workload.tensors[name]
    return storage_bytes(tensor.dtype, tensor.elements)


def _runs_blocked(
    workload: Workload, kernel: Kernel, main: Operator, blocked: set[str], rule: BlockRule
) -> bool:
    tensors = workload.tensors
    if not main.reads or not main.writes or kernel.precision in _INTEGERS:
        return False
    source, result = tensors[main.reads[0].tensor].shape, tensors[main.writes[0].tensor].shape
    if len(source) != 4 or len(result) != 4:
        return False
    if kernel.op_class in _CONVOLUTIONS:
        return _convolves_blocked(kernel, source[1], result[1], rule)
    if kernel.op_class == "pool":
        return source[1] % rule.size == 0
    if rule.is_channels_last:
        follows = kernel.op_class in _IN_PLACE or kernel.op_types[0] in _JOINING
        return follows and any(access.tensor in blocked for access in kernel.reads)
    if not all(access.tensor in blocked for access in kernel.reads):
        return False
    if kernel.op_types[0] in _FOLLOWING:
        return True
    if kernel.op_types[0] == "Concat":
        parts = [tensors[access.tensor].shape for access in kernel.reads]
        return all(part[1] % rule.size == 0 for part in parts) and source[2:] == result[2:]
    if kernel.op_class != "elementwise" or (kernel.weight_bytes and kernel.rule is None):
        return False
    return _all_of_one_shape(kernel, tensors)


def _convolves_blocked(kernel: Kernel, channels: int, results: int, rule: BlockRule) -> bool:
    groups = kernel.contraction.groups if kernel.contraction else 1
    if groups == 1:
        return channels < rule.size or channels % rule.multiple == 0
    if channels == groups and results == groups:
        return results % rule.multiple == 0
    return channels // groups % rule.size == 0 and results // groups % rule.size == 0


def _reads_image(workload: Workload, main: Operator, rule: BlockRule) -> bool:
    """A convolution of few channels takes them as they are."""
    if main.op_class not in ("conv", "pointwise"):
        return False
    return workload.tensors[main.reads[0].tensor].shape[1] < rule.size


def _all_of_one_shape(kernel: Kernel, tensors: Mapping[str, Tensor]) -> bool:
    return len({tensors[access.tensor].shape for access in (*kernel.reads, *kernel.writes)}) == 1
