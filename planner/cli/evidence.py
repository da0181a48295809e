"""Options that say what a plan rests on beside the database: one wording for every command that plans."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from planner import api
from planner.cli.completion import engines

P = ParamSpec("P")
R = TypeVar("R")

SIMULATORS = ("compiled", "simpy")


def _options(command: Callable[P, R], engine_help: str) -> Callable[..., R]:
    for option in (
        click.option(
            "--measured",
            multiple=True,
            metavar="FILE[,device=ID,mode=M,...]",
            help="What `planner measure`, `calibrate` or `import` wrote of this plan's settings; repeatable.",
        ),
        click.option(
            "--anchor",
            "anchors",
            multiple=True,
            metavar="FILE|published",
            help="Blend with measurements on the parts or of the networks; repeatable.",
        ),
        click.option(
            "--calibration",
            metavar="FILE|none",
            help="Default: the one kept for this machine; `none`: the database alone.",
        ),
        click.option(
            "--threads", type=click.IntRange(min=1), help="CPU units: threads used; default: all cores."
        ),
        click.option(
            "--instances",
            type=click.IntRange(min=1),
            help="Workers of the engine side by side on each part; default: one a unit.",
        ),
        click.option("--engine", help=engine_help, shell_complete=engines),
    ):
        command = option(command)
    return command


_ENGINE = "Inference engine; default: each unit's usual one."


def network_evidence(command: Callable[P, R]) -> Callable[..., R]:
    """Add the options to a command about one network; it takes them as one `evidence`."""

    @functools.wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401
        engine: str | None,
        threads: int | None,
        instances: int | None,
        calibration: str | None,
        anchors: tuple[str, ...],
        measured: tuple[str, ...],
        **kwargs: Any,  # noqa: ANN401
    ) -> R:
        found = api.evidence(engine, threads, calibration, anchors, measured, instances)
        return command(*args, evidence=found, **kwargs)  # type: ignore[arg-type]

    return _options(wrapper, _ENGINE)


def scenario_evidence(command: Callable[P, R]) -> Callable[..., R]:
    """Add the options to a command about a scenario, which takes the scenario as these change it."""

    @functools.wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401
        scenario: Path | None,
        engine: str | None,
        threads: int | None,
        instances: int | None,
        calibration: str | None,
        anchors: tuple[str, ...],
        measured: tuple[str, ...],
        **kwargs: Any,  # noqa: ANN401
    ) -> R:
        found = api.evidence(engine, threads, calibration, anchors, measured, instances)
        changed = scenario if scenario is None or not found else api.with_evidence(scenario, found)
        return command(*args, scenario=changed, **kwargs)  # type: ignore[arg-type]

    return _options(wrapper, _ENGINE)


def simulated_evidence(command: Callable[P, R]) -> Callable[..., R]:
    """As `scenario_evidence`, with --simulator, which --engine compiled and --engine simpy mean as well."""

    @functools.wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401
        engine: str | None,
        simulator: str,
        **kwargs: Any,  # noqa: ANN401
    ) -> R:
        if engine in SIMULATORS:
            engine, simulator = None, str(engine)
        return inner(*args, engine=engine, simulator=simulator, **kwargs)

    inner = scenario_evidence(command)
    # The options are kept on the function that they decorate: they move to the one that click is given.
    wrapper.__dict__["__click_params__"] = inner.__dict__.pop("__click_params__")
    add = click.option(
        "--simulator",
        type=click.Choice(SIMULATORS),
        default="compiled",
        show_default=True,
        help="What simulates the rack; simpy is slow, to check the other.",
    )
    return add(wrapper)
