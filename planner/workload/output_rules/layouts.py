"""Operators whose tensors have their channels last or in blocks: the standard's rules on channels-first
shapes.

Channels last: com.microsoft `Nhwc...`, `channels_last` of the QLinear pools, domain com.ms.internal.nhwc.
Blocked (com.microsoft.nchwc): ONNX Runtime keeps the shapes of the standard layout, with channels rounded
up to the block; `ReorderOutput` cuts them back.
"""

from __future__ import annotations

from dataclasses import replace

from planner.workload.graph import TensorSpec
from planner.workload.output_rules.site import NodeContext, OutputRule, OutputTypes, one


def channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(batch, space..., channels) as (batch, channels, space...)."""
    return (shape[0], shape[-1], *shape[1:-1]) if len(shape) > 2 else shape


def channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(batch, channels, space...) as (batch, space..., channels)."""
    return (shape[0], *shape[2:], shape[1]) if len(shape) > 2 else shape


def is_channels_last(domain: str, op_type: str, flag: object) -> bool:
    """Whether data comes with its channels last."""
    return domain == "com.ms.internal.nhwc" or op_type.startswith("Nhwc") or bool(flag)


def with_channels_last(rule: OutputRule) -> OutputRule:
    """A rule for the standard layout applied to data with its channels last."""

    def on_channels_last(site: NodeContext) -> OutputTypes:
        data = site.spec(0)
        inputs = (replace(data, shape=channels_first(site.shape(0))), *site.inputs[1:])
        attributes = {name: value for name, value in site.node.attributes.items() if name != "channels_last"}
        answer = rule(replace(site, inputs=inputs, node=replace(site.node, attributes=attributes)))
        outputs = tuple(
            replace(spec, shape=channels_last(spec.shape)) if spec is not None else None  # type: ignore[arg-type]
            for spec in answer.outputs
        )
        return OutputTypes(outputs, answer.bound)

    return on_channels_last


def reorder_input(site: NodeContext) -> OutputTypes:
    """Into blocks; a channels-last input is transposed on the way."""
    shape = site.shape(0)
    return one(site.spec(0).dtype, channels_first(shape) if site.number("channels_last", 0) else shape)


def reorder_output(site: NodeContext) -> OutputTypes:
    """Out of blocks, to the channels that are real."""
    shape = site.shape(0)
    plain = (shape[0], site.number("channels", shape[1]), *shape[2:])
    last = site.number("channels_last", 0)
    return OutputTypes((TensorSpec(site.spec(0).dtype, channels_last(plain) if last else plain),))


def upsample(site: NodeContext) -> OutputTypes:
    """`Upsample` by whole factors given as an attribute."""
    factors = site.integers("scales") or (1,) * len(site.shape(0))
    return one(site.spec(0).dtype, tuple(a * b for a, b in zip(site.shape(0), factors, strict=True)))
