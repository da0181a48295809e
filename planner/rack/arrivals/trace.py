"""Request times replayed from a CSV or Parquet file, read piece by piece however long the file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, Problem
from planner.process.inputs import note_input
from planner.read_files import open_file

COLUMN = "time_s"
"""The column with the seconds from the beginning of the trace."""

_ROWS = 65536


def trace_blocks(path: str) -> Iterator[NDArray[np.float64]]:
    """The trace's times in blocks; refuses a missing file or column, and time that is negative or goes back.

    Only what the run asks for is read: a problem after the end of the run is not found.
    """
    file = Path(path)
    if not file.is_file():
        advice = "give its path from the scenario's folder"
        raise InputError(path, [Problem("trace", "a CSV or Parquet file", "no such file", advice)])
    note_input(file)
    row, last_s = 0, 0.0
    for block in _parquet(file) if file.suffix == ".parquet" else _csv(file):
        wrong = np.flatnonzero(~(np.diff(block, prepend=last_s) >= 0))
        if wrong.size:
            at = int(wrong[0])
            before_s = last_s if at == 0 else float(block[at - 1])
            expected = f"a time at or after the row before it, {before_s:g} s (the first at or after 0 s)"
            where = f"row {row + at + 1}"
            raise InputError(path, [Problem(where, expected, f"{block[at]:g}", f"sort it by {COLUMN}")])
        if block.size:
            row, last_s = row + block.size, float(block[-1])
            yield block
    if row == 0:
        raise InputError(path, [Problem(COLUMN, "at least one time", "none")])


def _csv(file: Path) -> Iterator[NDArray[np.float64]]:
    import pandas as pd

    try:
        # As it is: of a packed file nobody knows how long a line gets.
        with open_file(file) as text, pd.read_csv(text, usecols=[COLUMN], chunksize=_ROWS) as pieces:
            for piece in pieces:
                yield piece[COLUMN].to_numpy(dtype=np.float64)
    except (ValueError, OSError) as error:
        raise _unreadable(file, error) from error


def _parquet(file: Path) -> Iterator[NDArray[np.float64]]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        advice = "`pip install pyarrow`, or save the trace as CSV"
        problem = Problem("trace", "pyarrow to read Parquet", "it is not installed", advice)
        raise InputError(str(file), [problem]) from error
    try:
        for batch in ParquetFile(file).iter_batches(batch_size=_ROWS, columns=[COLUMN]):
            times = batch.column(COLUMN).to_numpy(zero_copy_only=False)
            if times.dtype.kind not in "iuf":
                raise ValueError(f"{times.dtype} in column {COLUMN}")
            yield times.astype(np.float64)
    except (ValueError, KeyError, OSError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> InputError:
    return InputError(str(file), [Problem("trace", f"a column {COLUMN} of numbers", str(error))])
