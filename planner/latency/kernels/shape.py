"""What decides how long a kernel takes on a given engine: its kind, its sizes and its neighbours.

A shape is a row of plain numbers, so that a table of measured kernels can be read and reviewed; the numbers
that a fit works with are made from it in `planner.latency.kernels.features`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.latency.kernels.channel_layout import BlockRule, ChannelLayout, layouts_of
from planner.latency.kernels.masks import masked_tensors
from planner.workload.fusion import Kernel
from planner.workload.graph import Attribute, Node
from planner.workload.operation import Access, Operator
from planner.workload.operators.elementwise import NEUTRAL
from planner.workload.workload import Workload

_SCALAR_BYTES = 8
_CONVOLUTIONS = frozenset({"conv", "pointwise", "depthwise", "grouped_conv", "deconv"})
_ACTIVATIONS = frozenset(
    {
        *("Relu", "Clip", "LeakyRelu", "PRelu", "Elu", "HardSwish", "HardSigmoid"),
        *("Sigmoid", "Tanh", "Gelu", "Mish"),
    }
)


@dataclass(frozen=True, slots=True)
class KernelShape:
    """One kernel as a fit sees it.

    `groups`, `rows`, `columns` and `depth` are those of its contraction (1 where it has none); `taps` is the
    kernel area of a convolution or window, `inside` the share of taps that fall on the image; `extent` is the
    length of the axis it works along; `activation` is the one folded in; `extra_reads`
    and `views` count branches read beside the first input and reshapes on the way; `reorder_in_bytes` and
    `reorder_out_bytes` are copied between the engine's layouts for it.
    """

    op_class: str
    kind: str
    macs: int
    flops: int
    input_bytes: int
    output_bytes: int
    weight_bytes: int
    groups: int = 1
    rows: int = 1
    columns: int = 1
    depth: int = 1
    taps: int = 1
    stride: int = 1
    inside: float = 1.0
    extent: int = 1
    steps: int = 1
    activation: str = ""
    extra_reads: int = 0
    views: int = 0
    reorder_in_bytes: int = 0
    reorder_out_bytes: int = 0
    padding: float = 1.0
    """How much larger the result gets when its channels fill whole blocks."""
    network_bytes: int = 0
    """All that the network's kernels read and write in one inference: what passes through the caches."""
    axes: int = 1
    """Axes of its first input: a product over the last of four is not the same code as one of two."""
    footprint_bytes: int = 0
    """The network's weights and most activations at once: what a cache must hold to keep weights warm."""

    @property
    def moved_bytes(self) -> int:
        """Activations and weights moved, and copies between layouts, which are read and written."""
        own = self.input_bytes + self.output_bytes + self.weight_bytes
        return own + 2 * (self.reorder_in_bytes + self.reorder_out_bytes)


def shapes_of(
    workload: Workload, kernels: Sequence[Kernel], blocks: BlockRule | None
) -> tuple[KernelShape, ...]:
    """The shape of each kernel of a workload, in order, for an engine with this rule of blocks."""
    nodes = {name: node for node in workload.graph.nodes for name in node.outputs if name}
    operators = {operator.name: operator for operator in workload.operators}
    through = sum(kernel.moved_bytes for kernel in kernels)
    footprint = workload.weight_bytes + workload.peak_activation_bytes
    readers: dict[str, list[str]] = defaultdict(list)
    for node in workload.graph.nodes:
        for name in node.inputs:
            readers[name].append(node.op_type)
    masked = masked_tensors(workload.graph)
    site = _KernelSite(workload, nodes, operators, readers, masked, through, footprint)
    layouts = layouts_of(workload, kernels, blocks)
    return tuple(_shape(site, kernel, layout) for kernel, layout in zip(kernels, layouts, strict=True))


@dataclass(frozen=True, slots=True)
class _KernelSite:
    workload: Workload
    nodes: Mapping[str, Node]
    operators: Mapping[str, Operator]
    readers: Mapping[str, Sequence[str]]
    masked: frozenset[str]
    network_bytes: int
    footprint_bytes: int


