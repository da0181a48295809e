"""The standard's own rules, borrowed from the onnx package: types of outputs, and values of constants.

The package is imported where a rule is borrowed: it takes long to, and most networks need none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.workload.graph import Array, Attribute, Node, TensorSpec

if TYPE_CHECKING:
    import onnx.defs

_LARGEST_ATTRIBUTE = 2**31 - 1
_TERM = r"[A-Za-z]*(\.\.\.)?[A-Za-z]*"
_EQUATION = re.compile(rf"{_TERM}(,{_TERM})*(->{_TERM})?")
"""Of `Einsum`. The package's rule does not end where a term has another character (onnx 1.23), and no signal
reaches it there."""


class RuleError(Exception):
    """A node whose outputs cannot be inferred; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Opsets:
    """Operator set versions of the graph that holds a node."""

    default: int
    others: Mapping[str, int]

    def of(self, domain: str) -> int:
        """Version of one domain."""
        return self.default if domain == "" else self.others.get(domain, 1)


def infer_outputs(
    node: Node, inputs: Sequence[TensorSpec | None], values: Sequence[Array | None], opsets: Opsets
) -> tuple[TensorSpec | None, ...]:
    """Types of a standard operator's outputs; an extent that the rule cannot tell is the symbol `?`.

    Raises `RuleError` where the standard has no such operator or the inputs contradict it.
    """
    _refuse_odd(node)
    key = (
        node.op_type,
        node.domain,
        opsets.default,
        opsets.of(node.domain),
        tuple(node.attributes.items()),
        tuple(inputs),
        tuple(
            None if value is None else _Value(value.dtype, value.shape, value.tobytes()) for value in values
        ),
        tuple(bool(name) for name in node.outputs),
    )
    try:
        return _remembered(*key)
    except TypeError:  # an attribute with tensors or subgraphs cannot be looked up
        return _remembered.__wrapped__(*key)


def _refuse_odd(node: Node) -> None:
    """Attributes out of all range, which the package's rules compute with unchecked."""
    for name, value in node.attributes.items():
        if isinstance(value, int) and abs(value) > _LARGEST_ATTRIBUTE:
            raise RuleError(f"its attribute {name} is {value}")
    equation = node.attributes.get("equation") if node.op_type == "Einsum" else None
    if isinstance(equation, str) and _EQUATION.fullmatch(equation.replace(" ", "")) is None:
        raise RuleError(f"its equation is {equation!r}")


class _Value(NamedTuple):
    """A small array that can be looked up by its content."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    content: bytes

    def array(self) -> Array:
        """The array itself."""
        return np.frombuffer(self.content, self.dtype).reshape(self.shape)


@lru_cache(maxsize=8192)
def _remembered(
    op_type: str,
    domain: str,
    default: int,
    version: int,
    attributes: tuple[tuple[str, Attribute], ...],
    inputs: tuple[TensorSpec | None, ...],
    values: tuple[_Value | None, ...],
    present: tuple[bool, ...],
) -> tuple[TensorSpec | None, ...]:
    """The types that onnx infers; alike nodes (the layers of a transformer) are asked for once."""
    import onnx.checker
    import onnx.shape_inference
    from onnx import helper, numpy_helper

    from planner.workload.file.from_proto import spec_from_proto
    from planner.workload.file.to_proto import node_to_proto, spec_to_proto

    schema = _schema_with_inference(op_type, version, domain)
    if schema is None:
        raise RuleError(_unknown(op_type, domain))
    names = tuple(f"i{place}" if spec is not None else "" for place, spec in enumerate(inputs))
    outputs = tuple(f"o{place}" if there else "" for place, there in enumerate(present))
    node = Node("node", op_type, names, outputs, dict(attributes), domain)
    types = {name: spec_to_proto(spec) for name, spec in zip(names, inputs, strict=True) if spec is not None}
    data = {
        name: numpy_helper.from_array(value.array())
        for name, value in zip(names, values, strict=True)
        if name and value is not None
    }
    opsets = [helper.make_opsetid(*entry) for entry in {"": default, domain: version}.items()]
    try:
        inferred = onnx.shape_inference.infer_node_outputs(
            schema, node_to_proto(node), types, data, opset_imports=opsets
        )
    except (
        onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError, KeyError
    ) as error:  # fmt: skip
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise RuleError(lines[0] if lines else type(error).__name__) from error
    return tuple(spec_from_proto(inferred[name]) if name in inferred else None for name in outputs)


def _unknown(op_type: str, domain: str) -> str:
    """Why an operator has no rule; one of the standard may be in a newer package than the one installed."""
    import onnx

    reason = f"operator {op_type} of {domain or 'ai.onnx'} is not known, so its output shape is not"
    if domain and not domain.startswith("ai.onnx"):
        return reason
    newest = onnx.defs.onnx_opset_version()
    return f"{reason}; onnx {onnx.__version__} has operator sets up to {newest}, a newer onnx may know it"


def _schema_with_inference(op_type: str, version: int, domain: str) -> onnx.defs.OpSchema | None:
    """The operator as it was in this set, or where that has no rule for types, as it was next."""
    import onnx.defs

    schema = _schema(op_type, version, domain)
    for later in range(version + 1, onnx.defs.onnx_opset_version() + 1):
        if schema is None or schema.has_type_and_shape_inference_function:
            break
        schema = _schema(op_type, later, domain)
    return schema


def attribute_names(op_type: str, opset: int) -> frozenset[str]:
    """Attributes that a standard operator has in this operator set."""
    schema = _schema(op_type, opset, "")
    return frozenset(schema.attributes) if schema is not None else frozenset()


@lru_cache(maxsize=1024)
def _schema(op_type: str, version: int, domain: str) -> onnx.defs.OpSchema | None:
    import onnx.defs

    try:
        return onnx.defs.get_schema(op_type, version, domain)
    except onnx.defs.SchemaError:
        return None
