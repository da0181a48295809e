"""What the shell offers for ids, networks, scenarios and modes when Tab is pressed.

Each is called by click with what was typed so far. Nothing may fail or print here: where something cannot be
read, nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from planner.errors import PlannerError


def device_ids(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of parts; after a comma those of the next one."""
    from planner import api

    found: tuple[str, ...] = ()
    with suppress(PlannerError):
        found = api.device_ids()
    before, comma, own = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}") for name in found if name.startswith(own)]


def networks(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Networks of the zoo, and files."""
    from planner import api

    names = [f"zoo:{entry.name}" for entry in api.list_networks()]
    return [*_starting(names, incomplete), CompletionItem(incomplete, type="file")]


def scenarios(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shipped scenarios by name, and files."""
    return [*_starting(_scenario_names(), incomplete), CompletionItem(incomplete, type="file")]


def scenario_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shipped scenarios by name."""
    return _starting(_scenario_names(), incomplete)


def modes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Power modes of the part that was named before."""
    from planner import api

    device = ctx.params.get("device_id")
    if not isinstance(device, str):
        return []
    with suppress(PlannerError):
        return _starting((mode.id for mode in api.read_device(device).modes), incomplete)
    return []


def links(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Links of the part that was named before."""
    from planner import api

    device = ctx.params.get("device_id")
    if not isinstance(device, str):
        return []
    with suppress(PlannerError):
        return _starting((link.id for link in api.device_links(api.read_device(device))), incomplete)
    return []


def units(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Compute units of the part that was named before."""
    from planner import api

    device = ctx.params.get("device_id")
    if not isinstance(device, str):
        return []
    with suppress(PlannerError):
        return _starting((*api.read_device(device).units, "auto"), incomplete)
    return []


def precisions(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Number formats."""
    from planner import api

    return _starting(api.precision_names(), incomplete.lower())


def engines(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Engines of the database."""
    from planner import api

    return _starting(api.engine_ids(), incomplete)


def _scenario_names() -> list[str]:
    from planner import api

    return [scenario.name for scenario in api.list_scenarios()]


def _starting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
