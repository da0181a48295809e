"""`planner mcp`: read-only tools for assistants, over standard input and output."""

from __future__ import annotations

import click

from planner.cli.own_parts import hardware_option
from planner.distribution import install_command
from planner.errors import MissingDataError


@click.command("mcp")
@hardware_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command() -> int:
    """Offer inspect, estimate, compare, size and devices to an assistant (Model Context Protocol, stdio).

    Tools read and never write. Add `planner mcp` to the servers of the assistant; there is nothing to see
    here, and the end of the input ends it.
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
    server.run()
    return OK
