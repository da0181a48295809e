"""Between ONNX messages and the plain graph, both ways; weight values stay behind.

Values are kept for integer and boolean tensors of at most 1024 elements (shapes, axes, indices) and float
tensors of at most 64 (limits, scales), and only where they stand in the file itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from planner.errors import InputError, OutputError, Problem
from planner.workload.dtypes import BITS
from planner.workload.graph import (
    UNKNOWN_RANK,
    Attribute,
    Dim,
    Graph,
    Initializer,
    Node,
    TensorSpec,
)

_MAX_INTEGERS = 1024
_MAX_FLOATS = 64
_NAME_OF = {number: name.lower() for name, number in TensorProto.DataType.items()}
_NUMBER_OF = {name: number for number, name in _NAME_OF.items()}
_INTEGERS = frozenset(
    {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"},
)
_SMALL_FLOATS = frozenset({"float", "double", "float16"})

Array = NDArray[np.generic]
Fill = Callable[[str, Initializer], Array | None]
"""Values for a weight by its name, or None to leave them out of the file."""


def graph_from_proto(model: onnx.ModelProto, source: str) -> Graph:
    """The plain graph of an ONNX model message; `source` names it in errors."""
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    opset = opsets.pop("ai.onnx", 0)
    opset = opsets.pop("", opset)
    if not opset and not opsets:
        raise InputError(source, [Problem("opset_import", "an operator set version", "none", _NOT_A_MODEL)])
    return _read_graph(model.graph, opset or 1, MappingProxyType(opsets), source)


_NOT_A_MODEL = "export the network to ONNX again"


def _read_graph(proto: onnx.GraphProto, opset: int, domains: Mapping[str, int], source: str) -> Graph:
    _refuse_broken_text((value.name for value in (*proto.input, *proto.output, *proto.initializer)), source)
    initializers = {tensor.name: _read_tensor(tensor, source) for tensor in proto.initializer}
    for sparse in proto.sparse_initializer:
        spec = TensorSpec(_NAME_OF[sparse.values.data_type], tuple(sparse.dims))
        initializers[sparse.values.name] = Initializer(spec)
    inputs = {
        value.name: _read_spec(value, source) for value in proto.input if value.name not in initializers
    }
    return Graph(
        name=proto.name,
        inputs=MappingProxyType(inputs),
        outputs=tuple(value.name for value in proto.output),
        nodes=_read_nodes(proto.node, opset, domains, source),
        initializers=MappingProxyType(initializers),
        opset=opset,
        domains=domains,
    )


def _refuse_broken_text(texts: Iterable[object], source: str) -> None:
    """Names that are no UTF-8 come as bytes from the message library."""
    for text in texts:
        if isinstance(text, bytes):
            raise InputError(source, [Problem("names", "UTF-8 text", repr(text), "the file is damaged")])


def _read_nodes(
    protos: Iterable[onnx.NodeProto], opset: int, domains: Mapping[str, int], source: str
) -> tuple[Node, ...]:
    nodes, taken = [], set()
    for index, proto in enumerate(protos):
        texts = (proto.name, proto.op_type, proto.domain, *proto.input, *proto.output)
        _refuse_broken_text((*texts, *(attribute.name for attribute in proto.attribute)), source)
        name = proto.name or f"{proto.op_type}_{index}"
        if name in taken:
            name = f"{name}_{index}"
        taken.add(name)
        attributes = {
            attribute.name: value
            for attribute in proto.attribute
            if (value := _read_attribute(attribute, opset, domains, source)) is not None
        }
        nodes.append(
            Node(
                name=name,
                op_type=proto.op_type,
                inputs=tuple(proto.input),
                outputs=tuple(proto.output),
                attributes=MappingProxyType(attributes),
                domain="" if proto.domain == "ai.onnx" else proto.domain,
            )
        )
    return tuple(nodes)


def _read_attribute(
    proto: AttributeProto, opset: int, domains: Mapping[str, int], source: str
) -> Attribute | None:
    kind = AttributeProto
    readers: dict[int, Callable[[], Attribute]] = {
        kind.FLOAT: lambda: float(proto.f),
        kind.INT: lambda: int(proto.i),
        kind.STRING: lambda: proto.s.decode("utf-8", "replace"),
        kind.FLOATS: lambda: tuple(float(value) for value in proto.floats),
        kind.INTS: lambda: tuple(int(value) for value in proto.ints),
        kind.STRINGS: lambda: tuple(value.decode("utf-8", "replace") for value in proto.strings),
        kind.TENSOR: lambda: _read_tensor(proto.t, source),
        kind.GRAPH: lambda: _read_graph(proto.g, opset, domains, source),
    }
    reader = readers.get(proto.type)
    return reader() if reader else None


def _read_spec(value: onnx.ValueInfoProto, source: str) -> TensorSpec:
    if value.type.WhichOneof("value") not in (None, "tensor_type"):
        problem = Problem(
            f"input {value.name!r}",
            "a tensor",
            value.type.WhichOneof("value").replace("_", " "),
            "export the network with tensor inputs",
        )
        raise InputError(source, [problem])
    tensor = value.type.tensor_type
    dtype = _NAME_OF.get(tensor.elem_type, "undefined")
    if not tensor.HasField("shape"):
        return TensorSpec(dtype, UNKNOWN_RANK)
    dims: list[Dim] = []
    for axis, dim in enumerate(tensor.shape.dim):
        known = dim.HasField("dim_value") and dim.dim_value >= 0
        dims.append(int(dim.dim_value) if known else dim.dim_param or f"{value.name}.{axis}")
    return TensorSpec(dtype, tuple(dims))


def _read_tensor(tensor: TensorProto, source: str) -> Initializer:
    shape = tuple(int(dim) for dim in tensor.dims)
    spec = TensorSpec(_NAME_OF.get(tensor.data_type, "undefined"), shape)
    elements = int(np.prod(shape, dtype=np.int64))
    few = (spec.dtype in _INTEGERS and elements <= _MAX_INTEGERS) or (
        spec.dtype in _SMALL_FLOATS and elements <= _MAX_FLOATS
    )
    if not few or tensor.data_location == TensorProto.EXTERNAL:
        return Initializer(spec)
    try:
        values = numpy_helper.to_array(tensor)
    except ValueError as error:
        problem = Problem(
            f"tensor {tensor.name!r}", f"values for shape {shape}", str(error), "the file is damaged"
        )
        raise InputError(source, [problem]) from error
    return Initializer(spec, values)


def model_to_proto(graph: Graph, fill: Fill, location: str) -> onnx.ModelProto:
    """The ONNX model message of a graph.

    A weight for which `fill` gives no values becomes an external tensor in the (absent) file `location`.
    Raises `OutputError` where the type of an output cannot be inferred.
    """
    skeleton = _model(graph, lambda _name, _weight: None, location)
    inferred = onnx.shape_inference.infer_shapes(skeleton).graph.output
    for value in inferred:
        if not value.type.tensor_type.HasField("shape"):
            raise OutputError(
                f"{graph.name}: expected an output {value.name!r} whose type follows from its operators, got "
                "one that does not; write networks of standard operators"
            )
    model = _model(graph, fill, location)
    del model.graph.output[:]
    model.graph.output.extend(inferred)
    return model


def _model(graph: Graph, fill: Fill, location: str) -> onnx.ModelProto:
    opsets = [
        helper.make_opsetid(domain, version) for domain, version in {"": graph.opset, **graph.domains}.items()
    ]
    return helper.make_model(
        _Writer(fill, location).graph(graph),
        producer_name="planner",
        opset_imports=opsets,
        ir_version=max(8, helper.find_min_ir_version_for(opsets, ignore_unknown=True)),
    )


class _Writer:
    """Turns graphs into messages and counts the bytes that external weights would take."""

    def __init__(self, fill: Fill, location: str) -> None:
        self._fill = fill
        self._location = location
        self._offset = 0

    def graph(self, graph: Graph) -> onnx.GraphProto:
        nodes = []
        for node in graph.nodes:
            proto = onnx.NodeProto(
                op_type=node.op_type,
                name=node.name,
                domain=node.domain,
                input=node.inputs,
                output=node.outputs,
            )
            proto.attribute.extend(self._attribute(*item, node) for item in node.attributes.items())
            nodes.append(proto)
        inputs = [
            helper.make_tensor_value_info(name, _NUMBER_OF[spec.dtype], _written_shape(spec))
            for name, spec in graph.inputs.items()
        ]
        outputs = [onnx.ValueInfoProto(name=name) for name in graph.outputs]
        weights = [self._tensor(name, value) for name, value in graph.initializers.items()]
        return helper.make_graph(nodes, graph.name or "network", inputs, outputs, weights)

    def _attribute(self, name: str, value: Attribute, node: Node) -> AttributeProto:
        if isinstance(value, Initializer):
            return helper.make_attribute(name, self._tensor(node.outputs[0], value))
        if isinstance(value, Graph):
            return helper.make_attribute(name, self.graph(value))
        if value == ():
            return helper.make_attribute(name, value, attr_type=AttributeProto.INTS)
        return helper.make_attribute(name, value)

    def _tensor(self, name: str, weight: Initializer) -> TensorProto:
        if weight.spec.dtype not in BITS:
            raise OutputError(
                f"{name}: expected a weight of a type with a fixed size, got {weight.spec.dtype}"
            )
        values = weight.values if weight.values is not None else self._fill(name, weight)
        number = _NUMBER_OF[weight.spec.dtype]
        shape = [int(dim) for dim in weight.spec.shape]
        if values is not None:
            raw = np.ascontiguousarray(values).tobytes()
            return onnx.TensorProto(name=name, data_type=number, dims=shape, raw_data=raw)
        tensor = onnx.TensorProto(name=name, data_type=number, dims=shape, data_location=TensorProto.EXTERNAL)
        length = weight.size_bytes
        for key, value in (("location", self._location), ("offset", self._offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self._offset += length
        return tensor


def _written_shape(spec: TensorSpec) -> list[Dim] | None:
    return None if spec.shape == UNKNOWN_RANK else list(spec.shape)


def node_to_proto(node: Node) -> onnx.NodeProto:
    """The message of one node, for ONNX's own shape rules; tensor attributes must carry their values."""
    proto = onnx.NodeProto(
        op_type=node.op_type, name=node.name, domain=node.domain, input=node.inputs, output=node.outputs
    )
    writer = _Writer(lambda _name, _weight: None, "absent")
    proto.attribute.extend(writer._attribute(*item, node) for item in node.attributes.items())
    return proto


def spec_to_proto(spec: TensorSpec) -> onnx.TypeProto:
    """The type message of a tensor."""
    return helper.make_tensor_type_proto(_NUMBER_OF[spec.dtype], list(spec.shape))


def spec_from_proto(proto: onnx.TypeProto) -> TensorSpec | None:
    """The tensor type in a message; None where it is no tensor, and `?` for extents not known."""
    if proto.WhichOneof("value") != "tensor_type" or not proto.tensor_type.HasField("shape"):
        return None
    dims: list[Dim] = [
        int(dim.dim_value) if dim.HasField("dim_value") else "?" for dim in proto.tensor_type.shape.dim
    ]
    return TensorSpec(_NAME_OF[proto.tensor_type.elem_type], tuple(dims))
