"""How long a batch waits to fill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.rack.checks import Checks
from planner.rack.control import Controls, Seen

if TYPE_CHECKING:
    from planner.rack.description import Rack


@dataclass(frozen=True, slots=True)
class FullBatches:
    """Only full batches start, however long that takes; the last requests of a run are never served."""

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """The same in every epoch."""
        return replace(controls, max_wait_s=np.full_like(controls.max_wait_s, np.inf)), memory


@dataclass(frozen=True, slots=True)
class FillToSlo:
    """A batch waits as long as a full one can still be served within `share` of the network's tightest SLO.

    The service is taken at the slowest clock of the last epoch, so that a rack that throttles waits less.
    """

    share: float = 0.8

    def __post_init__(self) -> None:
        checks = Checks("fill to the SLO")
        checks.require(0 < self.share <= 1, "share", "a share above 0 and at most 1", self.share)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Nothing to remember."""
        on = seen.clock[seen.on]
        slowest = float(on.min()) if on.size else 1.0
        waits_s = []
        for network in dict.fromkeys(group.network for group in rack.streams):
            service = rack.device.service(network)
            slower = service.clocked_share / slowest + 1.0 - service.clocked_share
            tightest_s = min(group.slo_s for group in rack.streams if group.network == network)
            full_s = service.batch_s[rack.batching.max_size - 1] * slower
            waits_s.append(max(0.0, self.share * tightest_s - full_s))
        return replace(controls, max_wait_s=np.array(waits_s)), memory
