"""The epochs of a run counted as they close: sums over the counted window, and a series that stays short."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from planner.arrays import Floats
from planner.rack.description.rack import Rack
from planner.rack.heat.air import heat_rate_w_per_k
from planner.rack.heat.ladder import ladder, leakage_w
from planner.rack.run.records import EpochRow, Records

MOST_INSTANTS = 4096
"""Instants in a series; a longer run has means over as many epochs as it takes."""
MOST_SLOT_INSTANTS = 240
"""Instants at which the temperature of every device is kept, to be looked at slot by slot."""
_MOST_AT_ONCE, _MOST_CELLS = 64, 16_384
"""Epochs that are counted together, and devices in all of them."""


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
        self._capacities = np.array([node.heat_capacity_j_per_k for node in ladder(rack.device.thermal)])
        self._out = np.zeros(rack.installed, dtype=np.bool_)
        self._held: list[EpochRow] = []
        self._at_once = max(1, min(_MOST_AT_ONCE, _MOST_CELLS // rack.installed))

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
        """The next epoch; what it adds shows at the latest with the last of the run."""
        self._held.append(row)
        if len(self._held) == self._at_once or self._epoch + len(self._held) == self._rack.epochs:
            self._count(self._held)
            self._held = []

    def _count(self, rows: Sequence[EpochRow]) -> None:
        """Several epochs together: array by array and not epoch by epoch, which costs as much as one."""
        self._note(rows)
        # The series has the warm-up in it, for MSER-5 and for the eye; the sums do not.
        counted = rows[max(0, self._rack.warmup_epochs - self._epoch) :]
        if counted:
            self._account(counted)
        out = np.stack([row.out for row in rows])
        before = np.concatenate((self._out[None, :], out[:-1]))
        # Counted where a device goes out, not for as long as it is.
        self.accounts.outages += int(np.count_nonzero(out & ~before))
        self._out = out[-1]
        self.accounts.shutdowns += sum(int(np.count_nonzero(row.fell)) for row in rows)
        self.accounts.changes += sum(row.changed for row in rows)
        self._epoch += len(rows)

    def _note(self, rows: Sequence[EpochRow]) -> None:
        temperature_c = np.stack([row.temperature_c for row in rows])
        count = temperature_c.shape[1]
        lines = np.column_stack(
            (
                [row.end_s for row in rows],
                [row.waiting for row in rows],
                [row.in_system for row in rows],
                temperature_c.sum(axis=1) / count,
                temperature_c.max(axis=1),
                np.stack([row.inlet_c for row in rows]).sum(axis=1) / count,
                [row.exhaust_c for row in rows],
                [self._rack.plug_w(power_w) for power_w in _totals([row.power_w for row in rows])],
                np.count_nonzero([row.throttled for row in rows], axis=1) / count,
                np.stack([row.busy_share for row in rows]).sum(axis=1) / self._rack.count,
                np.count_nonzero([row.out for row in rows], axis=1) / count,
            )
        )
        for number, line in enumerate(lines, self._epoch):
            self._keep(number, line)
            # Spares come last; figures show them as such, without a temperature. Of the epochs between two
            # instants the last one stays.
            slot = number // self._slot_stride
            self._slots_c[slot] = temperature_c[number - self._epoch, : self._rack.count]

    def _keep(self, number: int, line: Floats) -> None:
        """The values of one epoch in the series."""
        instant, lag = divmod(number, self.stride)
        if not lag:
            self.series[instant] = line
            return
        kept = self.series[instant]
        hottest_c = max(float(kept[4]), line[4])
        # Running mean over the epochs of an instant, without a sum that grows.
        kept += (line - kept) / (lag + 1)
        # Time and the highest temperature are no means.
        kept[0], kept[4] = line[0], hottest_c

    def _account(self, rows: Sequence[EpochRow]) -> None:
        sums, device, air = self.accounts, self._rack.device, self._rack.air
        length_s = np.array([row.length_s for row in rows])

        def added(total: float, means: ArrayLike) -> float:
            return _added(total, np.asarray(means) * length_s)

        on = np.stack([row.clock for row in rows]) > 0
        temperature_c = np.stack([row.temperature_c for row in rows])
        busy_share = np.stack([row.busy_share for row in rows]).sum(axis=1)
        throttled = np.count_nonzero([row.throttled for row in rows], axis=1)
        # At the temperature of the start, as `planner.rack.heat.epoch.advance` takes it: the balance must
        # close.
        leaked_w = np.where(on, leakage_w(device.thermal, np.stack([row.start_c for row in rows])), 0.0)
        rise_k = np.array([row.exhaust_c for row in rows]) - air.supply_c
        fans_w = [row.own_fan_w for row in rows if row.own_fan_w is not None]
        sums.length_s = _added(sums.length_s, length_s)
        sums.in_system_s = added(sums.in_system_s, [row.in_system for row in rows])
        sums.waiting_s = added(sums.waiting_s, [row.waiting for row in rows])
        sums.busy_s = added(sums.busy_s, busy_share * self._units)
        sums.host_busy_s = added(sums.host_busy_s, [row.host_busy for row in rows])
        sums.copy_busy_s = added(sums.copy_busy_s, [row.copy_busy for row in rows])
        sums.throttled_s = added(sums.throttled_s, throttled)
        sums.temperature_s = added(sums.temperature_s, temperature_c.sum(axis=1))
        sums.max_c = max(sums.max_c, float(temperature_c.max()))
        sums.drawn_j = added(sums.drawn_j, _totals([row.power_w for row in rows]))
        sums.idle_j = added(sums.idle_j, device.idle_w * np.count_nonzero(on, axis=1))
        sums.leaked_j = added(sums.leaked_j, leaked_w.sum(axis=1))
        sums.own_fan_j = added(sums.own_fan_j, _totals(fans_w)) if fans_w else sums.own_fan_j
        sums.carried_j = added(sums.carried_j, heat_rate_w_per_k(air) * rise_k)
        sums.out_s = added(sums.out_s, np.count_nonzero([row.out for row in rows], axis=1))
        sums.stored_j = _added(sums.stored_j, self._stored_j(rows))
        if air.stored_j_per_k:
            sums.stored_j = added(sums.stored_j, [row.enclosure_w for row in rows])

    def _stored_j(self, rows: Sequence[EpochRow]) -> Floats:
        """Heat that the nodes of all devices took up over each epoch."""
        rise_k = np.stack([row.temperature_c for row in rows]) - np.stack([row.start_c for row in rows])
        # Column 0 is the die; `inner_c` has the other nodes.
        stored_j = self._capacities[0] * rise_k.sum(axis=1)
        inner_c = [row.inner_c for row in rows if row.inner_c is not None]
        start_c = [row.start_inner_c for row in rows if row.start_inner_c is not None]
        if inner_c and start_c:
            inner_k = np.stack(inner_c) - np.stack(start_c)
            stored_j = stored_j + (inner_k @ self._capacities[1:]).sum(axis=1)
        return np.asarray(stored_j)


def _totals(rows: Sequence[Floats]) -> list[float]:
    """The sum over the devices in each epoch."""
    totals: list[float] = np.stack(rows).sum(axis=1).tolist()
    return totals


def _added(total: float, values: Floats) -> float:
    """A running total carried on, in the order of time: so many epochs at once make no difference to it."""
    return float(np.add.accumulate(np.concatenate(([total], values)))[-1])
