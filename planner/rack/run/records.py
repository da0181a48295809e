"""What one run leaves behind: every request, every batch, every epoch; counting comes later and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats
from planner.rack.run.rolling_update import TrialOutcome


class Outcome(IntEnum):
    """What became of a request by the end of the run."""

    IN_SYSTEM = 0
    SERVED = 1
    DROPPED = 2


@dataclass(frozen=True, slots=True, eq=False)
class RequestRecords:
    """One row a request, in order of arrival.

    `departure_s` is the completion of a served request and the loss of a dropped one, NaN for one still in
    the system. `start_s` is NaN, `device` -1 and `batch_size` 0 for a request that never began service.
    """

    stream: NDArray[np.int32]
    arrival_s: Floats
    start_s: Floats
    departure_s: Floats
    device: NDArray[np.int32]
    batch_size: NDArray[np.int32]
    outcome: NDArray[np.int8]

    def of(self, chosen: NDArray[np.bool_]) -> RequestRecords:
        """The same of some of them."""
        return RequestRecords(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class WaitRecords:
    """One row a wait: for a unit, a core of the host or a copy. `end_s` is NaN where it outlasts the run."""

    start_s: Floats
    end_s: Floats


@dataclass(frozen=True, slots=True, eq=False)
class BatchRecords:
    """One row a batch, in order of its start; a step in a pool is one of size one, its `network` -1.

    `end_s` may lie past the end of the run; where the device shut down under the batch, it is that moment and
    `lost` is set. `dynamic_w` is the power above idle from start to end.
    """

    device: NDArray[np.int32]
    network: NDArray[np.int32]
    size: NDArray[np.int32]
    start_s: Floats
    end_s: Floats
    dynamic_w: Floats
    lost: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class EpochRow:
    """One epoch: `start_c` is each device's temperature at its beginning, `fell` who shut down at its end,
    `out` who did not serve during it, `changed` whether other devices are open after it than before;
    `start_inner_c` goes with `inner_c` as `start_c` with `temperature_c`; the rest is as in `EpochRecords`.
    """

    end_s: float
    length_s: float
    power_w: Floats
    start_c: Floats
    temperature_c: Floats
    inlet_c: Floats
    exhaust_c: float
    clock: Floats
    throttled: NDArray[np.bool_]
    fell: NDArray[np.bool_]
    out: NDArray[np.bool_]
    busy_share: Floats
    host_busy: float
    copy_busy: float
    waiting: float
    in_system: float
    queued: NDArray[np.int64]
    changed: bool
    start_inner_c: Floats | None = None
    inner_c: Floats | None = None
    own_fan_w: Floats | None = None
    enclosure_w: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class EpochRecords:
    """One row an epoch; two-dimensional arrays have one column a device.

    `temperature_c` is at the end of the epoch; `clock` is the ratio in force during it, zero for a device
    that is off; `busy_share` is that of its units; `host_busy` and `copy_busy` count the busy cores and copy
    engines of all hosts; `fell` says who shut down at the end; the other values are means over the epoch.
    `inner_c` has the nodes behind the die at the end of the epoch as a third dimension, none where devices
    are one node. `own_fan_w` is the part of the power that devices' own fans draw, none where they have none.
    `out` says which devices were out of service, for whatever reason; `queued` how many requests wait at each
    at the end of the epoch (in a queue that devices share, at none).
    """

    end_s: Floats
    power_w: Floats
    temperature_c: Floats
    inlet_c: Floats
    exhaust_c: Floats
    clock: Floats
    throttled: NDArray[np.bool_]
    busy_share: Floats
    host_busy: Floats
    copy_busy: Floats
    waiting: Floats
    in_system: Floats
    queued: NDArray[np.int64]
    fell: NDArray[np.bool_]
    out: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    inner_c: Floats | None = None
    own_fan_w: Floats | None = None
    enclosure_w: Floats | None = None
    """What a closed cabinet took up of the heat; none of other racks."""

    def rows(
        self, initial_temperature_c: Floats, initial_inner_c: Floats | None = None
    ) -> Iterator[EpochRow]:
        """Epoch by epoch, from the temperatures at time zero on."""
        start_s, start_c, start_inner_c = 0.0, initial_temperature_c, initial_inner_c
        for number, end_s in enumerate(self.end_s.tolist()):
            inner_c = None if self.inner_c is None else self.inner_c[number]
            yield EpochRow(
                end_s=end_s,
                length_s=end_s - start_s,
                power_w=self.power_w[number],
                start_c=start_c,
                temperature_c=self.temperature_c[number],
                inlet_c=self.inlet_c[number],
                exhaust_c=float(self.exhaust_c[number]),
                clock=self.clock[number],
                throttled=self.throttled[number],
                fell=self.fell[number],
                busy_share=self.busy_share[number],
                host_busy=float(self.host_busy[number]),
                copy_busy=float(self.copy_busy[number]),
                waiting=float(self.waiting[number]),
                in_system=float(self.in_system[number]),
                queued=self.queued[number],
                changed=bool(self.changed[number]),
                start_inner_c=start_inner_c,
                inner_c=inner_c,
                own_fan_w=None if self.own_fan_w is None else self.own_fan_w[number],
                out=self.out[number],
                enclosure_w=0.0 if self.enclosure_w is None else float(self.enclosure_w[number]),
            )
            start_s, start_c, start_inner_c = end_s, self.temperature_c[number], inner_c


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """One replication. `networks` names the batches' network numbers; `shutdown_s` is when a device first
    shut down, infinite for one that stayed on; `in_system` is the engine's own count of unfinished requests
    at the end of the run; `trial` what was measured of a new model.
    """

    replication: int
    networks: tuple[str, ...]
    requests: RequestRecords
    waits: WaitRecords
    batches: BatchRecords
    epochs: EpochRecords
    initial_temperature_c: Floats
    shutdown_s: Floats
    in_system: int
    initial_inner_c: Floats | None = None
    trial: TrialOutcome | None = None
