"""The standard's own rules, borrowed from the onnx package: types of outputs, and values of constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import onnx
import onnx.checker
import onnx.defs
import onnx.shape_inference
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from planner.workload.graph import Node, TensorSpec
from planner.workload.onnx_proto import node_to_proto, spec_from_proto, spec_to_proto

Array = NDArray[np.generic]


class RuleError(Exception):
    """A node whose outputs cannot be told; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Opsets:
    """Operator set versions of the graph a node stands in."""

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
    schema = _schema(node.op_type, opsets.of(node.domain), node.domain)
    if schema is None:
        domain = node.domain or "ai.onnx"
        raise RuleError(f"operator {node.op_type} of {domain} is not known, so its output shape is not")
    types = {
        name: spec_to_proto(spec) for name, spec in zip(node.inputs, inputs, strict=True) if spec is not None
    }
    data = {
        name: numpy_helper.from_array(np.asarray(value))
        for name, value in zip(node.inputs, values, strict=True)
        if value is not None
    }
    try:
        inferred = onnx.shape_inference.infer_node_outputs(
            schema, node_to_proto(node), types, data, opset_imports=_opset_protos(opsets, node.domain)
        )
    except (
        onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError, KeyError
    ) as error:  # fmt: skip
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise RuleError(lines[0] if lines else type(error).__name__) from error
    return tuple(
        spec_from_proto(inferred[name]) if name and name in inferred else None for name in node.outputs
    )


def attribute_names(op_type: str, opset: int) -> frozenset[str]:
    """Attributes that a standard operator has in this operator set."""
    schema = _schema(op_type, opset, "")
    return frozenset(schema.attributes) if schema is not None else frozenset()


@lru_cache(maxsize=1024)
def _schema(op_type: str, version: int, domain: str) -> onnx.defs.OpSchema | None:
    try:
        return onnx.defs.get_schema(op_type, version, domain)
    except onnx.defs.SchemaError:
        return None


def _opset_protos(opsets: Opsets, domain: str) -> list[onnx.OperatorSetIdProto]:
    wanted = {"": opsets.default, domain: opsets.of(domain)}
    return [helper.make_opsetid(name, version) for name, version in wanted.items()]


def evaluate(node: Node, values: Sequence[Array | None], opsets: Opsets) -> tuple[Array, ...] | None:
    """Outputs of a node on known small values, by onnx's reference operators; None where they fail."""
    from onnx.reference import ReferenceEvaluator

    feeds = {name: value for name, value in zip(node.inputs, values, strict=True) if name}
    versions = {"": opsets.default, **opsets.others}
    try:
        with np.errstate(all="ignore"):
            results = ReferenceEvaluator(node_to_proto(node), opsets=versions).run(None, feeds)
    except Exception:  # noqa: BLE001 - whatever a reference operator raises, the value stays unknown
        return None
    return tuple(np.asarray(result) for result in results)
