"""Laws that every run obeys whatever its parameters, each checked between two separate accounts of the run.

Residuals are relative to the larger account. The counted window cuts requests and batches exactly where it
begins and ends, so nothing but rounding is left over.

- `little`: the integral of the number in the system (the engine's clock) against the time that requests
  spend in it (Little 1961, L = lambda W).
- `little_queue`: the same for the requests that wait, up to service or loss.
- `utilisation`: busy time by epoch against the service times of the batches (U = X S).
- `energy`: power by epoch against idle time, leakage, devices' own fans and each batch's own energy.
- `first_law`: heat in (power by epoch) against heat carried out by the air and heat stored in the devices.
- `conservation`: requests drawn against requests served, dropped and, by the engine's count, still in the
  system.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.rack.air import heat_rate_w_per_k
from planner.rack.arrivals import draw_arrivals
from planner.rack.description import Rack
from planner.rack.records import Floats, Outcome, Records
from planner.rack.thermal import ladder, leakage_w
from planner.rack.window import Window, counted_window


def check_invariants(rack: Rack, records: Sequence[Records]) -> dict[str, float]:
    """The worst relative residual of each law over the replications."""
    worst: dict[str, float] = {}
    for run in records:
        window = counted_window(rack, run)
        accounts = {
            "little": _number_in_system(run, window),
            "little_queue": _number_waiting(run, window),
            "utilisation": _busy_time_s(run, window),
            "energy": _energy_j(rack, run, window),
            "first_law": _heat_j(rack, run, window),
            "conservation": _requests(rack, run),
        }
        for law, (one, other) in accounts.items():
            worst[law] = max(worst.get(law, 0.0), _residual(one, other))
    return worst


def _residual(one: float, other: float) -> float:
    scale = max(abs(one), abs(other))
    return abs(one - other) / scale if scale > 0 else 0.0


def _number_in_system(run: Records, window: Window) -> tuple[float, float]:
    integral_s = float(run.epochs.in_system[window.epochs] @ window.epoch_s)
    spent_s = window.overlap_s(run.requests.arrival_s, run.requests.departure_s)
    return integral_s, float(spent_s.sum())


def _number_waiting(run: Records, window: Window) -> tuple[float, float]:
    integral_s = float(run.epochs.waiting[window.epochs] @ window.epoch_s)
    waited_to_s = np.fmin(run.requests.start_s, run.requests.departure_s)
    return integral_s, float(window.overlap_s(run.requests.arrival_s, waited_to_s).sum())


def _busy_time_s(run: Records, window: Window) -> tuple[float, float]:
    by_epoch_s = float((window.epoch_s @ run.epochs.busy_share[window.epochs]).sum())
    return by_epoch_s, float(window.overlap_s(run.batches.start_s, run.batches.end_s).sum())


def _drawn_j(rack: Rack, run: Records, window: Window) -> float:
    devices_j = float((window.epoch_s @ run.epochs.power_w[window.epochs]).sum())
    return devices_j + rack.fan_w * window.length_s


def _energy_j(rack: Rack, run: Records, window: Window) -> tuple[float, float]:
    on_s = window.overlap_s(np.zeros(rack.count), run.shutdown_s)
    on = run.epochs.clock[window.epochs] > 0
    leaked_w = leakage_w(rack.device.thermal, _epoch_starts_c(run)[window.epochs]) * on
    served_j = window.overlap_s(run.batches.start_s, run.batches.end_s) @ run.batches.dynamic_w
    parts_j = rack.device.idle_w * on_s.sum() + (window.epoch_s @ leaked_w).sum() + served_j
    if run.epochs.own_fan_w is not None:
        parts_j += (window.epoch_s @ run.epochs.own_fan_w[window.epochs]).sum()
    return _drawn_j(rack, run, window), float(parts_j) + rack.fan_w * window.length_s


def _heat_j(rack: Rack, run: Records, window: Window) -> tuple[float, float]:
    rise_k = run.epochs.exhaust_c[window.epochs] - rack.air.supply_c
    carried_j = heat_rate_w_per_k(rack.air) * float(rise_k @ window.epoch_s)
    return _drawn_j(rack, run, window), carried_j + _stored_j(rack, run, window)


def _stored_j(rack: Rack, run: Records, window: Window) -> float:
    """Heat that the nodes of all devices took up over the window."""
    capacities = [node.heat_capacity_j_per_k for node in ladder(rack.device.thermal)]
    first_c = _epoch_starts_c(run)[window.epochs][0]
    stored_j = capacities[0] * float((run.epochs.temperature_c[-1] - first_c).sum())
    inner_c, initial_c = run.epochs.inner_c, run.initial_inner_c
    if inner_c is None or initial_c is None:
        return stored_j
    first_inner_c = np.concatenate((initial_c[None], inner_c[:-1]))[window.epochs][0]
    return stored_j + float(((inner_c[-1] - first_inner_c) @ np.array(capacities[1:])).sum())


def _epoch_starts_c(run: Records) -> Floats:
    return np.vstack((run.initial_temperature_c, run.epochs.temperature_c[:-1]))


def _requests(rack: Rack, run: Records) -> tuple[float, float]:
    left = np.count_nonzero(run.requests.outcome != Outcome.IN_SYSTEM)
    return float(draw_arrivals(rack, run.replication).time_s.size), float(left + run.in_system)
