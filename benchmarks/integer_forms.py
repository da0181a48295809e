"""Products of whole numbers in every form that ONNX Runtime has, beside the same ones in 32-bit floats.

Single convolutions and matrix products of networks, as QLinearConv, ConvInteger, QLinearMatMul and
MatMulInteger with uint8 or int8 on either side; one thread, by turns in one process, best of 40. Printed is
each one's time over that of Conv or MatMul. Rates of `integer_forms` in
hardware_db/engines/onnxruntime.yaml come from here.
Needs onnxruntime. Run: python benchmarks/integer_forms.py
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnx import NodeProto, TensorProto, helper, numpy_helper

TYPES = {"uint8": (TensorProto.UINT8, np.uint8), "int8": (TensorProto.INT8, np.int8)}
REPEATS = 40
Feeds = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Product:
    """A convolution with these attributes, or a matrix product where there are none."""

    name: str
    data: tuple[int, ...]
    weight: tuple[int, ...]
    attributes: Mapping[str, object]

    @property
    def kind(self) -> str:
        """Conv or MatMul."""
        return "Conv" if self.attributes else "MatMul"


def convolution(
    channels: int, filters: int, side: int, kernel: int, groups: int = 1, stride: int = 1
) -> Product:
    """A square convolution that keeps the side, or divides it by the stride."""
    attributes = {
        "kernel_shape": [kernel] * 2, "pads": [kernel // 2] * 4,
        "group": groups, "strides": [stride] * 2,
    }  # fmt: skip
    name = f"{kernel}x{kernel} of {channels} to {filters} on {side}" + f" in {groups} groups" * (groups > 1)
    return Product(name, (1, channels, side, side), (filters, channels // groups, kernel, kernel), attributes)


def matrices(rows: int, depth: int, columns: int) -> Product:
    """A product of a matrix with a constant one."""
    return Product(f"{rows} x {depth} x {columns}", (rows, depth), (depth, columns), {})


PRODUCTS = (
    convolution(64, 64, 56, 3), convolution(256, 256, 14, 3), convolution(64, 256, 28, 1),
    convolution(512, 512, 7, 1), convolution(192, 192, 28, 3, groups=192),
    convolution(3, 64, 112, 7, stride=2),
    matrices(128, 768, 768), matrices(1, 1024, 1024), matrices(32, 256, 1024),
)  # fmt: skip


def main() -> None:
    """Prints a line per product."""
    for product in PRODUCTS:
        found = best(dict(sessions(product)))
        floats = found.pop("float")
        ratios = "  ".join(f"{form} {seconds / floats:.2f}" for form, seconds in found.items())
        print(
            f"{product.kind} {product.name}: {1e3 * floats:.3f} ms in floats; times of it: {ratios}",
            flush=True,
        )


def sessions(product: Product) -> Iterator[tuple[str, tuple[onnxruntime.InferenceSession, Feeds]]]:
    """Each form that the engine has, opened, with its input; the others are left out."""
    random = np.random.default_rng(0)
    data = random.standard_normal(product.data).astype(np.float32)
    weight = numpy_helper.from_array(random.standard_normal(product.weight).astype(np.float32), "w")
    plain = helper.make_node(product.kind, ["x", "w"], ["y"], **product.attributes)
    yield "float", (opened(plain, TensorProto.FLOAT, product.data, [weight], TensorProto.FLOAT), {"x": data})
    for data_type, (data_code, data_dtype) in TYPES.items():
        for weight_type, (_, weight_dtype) in TYPES.items():
            integers = random.integers(0, 127, product.weight).astype(weight_dtype)
            settings = [
                numpy_helper.from_array(np.float32(0.02), "s"), numpy_helper.from_array(data_dtype(0), "zx"),
                numpy_helper.from_array(weight_dtype(0), "zw"), numpy_helper.from_array(integers, "w"),
            ]  # fmt: skip
            feeds = {"x": random.integers(0, 127, product.data).astype(data_dtype)}
            scaled = ["x", "s", "zx", "w", "s", "zw", "s", "zx"]
            for name, inputs, used, result in (
                (f"QLinear{product.kind}", scaled, settings, data_code),
                (f"{product.kind}Integer", ["x", "w", "zx", "zw"], settings[1:], TensorProto.INT32),
            ):
                node = helper.make_node(name, inputs, ["y"], **product.attributes)
                try:
                    session = opened(node, data_code, product.data, used, result)
                except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
                    continue
                yield f"{name} {data_type} x {weight_type}", (session, feeds)


def opened(
    node: NodeProto, data_type: int, shape: tuple[int, ...], weights: list[TensorProto], result: int
) -> onnxruntime.InferenceSession:
    """A network of this one node, ready to run on one thread."""
    graph = helper.make_graph(
        [node], "product", [helper.make_tensor_value_info("x", data_type, shape)],
        [helper.make_tensor_value_info("y", result, None)], weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def best(opened_forms: Mapping[str, tuple[onnxruntime.InferenceSession, Feeds]]) -> dict[str, float]:
    """The least seconds of each form, by turns."""
    found = dict.fromkeys(opened_forms, float("inf"))
    for _ in range(REPEATS):
        for name, (session, feeds) in opened_forms.items():
            start = time.perf_counter()
            session.run(None, dict(feeds))
            found[name] = min(found[name], time.perf_counter() - start)
    return found


if __name__ == "__main__":
    main()
