"""`planner mcp`: read-only tools for assistants, over standard input and output."""

from __future__ import annotations

import click

from planner.cli.limits import memory_bytes, time_s
from planner.cli.own_parts import hardware_option, pass_own_parts_on
from planner.distribution import install_command
from planner.errors import MissingDataError


@click.command("mcp")
@click.option("--time-limit", "most_time", metavar="10min", help="The most that one question may take.")
@click.option("--memory-limit", "most_memory", metavar="4GiB", help="The most memory of one question.")
@hardware_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(most_time: str | None, most_memory: str | None) -> int:
    """Offer inspect, estimate, compare, size and devices to an assistant (Model Context Protocol, stdio).

    Tools read and never write, and each question runs in a process with limits of time and memory. Add
    `planner mcp` to the servers of the assistant; there is nothing to see here, and the end of the input ends
    it.
    """
    from planner.cli.main import OK

    try:
        from planner.assistant import server
    except ImportError as error:
        if (error.name or "").split(".")[0] != "mcp":
            raise
        raise MissingDataError(
            f"expected the package mcp, which is not installed; {install_command('mcp')}"
        ) from None
    usual = server.QuestionLimits()
    seconds, memory = time_s(most_time), memory_bytes(most_memory)
    pass_own_parts_on()
    server.run(server.QuestionLimits(seconds or usual.seconds, memory or usual.memory_bytes))
    return OK
