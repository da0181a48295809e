"""`planner inspect MODEL`: what a network asks for, counted."""

from __future__ import annotations

import click

from planner import api
from planner.cli.arguments import parse_shapes
from planner.cli.completion import networks
from planner.cli.model_options import shape_option
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import count, quantity


@click.command("inspect")
@click.argument("model", shell_complete=networks)
@click.option("--batch", type=click.IntRange(min=1), help="Batch size to set on the inputs.")
@shape_option
@click.option("--precision", help="Count bytes as if tensors were kept in this precision.")
@click.option("--engine", default="generic", show_default=True, help="Whose fusion rules make the kernels.")
@output_options
def command(
    model: str,
    batch: int | None,
    shapes: tuple[str, ...],
    precision: str | None,
    engine: str,
    *,
    output: Output,
) -> None:
    """Count operations, bytes and memory of MODEL (a file or zoo:NAME), per operator."""
    from planner.workload.record import operator_rows, workload_record

    found = api.inspect(model, batch=batch, shapes=parse_shapes(shapes), precision=precision, engine=engine)
    workload = found.workload
    record = workload_record(workload, kernels=found.kernels)
    heading = [
        f"{workload.model}: {count(workload.macs)}MAC, {count(workload.flops)}op, "
        f"{count(workload.parameters)} parameters, batch {workload.batch}",
        f"weights {quantity(workload.weight_bytes, 'bytes')}, "
        f"peak activations {quantity(workload.peak_activation_bytes, 'bytes')}, "
        f"{len(workload.operators)} operators in {record['kernels']} kernels",
    ]
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
