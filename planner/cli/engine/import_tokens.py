"""`planner import llama-bench FILE` and its like: rates of tokens that a tool has measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from planner import api
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import quantity
from planner.errors import InputError, Problem

_RIGHT = frozenset({"users", "prompt", "context", "prompt tokens/s", "first token", "tokens/s"})
_RANK = ("weights", "users", "first token")


@dataclass(frozen=True, slots=True)
class AnchorOutput:
    """Where the file of anchors goes, and what the tool does not say of what was measured."""

    path: Path | None
    device: str | None
    unit: str | None
    mode: str | None
    engine: str | None
    weights: str | None


def import_tokens(
    tool: str, files: tuple[Path, ...], model: str | None, anchoring: AnchorOutput, output: Output
) -> None:
    """The rates of one file, printed, and as anchors where asked for."""
    if len(files) != 1:
        raise click.UsageError(f"expected one file of {tool}, got {len(files)}; import them one by one")
    found = api.import_tokens(tool, files[0])
    footer = [f"note: {text}" for text in found.notes]
    if anchoring.path is not None:
        if anchoring.device is None:
            problem = Problem("--device", "the part that was measured, beside --anchor", "none")
            raise InputError("import", [problem])
        api.write_anchors(
            found, anchoring.path, device=anchoring.device, unit=anchoring.unit, mode=anchoring.mode,
            engine=anchoring.engine, model=model, weights=anchoring.weights,
        )  # fmt: skip
        footer.append(f"wrote {anchoring.path}: planner llm MODEL --device {anchoring.device} --anchor it")
    records = [rate.record() for rate in found.rates]
    record = {"tool": found.tool, "file": found.file, "rates": records, "notes": list(found.notes)}
    table = [
        {
            "model": rate.model,
            "weights": rate.weights or "",
            "users": str(rate.users),
            "prompt": _count(rate.prompt_tokens),
            "context": _count(rate.context_tokens),
            "prompt tokens/s": _rate(rate.prompt_tokens_per_s),
            "first token": "" if rate.ttft_s is None else quantity(rate.ttft_s, "s"),
            "tokens/s": _rate(rate.tokens_per_s) + (" with prompts" if rate.prompt_in_rate else ""),
            "note": rate.note,
        }
        for rate in found.rates
    ]
    heading = [f"{found.tool}: {found.file}"]
    output.write(CommandResult(record, records, table, heading, footer, _RIGHT, _RANK, {"note"}))


def _count(value: int | None) -> str:
    return "" if value is None else str(value)


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
