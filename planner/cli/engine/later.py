"""`planner validate --published`: published rows that no fit has seen, scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import share
from planner.units import format_number

if TYPE_CHECKING:
    from planner.calibration.later.kept import KeptScore

_RIGHT = frozenset({"rows", "median", "90th", "in band", "within 2x", "bias"})
_RANK = ("bias", "within 2x")


def validate_later(tables: Sequence[str], networks: Path | None, output: Output) -> int:
    """Prints the scores that were kept as rows came and those of now. Exit status 3 with no row predicted."""
    from planner.cli.main import INFEASIBLE, OK

    found = api.validate_published(tables, networks=networks)
    record = found.record()
    shown = [item for item in (*found.kept, *found.now) if item.mode == "likely"]
    reasons = Counter(item.reason.partition(":")[2].strip() or item.reason for item in found.refused)
    footer = [f"{count} rows not predicted: {reason}" for reason, count in reasons.most_common(5)]
    rows = [dict(row) for row in record["rows"]]
    heading = ["published rows that no fit has seen: factors off, and the share inside the band of 90 %"]
    output.write(
        CommandResult(dict(record), rows, [_cells(item) for item in shown], heading, footer, _RIGHT, _RANK)
    )
    return OK if found.rows else INFEASIBLE


def _cells(item: KeptScore) -> dict[str, str]:
    score = item.score
    return {
        "rows of": item.came,
        "scored": item.when,
        "group": item.group,
        "rows": str(score.rows),
        "median": format_number(score.median, 3),
        "90th": format_number(score.p90, 3),
        "in band": share(score.held),
        "within 2x": share(score.within_two),
        "bias": format_number(score.bias, 3),
    }
