"""From ONNX messages to the plain graph; weight values stay behind.

Values are kept for integer and boolean tensors of at most 1024 elements (shapes, axes, indices) and float
tensors of at most 64 (limits, scales), and only where they are in the file itself. Of larger stacks of
matrices the least value is kept, which tells a mask.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper

from planner.errors import InputError, Problem
from planner.workload.file.skeleton import LARGEST_GRAPH, too_many_nodes
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
_LONGEST_SHARED = 2048
"""Bytes of attributes that are kept to find equal ones of other nodes."""
_MAX_FLOATS = 64
_LARGEST_TENSOR = 2**48
_LATEST_OPSET = onnx.defs.onnx_opset_version()
_LARGEST_OPSET = 10**6
_NAME_OF = {number: name.lower() for name, number in TensorProto.DataType.items()}
_STORED: Mapping[str, np.dtype[np.generic]] = {
    name: np.dtype(code)
    for name, code in {
        "float": "<f4", "double": "<f8", "float16": "<f2", "bool": "?", "int8": "i1", "uint8": "u1",
        "int16": "<i2", "uint16": "<u2", "int32": "<i4", "uint32": "<u4", "int64": "<i8", "uint64": "<u8",
    }.items()
}  # fmt: skip
_SMALL_FLOATS = frozenset({"float", "double", "float16"})
_DAMAGED = "the file is damaged; export the network again"


def graph_from_proto(model: onnx.ModelProto, source: str) -> Graph:
    """The plain graph of an ONNX model message; `source` names it in errors.

    Raises `InputError` for what no network has: broken names, negative or enormous extents, values that do
    not fit their shapes, too many nodes.
    """
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    for domain, version in opsets.items():
        if not 0 < version <= _LARGEST_OPSET:
            problem = Problem(
                f"opset_import {domain!r}", "a version of an operator set", str(version), _DAMAGED
            )
            raise InputError(source, [problem])
    opset = opsets.pop("ai.onnx", 0)
    opset = opsets.pop("", opset)
    if not opset and not opsets:
        raise InputError(source, [Problem("opset_import", "an operator set version", "none", _NOT_A_MODEL)])
    return _GraphReader(source, opset or 1, MappingProxyType(opsets)).network(model.graph)


_NOT_A_MODEL = "export the network to ONNX again"


class _GraphReader:
    """Reads the graphs of one file, subgraphs included, and notes what had to be assumed."""

    def __init__(self, source: str, opset: int, domains: Mapping[str, int]) -> None:
        self._source = source
        self._opset = opset
        self._domains = domains
        self._nodes = 0
        self._assumptions: list[str] = []
        self._same_attributes: dict[bytes, Mapping[str, Attribute]] = {}
        self._same_specs: dict[tuple[int, tuple[int, ...]], tuple[TensorSpec, int]] = {}
        if opset > _LATEST_OPSET:
            self._assumptions.append(f"operators of set {opset} are read as those of set {_LATEST_OPSET}")

    def network(self, proto: onnx.GraphProto) -> Graph:
        """The graph of the whole file."""
        graph = self._graph(proto)
        return Graph(
            name=graph.name,
            inputs=graph.inputs,
            outputs=graph.outputs,
            nodes=graph.nodes,
            initializers=graph.initializers,
            opset=self._opset,
            domains=self._domains,
            declared=graph.declared,
            assumptions=tuple(dict.fromkeys(self._assumptions)),
        )

    def _graph(self, proto: onnx.GraphProto) -> Graph:
        values = (*proto.input, *proto.output, *proto.value_info)
        self._refuse_broken(value.name for value in (*values, *proto.initializer))
        initializers = {tensor.name: self._tensor(tensor) for tensor in proto.initializer}
        for sparse in proto.sparse_initializer:
            initializers[sparse.values.name] = self._sparse(sparse)
        inputs = {value.name: self._input(value) for value in proto.input if value.name not in initializers}
        return Graph(
            name=proto.name if isinstance(proto.name, str) else "",
            inputs=MappingProxyType(inputs),
            outputs=tuple(value.name for value in proto.output),
            nodes=self._read_nodes(proto.node),
            initializers=MappingProxyType(initializers),
            opset=self._opset,
            domains=self._domains,
            declared=MappingProxyType(_declared((*proto.value_info, *proto.output))),
        )

    def _refuse_broken(self, texts: Iterable[str]) -> None:
        """Names that are no UTF-8 come as bytes from the message library."""
        try:
            "".join(texts)
        except TypeError as error:
            problem = Problem("names", "UTF-8 text", "other bytes", _DAMAGED)
            raise InputError(self._source, [problem]) from error

    def _read_nodes(self, protos: Iterable[onnx.NodeProto]) -> tuple[Node, ...]:
        nodes, taken = [], set()
        texts: list[str] = []
        for index, proto in enumerate(protos):
            self._nodes += 1
            if self._nodes > LARGEST_GRAPH:
                raise too_many_nodes(self._source)
            inputs, outputs, name = tuple(proto.input), tuple(proto.output), proto.name
            op_type, domain = proto.op_type, proto.domain
            texts += (name, op_type, domain)
            texts += inputs
            texts += outputs
            name = name or f"{op_type}_{index}"
            while name in taken:
                name = f"{name}_{index}"
            taken.add(name)
            attributes = self._attributes(proto.attribute)
            own_domain = "" if domain == "ai.onnx" else domain
            nodes.append(Node(name, op_type, inputs, outputs, attributes, own_domain))
        self._refuse_broken(texts)
        return tuple(nodes)

    def _attributes(self, protos: Sequence[AttributeProto]) -> Mapping[str, Attribute]:
        """The attributes of a node; equal ones of several nodes are one object, by which they are known."""
        if not protos:
            return _NO_ATTRIBUTES
        written = b"".join([proto.SerializePartialToString() for proto in protos])
        known = self._same_attributes.get(written)
        if known is not None:
            return known
        attributes = {}
        for proto in protos:
            value = self._attribute(proto)
            if value is not None:
                attributes[proto.name] = value
        self._refuse_broken(attributes)
        found = MappingProxyType(attributes) if attributes else _NO_ATTRIBUTES
        # Subgraphs are read anew each time, so that their nodes count to the limit.
        if len(written) <= _LONGEST_SHARED and not any(isinstance(v, Graph) for v in attributes.values()):
            self._same_attributes[written] = found
        return found

    def _attribute(self, proto: AttributeProto) -> Attribute | None:
        kind = proto.type or _kind_by_field(proto)
        reader = _PLAIN.get(kind)
        if reader is not None:
            return reader(proto)
        if kind == AttributeProto.TENSOR:
            return self._tensor(proto.t)
        if kind == AttributeProto.GRAPH:
            return self._graph(proto.g)
        if kind == AttributeProto.SPARSE_TENSOR:
            return self._sparse(proto.sparse_tensor)
        if kind == AttributeProto.TYPE_PROTO:
            return _declared_type(proto.tp)
        return None

    def _input(self, value: onnx.ValueInfoProto) -> TensorSpec:
        """The type of an input; containers of unknown size hold one tensor, which is noted."""
        kind = value.type.WhichOneof("value")
        said = _CONTAINERS.get(kind)
        if said is not None:
            self._assumptions.append(f"input {value.name!r}: {said}")
        proto = value.type
        while proto.WhichOneof("value") == "optional_type":
            proto = proto.optional_type.elem_type
        spec = _read_type(proto, value.name)
        if spec is None:
            got = str(kind).replace("_", " ")
            advice = "export the network with tensor inputs"
            raise InputError(self._source, [Problem(f"input {value.name!r}", "a tensor", got, advice)])
        return spec

    def _sparse(self, sparse: onnx.SparseTensorProto) -> Initializer:
        self._assumptions.append("sparse tensors are counted as dense")
        return Initializer(self._weight_spec(sparse.values, tuple(int(dim) for dim in sparse.dims))[0])

    def _tensor(self, tensor: TensorProto) -> Initializer:
        spec, elements = self._weight_spec(tensor, tuple(tensor.dims))
        stored = _STORED.get(spec.dtype)
        if stored is None or tensor.data_location == TensorProto.EXTERNAL:
            return Initializer(spec)
        if elements > (_MAX_FLOATS if spec.dtype in _SMALL_FLOATS else _MAX_INTEGERS):
            return Initializer(spec, least=_least(tensor, spec))
        try:
            if tensor.HasField("raw_data"):
                values = np.frombuffer(tensor.raw_data, stored).reshape(tensor.dims)
            else:
                values = numpy_helper.to_array(tensor).astype(stored, copy=False)
        except (ValueError, TypeError) as error:
            where = f"tensor {tensor.name!r}"
            expected = f"values for shape {tuple(tensor.dims)}"
            raise InputError(self._source, [Problem(where, expected, str(error), _DAMAGED)]) from error
        return Initializer(spec, values)

    def _weight_spec(self, tensor: TensorProto, shape: tuple[int, ...]) -> tuple[TensorSpec, int]:
        """Type and elements of a weight, worked out once for equal ones."""
        key = (tensor.data_type, shape)
        known = self._same_specs.get(key)
        if known is None:
            spec = self._checked_spec(tensor, shape)
            known = self._same_specs[key] = (spec, spec.elements)
        return known

    def _checked_spec(self, tensor: TensorProto, shape: tuple[int, ...]) -> TensorSpec:
        if any(dim < 0 for dim in shape) or math.prod(shape) > _LARGEST_TENSOR:
            where, got = f"tensor {tensor.name!r}", f"the shape {list(shape)}"
            expected = f"extents that are not negative, at most {_LARGEST_TENSOR} elements"
            raise InputError(self._source, [Problem(where, expected, got, _DAMAGED)])
        return TensorSpec(_NAME_OF.get(tensor.data_type, "undefined"), shape)


def _least(tensor: TensorProto, spec: TensorSpec) -> float | None:
    """Least value of a float tensor with the shape of a mask: matrices larger than any kernel of an image."""
    shape = tensor.dims
    if (
        spec.dtype != "float"
        or len(shape) < 3
        or min(shape[-2:]) < _LEAST_SIDE
        or spec.elements > _LARGEST_MASK
    ):
        return None
    if len(tensor.raw_data) != 4 * spec.elements:
        return None
    return float(np.frombuffer(tensor.raw_data, "<f4").min())


_LEAST_SIDE, _LARGEST_MASK = 12, 2**24

_ANONYMOUS = re.compile(r"|\?|\*|-1|none|null|unk__.*|unknown.*", re.IGNORECASE)
"""Names that exporters give to any extent that they do not know, so that two of one name may differ."""

_NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})
_CONTAINERS = {
    "sequence_type": "a sequence of one tensor, as its length is not in the file",
    "optional_type": "present, as the file leaves it open",
    "map_type": "a map of one entry, as its size is not in the file",
    "sparse_tensor_type": "counted as dense",
}

_PLAIN: Mapping[int, Callable[[AttributeProto], Attribute]] = {
    AttributeProto.FLOAT: lambda proto: proto.f,
    AttributeProto.INT: lambda proto: proto.i,
    AttributeProto.STRING: lambda proto: proto.s.decode("utf-8", "replace"),
    AttributeProto.FLOATS: lambda proto: tuple(proto.floats),
    AttributeProto.INTS: lambda proto: tuple(proto.ints),
    AttributeProto.STRINGS: lambda proto: tuple(value.decode("utf-8", "replace") for value in proto.strings),
}

_KIND_OF_FIELD = {
    "f": AttributeProto.FLOAT,
    "i": AttributeProto.INT,
    "s": AttributeProto.STRING,
    "t": AttributeProto.TENSOR,
    "g": AttributeProto.GRAPH,
    "floats": AttributeProto.FLOATS,
    "ints": AttributeProto.INTS,
    "strings": AttributeProto.STRINGS,
}


def _kind_by_field(proto: AttributeProto) -> int:
    """Files of the first version of the format do not name the type of an attribute."""
    filled = (_KIND_OF_FIELD[field.name] for field, _ in proto.ListFields() if field.name in _KIND_OF_FIELD)
    return next(filled, AttributeProto.UNDEFINED)


def _declared(values: Iterable[onnx.ValueInfoProto]) -> dict[str, TensorSpec]:
    """Tensors whose rank the file notes."""
    noted = ((value.name, _declared_type(value.type)) for value in values)
    return {name: spec for name, spec in noted if spec is not None}


def _declared_type(proto: onnx.TypeProto) -> TensorSpec | None:
    if proto.WhichOneof("value") != "tensor_type" or not proto.tensor_type.HasField("shape"):
        return None
    return _read_type(proto, "?")


def _read_type(proto: onnx.TypeProto, name: str) -> TensorSpec | None:
    """The tensor or sequence of one tensor that a type denotes; None for what has no size at all."""
    kind = proto.WhichOneof("value")
    if kind == "sequence_type":
        item = _read_type(proto.sequence_type.elem_type, name)
        return None if item is None else TensorSpec(item.dtype, item.shape, (item,))
    if kind == "map_type":
        value = _read_type(proto.map_type.value_type, name)
        return None if value is None else TensorSpec(value.dtype, (1,))
    if kind not in (None, "tensor_type", "sparse_tensor_type"):
        return None
    tensor = proto.sparse_tensor_type if kind == "sparse_tensor_type" else proto.tensor_type
    dtype = _NAME_OF.get(tensor.elem_type, "undefined")
    if not tensor.HasField("shape"):
        return TensorSpec(dtype, UNKNOWN_RANK)
    dims: list[Dim] = []
    for axis, dim in enumerate(tensor.shape.dim):
        known = dim.HasField("dim_value") and dim.dim_value >= 0
        named = str(dim.dim_param)
        dims.append(
            int(dim.dim_value) if known else f"{name}.{axis}" if _ANONYMOUS.fullmatch(named) else named
        )
    return TensorSpec(dtype, tuple(dims))


def spec_from_proto(proto: onnx.TypeProto) -> TensorSpec | None:
    """The tensor type in a message; None where it is no tensor, and `?` for extents not known."""
    if proto.WhichOneof("value") != "tensor_type" or not proto.tensor_type.HasField("shape"):
        return None
    dims: list[Dim] = [
        int(dim.dim_value) if dim.HasField("dim_value") else "?" for dim in proto.tensor_type.shape.dim
    ]
    return TensorSpec(_NAME_OF[proto.tensor_type.elem_type], tuple(dims))
