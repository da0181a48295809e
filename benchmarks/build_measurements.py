"""Builds the columnar file of the measurements from their text and times how fast it loads.

Reads hardware_db/measurements/rows/*.csv, drops measurements filed twice and writes
hardware_db/measurements/columns.npz. Run after every change of the text:
.venv/bin/python benchmarks/build_measurements.py
"""

from __future__ import annotations

import time

from planner.files import write_bytes
from planner.hardware.measurement_file import columns_path, pack, read_text, rows_dir, text_digest
from planner.hardware.measurements import read_measurements


def main() -> None:
    """Write the file and print rows, size and the time to load."""
    rows = read_text()
    write_bytes(columns_path(), pack(rows, text_digest()))
    size = sum(path.stat().st_size for path in rows_dir().glob("*.csv"))
    print(f"{len(rows)} rows, {size} bytes of text, {columns_path().stat().st_size} bytes of columns")
    for corrected in (False, True):
        walls, cpus = [], []
        for _ in range(7):
            read_measurements.cache_clear()
            wall, cpu = time.perf_counter(), time.process_time()
            read_measurements(corrected=corrected)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        times = f"{sorted(walls)[3]:.3f} s, {sorted(cpus)[3]:.3f} s of the processor (medians of 7)"
        print(f"loads in {times}, corrected={corrected}")


if __name__ == "__main__":
    main()
