"""Racks whose replications would all be the same: there is one run, and intervals come from its parts."""

from __future__ import annotations

import numpy as np

from planner.formulas import formula
from planner.rack.description.rack import Rack

BLOCKS = 10
"""Parts of one run whose quantiles have Student's interval (batch means; Law, section 9.5.3)."""


def is_one_run(rack: Rack) -> bool:
    """Whether nothing in a rack is drawn by chance: traces, constant service, devices that stay."""
    traces = all(group.arrivals == "trace" and group.drop_outs is None for group in rack.streams)
    services = [service for unit in rack.device.units for service in unit.services]
    constant = all(service.service_distribution == "deterministic" for service in services)
    return (
        traces
        and constant
        and not rack.varies
        and not rack.policies
        and rack.life.quiet
        and rack.dispatch != "power_of_two"
    )


@formula("student_interval")
def block_ends(rack: Rack) -> list[int]:
    """The epochs after which the parts of the counted window end; none where replications differ."""
    if not is_one_run(rack):
        return []
    counted = rack.epochs - rack.warmup_epochs
    ends = rack.warmup_epochs + np.linspace(0, counted, min(BLOCKS, counted) + 1)[1:]
    return [int(end) for end in np.round(ends)]
