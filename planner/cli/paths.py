"""Outputs and inputs of one command line are different files: said before any work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from planner.errors import OutputError

_WRITES = frozenset({"-o", "--output", "--to", "--log", "--data", "--html", "--tables"})


def require_inputs_kept(context: click.Context) -> None:
    """Refuse an output that is one of the files which the same command line names for reading."""
    parameters = context.command.params
    written = [item for item in parameters if isinstance(item, click.Option) and _WRITES & set(item.opts)]
    outputs = list(_files(written, context.params))
    inputs = list(_files([item for item in parameters if item not in written], context.params))
    for output in outputs:
        for given in inputs:
            if _same(output, given):
                got = f"expected another file than {given}, which is read, got the same"
                raise OutputError(f"{output}: {got}; choose another")


def _files(parameters: Sequence[click.Parameter], values: Mapping[str, object]) -> Iterator[Path]:
    for parameter in parameters:
        given = values.get(parameter.name or "")
        for value in given if isinstance(given, tuple | list) else (given,):
            if isinstance(value, str | Path):
                yield Path(value)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and other.is_file() and os.path.samefile(one, other)  # noqa: PTH121 - of links too
    except (OSError, ValueError):
        return False
