"""From the plain graph to ONNX messages, whole networks and single nodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper

from planner.errors import OutputError
from planner.workload.dtypes import BITS
from planner.workload.graph import UNKNOWN_RANK, Array, Attribute, Dim, Graph, Initializer, Node, TensorSpec

_NUMBER_OF = {name.lower(): number for name, number in TensorProto.DataType.items()}


Fill = Callable[[str, Initializer], Array | None]
"""Values for a weight by its name, or None to leave them out of the file."""


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
        _ProtoWriter(fill, location).graph(graph),
        producer_name="planner",
        opset_imports=opsets,
        ir_version=max(8, helper.find_min_ir_version_for(opsets, ignore_unknown=True)),
    )


class _ProtoWriter:
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
        if isinstance(value, TensorSpec):
            return helper.make_attribute(name, spec_to_proto(value))
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
    """The message of one node, for ONNX's own shape rules; tensors of text are left out."""
    proto = onnx.NodeProto(
        op_type=node.op_type, name=node.name, domain=node.domain, input=node.inputs, output=node.outputs
    )
    writer = _ProtoWriter(lambda _name, _weight: None, "absent")
    proto.attribute.extend(
        writer._attribute(*item, node) for item in node.attributes.items() if not _is_text(item[1])
    )
    return proto


def _is_text(value: Attribute) -> bool:
    return isinstance(value, Initializer) and value.spec.dtype not in BITS


def spec_to_proto(spec: TensorSpec) -> onnx.TypeProto:
    """The type message of a tensor."""
    return helper.make_tensor_type_proto(_NUMBER_OF[spec.dtype], list(spec.shape))
