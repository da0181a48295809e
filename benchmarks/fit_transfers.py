"""Fits the transferred models anew and writes them to hardware_db/transfers/.

Priors and constants are read from the files themselves; values, bands and rows are written. Run after every
change of measurements, corrections, parts, engines or networks of the zoo:
.venv/bin/python benchmarks/fit_transfers.py [ID ...]
"""

from __future__ import annotations

import sys

from planner.calibration.transfer.join import join
from planner.calibration.transfer.refit import as_text, observed, refitted
from planner.files import write_bytes
from planner.latency.transfer.store import read_transfer, transfer_files


def main(wanted: list[str]) -> None:
    """Fit each model that is wanted (all where none is named) and print what it reached."""
    joined = join()
    for path in transfer_files():
        if wanted and path.stem not in wanted:
            continue
        transfer = read_transfer(path)
        fitted, _ = refitted(transfer, observed(transfer, joined))
        write_bytes(path, as_text(fitted, comment_of(path.read_text())).encode())
        for item in fitted.residuals:
            print(f"{path.stem:24} {item.kind:12} {item.observations:5} {item.low} {item.high}")


def comment_of(text: str) -> str:
    """The comment that heads the file."""
    first = text.splitlines()[0]
    return first.removeprefix("# ") if first.startswith("# ") else "Written by benchmarks/fit_transfers.py."


if __name__ == "__main__":
    main(sys.argv[1:])
