"""Scores published rows that no fit has seen: each predicted by the product as it is, by engine and class.

A table is a CSV of the form of hardware_db/later/rows-*.csv: device, unit, mode, model, input, precision,
batch, threads, engine, metric, value, statistic, source, note, trust. A network is that of a file
MODEL.onnx in --networks, else the zoo's of this name. Rows that name no mode are asked in the fastest
mode, which publishers run, and in the one in which the part is delivered. Run:
    python benchmarks/published_rows.py [TABLE...] [--networks FOLDER] [--anchored] [--worst 20]
--keep WHEN adds the scores of the shipped tables to hardware_db/later/scores.csv: "as they came" before
anything is changed, and another word for each later state of the product.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from planner.calibration.later.groups import group_scores
from planner.calibration.later.kept import as_text, kept_file, kept_now, kept_scores
from planner.calibration.later.rows import LaterRow, later_files, read_later
from planner.calibration.later.score import Asked, ScoredRow, scored
from planner.files import write_bytes

MODES: tuple[Asked, ...] = ("likely", "default")


def main() -> None:
    """Prints the scores of the tables given, or of those that are shipped."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", type=Path)
    parser.add_argument("--networks", type=Path)
    parser.add_argument("--anchored", action="store_true", help="moved by published measurements")
    parser.add_argument("--worst", type=int, default=0, help="print so many rows that were predicted worst")
    parser.add_argument("--keep", metavar="WHEN", help="add the scores of the shipped tables to those kept")
    given = parser.parse_args()
    if given.keep:
        keep(given.keep)
        return
    rows = [row for path in given.tables or later_files() for row in read_later(path)]
    for asked in MODES:
        found, refused = scored(rows, asked, networks=given.networks, published=given.anchored)
        print(f"\n{asked} mode: {len(found)} rows of {len(rows)} predicted")
        print_groups(found)
        if asked == "likely":
            print_rows(found, given.worst)
            reasons = Counter(reason_of(item.row, item.reason) for item in refused)
            for reason, count in reasons.most_common():
                print(f"  {count:4} not predicted: {reason}")


def keep(when: str) -> None:
    """Adds the scores of today; those of the same state and tables are replaced."""
    kept = [] if not kept_file().exists() else list(kept_scores())
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    for path in later_files():
        came = path.stem.removeprefix("rows-")
        kept = [item for item in kept if (item.came, item.when) != (came, when)]
        for asked in MODES:
            found, _ = scored(read_later(path), asked)
            kept += kept_now(came, today, when, asked, group_scores(found))
    write_bytes(kept_file(), as_text(kept).encode())


def print_groups(found: Sequence[ScoredRow]) -> None:
    """One line for each group."""
    print(f"{'rows':40} {'n':>4} {'median':>7} {'p90':>6} {'in band':>8} {'within 2x':>9} {'bias':>5} width")
    for item in group_scores(found):
        own = item.score
        print(
            f"{item.group:40} {own.rows:4} {own.median:7.2f} {own.p90:6.2f} {own.held * 100:6.0f} % "
            f"{own.within_two * 100:7.0f} % {own.bias:5.2f} {own.half_width:5.2f}"
        )


def print_rows(found: Sequence[ScoredRow], most: int) -> None:
    """The rows that were predicted worst."""
    for item in sorted(found, key=lambda item: -abs(item.ratio - 1) / min(item.ratio, 1.0))[:most]:
        row = item.row
        print(
            f"  {row.id} {row.device} {item.engine} {row.model} {row.side or ''} {row.precision or ''} "
            f"batch {row.batch}: {row.seconds * 1e3:.3g} ms, {item.ratio:.2f} of {item.band.mid * 1e3:.3g} "
            f"({item.band.low * 1e3:.3g} to {item.band.high * 1e3:.3g}) [{item.provenance}] {row.trust}"
        )


def reason_of(row: LaterRow, reason: str) -> str:
    """A reason without the names of its row, so that like ones are counted together."""
    return reason.partition("\n")[0].replace(row.model, "NETWORK").replace(row.device, "PART")[:100]


if __name__ == "__main__":
    main()
