"""Ascend msprof's operator summary: `op_summary_*.csv`.

Format: CANN documentation, "op_summary (operator details)"; one row for each operator that ran, columns
`Op Name`, `OP Type`, `Task Type`, `Task Duration(us)` among others. An operator that ran twice has two rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from planner.engines.imports.profile import EngineProfile, ProfileLayer, read_text, refuse
from planner.engines.imports.readings import Readings
from planner.read_files import CsvTable

_NAME, _KIND, _TIME = "Op Name", "OP Type", "Task Duration(us)"


def read(paths: Sequence[Path]) -> EngineProfile:
    """The operators with their mean durations; rows without a duration are counted in the notes."""
    (path,) = paths
    reader = CsvTable(read_text(path), path)
    columns = [(name or "").strip() for name in reader.header]
    missing = [name for name in (_NAME, _KIND, _TIME) if name not in columns]
    if missing:
        raise refuse(path, f"the columns {_NAME}, {_KIND}, {_TIME}", f"none of {', '.join(missing)}", "")
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    readings = Readings(path)
    empty = 0
    for row in reader:
        if row.get(_TIME) in (None, "", "N/A"):  # tasks that never ran on a core have no duration
            empty += 1
            continue
        name = readings.text(row.get(_NAME), _NAME, line=reader.line_num).strip()
        kind = (row.get(_KIND) or "").strip()
        times[name, kind].append(readings.seconds(row[_TIME], _TIME, 1e-6, line=reader.line_num))
    readings.finish()
    if not times:
        raise refuse(path, "at least one operator with a duration", "none")
    layers = tuple(ProfileLayer(name, fmean(found), kind) for (name, kind), found in times.items())
    notes = (f"{empty} rows without a duration left out",) if empty else ()
    return EngineProfile("msprof", (path.name,), layers=layers, notes=notes)
