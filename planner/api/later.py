"""Scores of published rows that no fit has seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.calibration.later.record import LaterScores


def validate_published(
    tables: Sequence[str | Path] = (), *, networks: str | Path | None = None, published: bool = False
) -> LaterScores:
    """Published rows that no fit has seen, each predicted as the product is now, in the mode of publishers.

    `tables` are CSVs of the form of the shipped ones (`hardware_db/later`), which are taken where none is
    given; `networks` is a folder with ONNX files of the networks that the zoo lacks. `published` lets
    measurements of the same kind move the estimates. Raises `InputError` with every problem of a table.

    >>> validate_published().now[0].score.median  # doctest: +SKIP
    1.4
    """
    from planner.calibration.later.groups import group_scores
    from planner.calibration.later.kept import KeptScore, kept_scores
    from planner.calibration.later.record import LaterScores
    from planner.calibration.later.rows import later_files, read_later
    from planner.calibration.later.score import scored

    files = [Path(table) for table in tables] or list(later_files())
    rows = [row for file in files for row in read_later(file)]
    folder = None if networks is None else Path(networks)
    found, refused = scored(rows, "likely", networks=folder, published=published)
    came = files[0].stem.removeprefix("rows-") if len(files) == 1 else "all"
    now = tuple(KeptScore(came, "", "now", "likely", item.group, item.score) for item in group_scores(found))
    return LaterScores(() if tables else kept_scores(), now, found, refused)
