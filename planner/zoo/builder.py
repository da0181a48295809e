"""Writes a network layer by layer: names, shapes and weights follow from the order of the calls."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.workload.graph import Dim, TensorSpec
from planner.zoo.graph_writer import GraphWriter

_ONNX_FLOAT = 1  # TensorProto.DataType.FLOAT


class NetworkBuilder(GraphWriter):
    """Layers as methods; each adds one and returns the name of the tensor it makes.

    Shapes are tracked just far enough to size the next layer's weights. The first dimension of an
    activation may be symbolic (`"batch"`) and is carried along untouched.
    """

    # -- convolution and pooling ---------------------------------------------------------------------

    def conv(
        self, x: str, channels: int, kernel: int = 1, *, stride: int = 1, padding: int | None = None,
        groups: int = 1, bias: bool = False, name: str = "conv",
    ) -> str:  # fmt: skip
        """2-D convolution of (batch, c, h, w); padding defaults to half the kernel ("same" at stride 1)."""
        pad = kernel // 2 if padding is None else padding
        weight = (channels, self.extent(x, 1) // groups, kernel, kernel)
        inputs = [x, self.parameter(f"{name}.weight", weight)]
        if bias:
            inputs.append(self.parameter(f"{name}.bias", (channels,)))
        shape = (self.shape(x)[0], channels, *self._windows(x, kernel, stride, pad))
        return self._add(
            "Conv", inputs, TensorSpec("float", shape), name,
            kernel_shape=(kernel, kernel), strides=(stride, stride), pads=(pad,) * 4,
            dilations=(1, 1), group=groups,
        )  # fmt: skip

    def max_pool(self, x: str, kernel: int, *, stride: int, padding: int = 0, name: str = "maxpool") -> str:
        """2-D maximum over square windows."""
        shape = (*self.shape(x)[:2], *self._windows(x, kernel, stride, padding))
        return self._add(
            "MaxPool", (x,), TensorSpec("float", shape), name,
            kernel_shape=(kernel, kernel), strides=(stride, stride), pads=(padding,) * 4,
        )  # fmt: skip

    def global_average_pool(self, x: str, name: str = "avgpool") -> str:
        """Mean over height and width, kept as extents of one."""
        spec = TensorSpec("float", (*self.shape(x)[:2], 1, 1))
        return self._add("GlobalAveragePool", (x,), spec, name)

    def upsample(self, x: str, factor: int, name: str = "upsample") -> str:
        """Nearest-neighbour enlargement of height and width."""
        batch, channels, height, width = self.shape(x)[0], *(self.extent(x, axis) for axis in (1, 2, 3))
        scales = self.constant(np.array([1, 1, factor, factor], dtype=np.float32))
        spec = TensorSpec("float", (batch, channels, height * factor, width * factor))
        return self._add(
            "Resize", (x, "", scales), spec, name,
            mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric",
        )  # fmt: skip

    # -- normalisation and activation ----------------------------------------------------------------

    def batch_norm(self, x: str, *, epsilon: float = 1e-5, name: str = "bn") -> str:
        """Batch normalisation in inference form: scale, shift, running mean and running variance."""
        parts = ("weight", "bias", "running_mean", "running_var")
        inputs = (x, *(self.parameter(f"{name}.{part}", (self.extent(x, 1),)) for part in parts))
        return self._add("BatchNormalization", inputs, self._tensors[x], name, epsilon=epsilon)

    def layer_norm(self, x: str, *, epsilon: float = 1e-12, name: str = "LayerNorm") -> str:
        """Layer normalisation over the last axis."""
        inputs = (
            x,
            *(self.parameter(f"{name}.{part}", (self.extent(x, -1),)) for part in ("weight", "bias")),
        )
        return self._add("LayerNormalization", inputs, self._tensors[x], name, axis=-1, epsilon=epsilon)

    def relu(self, x: str, name: str = "relu") -> str:
        """max(x, 0)."""
        return self.map("Relu", x, name=name)

    def relu6(self, x: str, name: str = "relu6") -> str:
        """x limited to [0, 6]."""
        return self._add("Clip", (x, self.constant(0.0), self.constant(6.0)), self._tensors[x], name)

    def sigmoid(self, x: str, name: str = "sigmoid") -> str:
        """1 / (1 + exp(-x))."""
        return self.map("Sigmoid", x, name=name)

    def silu(self, x: str, name: str = "act") -> str:
        """x * sigmoid(x), spelt out as exporters do."""
        return self.combine("Mul", x, self.sigmoid(x, name=f"{name}.sigmoid"), name=f"{name}.mul")

    def hard_swish(self, x: str, name: str = "hardswish") -> str:
        """x * clip(x / 6 + 1/2, 0, 1)."""
        return self.map("HardSwish", x, name=name)

    def hard_sigmoid(self, x: str, name: str = "hardsigmoid") -> str:
        """clip(x / 6 + 1/2, 0, 1)."""
        return self._add("HardSigmoid", (x,), self._tensors[x], name, alpha=1 / 6, beta=0.5)

    def gelu(self, x: str, name: str = "gelu") -> str:
        """x / 2 * (1 + erf(x / sqrt 2)) in primitives, the exact form of Hendrycks and Gimpel (2016)."""
        with self.scope(name):
            scaled = self.combine("Div", x, self.constant(math.sqrt(2.0)), name="div")
            error = self.map("Erf", scaled, name="erf")
            shifted = self.combine("Add", error, self.constant(1.0), name="add")
            product = self.combine("Mul", x, shifted, name="mul")
            return self.combine("Mul", product, self.constant(0.5), name="half")

    def softmax(self, x: str, axis: int = -1, name: str = "softmax") -> str:
        """exp(x) / sum of exp(x) along one axis."""
        return self._add("Softmax", (x,), self._tensors[x], name, axis=axis)

    # -- elementwise ---------------------------------------------------------------------------------

    def map(self, op_type: str, x: str, *, name: str) -> str:
        """An operator of one tensor that keeps its shape."""
        return self._add(op_type, (x,), self._tensors[x], name)

    def combine(self, op_type: str, a: str, b: str, *, name: str) -> str:
        """An elementwise operator of two tensors that broadcast."""
        shape = _broadcast(self.shape(a), self.shape(b))
        return self._add(op_type, (a, b), TensorSpec(self._tensors[a].dtype, shape), name)

    def add(self, a: str, b: str, name: str = "add") -> str:
        """a + b."""
        return self.combine("Add", a, b, name=name)

    def mul(self, a: str, b: str, name: str = "mul") -> str:
        """a * b."""
        return self.combine("Mul", a, b, name=name)

    def to_float(self, x: str, name: str = "cast") -> str:
        """The same values as float32."""
        return self._add("Cast", (x,), TensorSpec("float", self.shape(x)), name, to=_ONNX_FLOAT)

    # -- matrices ------------------------------------------------------------------------------------

    def linear(self, x: str, features: int, name: str) -> str:
        """Fully connected layer with bias: Gemm on a matrix, MatMul and Add on anything of higher rank."""
        width = self.extent(x, -1)
        spec = TensorSpec("float", (*self.shape(x)[:-1], features))
        if len(spec.shape) == 2:
            weight = self.parameter(f"{name}.weight", (features, width))
            bias = self.parameter(f"{name}.bias", (features,))
            return self._add("Gemm", (x, weight, bias), spec, name, transB=1)
        weight = self.parameter(f"{name}.weight", (width, features))
        bias = self.parameter(f"{name}.bias", (features,))
        return self.add(self._add("MatMul", (x, weight), spec, name), bias, name=f"{name}.add")

    def matmul(self, a: str, b: str, name: str = "matmul") -> str:
        """Product of the last two axes; the leading axes must be equal."""
        spec = TensorSpec("float", (*self.shape(a)[:-1], self.shape(b)[-1]))
        return self._add("MatMul", (a, b), spec, name)

    def embedding(self, indices: str, rows: int, width: int, name: str) -> str:
        """Rows of a learned table chosen by integers."""
        table = self.parameter(f"{name}.weight", (rows, width))
        spec = TensorSpec("float", (*self.shape(indices), width))
        return self._add("Gather", (table, indices), spec, name, axis=0)

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

    def flatten(self, x: str, name: str = "flatten") -> str:
        """(batch, everything else)."""
        shape = self.shape(x)
        spec = TensorSpec("float", (shape[0], _elements(shape[1:])))
        return self._add("Flatten", (x,), spec, name, axis=1)

    def expand(self, x: str, shape: Sequence[int], name: str = "expand") -> str:
        """Repeated along the axes of extent one, and along new leading axes."""
        inputs = (x, self.constant(shape, name=f"{name}.shape"))
        return self._add("Expand", inputs, TensorSpec("float", tuple(shape)), name)

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

    def _windows(self, x: str, kernel: int, stride: int, padding: int) -> tuple[int, int]:
        height, width = ((self.extent(x, axis) + 2 * padding - kernel) // stride + 1 for axis in (2, 3))
        return height, width


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
