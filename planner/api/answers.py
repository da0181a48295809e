"""What the commands answer as plain JSON, for those who show it elsewhere: assistants and the local page.

Each function is one command of the command line with its usual options, and gives the same record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from planner.api import language, networks, scenarios
from planner.api.database import parts
from planner.schema.hardware.device import UnitKind
from planner.schema.reading.quantity import Money

if TYPE_CHECKING:
    from planner.plan.conversation.study import ConversationStudy

Record = dict[str, Any]
Progress = Callable[[str], None]


class UnitOptions(TypedDict, total=False):
    """Where and how a network runs; what is left out is the part's usual."""

    unit: str | None
    mode: str | None
    precision: str | None
    engine: str | None


def inspected(model: str, *, batch: int | None = None, precision: str | None = None) -> Record:
    """`planner inspect`; of a language model its sizes."""
    if language.is_language_model(model):
        from planner.language.answer.record import model_record

        return dict(model_record(language.read_language_model(model)))
    from planner.workload.record import workload_record

    found = networks.inspect(model, batch=batch, precision=precision)
    return dict(workload_record(found.workload, kernels=found.kernels))


def estimated(
    model: str, device: str, *, layers: bool = False, batch: int | None = None, **asked: Unpack[UnitOptions]
) -> Record:
    """`planner estimate`."""
    from planner.latency.record import estimate_record

    network = networks.read_onnx(model, batch=batch)
    return dict(estimate_record(networks.estimate(network, device, **asked), layers=layers))


def compared(
    model: str,
    devices: Sequence[str],
    *,
    batch: int | None = None,
    modes: str = "all",
    precisions: Sequence[str] = (),
    max_latency_s: float | None = None,
    max_power_w: float | None = None,
    budget: Money | None = None,
    rates: Mapping[str, float] | None = None,
    progress: Progress = lambda _: None,
) -> Record:
    """`planner compare`."""
    from planner.plan.record.options import comparison_record

    found = networks.compare(
        networks.read_onnx(model, batch=batch),
        list(devices),
        modes=modes if modes in ("all", "default") else modes.split(","),
        precisions=precisions,
        batches=(),
        max_latency_s=max_latency_s,
        max_power_w=max_power_w,
        budget=budget,
        rates=rates,
        progress=progress,
    )
    return {**comparison_record(found), "warnings": list(found.notes)}


def sized(scenario: str, *, most_parts: int = 8, progress: Progress = lambda _: None) -> Record:
    """`planner size`, of cameras and of people who converse with a language model."""
    if language.has_conversations(scenario):
        return _conversed(language.converse(scenario, progress=progress))
    from planner.plan.record.sizing import sizing_record

    return dict(sizing_record(scenarios.size(scenario, most_parts=most_parts, progress=progress)))


def listed(
    *, vendor: str | None = None, kind: UnitKind | None = None, precision: str | None = None
) -> Record:
    """`planner devices list`."""
    found = parts.list_devices(vendor=vendor, kind=kind, precision=precision)
    return {
        "devices": list(found.rows),
        "remarks": list(found.remarks),
        "own_parts": list(parts.own_part_notes()),
    }


def shown(device_id: str) -> Record:
    """`planner devices show`."""
    from planner.hardware.datasheet import device_record

    return {
        **device_record(parts.read_device(device_id)),
        "origin": parts.part_file(device_id).origin,
        "notes": list(parts.own_part_notes((device_id,))),
    }


def conversed(
    model: str,
    users: int,
    *,
    context_tokens: int | None = None,
    devices: Sequence[str] = (),
    engine: str | None = None,
    progress: Progress = lambda _: None,
) -> Record:
    """`planner plan MODEL --users`."""
    found = language.plan_conversations(
        model, users, context_tokens=context_tokens, devices=devices, engine=engine, progress=progress
    )
    return _conversed(found.study)


def _conversed(study: ConversationStudy) -> Record:
    from planner.plan.record.conversation.record import conversation_record

    return dict(conversation_record(study, curves=False, basis=False))


def served(
    model: str,
    devices: Sequence[str],
    *,
    users: Sequence[int] = (1,),
    weights: str | None = None,
    engine: str | None = None,
    context_tokens: int | None = None,
    most_ttft_s: float | None = None,
    least_rate_per_s: float | None = None,
) -> list[Record]:
    """`planner llm`: a record for each part and number of users."""
    from planner.language.answer.record import serving_record

    found = language.serve(
        model,
        devices,
        users=users,
        weights=weights,
        engine=engine,
        context_tokens=context_tokens,
        most_ttft_s=most_ttft_s,
        least_rate_per_s=least_rate_per_s,
    )
    return [dict(serving_record(item)) for item in found]
