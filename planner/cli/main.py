"""The `planner` command: a group whose subcommands are imported only when they are called."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from contextlib import nullcontext, suppress

import click
from click.shell_completion import CompletionItem

from planner.cli.encoding import drop_unwritten, echo, open_standard_streams, show_any_text
from planner.cli.groups import SuggestingGroup
from planner.cli.limits import limited
from planner.cli.ticker import ticker
from planner.collector import collect_seldom
from planner.distribution import VERSION
from planner.environment import mend_environment
from planner.errors import InputError, Problem, refusal_of
from planner.process.inputs import inputs_kept
from planner.process.stop import begin, die_by_signals, listen, status_of_stop, stopped_by, was_asked
from planner.visible import LONGEST_WORD, shortened_words

COMMANDS = {
    "inspect": (
        "planner.cli.network.inspect",
        "Count operations, bytes and memory of a network, per operator.",
    ),
    "estimate": (
        "planner.cli.network.estimate",
        "Predict latency, power and memory of a network on one part.",
    ),
    "what-if": (
        "planner.cli.network.what_if",
        "Put a network in other precisions and compressions on one part.",
    ),
    "curve": ("planner.cli.network.curve", "How throughput and latency grow with batch, threads or streams."),
    "split": ("planner.cli.network.split", "Where to cut a network between a device and a server."),
    "compare": ("planner.cli.network.compare", "Put a network on many parts and rank them against limits."),
    "check": ("planner.cli.network.check", "What a change of a network does on the chosen parts."),
    "llm": ("planner.cli.network.llm", "What parts serve of a language model, for how many users."),
    "devices": ("planner.cli.database.devices", "List, show and check the parts of the database."),
    "measurements": ("planner.cli.database.measurements", "Search what others measured and published."),
    "zoo": ("planner.cli.database.zoo", "List and export the reference networks."),
    "scenarios": ("planner.cli.database.scenarios", "List, show and copy the scenarios that are shipped."),
    "measure": ("planner.cli.engine.measure", "Run networks on an engine of this machine and time them."),
    "calibrate": ("planner.cli.engine.calibrate", "Learn what an engine reaches on this machine."),
    "validate": ("planner.cli.engine.validate", "Put calibrated predictions beside measurements."),
    "import": (
        "planner.cli.engine.import_profile",
        "Read the profile of an engine or a device as a measurement.",
    ),
    "plan": (
        "planner.cli.scenario.plan",
        "Which part for these cameras, how many, will it hold: in one line.",
    ),
    "init": ("planner.cli.scenario.init", "Ask what a plan needs and write it as a scenario."),
    "size": ("planner.cli.scenario.size", "How many of which part a scenario takes, and whether they hold."),
    "simulate": ("planner.cli.scenario.simulate", "Simulate the rack of a scenario: queues, heat, power."),
    "chain": (
        "planner.cli.scenario.chain",
        "What every unit has of a frame's way, and which binds first.",
    ),
    "density": (
        "planner.cli.scenario.density",
        "How the rack of a scenario heats as it fills, and its limit.",
    ),
    "cost": ("planner.cli.scenario.cost", "What a scenario costs, line by line, and which inputs decide it."),
    "sweep": ("planner.cli.scenario.sweep", "Answer a scenario at many points over its keys, into Parquet."),
    "fleet": (
        "planner.cli.scenario.fleet",
        "One plan for many sites: parts, spares, years, roll-out, updates.",
    ),
    "lint": ("planner.cli.scenario.lint", "Which well-known mistakes the plan of a scenario walks into."),
    "report": ("planner.cli.scenario.report", "Answer a scenario's question whole, as a PDF."),
    "serve": ("planner.cli.front.serve", "Open a page in the browser to drop a network on."),
    "mcp": ("planner.cli.front.mcp", "Offer planner's answers to an assistant, as read-only tools."),
}

OK, FAULT, REFUSED, INFEASIBLE, INTERRUPTED = 0, 1, 2, 3, 130


class LazyGroup(SuggestingGroup):
    """A group that knows its commands' one-line help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table above: from a network to a report."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return limited(command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands with their help, none of them imported."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands for --help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def planner() -> None:
    """Which edge-AI hardware to buy, how many, what it will draw and cost - before buying.

    MODEL is an ONNX file or zoo:NAME. Exit status: 0 fine, 2 input refused, 3 no feasible answer, 1 a fault
    of the planner itself, 128 + n stopped by signal n (130 Ctrl-C, 143 SIGTERM, 142 the time limit).
    """


