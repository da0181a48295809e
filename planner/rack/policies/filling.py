"""How long a batch waits to fill, and how many requests it may hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.arrays import Floats
from planner.rack.description.checks import Checks
from planner.rack.description.control import Controls, Seen

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack


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
        networks = dict.fromkeys(group.network for group in rack.streams)
        for network, tightest_s in zip(networks, _tightest_slos_s(rack).tolist(), strict=True):
            service = rack.device.service(network)
            slower = service.clocked_share / slowest + 1.0 - service.clocked_share
            full_s = service.batch_s[rack.batching.max_size - 1] * slower
            # What is left of the objective once a full batch has been served; none left means that nothing
            # waits.
            waits_s.append(max(0.0, self.share * tightest_s - full_s))
        return replace(controls, max_wait_s=np.array(waits_s)), memory


@dataclass(frozen=True, slots=True)
class AdaptToSlo:
    """Batches wait and grow while all is answered in time, and shrink when it is not: from what is seen
    alone.

    For each network: in an epoch whose slowest answer stays under `share` of the tightest SLO the wait grows
    by `step` of that SLO and the batch by one request; in one that does not, both fall to `back_off` of what
    they were (additive increase, multiplicative decrease, as Clipper sizes its batches; Crankshaw et al.,
    NSDI 2017). Unlike `FillToSlo` it needs no service times, and so also sees queues, hosts and heat; it pays
    for that with the latencies of the epochs in which it went too far.
    """

    share: float = 0.8
    step: float = 0.02
    back_off: float = 0.5

    def __post_init__(self) -> None:
        checks = Checks("adapt to the SLO")
        for name in ("share", "step", "back_off"):
            value = getattr(self, name)
            checks.require(0 < value <= 1, name, "a share above 0 and at most 1", value)
        checks.require(self.back_off < 1, "back_off", "a share below 1", self.back_off)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers each network's wait and batch."""
        slos_s = _tightest_slos_s(rack)
        start = np.zeros_like(slos_s), np.ones_like(slos_s)
        wait_s, batch = memory if isinstance(memory, tuple) else start
        late = seen.slowest_s > self.share * slos_s
        # Up by a step, down by a factor: it probes slowly and leaves an overload fast.
        wait_s = np.where(late, wait_s * self.back_off, np.minimum(wait_s + self.step * slos_s, slos_s))
        most = float(rack.batching.max_size)
        batch = np.where(late, np.maximum(1.0, batch * self.back_off), np.minimum(batch + 1.0, most))
        limited = np.minimum(controls.max_batch, batch.astype(np.int64))
        return replace(controls, max_wait_s=wait_s, max_batch=limited), (wait_s, batch)


def _tightest_slos_s(rack: Rack) -> Floats:
    """The tightest SLO of each network."""
    networks = dict.fromkeys(group.network for group in rack.streams)
    return np.array(
        [min(group.slo_s for group in rack.streams if group.network == network) for network in networks]
    )
