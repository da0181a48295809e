"""The machine code of the loop made before it is needed, and said to be made: it takes ten seconds, once.

Numba keeps it beside the sources where they can be written, so that all users of an installation share it,
else in the user's cache folder. An installation that its owner has compiled (`make env`, or the first run)
and that others can only read serves them too: what lies beside the sources is copied to their cache folder.
"""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np

from planner.process.trust import distrusted
from planner.rack.compiled import loop
from planner.rack.compiled.jit import NOT_USED
from planner.rack.compiled.loop import ENTRIES, Entries
from planner.rack.compiled.setup import begin
from planner.rack.compiled.state import Piece, epochs_until
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.description.rack import Air, Batching, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.load.topology import topology_of
from planner.wording.message import message


def make_ready(tell: Callable[[str], None]) -> bool:
    """Compile what is not kept, with a line before; whether there was anything to compile.

    In a process that has nothing kept and nowhere to keep it this compiles for the process alone.
    """
    if _compiled_here() or _is_kept():
        return False
    tell(message("compile.not_kept", reason=NOT_USED[0]) if NOT_USED else message("compile.once"))
    _call_all()
    return True


def _compiled_here() -> bool:
    return all(getattr(ENTRIES, field.name).signatures for field in fields(Entries))


@functools.cache
def _is_kept() -> bool:
    """Looked at once a process; see `_kept`."""
    _take_over_shared()
    return _kept()


def _kept() -> bool:
    """Whether each entry has an index on disk that is younger than every source that it is made of."""
    folder = _folder()
    if folder is None:
        return False
    sources = max(file.stat().st_mtime for file in _source_folder().glob("*.py"))
    for field in fields(Entries):
        found = list(folder.glob(f"{_stem()}.*.{field.name}-*.nbi"))
        if not any(file.stat().st_mtime >= sources for file in found):
            return False
    return True


def _take_over_shared() -> None:
    """Copy what lies beside the sources to the user's cache folder, where the sources cannot be written."""
    folder, shared = _folder(), _source_folder() / "__pycache__"
    if folder is None or folder == shared or not shared.is_dir():
        return
    with suppress(OSError):
        for file in shared.glob(f"{_stem()}.*.nb[ic]"):
            if distrusted(file) is not None:
                continue
            own = folder / file.name
            if not own.exists() or own.stat().st_mtime < file.stat().st_mtime:
                shutil.copy2(file, own)


def _folder() -> Path | None:
    """Where Numba keeps the entries; None where it cannot keep them."""
    path = getattr(ENTRIES.run_epochs, "stats").cache_path  # noqa: B009 - of Numba's dispatcher
    return None if path is None else Path(path)


def _source_folder() -> Path:
    return Path(loop.__file__).parent


def _stem() -> str:
    return Path(loop.__file__).stem


def _call_all() -> None:
    """Call each entry once on a rack of one device without requests, with arguments of the usual types."""
    rack = _smallest_rack()
    state = begin(rack, topology_of(rack), 0, 0.0)
    state.run["arrival_s"] = np.inf
    none = np.empty(0, dtype=np.int32)
    ENTRIES.plug_in(0, state)
    epochs = epochs_until(np.ones(1), state)
    ENTRIES.run_epochs(epochs, Piece(np.empty(0), none, none, np.empty(0)), state)
    ENTRIES.set_open(np.ones(1, dtype=np.bool_), state)
    ENTRIES.readmit(np.empty(0, dtype=np.int64), 1.0, state)
    ENTRIES.serve_all(1.0, state)
    ENTRIES.shut_down(0, 1.0, np.empty(0, dtype=np.int64), state)
    ENTRIES.close(1.0, np.ones(1), np.zeros((1, 2), dtype=np.int64), state)


def _smallest_rack() -> Rack:
    thermal = Thermal(
        resistance_k_per_w=1.0,
        heat_capacity_j_per_k=50.0,
        throttle_c=90.0,
        hysteresis_k=5.0,
        shutdown_c=100.0,
        throttled_clock=0.5,
    )
    service = Service("network", (0.01,), clocked_share=1.0, busy_w=1.0)
    return Rack(
        device=RackDevice("device", idle_w=1.0, services=(service,), thermal=thermal),
        count=1,
        streams=(StreamGroup("stream", sources=1, rate_per_s=1.0, network="network", slo_s=1.0),),
        batching=Batching(),
        dispatch="shortest_queue",
        air=Air(supply_c=25.0, airflow_m3_per_s=0.1),
        fan_w=0.0,
        duration_s=2.0,
        warmup_s=0.0,
        replications=2,
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    make_ready(_say)
