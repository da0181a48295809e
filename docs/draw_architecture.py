"""Draw docs/images/architecture.svg: the rooms of planner/ on their floors, and who imports whom.

`python docs/draw_architecture.py` after an import between rooms has come or gone; a test says when.
A room's floor is the longest chain of imports below it. An import that follows from others is not drawn: a
room uses what its arrows lead to, directly or through other rooms. The picture carries the rooms and all
imports as its description.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
GROUND = "foundations"
"""The single files at the bottom: units, errors, provenance, arrays, files, processes."""

ROOMS = {
    "assistant": (0.0, "tools for assistants"),
    "web": (1.2, "the local page"),
    "api": (0.45, "the same from Python"),
    "cli": (1.55, "commands and their tables"),
    "plan": (1.65, "compare, size, cost, study"),
    "calibration": (3.0, "probes and fits"),
    "chain": (4.3, "a frame through a part"),
    "conversation": (0.4, "sessions, steps, caches"),
    "report": (0.0, "PDF, page, figures"),
    "language": (1.2, "models, tokens, memory"),
    "latency": (2.1, "roofline, fits, bands, power"),
    "engines": (3.4, "measure, import profiles"),
    "rack": (0.75, "queues, heat, policies"),
    "hardware": (1.75, "parts and engines"),
    "wording": (1.2, "sentences, en and zh"),
    "zoo": (2.7, "reference networks"),
    "schema": (1.2, "what files may say"),
    "workload": (3.0, "ONNX, counts, kernels"),
    "formulas": (0.35, "equations, sources, limits"),
    GROUND: (2.1, "units, errors, files, copies"),
    "process": (2.1, "signals, limits, children"),
}
"""Where a room is drawn from left to right, and what is in it; its height is its floor."""

WIDTH, HEIGHT, COLUMN, STEP = 2.3, 0.58, 2.75, 1.02
INK, LINE, FILL, PAPER = "#1d2733", "#7b8794", "#e8eef4", "white"

Arrows = frozenset[tuple[str, str]]


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module below planner, by the parts of its name."""
    return parts[0] if parts and parts[0] in ROOMS else GROUND


def imports_between_rooms() -> Arrows:
    """Who imports whom, from the sources of today."""
    found = set()
    for path in (ROOT / "planner").rglob("*.py"):
        parts = path.relative_to(ROOT / "planner").with_suffix("").parts
        if parts in {("__init__",), ("__main__",)}:
            continue  # the doors of the package lead to the rooms by name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                package, *rest = name.split(".")
                if package == "planner" and rest:
                    found.add((room_of(parts), room_of(tuple(rest))))
    return frozenset((upper, lower) for upper, lower in found if upper != lower)


def floors(arrows: Arrows) -> dict[str, int]:
    """The floor of every room, 0 at the bottom: one above the highest room that it imports."""
    level = dict.fromkeys(ROOMS, 0)
    for _ in ROOMS:
        for upper, lower in arrows:
            level[upper] = max(level[upper], level[lower] + 1)
    return level


def reduced(arrows: Arrows) -> Arrows:
    """Arrows that do not follow from others."""
    below = {room: {lower for upper, lower in arrows if upper == room} for room in ROOMS}

    def reach(room: str) -> set[str]:
        return set().union(*({lower} | reach(lower) for lower in below[room]))

    return frozenset(
        (upper, lower)
        for upper, lower in arrows
        if not any(lower in reach(other) for other in below[upper] - {lower})
    )


def described(arrows: Arrows) -> dict[str, object]:
    """What the picture shows, to be compared: floors and all imports."""
    return {"floors": floors(arrows), "imports": sorted(map(list, arrows))}


def shown_in(picture: Path) -> object:
    """What a picture says that it shows."""
    (text,) = ET.parse(picture).getroot().iter("{http://purl.org/dc/elements/1.1/}description")  # noqa: S314 - our own picture
    return json.loads(text.text or "")


def places(level: dict[str, int]) -> dict[str, tuple[float, float]]:
    """The middle of every room's box."""
    return {room: (column * COLUMN, level[room] * STEP) for room, (column, _) in ROOMS.items()}


def draw_room(axes: Axes, room: str, x: float, y: float) -> None:
    """One box with its name and what lives there."""
    box = FancyBboxPatch(
        (x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=FILL, edgecolor=INK, linewidth=0.9, zorder=3,
    )  # fmt: skip
    axes.add_patch(box)
    axes.text(x, y + 0.11, room, ha="center", va="center", fontsize=11, weight="bold", color=INK, zorder=4)
    axes.text(x, y - 0.13, ROOMS[room][1], ha="center", va="center", fontsize=7.6, color=INK, zorder=4)


def draw(picture: Path) -> None:
    """Write the picture; the same sources give the same bytes."""
    arrows = imports_between_rooms()
    at = places(floors(arrows))
    with mpl.rc_context({"svg.hashsalt": "architecture", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(10, 7.2))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        for upper, lower in sorted(reduced(arrows)):
            (x, y), (end_x, end_y) = at[upper], at[lower]
            lean = max(-0.3, min(0.3, (end_x - x) / (2 * WIDTH))) * WIDTH
            arrow = FancyArrowPatch(
                (x + lean, y - HEIGHT / 2), (end_x - lean, end_y + HEIGHT / 2), arrowstyle="-|>",
                mutation_scale=10, linewidth=1.0, color=LINE, shrinkA=0, shrinkB=1, zorder=2,
            )  # fmt: skip
            axes.add_patch(arrow)
        for room, (x, y) in at.items():
            draw_room(axes, room, x, y)
        xs, ys = [x for x, _ in at.values()], [y for _, y in at.values()]
        axes.set_xlim(min(xs) - WIDTH / 2 - 0.3, max(xs) + WIDTH / 2 + 0.3)
        axes.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
        axes.axis("off")
        about = json.dumps(described(arrows))
        figure.savefig(picture, facecolor=PAPER, metadata={"Date": None, "Description": about})


if __name__ == "__main__":
    draw(PICTURE)
