"""Which rule infers the types of a node's outputs, and what happens where none infers every extent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.borrowed import LOANS, Loan, as_standard
from planner.workload.file.onnx_rules import Opsets, RuleError, attribute_names, infer_outputs
from planner.workload.graph import Node
from planner.workload.output_rules import (
    classical,
    contrib,
    data_dependent,
    layouts,
    sequences,
    signals,
    standard,
)
from planner.workload.output_rules.data_dependent import has_known_extents, refuse_enormous
from planner.workload.output_rules.site import NOT_COVERED, NodeContext, OutputRule, OutputTypes, Specs, same
from planner.workload.uncountable import uncountable

_BORROWED_OPSET = 17
"""Contrib operators have their attributes as the standard had them up to here (axes as an attribute)."""


def infer(site: NodeContext) -> OutputTypes:
    """Types of a node's outputs by the first rule that infers them all.

    In this order: a rule of ours, the standard's, what the file notes, the largest possible result. Raises
    `RuleError` with the reason where none infers every extent.
    """
    try:
        answer = _by_first_rule(site)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise RuleError(f"its inputs and attributes contradict each other ({error})") from error
    for position, name in enumerate(site.node.outputs):
        spec = answer.outputs[position] if position < len(answer.outputs) else None
        if name and spec is None:
            raise RuleError(f"output {name!r} is no tensor, or its rank depends on data")
        if name and spec is not None and not has_known_extents(spec):
            raise RuleError(f"the shape of output {name!r} depends on data")
    refuse_enormous(answer.outputs)
    return answer


def _by_first_rule(site: NodeContext) -> OutputTypes:
    key = (site.node.domain, site.node.op_type)
    reason = uncountable(*key)
    if reason is not None:
        noted = data_dependent.declared(site, ())
        if noted is None:
            raise RuleError(reason)
        return noted
    loan = LOANS.get(key)
    _refuse_mismatch(site, loan)
    rule = _RULES.get(key)
    if rule is None and loan is not None:
        rule = _borrowing(loan)
    if rule is not None:
        channels_last = layouts.is_channels_last(*key, site.node.attributes.get("channels_last"))
        answer = (layouts.with_channels_last(rule) if channels_last and loan is not None else rule)(site)
        if answer is not NOT_COVERED:
            return answer
    return _standard(site)


def _standard(site: NodeContext) -> OutputTypes:
    """By the rules of the onnx package; what they leave open by the file, else by its bound."""
    failure = None
    inferred: Specs = ()
    try:
        inferred = infer_outputs(_modern(site.node), site.inputs, site.values, site.opsets)
    except RuleError as error:
        failure = error
    names = site.node.outputs
    named = [spec for spec, name in zip(inferred, names, strict=False) if name]
    if len(inferred) == len(names) and all(spec is not None and has_known_extents(spec) for spec in named):
        return OutputTypes(inferred)
    noted = data_dependent.declared(site, inferred)
    if noted is not None:
        return noted
    bound = data_dependent.BOUNDS.get(site.node.op_type) if not site.node.domain else None
    bounded = bound(site, inferred) if bound is not None and failure is None else None
    if bounded is not None:
        return bounded
    if failure is not None:
        raise failure
    return OutputTypes(inferred)


def _modern(node: Node) -> Node:
    """Attributes of the first operator set under the names they have since."""
    if node.op_type == "Pad" and not node.domain and "paddings" in node.attributes:
        attributes = {key: value for key, value in node.attributes.items() if key != "paddings"}
        return replace(node, attributes={**attributes, "pads": node.attributes["paddings"]})
    return node


def _refuse_mismatch(site: NodeContext, loan: Loan | None) -> None:
    """Channels that do not fit the weights, which the standard's rules let pass."""
    op_type = loan.op_type if loan else site.node.op_type
    facing = _FACING.get(op_type)
    if facing is None or (site.node.domain and not loan):
        return
    places = loan.operands if loan else (0, 1)
    data, weight = site.shape(places[0]), site.shape(places[1])
    if loan and layouts.is_channels_last(
        site.node.domain, site.node.op_type, site.node.attributes.get("channels_last")
    ):
        data = layouts.channels_first(data)
    data_axis, weight_axis = facing
    if len(data) <= data_axis or len(weight) <= weight_axis:
        raise RuleError(f"{op_type} of shapes {list(data)} and {list(weight)}")
    groups = site.number("group", 1) if op_type == "Conv" else 1
    wanted = weight[weight_axis] * groups
    blocked = site.node.domain == "com.microsoft.nchwc"
    if data[data_axis] != wanted and not (blocked and data[data_axis] <= wanted):
        raise RuleError(f"its weight is for {wanted} channels, its input has {data[data_axis]}")


_FACING: Mapping[str, tuple[int, int]] = {
    "Conv": (1, 1),
    "ConvTranspose": (1, 0),
    "BatchNormalization": (1, 0),
    "LSTM": (2, 2),
    "GRU": (2, 2),
    "RNN": (2, 2),
}
"""Operator -> axis of the data and axis of the weight that must agree."""


def _borrowing(loan: Loan) -> OutputRule:
    """The rule of the standard operator on the operands of one that extends it."""

    def rule(site: NodeContext) -> OutputTypes:
        opset = min(site.opsets.default, _BORROWED_OPSET) if site.node.domain else site.opsets.default
        borrowed = as_standard(site.node, loan, attribute_names(loan.op_type, opset))
        places = [place for place in loan.operands if place < len(site.inputs)]
        specs = [site.inputs[place] for place in places]
        operands = replace(
            site,
            node=borrowed,
            inputs=tuple(replace(spec, dtype="float") if spec is not None else None for spec in specs),
            values=(None,) * len(specs),
            opsets=Opsets(opset, site.opsets.others),
        )
        known = standard.RULES.get(loan.op_type)
        answer = known(operands) if known is not None else NOT_COVERED
        if answer is NOT_COVERED:
            answer = _standard(operands)
        dtype = loan.output_dtype or site.spec(0).dtype
        outputs = (replace(spec, dtype=dtype) if spec is not None else None for spec in answer.outputs)
        return OutputTypes(tuple(outputs), answer.bound)

    return rule


_RULES: Mapping[tuple[str, str], OutputRule] = {
    **{("", name): rule for name, rule in standard.RULES.items()},
    **{("", name): rule for name, rule in data_dependent.RULES.items()},
    **{("", name): rule for name, rule in sequences.RULES.items()},
    **{("", name): rule for name, rule in signals.RULES.items()},
    **{("ai.onnx.ml", name): rule for name, rule in classical.RULES.items()},
    **{("com.microsoft", name): rule for name, rule in contrib.RULES.items()},
    ("com.microsoft.nchwc", "ReorderInput"): layouts.reorder_input,
    ("com.microsoft.nchwc", "ReorderOutput"): layouts.reorder_output,
    ("com.microsoft.nchwc", "Upsample"): layouts.upsample,
    ("ai.onnx.contrib", "Gelu"): same,
}
