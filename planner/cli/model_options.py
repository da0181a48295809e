"""Options that say which network runs, where and how: one wording for every command that asks."""

from __future__ import annotations

import click

from planner.cli.completion import device_ids, engines, modes, precisions, units

device_option = click.option(
    "--device",
    "device_id",
    required=True,
    metavar="ID",
    help="See `planner devices list`.",
    shell_complete=device_ids,
)
unit_option = click.option(
    "--unit",
    help="Compute unit by id or kind; default: the best that runs the engine.",
    shell_complete=units,
)
mode_option = click.option("--mode", help="Power mode; default: the part's own.", shell_complete=modes)
precision_option = click.option(
    "--precision", help="Default: half precision where the unit has it.", shell_complete=precisions
)
batch_option = click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True)
shape_option = click.option(
    "--shape", "shapes", multiple=True, metavar="NAME=1,3,640,640", help="Shape of one input."
)
engine_option = click.option(
    "--engine", help="Inference engine; default: the unit's usual one.", shell_complete=engines
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="CPU units: threads used; default: all cores."
)

run_threads_option = click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
"""Of a run on this machine, where all cores are no fair default: a run at rest has one."""
run_precision_option = click.option(
    "--precision", type=click.Choice(["fp32", "bf16", "int8"]), default="fp32", show_default=True
)
