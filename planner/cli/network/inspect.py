"""`planner inspect MODEL`: what a network asks for, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import networks
from planner.cli.model_options import network_options
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import count, quantity

if TYPE_CHECKING:
    from planner.schema.record.network import InspectRecord
    from planner.workload.asked import Asked

_SHOWN = 6


@click.command("inspect")
@click.argument("model", shell_complete=networks)
@network_options
@click.option("--precision", help="Count bytes as if tensors were kept in this precision.")
@click.option("--engine", default="generic", show_default=True, help="Whose fusion rules make the kernels.")
@output_options
def command(
    model: str,
    precision: str | None,
    engine: str,
    *,
    asked: Asked,
    output: Output,
) -> None:
    """Count operations, bytes and memory of MODEL (a file or zoo:NAME), per operator.

    Of a language model's config.json, GGUF or safetensors file its sizes (`planner llm` puts it on parts).
    """
    if api.is_language_model(model):
        output.write(_language_model(model))
        return
    from planner.workload.record import operator_rows, workload_record

    found = api.inspect(model, asked=asked, precision=precision, engine=engine)
    workload = found.workload
    record = workload_record(workload, kernels=found.kernels)
    heading = [
        f"{workload.model}: {count(workload.macs)}MAC, {count(workload.flops)}op, "
        f"{count(workload.parameters)} parameters, batch {workload.batch}",
        f"weights {quantity(workload.weight_bytes, 'bytes')}, "
        f"peak activations {quantity(workload.peak_activation_bytes, 'bytes')}, "
        f"{len(workload.operators)} operators in {record['kernels']} kernels",
    ]
    if found.partial is not None:
        heading.insert(0, f"NOT WHOLE, so every total is too low: {found.partial}")
    heading += _tensor_lines(record)
    footer = [f"assumed: {text}" for text in workload.assumptions]
    footer += [f"not costed: {u.name} ({u.op_type}): {u.reason}" for u in workload.unresolved]
    table = [
        {
            "operator": op.name,
            "type": op.op_type,
            "MACs": count(op.macs),
            "operations": count(op.flops),
            "in": quantity(op.input_bytes, "bytes"),
            "out": quantity(op.output_bytes, "bytes"),
            "weights": quantity(op.weight_bytes, "bytes"),
        }
        for op in workload.operators
    ]
    numbers = frozenset({"MACs", "operations", "in", "out", "weights"})
    rank = ("in", "out", "operations", "weights", "type")
    output.write(CommandResult(record, operator_rows(workload), table, heading, footer, numbers, rank))


def _language_model(model: str) -> CommandResult:
    """Sizes of a language model from its configuration or the header of its weights."""
    from planner.language.answer.record import model_record

    record = model_record(api.read_language_model(model))
    held, step = record["weight_bytes"], record["step_weight_bytes"]
    heading = [
        f"{record['model']}: {count(record['parameters'])} parameters, {record['layers']} layers of "
        f"{record['hidden']}, {record['heads']} heads and {record['key_heads']} with keys of "
        f"{record['head_width']}, {record['vocabulary']} words, at most {record['context_tokens']} tokens",
        f"a token      {count(record['macs_per_token'])}MAC with weights, "
        f"{quantity(record['cache_bytes_per_token'], 'bytes')} of keys and values in 16 bits",
    ]
    if held is not None and step is not None:
        heading.append(
            f"weights      {record['weights']}, {quantity(held, 'bytes')}, of which a token reads "
            f"{quantity(step, 'bytes')}"
        )
    return CommandResult(record, [dict(record)], [], heading)


def _tensor_lines(record: InspectRecord) -> list[str]:
    """The inputs and outputs, the first few of each."""
    lines = []
    for side, tensors in (("in", record["inputs"]), ("out", record["outputs"])):
        shown = [f"{t['name']} {_shape_text(t['shape'])} {t['dtype'] or 'unknown'}" for t in tensors[:_SHOWN]]
        more = [f"{len(tensors) - _SHOWN} more"] if len(tensors) > _SHOWN else []
        lines.append(f"{side:3s} {', '.join([*shown, *more]) or 'none'}")
    return lines


def _shape_text(shape: list[int | None] | None) -> str:
    if shape is None:
        return "[?...]"
    return "[" + ", ".join("?" if extent is None else str(extent) for extent in shape) + "]"
