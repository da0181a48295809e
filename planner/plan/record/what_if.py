"""The what-if grid of a study as JSON."""

from __future__ import annotations

from planner.latency.record import band_record
from planner.plan.what_if.grid import WhatIf
from planner.schema.record import WhatIfRecord


def what_if_record(grid: WhatIf) -> WhatIfRecord:
    """The axes, and one list a quantity in the order of the points."""
    points = grid.points
    return {
        "precisions": list(grid.precisions),
        "batches": list(grid.batches),
        "loads": list(grid.loads),
        "devices": list(grid.devices),
        "feasible": list(grid.feasible),
        "reason": list(grid.against),
        "utilisation": [None if p is None else p.utilisation for p in points],
        "offered_utilisation": [None if p is None else p.offered_utilisation for p in points],
        "planning_latency_s": [
            None if p is None else band_record(p.slowest.planning_latency_s) for p in points
        ],
        "power_w": [None if p is None else p.heat.power_w for p in points],
        "temperature_c": [None if p is None else p.heat.temperature_c for p in points],
        "capital": [None if p is None else p.cost.capital for p in points],
        "total_cost": [None if p is None else p.cost.total for p in points],
    }
