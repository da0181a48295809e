"""docs/accuracy.md and its pictures: rows that came later, and bands at other levels than their own.

Run after every change of models: python benchmarks/accuracy_page.py
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from planner.calibration.later.groups import GROUPS, group_scores
from planner.calibration.later.kept import KeptScore, kept_scores
from planner.calibration.later.rows import later_files, read_later
from planner.calibration.later.score import Score, ScoredRow, scored
from planner.files import write_bytes
from planner.provenance import Provenance

DOCS = Path(__file__).resolve().parents[1] / "docs"
INTRODUCTION = Path(__file__).resolve().parent / "accuracy_introduction.md"
LEVELS = (0.5, 0.8, 0.9, 0.95)
TARGETS = {
    "all": "1.15, 1.6", "tensorrt, Jetson": "1.09, 1.3", "tensorrt, cards": "1.15, 1.5",
    "tensorrt, cards, attention": "1.2, 1.7", "tensorrt, cards, FP32": "1.2, 1.7", "acl, Ascend": "1.15, 1.6",
    "rknn": "1.12, 1.6", "qnn": "1.2, 1.8", "hailort": "1.3, 2.0", "openvino, CPU": "1.25, 1.7",
    "ncnn, CPU": "1.25, 1.8", "tflite, CPU": "1.25, 1.8",
}  # fmt: skip
"""Median and 90th percentile that were set before the work, of trust A where the table has it."""


def main() -> None:
    """Writes the page and its pictures."""
    rows = [row for path in later_files() for row in read_later(path)]
    likely, refused = scored(rows, "likely")
    anchored, _ = scored(rows, "likely", published=True)
    lines = [INTRODUCTION.read_text().rstrip(), ""]
    lines += kept_table(kept_scores())
    lines += now_table(likely, anchored, len(rows), len(refused))
    lines += level_table(likely)
    write_bytes(DOCS / "accuracy.md", ("\n".join(lines).rstrip() + "\n").encode())
    mpl.rcParams["svg.hashsalt"] = "accuracy"  # the same picture from the same rows
    save(predicted_plot(likely), "accuracy-predicted.svg")
    save(band_plot(likely), "accuracy-bands.svg")


def kept_table(kept: Sequence[KeptScore]) -> Iterator[str]:
    """Scores before any row could change a model."""
    yield "## Rows that came later"
    yield ""
    yield "As they came: before anything was changed with these rows in sight. The mode of a row that names"
    yield "none is the fastest, which publishers run; in brackets the one in which the part is delivered,"
    yield "where it differs."
    yield ""
    yield "| rows of | group | rows | median | 90th perc. | inside the band of 90 % | measured / predicted |"
    yield "|---|---|---|---|---|---|---|"
    own = [item for item in kept if item.when == "as they came"]
    others = {(item.came, item.group): item.score for item in own if item.mode == "default"}
    for item in own:
        if item.mode == "likely":
            other = others.get((item.came, item.group))
            yield f"| {item.came} | {item.group} | {item.score.rows} | {_figures(item.score, other)} |"
    yield ""


def _figures(score: Score, other: Score | None) -> str:
    def both(text: Callable[[Score], str]) -> str:
        own = text(score)
        return own if other is None or text(other) == own else f"{own} ({text(other)})"

    held = both(lambda item: f"{item.held * 100:.0f} %")
    numbers = [both(lambda item, name=name: f"{getattr(item, name):.2f}") for name in ("median", "p90")]
    return " | ".join([*numbers, held, both(lambda item: f"{item.bias:.2f}")])


def now_table(
    found: Sequence[ScoredRow], anchored: Sequence[ScoredRow], rows: int, refused: int
) -> Iterator[str]:
    """The product now on all tables together."""
    yield "## The product now, on the same rows"
    yield ""
    yield f"All tables together: {rows} rows, of which {refused} name a network that the zoo lacks or a part"
    yield "that the catalogue lacks. What was mended with the first scores in sight are kinds (number"
    yield "formats, fusion, modes, bands), so that these figures are worth less than those above: the next"
    yield "table of rows says what holds."
    yield ""
    yield (
        "| group (target: median, 90th) | rows | median | 90th perc. | within 2x | inside the band "
        "| half-width | measured / predicted | with `--anchor published`: median, inside |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    beside = {item.group: item.score for item in group_scores(anchored)}
    for item in group_scores(found):
        own, moved = item.score, beside.get(item.group)
        target = f" ({TARGETS[item.group]})" if item.group in TARGETS else ""
        with_anchors = "-" if moved is None else f"{moved.median:.2f}, {moved.held * 100:.0f} %"
        yield (
            f"| {item.group}{target} | {own.rows} | {own.median:.2f} | {own.p90:.2f} "
            f"| {own.within_two * 100:.0f} % | {own.held * 100:.0f} % | {own.half_width:.2f} "
            f"| {own.bias:.2f} | {with_anchors} |"
        )
    yield ""
    yield "![Predicted against measured](images/accuracy-predicted.svg)"
    yield ""


def held_at(rows: Sequence[ScoredRow], level: float) -> float:
    """Share of rows inside the band at another level than its own.

    Each end is moved as the quantile of a normal variable is: log ends times z(level) / z(own level).
    """
    normal = statistics.NormalDist()
    inside = 0
    for item in rows:
        own = item.band.level or 0.9
        share = normal.inv_cdf((1 + level) / 2) / normal.inv_cdf((1 + own) / 2)
        low, high = (math.log(end / item.band.mid) * share for end in (item.band.low, item.band.high))
        inside += low <= math.log(item.ratio) <= high
    return inside / len(rows)


def level_table(found: Sequence[ScoredRow]) -> Iterator[str]:
    """How often bands held at several levels, by provenance."""
    yield "## Bands"
    yield ""
    yield "Held at a nominal level: ends moved from 90 % as those of a normal variable. Sharpness is the"
    yield "half-width at 90 %: the band is the middle times or over it."
    yield ""
    yield (
        "| provenance | rows | " + " | ".join(f"{level * 100:.0f} %" for level in LEVELS) + " | half-width |"
    )
    yield "|---|---|---|---|---|---|---|"
    kinds = [("all", list(found)), ("trust A", [row for row in found if row.row.trust.startswith("A")])]
    kinds += [(kind.value, [row for row in found if row.provenance is kind]) for kind in Provenance]
    for name, rows in kinds:
        if rows:
            held = " | ".join(f"{held_at(rows, level) * 100:.0f} %" for level in LEVELS)
            width = statistics.median(math.sqrt(row.band.high / row.band.low) for row in rows)
            yield f"| {name} | {len(rows)} | {held} | {width:.2f} |"
    yield ""
    yield "![Nominal against held](images/accuracy-bands.svg)"


def predicted_plot(found: Sequence[ScoredRow]) -> Figure:
    """Predicted against measured, one colour a group of engines."""
    names = ("tensorrt, Jetson", "tensorrt, cards", "qnn", "hailort", "ncnn, CPU", "tflite, CPU",
             "roofline of assumed numbers")  # fmt: skip
    figure = Figure(figsize=(6.4, 5.2))
    axes = figure.add_subplot()
    for name in names:
        rows = [row for row in found if GROUPS[name](row)]
        axes.loglog(
            [row.row.seconds * 1e3 for row in rows], [row.band.mid * 1e3 for row in rows],
            marker="o", markersize=3.5, linestyle="", alpha=0.7, label=f"{name} ({len(rows)})",
        )  # fmt: skip
    ends = [0.1, 1000.0]
    axes.plot(ends, ends, color="black", linewidth=0.8)
    for factor in (0.5, 2.0):
        axes.plot(ends, [end * factor for end in ends], color="black", linewidth=0.5, linestyle=":")
    axes.set(xlim=ends, ylim=ends, xlabel="measured, ms", ylabel="predicted, ms")
    axes.legend(fontsize=8, loc="upper left")
    figure.tight_layout()
    return figure


def band_plot(found: Sequence[ScoredRow]) -> Figure:
    """Nominal against held."""
    figure = Figure(figsize=(4.6, 4.2))
    axes = figure.add_subplot()
    levels = [number / 100 for number in range(5, 100, 5)]
    kinds = {"all": list(found), "trust A": [row for row in found if row.row.trust.startswith("A")]}
    for name, rows in kinds.items():
        axes.plot(levels, [held_at(rows, level) for level in levels], label=f"{name} ({len(rows)})")
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.7)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="nominal level", ylabel="share of rows inside")
    axes.legend()
    figure.tight_layout()
    return figure


def save(figure: Figure, name: str) -> None:
    """As SVG without a date, so that it changes with its rows alone."""
    figure.savefig(DOCS / "images" / name, metadata={"Date": None})


if __name__ == "__main__":
    main()
