"""What every device did, epoch by epoch, as a CSV or Parquet file that is written while the rack runs.

Rows lie in the order of time and, at one instant, of devices from the bottom up. Memory does not grow with
simulated time: an epoch is written when it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

import numpy as np

from planner.errors import InputError, MissingDataError, OutputError, Problem
from planner.files import require_writable
from planner.rack.run.records import EpochRow

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetWriter

COLUMNS = (
    "time_s", "device", "inlet_c", "junction_c", "power_w", "clock", "state", "busy_share", "queue",
)  # fmt: skip
"""End of the epoch, number of the device from the bottom; means over the epoch (inlet, power, clock, busy
share of the units) and values at its end (junction; requests that wait at the device)."""

STATES = ("full", "slowed", "throttled", "updating", "off")
"""Full clock; a slower one by a policy; a slower one from heat or over a power cap; out to get a new model;
off, failed or shut down."""

_DECIMALS = {"inlet_c": 3, "junction_c": 3, "power_w": 3, "clock": 4, "busy_share": 4}
_ROWS = 65_536
"""Rows of a group of a Parquet file."""

EpochSink = Callable[[EpochRow], None]
"""Called with each epoch as it closes."""


class _Sink(Protocol):
    def open(self) -> None: ...

    def write(self, columns: dict[str, np.ndarray]) -> None: ...

    def close(self) -> None: ...


def refuse_log(path: Path) -> None:
    """Refuse a log that could not be written in the end: another suffix, no folder, no pyarrow."""
    if path.suffix not in (".csv", ".parquet"):
        problem = Problem("--log", "a file that ends in .csv or .parquet", path.name)
        raise InputError(str(path), [problem])
    require_writable(path)
    if path.suffix == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise MissingDataError(
                f"{path}: expected pyarrow to write Parquet, found none; install it, or ask for .csv"
            ) from None


def partial_path(path: Path) -> Path:
    """Where a log is that was not finished."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


@contextmanager
def device_log(path: Path, *, every: int = 1) -> Iterator[EpochSink]:
    """A log of one replication, of every so many epochs; give it each epoch as it closes.

    The file has its name once it is whole; an interruption leaves what was finished at `partial_path`.
    Raises what `refuse_log` raises.
    """
    refuse_log(path)
    unfinished = partial_path(path)
    require_writable(unfinished)
    sink: _Sink = _Csv(unfinished) if path.suffix == ".csv" else _Parquet(unfinished)
    seen = 0

    def tell(row: EpochRow) -> None:
        nonlocal seen
        seen += 1
        if seen % every == 0:
            sink.write(_columns(row))

    try:
        try:
            sink.open()
            yield tell
        finally:
            sink.close()
        require_writable(path)  # once more: the run may have read a file of this name
        # A rename within one folder is atomic: the file has its name only when it is whole.
        unfinished.replace(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{path}: the log could not be written: {error.strerror or error}") from None
        raise


def _columns(row: EpochRow) -> dict[str, np.ndarray]:
    count = row.temperature_c.size
    # The first condition that holds decides: a device that is off is also out, one that is throttled also
    # slow.
    state = np.select([row.clock == 0, row.out, row.throttled, row.clock < 1], [4, 3, 2, 1], default=0)
    values = {
        "time_s": np.full(count, row.end_s),
        "device": np.arange(count),
        "inlet_c": row.inlet_c,
        "junction_c": row.temperature_c,
        "power_w": row.power_w,
        "clock": row.clock,
        "state": np.array(STATES)[state],
        "busy_share": row.busy_share,
        "queue": row.queued,
    }
    return {
        name: np.round(value, _DECIMALS[name]) if name in _DECIMALS else value
        for name, value in values.items()
    }


class _Csv:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def open(self) -> None:
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._file.write(",".join(COLUMNS) + "\n")

    def write(self, columns: dict[str, np.ndarray]) -> None:
        rows: Iterable[tuple[object, ...]] = zip(*(columns[name].tolist() for name in COLUMNS), strict=True)
        if self._file is not None:
            self._file.writelines(",".join(map(str, row)) + "\n" for row in rows)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: ParquetWriter | None = None
        self._held: list[dict[str, np.ndarray]] = []
        self._rows = 0

    def open(self) -> None:
        """Nothing yet: the first group of rows makes the file."""

    def write(self, columns: dict[str, np.ndarray]) -> None:
        self._held.append(columns)
        self._rows += columns["device"].size
        # Written in groups: one a second would make a file of headers.
        if self._rows >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        if not self._held:
            return
        together = {name: np.concatenate([part[name] for part in self._held]) for name in COLUMNS}
        table = pa.table(together)
        if self._writer is None:
            self._writer = ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._held, self._rows = [], 0

    def close(self) -> None:
        try:
            self._flush()
        finally:
            if self._writer is not None:
                self._writer.close()
