"""The tools of an assistant: each is one command, and answers with its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from planner.api import answers
from planner.api.database.parts import precision_named

Answer = dict[str, Any]
_MOST_PARTS = 8


def inspect(
    model: str, *, batch: int | None = None, precision: str | None = None, operators: bool = False
) -> Answer:
    """Count a network: multiply-accumulates, operations, parameters, bytes, memory, kernels, inputs, outputs.

    `operators` adds every operator. Takes the config.json, GGUF or safetensors file of a language model too.
    """
    found = answers.inspected(model, batch=batch, precision=precision)
    if not operators and "operators" in found:
        found["operators"] = []
    return found


def estimate(
    model: str,
    device: str,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: str | None = None,
    engine: str | None = None,
    batch: int | None = None,
    layers: bool = False,
) -> Answer:
    """Predict latency, throughput, power, energy and memory of a network on one part (an id of `devices`).

    What is left out is the part's usual: best unit, default mode, half precision. `layers` adds every kernel.
    """
    precision_named(precision)
    return answers.estimated(
        model, device, layers=layers, batch=batch, unit=unit, mode=mode, precision=precision, engine=engine
    )


def compare(
    model: str,
    devices: list[str],
    precisions: list[str] | None = None,
    modes: str = "default",
    batch: int | None = None,
    max_latency_s: float | None = None,
    max_power_w: float | None = None,
) -> Answer:
    """Rank a network on parts, given by ids or globs such as jetson-*, against limits in seconds and watts.

    `modes` is default, all, or names with commas. The best candidate comes first; each says what broke.
    """
    return answers.compared(
        model,
        devices,
        batch=batch,
        modes=modes,
        precisions=precisions or (),
        max_latency_s=max_latency_s,
        max_power_w=max_power_w,
    )


def size(scenario: str, most_parts: int = _MOST_PARTS) -> Answer:
    """How many of which part a scenario (shipped name or YAML file) takes, simulated, with its cost.

    Of cameras, of people who converse with a language model, or of both on the same devices.
    """
    return answers.sized(scenario, most_parts=most_parts)


def llm(
    model: str,
    devices: list[str],
    users: list[int] | None = None,
    weights: str | None = None,
    engine: str | None = None,
    context_tokens: int | None = None,
    max_ttft_s: float | None = None,
    min_tokens_per_s: float | None = None,
) -> Answer:
    """Predict what parts serve of a language model (zoo:NAME or a file) to so many users at once.

    Time to the first token, time per token, tokens a second, memory, longest context, most users, energy.
    `max_ttft_s` and `min_tokens_per_s` (of each user) are limits; each answer says whether it keeps them.
    """
    found = answers.served(
        model,
        devices,
        users=users or (1,),
        weights=weights,
        engine=engine,
        context_tokens=context_tokens,
        most_ttft_s=max_ttft_s,
        least_rate_per_s=min_tokens_per_s,
    )
    return {"answers": found}


def converse(
    model: str,
    users: int,
    context_tokens: int | None = None,
    devices: list[str] | None = None,
    engine: str | None = None,
) -> Answer:
    """Which box, and how many, for so many people who converse with a language model, simulated.

    They think, ask, read the answer and ask again; what is not said is usual of an office.
    """
    return answers.conversed(
        model, users, context_tokens=context_tokens, devices=devices or (), engine=engine
    )


def devices(
    device: str | None = None,
    vendor: str | None = None,
    kind: Literal["gpu", "npu", "dla", "cpu"] | None = None,
    precision: str | None = None,
) -> Answer:
    """List the parts of the database, or show one with the source and status of every number.

    `kind` is gpu, npu, dla or cpu; `vendor` a name or a pattern.
    """
    if device is not None:
        return answers.shown(device)
    return answers.listed(vendor=vendor, kind=kind, precision=precision)


TOOLS: tuple[Callable[..., Answer], ...] = (inspect, estimate, compare, size, llm, converse, devices)