def _shape(site: _KernelSite, kernel: Kernel, layout: ChannelLayout) -> KernelShape:
    main = site.operators[kernel.name]
    node = site.nodes.get(main.writes[0].tensor) if main.writes else None
    attributes: Mapping[str, Attribute] = node.attributes if node else {}
    source = _extents(site.workload, main.reads)
    result = _extents(site.workload, main.writes)
    window = _ints(attributes.get("kernel_shape"))
    if main.op_class in _CONVOLUTIONS and not window and node is not None and len(node.inputs) > 1:
        weight = site.workload.tensors.get(node.inputs[1])
        window = weight.shape[2:] if weight else ()
    strides = _ints(attributes.get("strides")) or (1,)
    product = kernel.contraction or next(iter(kernel.products), None)
    repeated = _repeated(site.workload, kernel, result)
    members = (site.operators[name] for name in kernel.operators)
    views = sum(one.op_class == "view" and one.op_type not in NEUTRAL for one in members)
    return KernelShape(
        op_class=_class(kernel, layout),
        kind=_kind(site, kernel, layout, main, source, attributes),
        macs=kernel.macs,
        flops=kernel.flops,
        input_bytes=kernel.input_bytes,
        output_bytes=kernel.output_bytes,
        weight_bytes=kernel.weight_bytes,
        groups=product.groups if product else 1,
        rows=product.rows if product else 1,
        columns=product.columns if product else 1,
        depth=product.depth if product else 1,
        taps=math.prod(window) if window else 1,
        stride=max(strides),
        inside=round(_inside(source, result, window, strides, attributes), 4),
        extent=repeated[1] if repeated else _along(main, source, result, attributes),
        steps=source[0] if main.op_class == "recurrent" and source else 1,
        activation=next((name for name in reversed(kernel.op_types) if _is_folded(name, main)), ""),
        extra_reads=max(0, len(kernel.reads) - 1),
        views=views,
        reorder_in_bytes=layout.reorder_in_bytes,
        reorder_out_bytes=layout.reorder_out_bytes,
        padding=round(layout.padding, 4),
        network_bytes=site.network_bytes,
        axes=max(1, len(source)),
        footprint_bytes=site.footprint_bytes,
    )


def _class(kernel: Kernel, layout: ChannelLayout) -> str:
    """The class of a kernel; groups that fill blocks of channels run the code of a dense convolution."""
    in_blocks = kernel.op_class == "grouped_conv" and layout.blocked
    return "conv" if in_blocks else kernel.op_class


def _is_folded(op_type: str, main: Operator) -> bool:
    return op_type in _ACTIVATIONS and op_type != main.op_type


def _kind(
    site: _KernelSite,
    kernel: Kernel,
    layout: ChannelLayout,
    main: Operator,
    source: Sequence[int],
    attributes: Mapping[str, Attribute],
) -> str:
    """The operator that gives the kernel its name, with what changes the engine's choice of code."""
    masked = any(access.tensor in site.masked for access in kernel.reads)
    result = _extents(site.workload, main.writes)
    repeated = _repeated(site.workload, kernel, result)
    own = _own_kind(site, kernel, main, source, result, attributes) + (repeated[0] if repeated else "")
    integers = kernel.precision == "int8"
    return own + " in 8 bits" * integers + " in blocks" * layout.blocked + " masked" * masked


def _own_kind(
    site: _KernelSite,
    kernel: Kernel,
    main: Operator,
    source: Sequence[int],
    result: Sequence[int],
    attributes: Mapping[str, Attribute],
) -> str:
    if main.op_type == "Transpose":
        return "Transpose" + _moved(_ints(attributes.get("perm")) or tuple(reversed(range(len(source)))))
    if main.op_type.startswith("Reduce"):
        return main.op_type + (" inner" if len(source) and _sums_last(source, result) else "")
    if main.op_type in ("Concat", "Split", "Softmax", "LogSoftmax"):
        axis = attributes.get("axis", -1)
        return main.op_type + (" inner" if axis in (-1, len(source) - 1) else "")
    if main.op_type == "Resize":
        return f"Resize {attributes.get('mode', 'nearest')}"
    if main.op_type == "Pad":
        return "Pad" + " in front of a window" * _feeds_windows(site, main)
    if kernel.rule is not None and kernel.macs == 0:
        return kernel.rule
    if (
        kernel.op_class == "elementwise"
        and len(kernel.reads) == 1
        and 0 < kernel.weight_bytes <= _SCALAR_BYTES
    ):
        return f"{main.op_type} scalar"
    return main.op_type


def _feeds_windows(site: _KernelSite, main: Operator) -> bool:
    """Whether all that read a padded map are windows over it, into which engines fold the zeros."""
    readers = site.readers.get(main.writes[0].tensor, ()) if main.writes else ()
    return bool(readers) and all(kind in _WINDOWS for kind in readers)


_WINDOWS = frozenset({"Conv", "MaxPool", "AveragePool"})


