"""Writes a network layer by layer: names, shapes and weights follow from the order of the calls."""

from __future__ import annotations

import math

import numpy as np

from planner.workload.graph import TensorSpec
from planner.zoo.place_steps import PlaceSteps

Extents = int | tuple[int, int]
"""A square's side, or height and width."""


class NetworkBuilder(PlaceSteps):
    """Layers as methods; each adds one and returns the name of the tensor it makes.

    Shapes are tracked just far enough to size the next layer's weights. The first dimension of an
    activation may be symbolic (`"batch"`) and is carried along untouched.
    """

    # -- convolution and pooling ---------------------------------------------------------------------

    def conv(
        self, x: str, channels: int, kernel: Extents = 1, *, stride: Extents = 1,
        padding: Extents | None = None, dilation: int = 1, groups: int = 1, bias: bool = False,
        name: str = "conv",
    ) -> str:  # fmt: skip
        """2-D convolution of (batch, c, h, w).

        Padding defaults to half the kernel as dilated ("same" at stride 1).
        """
        sizes, strides = _both(kernel), _both(stride)
        reach = tuple(dilation * (size - 1) + 1 for size in sizes)
        pads = tuple(size // 2 for size in reach) if padding is None else _both(padding)
        inputs = [x, self.parameter(f"{name}.weight", (channels, self.extent(x, 1) // groups, *sizes))]
        if bias:
            inputs.append(self.parameter(f"{name}.bias", (channels,)))
        shape = (self.shape(x)[0], channels, *self._windows(x, reach, strides, pads))
        return self._add(
            "Conv", inputs, TensorSpec("float", shape), name,
            kernel_shape=sizes, strides=strides, pads=pads * 2,
            dilations=(dilation, dilation), group=groups,
        )  # fmt: skip

    def conv_transpose(
        self, x: str, channels: int, kernel: int, *, stride: int, padding: int = 0, groups: int = 1,
        bias: bool = False, name: str = "up",
    ) -> str:  # fmt: skip
        """Transposed 2-D convolution: height and width grow by the stride."""
        weight = (self.extent(x, 1), channels // groups, kernel, kernel)
        inputs = [x, self.parameter(f"{name}.weight", weight)]
        if bias:
            inputs.append(self.parameter(f"{name}.bias", (channels,)))
        grown = ((self.extent(x, axis) - 1) * stride - 2 * padding + kernel for axis in (2, 3))
        spec = TensorSpec("float", (self.shape(x)[0], channels, *grown))
        return self._add(
            "ConvTranspose", inputs, spec, name,
            kernel_shape=(kernel, kernel), strides=(stride, stride), pads=(padding,) * 4, group=groups,
        )  # fmt: skip

    def max_pool(
        self, x: str, kernel: int, *, stride: int, padding: int = 0, partial: bool = False,
        name: str = "maxpool",
    ) -> str:  # fmt: skip
        """2-D maximum over square windows; with `partial` the last window may hang over the edge."""
        return self._pool("MaxPool", x, kernel, stride, padding, name, partial=partial)

    def max_pool_same(self, x: str, kernel: int, name: str = "maxpool") -> str:
        """2-D maximum at stride one that keeps the shape; an even window reaches further at the end."""
        before = (kernel - 1) // 2
        return self._add(
            "MaxPool", (x,), self._tensors[x], name, kernel_shape=(kernel, kernel), strides=(1, 1),
            pads=(before, before, kernel - 1 - before, kernel - 1 - before),
        )  # fmt: skip

    def max_pool_rows(self, x: str, name: str = "maxpool") -> str:
        """2x2 maximum that halves the height alone, the width padded by one on both sides."""
        height, width = self.extent(x, 2) // 2, self.extent(x, 3) + 1
        spec = TensorSpec("float", (*self.shape(x)[:2], height, width))
        return self._add("MaxPool", (x,), spec, name, kernel_shape=(2, 2), strides=(2, 1), pads=(0, 1, 0, 1))

    def average_pool(
        self, x: str, kernel: Extents, *, stride: Extents, padding: int = 0, partial: bool = False,
        name: str = "avgpool",
    ) -> str:  # fmt: skip
        """2-D mean over windows; with `partial` the last window may hang over the edge."""
        return self._pool("AveragePool", x, kernel, stride, padding, name, partial=partial)

    def global_average_pool(self, x: str, name: str = "avgpool") -> str:
        """Mean over height and width, kept as extents of one."""
        spec = TensorSpec("float", (*self.shape(x)[:2], 1, 1))
        return self._add("GlobalAveragePool", (x,), spec, name)

    def resize(self, x: str, height: int, width: int, *, mode: str = "linear", name: str = "resize") -> str:
        """Enlarged or shrunk to this height and width."""
        scales = [1.0, 1.0, _scale(self.extent(x, 2), height), _scale(self.extent(x, 3), width)]
        spec = TensorSpec("float", (*self.shape(x)[:2], height, width))
        inputs = (x, "", self.constant(np.array(scales, dtype=np.float32)))
        return self._add("Resize", inputs, spec, name, mode=mode)

    def space_to_depth(self, x: str, block: int, name: str = "space_to_depth") -> str:
        """Square blocks of pixels become channels."""
        batch, channels, height, width = self.shape(x)[0], *(self.extent(x, axis) for axis in (1, 2, 3))
        spec = TensorSpec("float", (batch, channels * block**2, height // block, width // block))
        return self._add("SpaceToDepth", (x,), spec, name, blocksize=block)

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

    def instance_norm(self, x: str, name: str = "instance") -> str:
        """Each channel of each image by its own mean and variance."""
        with self.scope(name):
            width = self.extent(x, 1)
            weights = [self.parameter(part, (width,)) for part in ("weight", "bias")]
            return self._add("InstanceNormalization", (x, *weights), self._tensors[x], "norm", epsilon=1e-5)

    def layer_norm(self, x: str, *, epsilon: float = 1e-12, name: str = "LayerNorm") -> str:
        """Layer normalisation over the last axis."""
        inputs = (
            x,
            *(self.parameter(f"{name}.{part}", (self.extent(x, -1),)) for part in ("weight", "bias")),
        )
        return self._add("LayerNormalization", inputs, self._tensors[x], name, axis=-1, epsilon=epsilon)

    def shared_layer_norm(
        self, x: str, weights: tuple[str, str], *, epsilon: float, name: str = "LayerNorm"
    ) -> str:
        """Layer normalisation over the last axis by a scale and a shift that others use as well."""
        inputs = (x, *weights)
        return self._add("LayerNormalization", inputs, self._tensors[x], name, axis=-1, epsilon=epsilon)

    def local_response_norm(self, x: str, name: str = "norm") -> str:
        """Division by the squares of five neighbouring channels (Krizhevsky et al. 2012, section 3.3)."""
        return self._add("LRN", (x,), self._tensors[x], name, size=5, alpha=1e-4, beta=0.75, bias=1.0)

    def relu(self, x: str, name: str = "relu") -> str:
        """max(x, 0)."""
        return self.map("Relu", x, name=name)

    def leaky_relu(self, x: str, slope: float = 0.1, name: str = "leaky") -> str:
        """x where positive, else slope * x."""
        return self._add("LeakyRelu", (x,), self._tensors[x], name, alpha=slope)

    def relu6(self, x: str, name: str = "relu6") -> str:
        """x limited to [0, 6]."""
        return self.limited(x, 0.0, 6.0, name)

    def limited(self, x: str, low: float, high: float, name: str = "clip") -> str:
        """x limited to [low, high]."""
        return self._add("Clip", (x, self.constant(low), self.constant(high)), self._tensors[x], name)

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

    # -- matrices ------------------------------------------------------------------------------------

    def linear(self, x: str, features: int, name: str, *, bias: bool = True) -> str:
        """Fully connected layer: Gemm on a matrix, MatMul and (with bias) Add on anything of higher rank."""
        width = self.extent(x, -1)
        spec = TensorSpec("float", (*self.shape(x)[:-1], features))
        if len(spec.shape) == 2:
            inputs = [x, self.parameter(f"{name}.weight", (features, width))]
            if bias:
                inputs.append(self.parameter(f"{name}.bias", (features,)))
            return self._add("Gemm", inputs, spec, name, transB=1)
        weight = self.parameter(f"{name}.weight", (width, features))
        if not bias:
            return self._add("MatMul", (x, weight), spec, name)
        shift = self.parameter(f"{name}.bias", (features,))
        return self.add(self._add("MatMul", (x, weight), spec, name), shift, name=f"{name}.add")

    def packed_linear(self, x: str, features: int, name: str, *, bits: int = 4, block: int = 32) -> str:
        """Fully connected layer without bias whose weights have few bits, with one scale for each block.

        ONNX Runtime's `MatMulNBits`: weights packed into bytes, dequantised on the way.
        """
        width = self.extent(x, -1)
        blocks = width // block
        inputs = (
            x,
            self.parameter(f"{name}.packed", (features, blocks, block * bits // 8), "uint8"),
            self.parameter(f"{name}.scales", (features, blocks)),
        )
        spec = TensorSpec("float", (*self.shape(x)[:-1], features))
        return self._add(
            "com.microsoft:MatMulNBits", inputs, spec, name, K=width, N=features, bits=bits, block_size=block
        )

    def lstm(self, x: str, hidden: int, name: str) -> str:
        """Bidirectional LSTM over (steps, batch, width); answers (steps, batch, 2 x hidden)."""
        return self.recurrent(x, hidden, name, kind="LSTM", directions=2)

    def recurrent(self, x: str, hidden: int, name: str, *, kind: str, directions: int) -> str:
        """`LSTM` or `GRU` over (steps, batch, width); answers (steps, batch, directions x hidden)."""
        steps, batch = self.shape(x)[:2]
        rows = {"LSTM": 4, "GRU": 3}[kind] * hidden
        inputs = (
            x,
            self.parameter(f"{name}.weight", (directions, rows, self.extent(x, 2))),
            self.parameter(f"{name}.recurrence", (directions, rows, hidden)),
            self.parameter(f"{name}.bias", (directions, 2 * rows)),
        )
        spec = TensorSpec("float", (steps, directions, batch, hidden))
        direction = "bidirectional" if directions == 2 else "forward"
        y = self._add(kind, inputs, spec, name, hidden_size=hidden, direction=direction)
        turned = self.transpose(y, (0, 2, 1, 3), name=f"{name}.order")
        return self.reshape(turned, (0, 0, directions * hidden), name=f"{name}.join")

    def lstm_from(self, x: str, hidden: str, cell: str, name: str) -> tuple[str, str, str]:
        """One-way LSTM over (steps, batch, width) from a state, (batch, 1, hidden) each."""
        steps, batch, width = self.shape(x)[0], self.shape(x)[1], self.extent(x, 2)
        size = self.extent(hidden, 2)
        with self.scope(name):
            states = [self.transpose(state, (1, 0, 2)) for state in (hidden, cell)]
            inputs = (
                x,
                self.parameter("weight", (1, 4 * size, width)),
                self.parameter("recurrence", (1, 4 * size, size)),
                self.parameter("bias", (1, 8 * size)),
                "",
                *states,
            )
            outputs = tuple(self._unique(part) for part in ("y", "h", "c"))
            self._tensors[outputs[0]] = TensorSpec("float", (steps, 1, batch, size))
            for output in outputs[1:]:
                self._tensors[output] = TensorSpec("float", (1, batch, size))
            self._append("LSTM", inputs, outputs, self._unique("lstm"), hidden_size=size, direction="forward")
            y = self.squeeze(outputs[0], 1)
            hidden, cell = (self.transpose(state, (1, 0, 2)) for state in outputs[1:])
            return y, hidden, cell

    def matmul(self, a: str, b: str, name: str = "matmul") -> str:
        """Product of the last two axes; the leading axes must be equal."""
        spec = TensorSpec("float", (*self.shape(a)[:-1], self.shape(b)[-1]))
        return self._add("MatMul", (a, b), spec, name)

    def embedding(self, indices: str, rows: int, width: int, name: str) -> str:
        """Rows of a learned table chosen by integers."""
        return self.rows(indices, self.parameter(f"{name}.weight", (rows, width)), name)

    def rows(self, indices: str, table: str, name: str) -> str:
        """Rows of a matrix chosen by integers."""
        spec = TensorSpec("float", (*self.shape(indices), self.extent(table, 1)))
        return self._add("Gather", (table, indices), spec, name, axis=0)

    def _pool(
        self, op_type: str, x: str, kernel: Extents, stride: Extents, padding: int, name: str, *,
        partial: bool,
    ) -> str:  # fmt: skip
        sizes, strides = _both(kernel), _both(stride)
        windows = self._windows(x, sizes, strides, (padding, padding), partial=partial)
        return self._add(
            op_type, (x,), TensorSpec("float", (*self.shape(x)[:2], *windows)), name,
            kernel_shape=sizes, strides=strides, pads=(padding,) * 4,
            ceil_mode=int(partial),
        )  # fmt: skip

    def _windows(
        self, x: str, reach: tuple[int, ...], strides: tuple[int, ...], pads: tuple[int, ...], *,
        partial: bool = False,
    ) -> tuple[int, ...]:  # fmt: skip
        """Windows along height and width; a partial one must start inside the image (ONNX, MaxPool)."""
        counts = []
        sides = (self.extent(x, 2), self.extent(x, 3))
        for extent, size, stride, pad in zip(sides, reach, strides, pads, strict=True):
            rest = extent + 2 * pad - size
            count = -(-rest // stride) + 1 if partial else rest // stride + 1
            counts.append(count - ((count - 1) * stride >= extent + pad))
        return tuple(counts)


def _both(extents: Extents) -> tuple[int, ...]:
    """Height and width, given once or apart."""
    return (extents, extents) if isinstance(extents, int) else extents


def _scale(extent: int, wanted: int) -> float:
    """Factor in 32 bits that gives this extent, which ONNX rounds down."""
    scale = np.float32(wanted / extent)
    return float(scale if extent * float(scale) >= wanted else np.nextafter(scale, np.float32(np.inf)))
