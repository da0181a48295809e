"""`planner serve`: the local page, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.api.texts import parse_option
from planner.cli.limits import memory_bytes, time_s
from planner.cli.output import Output
from planner.cli.own_parts import hardware_option, pass_own_parts_on
from planner.distribution import install_command
from planner.errors import MissingDataError

if TYPE_CHECKING:
    from planner.web.app import VisitorLimits

_NEEDED = ("starlette", "uvicorn", "jinja2")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; beyond loopback with a token.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8017, show_default=True, help="0: any free one."
)
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="More host names under which it is asked."
)
@click.option("--no-browser", "quietly", is_flag=True, help="Print the address and open nothing.")
@click.option("--max-upload", metavar="1GB", help="The most that one dropped file may have.")
@click.option("--time-limit", "most_time", metavar="10min", help="The most that one question may take.")
@click.option(
    "--memory-limit", "most_memory", metavar="4GB", help="The most memory of one process that works."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Questions at once."
)
@click.option("--quiet", is_flag=True, help="Nothing on stderr.")
@hardware_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(
    host: str,
    port: int,
    names: tuple[str, ...],
    quietly: bool,  # noqa: FBT001 - click passes it by name
    max_upload: str | None,
    most_time: str | None,
    most_memory: str | None,
    workers: int,
    quiet: bool,  # noqa: FBT001
) -> int:
    """Open a page in the browser: drop a network, turn settings, plan a rack. Nothing leaves this machine.

    It answers this machine alone unless --host says otherwise. Ctrl-C ends it and removes what was dropped.
    """
    from planner.cli.main import OK

    try:
        from planner.web import serve
        from planner.web.app import VisitorLimits
    except ImportError as error:
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        raise MissingDataError(
            f"expected the package {error.name}, which is not installed; {install_command('web')}"
        ) from None
    output = Output("table", None, quiet)
    limits = _limits(VisitorLimits(workers=workers), max_upload, most_time, most_memory)
    # Here each question has these limits, and not the whole run, as `planner.cli.limits` has them.
    pass_own_parts_on()

    def ready(address: str) -> None:
        output.say(f"planner is at {address} ; Ctrl-C ends it")
        if not quietly:
            output.open(address)

    serve.serve(serve.listen(host, port, names), limits, ready)
    return OK


def _limits(
    usual: VisitorLimits, max_upload: str | None, most_time: str | None, most_memory: str | None
) -> VisitorLimits:
    from dataclasses import replace

    upload_bytes = parse_option("--max-upload", max_upload, "bytes")
    seconds, memory = time_s(most_time), memory_bytes(most_memory)
    return replace(
        usual,
        upload_bytes=usual.upload_bytes if upload_bytes is None else int(upload_bytes),
        seconds=usual.seconds if seconds is None else seconds,
        memory_bytes=usual.memory_bytes if memory is None else memory,
    )
