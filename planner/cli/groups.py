"""Groups of commands that offer the nearest name for one that they lack."""

from __future__ import annotations

import click

from planner.errors import nearest_names
from planner.units import did_you_mean


class SuggestingGroup(click.Group):
    """A group whose refusal of an unknown command says which was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest commands."""
        name = args[0] if args else ""
        if name and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            known = self.list_commands(ctx)
            hint = did_you_mean(nearest_names(name, known)) or f"known: {', '.join(known)}"
            ctx.fail(f"No such command {name!r}; {hint}")
        return super().resolve_command(ctx, args)