def main() -> None:
    """Run the command line and turn every refusal into one message and an exit status."""
    listen()
    collect_seldom()
    open_standard_streams()
    show_any_text()
    status = run(sys.argv[1:])
    drop_unwritten()
    die_by_signals()
    gc.freeze()  # what ends with the process is not searched for cycles first
    if was_asked() and any(not thread.daemon for thread in _others()):
        os._exit(status)  # Python would wait for a thread that reads what may never come
    sys.exit(status)


def _others() -> list[threading.Thread]:
    """Threads beside this one."""
    return [thread for thread in threading.enumerate() if thread is not threading.current_thread()]


def run(arguments: list[str]) -> int:
    """Run with these arguments and return the exit status; tracebacks appear only with --debug."""
    begin()
    try:
        mend_environment()
        _require_short(arguments)
        with inputs_kept(), ticker.running() if "--quiet" not in arguments else nullcontext():
            result = planner.main(args=arguments, prog_name="planner", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return REFUSED
    except (KeyboardInterrupt, click.Abort) as stop:
        if isinstance(stop.__cause__, EOFError):  # a file that ends too early, to click a terminal
            return _refused(stop.__cause__)
        echo(f"planner: {_stopped()}; nothing half-written is left behind", err=True)
        return status_of_stop()
    except SystemExit as stop:
        # Whoever reads has seen enough, such as `head`; click would end with 1.
        return OK if type(sys.stdout).__name__.endswith("PacifyFlushWrapper") else int(stop.code or OK)
    except Exception as error:
        if was_asked():  # a compiler, called back in the middle, makes an error of its own of a signal
            echo(f"planner: {_stopped()}; nothing half-written is left behind", err=True)
            return status_of_stop()
        if "--debug" in arguments:
            raise
        return _refused(error)
    if result == INTERRUPTED:
        echo(f"planner: {_stopped()}; what was finished is written", err=True)
        return status_of_stop()
    return result if isinstance(result, int) else OK


def _refused(error: Exception) -> int:
    """Say what an error means; the exit status."""
    status, message = _explained(error)
    echo(f"planner: {shortened_words(message)}", err=True)
    return status


def _require_short(arguments: list[str]) -> None:
    """Refuse words that no option means: patterns and names of any length take time that grows faster."""
    if any(len(word) > LONGEST_WORD for word in arguments):
        longest = max(map(len, arguments))
        problem = Problem("command line", f"words of at most {LONGEST_WORD} characters", str(longest))
        raise InputError("planner", [problem])


def _stopped() -> str:
    """What ended the run."""
    number = stopped_by()
    if number == getattr(signal, "SIGALRM", None):
        return "stopped at the time limit (--time-limit)"
    return "interrupted" if number == signal.SIGINT else f"stopped by {signal.Signals(number).name}"


def _explained(error: Exception) -> tuple[int, str]:
    """Exit status and one message for an error; what nobody foresaw is a fault of ours and said to be."""
    refusal = refusal_of(error)
    if refusal is not None:
        return REFUSED, refusal
    if isinstance(error, MemoryError):
        detail = f" ({error})" if str(error) else ""
        return (
            REFUSED,
            f"not enough memory for this input{detail}; give more with --memory-limit, or ask for less",
        )
    return FAULT, (
        f"internal fault: {type(error).__name__}: {error}\n"
        "This is a defect of planner, not of your input; run again with --debug for the traceback."
    )
