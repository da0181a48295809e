"""Scores published watts and joules of hardware_db/power/published.csv, by kind of unit.

Rows of publishers that no fit may use (hardware_db/power/left_out.yaml) are apart from the others. Run:
    python benchmarks/published_power.py [--worst 20]
"""

from __future__ import annotations

import argparse

from planner.calibration.power.groups import group_scores
from planner.calibration.power.published import power_split, published_file, read_published
from planner.calibration.power.score import scored_power


def main() -> None:
    """Prints the scores."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worst", type=int, default=0, help="print so many rows that were predicted worst")
    given = parser.parse_args()
    found, refused = scored_power(read_published(published_file()))
    apart = frozenset(item.publisher for item in power_split().left_out)
    print(f"{'rows':64} {'n':>4} {'median':>7} {'p90':>6} {'in band':>8} {'bias':>5} width")
    for group in group_scores(found, apart):
        own = group.factors
        print(
            f"{group.name:64} {own.rows:4} {own.median:7.2f} {own.p90:6.2f} {own.held * 100:6.0f} % "
            f"{own.bias:5.2f} {own.half_width:5.2f}"
        )
    for item in sorted(found, key=lambda item: -max(item.ratio, 1 / item.ratio))[: given.worst]:
        row = item.row
        print(
            f"  {row.device} {row.unit} {row.mode} {row.model} {row.precision} batch {row.batch} "
            f"{row.boundary}: "
            f"{row.power_w:g} W, {item.ratio:.2f} of {item.power_w.mid:.3g} "
            f"({item.power_w.low:.3g} to {item.power_w.high:.3g}) {row.publisher}"
        )
    for row, reason in refused:
        print(f"  line {row.line} not predicted: {reason.splitlines()[0]}")


if __name__ == "__main__":
    main()
