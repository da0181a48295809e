"""What one run leaves behind: every request, every batch, every epoch; counting comes later and elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True, eq=False)
class BatchRecords:
    """One row a batch, in order of its start.

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
class EpochRecords:
    """One row an epoch; two-dimensional arrays have one column a device.

    `temperature_c` is at the end of the epoch; `clock` is the ratio in force during it, zero for a device
    that is off; the other values are means over the epoch. `inner_c` has the nodes behind the die as a third
    dimension, none where devices are one node. `own_fan_w` is the part of the power that devices' own fans
    draw, none where they have none.
    """

    end_s: Floats
    power_w: Floats
    temperature_c: Floats
    inlet_c: Floats
    exhaust_c: Floats
    clock: Floats
    throttled: NDArray[np.bool_]
    busy_share: Floats
    waiting: Floats
    in_system: Floats
    inner_c: Floats | None = None
    own_fan_w: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """One replication. `networks` names the batches' network numbers; `shutdown_s` is infinite for a device
    that stayed on; `in_system` is the engine's own count of unfinished requests at the end of the run.
    """

    replication: int
    networks: tuple[str, ...]
    requests: RequestRecords
    batches: BatchRecords
    epochs: EpochRecords
    initial_temperature_c: Floats
    shutdown_s: Floats
    in_system: int
    initial_inner_c: Floats | None = None
