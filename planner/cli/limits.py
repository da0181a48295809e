"""What holds for every command: `--time-limit`, `--memory-limit`, and outputs that are no inputs."""

from __future__ import annotations

import functools
from typing import Any

import click

from planner.cli.arguments import parse_option
from planner.cli.paths import require_inputs_kept
from planner.errors import InputError, Problem
from planner.process.limits import LimitError, within_limits

_TIME, _MEMORY = "--time-limit", "--memory-limit"
_LONGEST_S = 31_536_000.0
_LEAST_BYTES, _MOST_BYTES = 2**28, 2**50
"""The least is what the interpreter and the libraries take before they have read anything."""


def limited(command: click.Command) -> click.Command:
    """The command with both options, which hold while it runs; of a group each of its commands."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            limited(inner)
        return command
    callback = command.callback
    if callback is None or any(parameter.name == "most_time" for parameter in command.params):
        return command

    @functools.wraps(callback)
    def within(*args: Any, most_time: str | None, most_memory: str | None, **kwargs: Any) -> Any:  # noqa: ANN401
        require_inputs_kept(click.get_current_context())
        time, memory = time_s(most_time), memory_bytes(most_memory)
        try:
            with within_limits(time, memory):
                return callback(*args, **kwargs)
        except LimitError as error:
            raise _refused(f"{_TIME} or {_MEMORY}", str(error), "another system") from None

    time_help = "Stop after this time as Ctrl-C does; default: none."
    memory_help = "Refuse to take more memory; default: none."
    command.params += [
        click.Option([_TIME, "most_time"], metavar="10min", help=time_help),
        click.Option([_MEMORY, "most_memory"], metavar="4GiB", help=memory_help),
    ]
    command.callback = within
    return command


def time_s(text: str | None) -> float | None:
    """A limit of time; `InputError` for one beyond a year, None for none."""
    value = parse_option(_TIME, text, "s")
    if value is not None and value > _LONGEST_S:
        raise _refused(_TIME, "at most 365 d", repr(text))
    return value


def memory_bytes(text: str | None) -> int | None:
    """A limit of memory; `InputError` for one in which nothing runs, None for none."""
    value = parse_option(_MEMORY, text, "bytes")
    if value is not None and not _LEAST_BYTES <= value <= _MOST_BYTES:
        raise _refused(_MEMORY, "256 MiB to 1024 TiB", repr(text))
    return None if value is None else int(value)


def _refused(option: str, expected: str, got: str) -> InputError:
    return InputError(option, [Problem("value", expected, got)])