def _moved(order: Sequence[int]) -> str:
    """What a transposition does: rows moved whole, one axis drawn past the others, or all scattered.

    Engines copy rows and have a loop for one axis that moves inwards or outwards; what is neither goes value
    by value, ten times slower.
    """
    if order[-1:] == (len(order) - 1,):
        return ""
    axes = list(range(len(order)))
    for axis in axes:
        rest = [other for other in axes if other != axis]
        if [other for other in order if other != axis] == rest:
            return " inner"
    return " scattered"


def _repeated(workload: Workload, kernel: Kernel, result: Sequence[int]) -> tuple[str, int] | None:
    """How an element-wise operator of two sizes repeats the smaller: value by value, or row by row.

    With the number of elements over which one value, or one row, is read on; None where sizes are alike.
    """
    if kernel.op_class != "elementwise" or len(kernel.op_types) > 1:
        return None
    shapes = [workload.tensors[access.tensor].shape for access in (*kernel.reads, *kernel.weights)]
    small = min(shapes, key=math.prod, default=())
    # One value for all, or equal sizes, is the simple loop; in between something is repeated.
    if not result or len(shapes) < 2 or not 1 < math.prod(small) < math.prod(result):
        return None
    aligned = (1,) * (len(result) - len(small)) + tuple(small)
    # A smaller operand that does not reach along the last axis gives one value for a whole run of results;
    # else a row of it is read again and again.
    by_value = aligned[-1] == 1
    run = 1
    for own, whole in zip(reversed(aligned), reversed(result), strict=False):
        if own != (1 if by_value else whole):
            break
        run *= whole
    return (" by value" if by_value else " by row"), run


def _along(
    main: Operator, source: Sequence[int], result: Sequence[int], attributes: Mapping[str, Attribute]
) -> int:
    """Elements one after the other where an operator cuts, joins or sums up; else the extent of its axis."""
    if main.op_type in _CUTTING or main.op_type.startswith("Reduce"):
        return _run(source, result)
    axis = attributes.get("axis", -1)
    if not source:
        return 1
    return source[axis] if isinstance(axis, int) and -len(source) <= axis < len(source) else source[-1]


_CUTTING = frozenset({"Slice", "Split", "Concat", "Pad"})


def _sums_last(source: Sequence[int], result: Sequence[int]) -> bool:
    """Whether a reduction goes over the last axis, kept or not."""
    return len(result) < len(source) or (result[-1] == 1 and source[-1] > 1)


def _run(source: Sequence[int], result: Sequence[int]) -> int:
    """Elements from the first axis on which two shapes differ, of the smaller."""
    first = next((axis for axis, (a, b) in enumerate(zip(source, result, strict=False)) if a != b), 0)
    return max(1, min(math.prod(source[first:]), math.prod(result[first:]) or 1))


def _inside(
    source: Sequence[int],
    result: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    attributes: Mapping[str, Attribute],
) -> float:
    """Share of a window's taps that fall inside the image, over all output positions."""
    spatial = len(window)
    if not spatial or len(source) < spatial + 2 or len(result) < spatial + 2:
        return 1.0
    dilations = _ints(attributes.get("dilations")) or (1,) * spatial
    pads = _ints(attributes.get("pads")) or (0,) * (2 * spatial)
    steps = tuple(strides) if len(strides) == spatial else (strides[0],) * spatial
    share = 1.0
    for axis in range(spatial):
        extent, positions = source[2 + axis], result[2 + axis]
        # Axes are independent: a tap is inside where it is inside along each.
        share *= _taps_inside(extent, positions, window[axis], steps[axis], dilations[axis], pads[axis])
    return share


def _taps_inside(extent: int, positions: int, taps: int, stride: int, dilation: int, pad: int) -> float:
    """Share of taps inside along one axis: each tap is inside for one range of positions."""
    if not positions or not taps:
        return 1.0
    inside = 0
    for tap in range(taps):
        # Position p of tap t reads p x stride + t x dilation - pad, which must lie from 0 to the extent - 1.
        first = max(0, math.ceil((pad - tap * dilation) / stride))
        last = min(positions - 1, (extent - 1 + pad - tap * dilation) // stride)
        inside += max(0, last - first + 1)
    return inside / (positions * taps) or 1.0


def _extents(workload: Workload, accesses: Sequence[Access]) -> tuple[int, ...]:
    for access in accesses:
        tensor = workload.tensors.get(access.tensor)
        if tensor is not None:
            return tensor.shape
    return ()


def _ints(value: Attribute | None) -> tuple[int, ...]:
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        return tuple(int(item) for item in value if isinstance(item, int))
    return ()
