"""`planner estimate --now`: the network measured on this machine beside its prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner import api
from planner.cli.text.numbers import interval, quantity, share

if TYPE_CHECKING:
    from pathlib import Path

    from planner.latency.result import Estimate
    from planner.workload.asked import Asked

_MOVED = 0.05
"""From here on it is said how much the machine itself has moved."""


def now_beside(
    result: Estimate, model: str | Path, threads: int | None, calibration: str | None, asked: Asked
) -> tuple[list[str], dict[str, object]]:
    """Lines and keys of the measurement."""
    found = api.measure_beside(result, model, threads=threads, calibration=calibration, asked=asked)
    record = found.record()
    where = "inside its band" if found.inside_band else "OUTSIDE its band"
    lines = [
        f"measured    {quantity(found.median_s, 's')} "
        f"({interval(record['low_s'], record['high_s'], 's')}) here and now, {record['noise']}: "
        f"the prediction is {share(abs(found.error))} too {'long' if found.error > 0 else 'short'}, {where}"
    ]
    if found.drift is not None and abs(found.drift - 1) > _MOVED:
        slower = "slower" if found.drift > 1 else "faster"
        lines.append(
            f"            the machine itself is {share(abs(found.drift - 1))} {slower} than it was "
            "when it was calibrated"
        )
    if record["noise"] == "too noisy" and found.processors is not None:
        lines.append(
            f"            this says little: the process had {share(found.processors)} of a processor; "
            "stop other programs and measure again"
        )
    return lines, {"measured_now": record}
