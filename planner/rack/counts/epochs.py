"""The epochs of a run counted as they close: sums over the counted window, and a series that stays short."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats
from planner.rack.description.rack import Rack, Thermal
from planner.rack.heat.air import heat_rate_w_per_k
from planner.rack.heat.ladder import ladder, leakage_w
from planner.rack.run.records import EpochRow, Records

MOST_INSTANTS = 4096
"""Instants in a series; a longer run has means over as many epochs as it takes."""
MOST_SLOT_INSTANTS = 240
"""Instants at which the temperature of every device is kept, to be looked at slot by slot."""


@dataclass(slots=True)
class EpochAccounts:
    """Sums over the epochs of the counted window: device-seconds, joules, request-seconds.

    `busy_s` is server-time of units, `host_busy_s` and `copy_busy_s` of cores and copy engines;
    `temperature_s` and `throttled_s` are integrals over time and devices; `stored_j` is what the devices
    gained in heat. `out_s` is device-time out of service for whatever reason; `outages` counts how often a
    device went out, heat (`shutdowns`) included, from the beginning of the run.
    """

    length_s: float = 0.0
    in_system_s: float = 0.0
    waiting_s: float = 0.0
    busy_s: float = 0.0
    host_busy_s: float = 0.0
    copy_busy_s: float = 0.0
    throttled_s: float = 0.0
    temperature_s: float = 0.0
    max_c: float = -math.inf
    drawn_j: float = 0.0
    idle_j: float = 0.0
    leaked_j: float = 0.0
    own_fan_j: float = 0.0
    carried_j: float = 0.0
    stored_j: float = 0.0
    out_s: float = 0.0
    outages: int = 0
    shutdowns: int = 0
    changes: int = 0


class EpochTally:
    """What the epochs of one replication add up to, and its series from the beginning.

    `series` has one row an instant and the columns of `COLUMNS`; an instant is `stride` epochs.
    """

    COLUMNS = (
        "time_s", "queue_length", "in_system", "temperature_mean_c", "temperature_max_c",
        "inlet_c", "exhaust_c", "power_w", "throttled_share", "utilisation", "out_share",
    )  # fmt: skip

    def __init__(self, rack: Rack) -> None:
        self._rack = rack
        self.stride = math.ceil(rack.epochs / MOST_INSTANTS)
        self.accounts = EpochAccounts()
        self.series = np.zeros((math.ceil(rack.epochs / self.stride), len(self.COLUMNS)))
        self._slot_stride = math.ceil(rack.epochs / MOST_SLOT_INSTANTS)
        self._slots_c = np.zeros((math.ceil(rack.epochs / self._slot_stride), rack.count))
        self._epoch = 0
        self._units = sum(unit.count for unit in rack.device.units)
        self._out = np.zeros(rack.installed, dtype=np.bool_)

    def column(self, name: str) -> Floats:
        """One column of the series."""
        return np.asarray(self.series[:, self.COLUMNS.index(name)])

    @property
    def slots(self) -> tuple[Floats, Floats]:
        """Up to `MOST_SLOT_INSTANTS` instants, s, and the temperature of each device at them."""
        ends = np.minimum((np.arange(len(self._slots_c)) + 1) * self._slot_stride, self._rack.epochs)
        return ends * self._rack.epoch_s, self._slots_c

    def add_records(self, run: Records) -> None:
        """All epochs of a run's records."""
        for row in run.epochs.rows(run.initial_temperature_c, run.initial_inner_c):
            self.add(row)

    def add(self, row: EpochRow) -> None:
        """The next epoch."""
        self._note(row)
        # The series has the warm-up in it, for MSER-5 and for the eye; the sums do not.
        if self._epoch >= self._rack.warmup_epochs:
            self._account(row)
        # Counted where a device goes out, not for as long as it is.
        self.accounts.outages += int(np.count_nonzero(row.out & ~self._out))
        self._out = row.out
        self.accounts.shutdowns += int(np.count_nonzero(row.fell))
        self.accounts.changes += int(row.changed)
        self._epoch += 1

    def _note(self, row: EpochRow) -> None:
        # Spares come last; figures show them as such, without a temperature.
        self._slots_c[self._epoch // self._slot_stride] = row.temperature_c[: self._rack.count]
        instant, lag = divmod(self._epoch, self.stride)
        count = row.temperature_c.size
        line = np.array(
            [
                row.end_s,
                row.waiting,
                row.in_system,
                row.temperature_c.sum() / count,
                row.temperature_c.max(),
                row.inlet_c.sum() / count,
                row.exhaust_c,
                self._rack.plug_w(float(row.power_w.sum())),
                np.count_nonzero(row.throttled) / count,
                row.busy_share.sum() / self._rack.count,
                np.count_nonzero(row.out) / count,
            ]
        )
        kept = self.series[instant]
        hottest_c = max(float(kept[4]), line[4]) if lag else line[4]
        # Running mean over the epochs of an instant, without a sum that grows.
        kept += (line - kept) / (lag + 1)
        # Time and the highest temperature are no means.
        kept[0], kept[4] = row.end_s, hottest_c

    def _account(self, row: EpochRow) -> None:
        sums, device, air = self.accounts, self._rack.device, self._rack.air
        length_s = row.length_s
        on = row.clock > 0
        sums.length_s += length_s
        sums.in_system_s += row.in_system * length_s
        sums.waiting_s += row.waiting * length_s
        sums.busy_s += float(row.busy_share.sum()) * length_s * self._units
        sums.host_busy_s += row.host_busy * length_s
        sums.copy_busy_s += row.copy_busy * length_s
        sums.throttled_s += np.count_nonzero(row.throttled) * length_s
        sums.temperature_s += float(row.temperature_c.sum()) * length_s
        sums.max_c = max(sums.max_c, float(row.temperature_c.max()))
        sums.drawn_j += float(row.power_w.sum()) * length_s
        sums.idle_j += device.idle_w * np.count_nonzero(on) * length_s
        # At the temperature of the start, as `planner.rack.heat.epoch.advance` takes it: the balance must
        # close.
        sums.leaked_j += float(leakage_w(device.thermal, row.start_c)[on].sum()) * length_s
        sums.carried_j += heat_rate_w_per_k(air) * (row.exhaust_c - air.supply_c) * length_s
        if row.own_fan_w is not None:
            sums.own_fan_j += float(row.own_fan_w.sum()) * length_s
        sums.out_s += np.count_nonzero(row.out) * length_s
        sums.stored_j += _stored_j(device.thermal, row)


def _stored_j(thermal: Thermal, row: EpochRow) -> float:
    """Heat that the nodes of all devices took up over the epoch."""
    capacities = [node.heat_capacity_j_per_k for node in ladder(thermal)]
    # Column 0 is the die; `inner_c` has the other nodes.
    stored_j = capacities[0] * float((row.temperature_c - row.start_c).sum())
    if row.inner_c is None or row.start_inner_c is None:
        return stored_j
    return stored_j + float(((row.inner_c - row.start_inner_c) @ np.array(capacities[1:])).sum())
