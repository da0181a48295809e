"""Drawings of conversations: rates and first tokens over users, memory over context, joules a token."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from planner.report.figures.style import (
    BLUE,
    DASHES,
    GREY,
    INK,
    MARKERS,
    ORANGE,
    PALE,
    VERMILLION,
    draw,
    legend_above,
    log_axis,
    plain_axis,
)
from planner.schema.record.commands.conversation import ContextPointRecord, UsersPointRecord
from planner.schema.record.options import BandRecord
from planner.wording.message import Wording

_GB = 1e9


def users_drawing(points: Sequence[UsersPointRecord], say: Wording) -> bytes | None:
    """Tokens a second of all and of each, and first tokens, over users; None of fewer than two points."""
    if len(points) < 2:
        return None
    users = [point["users"] for point in points]

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for axes in (left, right):
            _users_axis(axes, users, say)
        every = _banded(left, users, [point["tokens_per_s"] for point in points], BLUE, 0)
        each = _banded(left, users, [point["tokens_per_s_per_user"] for point in points], ORANGE, 1)
        left.set_yscale("log")
        left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        left.yaxis.set_minor_locator(NullLocator())
        left.set_ylabel(say("conversation.axis_rate"))
        _banded(right, users, [point["ttft_s"] for point in points], VERMILLION, 2)
        log_axis(right, "y", "s")
        right.set_ylabel(say("conversation.axis_ttft"))
        legend_above(figure, [every, each], [say("conversation.all_users"), say("conversation.each_user")])

    return draw(2.5, paint, say)


def memory_drawing(points: Sequence[ContextPointRecord], say: Wording) -> bytes | None:
    """Weights, work space and caches of so many sessions over the context, and what the part has."""
    if len(points) < 2:
        return None
    contexts = [float(point["context_tokens"]) for point in points]

    held = [point["memory_bytes"] for point in points]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        drawn = axes.stackplot(
            contexts,
            [memory["weights"] / _GB for memory in held],
            [memory["workspace"] / _GB for memory in held],
            [memory["kv"] / _GB for memory in held],
            colors=[PALE, GREY, BLUE],
            edgecolor=INK,
            linewidth=0.4,
        )
        for piece, hatch in zip(drawn, ("", "....", "////"), strict=True):
            piece.set_hatch(hatch)
        limit = axes.axhline(held[0]["capacity"] / _GB, color=VERMILLION, linestyle=DASHES[1], linewidth=1.2)
        axes.set_xscale("log", base=2)
        _tokens_axis(axes, contexts)
        axes.set_ylim(0.0, None)
        plain_axis(axes, "y")
        axes.set_xlabel(say("conversation.axis_context"))
        axes.set_ylabel(say("conversation.axis_memory"))
        names = [say(f"conversation.{kind}") for kind in ("weights", "workspace", "caches", "capacity")]
        legend_above(figure, [*drawn, limit], names)

    return draw(2.4, paint, say)


def energy_drawing(points: Sequence[UsersPointRecord], say: Wording) -> bytes | None:
    """Joules a token of one busy device over users."""
    if len(points) < 2:
        return None
    users = [point["users"] for point in points]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _users_axis(axes, users, say)
        _banded(axes, users, [point["energy_per_token_j"] for point in points], BLUE, 0)
        log_axis(axes, "y", "j")
        axes.set_ylabel(say("conversation.axis_energy"))

    return draw(2.1, paint, say)


def _users_axis(axes: Axes, users: Sequence[int], say: Wording) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(users))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(say("conversation.axis_users"))
    axes.grid(visible=True)


def _tokens_axis(axes: Axes, contexts: Sequence[float]) -> None:
    powers = [context for context in contexts if context.is_integer() and int(context).bit_count() == 1]
    axes.xaxis.set_major_locator(FixedLocator(powers))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0)


def _banded(axes: Axes, users: Sequence[int], bands: Sequence[BandRecord], colour: str, look: int) -> Artist:
    low, high = [band["low"] for band in bands], [band["high"] for band in bands]
    axes.fill_between(users, low, high, color=colour, alpha=0.15, linewidth=0)
    (line,) = axes.plot(
        users,
        [band["mid"] for band in bands],
        color=colour,
        marker=MARKERS[look],
        markersize=3.5,
        linestyle=DASHES[look],
    )
    return line
