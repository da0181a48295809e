"""Which inlet breathes whose exhaust: cross-interference of the devices in a rack.

A[i, j] is the share of device i's exhaust that enters inlet j. With K = rho cp V of each device's own stream
and heats P the inlets are T_in = T_supply + D P, D = (K - A^T K)^-1 - K^-1 (Tang, Mukherjee, Gupta and
Cayton, Sensor-based fast thermal evaluation model for energy efficient high-performance datacenters, ICISIP
2006; used in Tang, Gupta and Varsamopoulos, IEEE TPDS 19, 2008; the form quoted from memory, its rows and
columns derived here from the mixing balance of each inlet). It holds for streams that do not change with heat
and for steady air. Even recirculation, A = r / N everywhere, gives D = r / (rho cp V_room) everywhere: the
one-parameter form of `Air.recirculation`, for which no matrix is made.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.heat_path import VerticalRecirculation
from planner.rack.description.rack import Air


def cross_interference(vertical: VerticalRecirculation, count: int) -> Floats:
    """A of a rack in which exhaust rises, positions from the bottom.

    Row i feeds the inlets j >= i, so D is lower triangular: an inlet warms with what is below it. Each
    device's upward shares are those of the lowest one cut off at the top of the rack: what would go higher
    leaves the rack.
    """
    distance = np.arange(count)[None, :] - np.arange(count)[:, None]
    weights = vertical.decay ** np.arange(count - 1)
    # Scaled so that the lowest device, which has all the others above it, gives just `above` upwards.
    lost = vertical.above / weights.sum() if count > 1 else 0.0
    # The maximum keeps powers of the masked half finite.
    upward = np.where(distance > 0, lost * vertical.decay ** np.maximum(distance - 1, 0), 0.0)
    return np.asarray(upward + vertical.own * np.eye(count))


@formula("cross_interference")
def inlet_matrix_k_per_w(shares: Floats, stream_w_per_k: Floats) -> Floats:
    """D: what each watt of each device (columns) warms each inlet (rows), above the supply."""
    streams = np.diag(stream_w_per_k)
    return np.asarray(np.linalg.inv(streams - shares.T @ streams) - np.diag(1.0 / stream_w_per_k))


@lru_cache(maxsize=2)
def rising_matrix_k_per_w(air: Air, count: int) -> Floats:
    """D of a rack whose exhaust rises, N x N, with equal device streams; `airflow_m3_per_s` is the room's.

    What the devices blow beyond the room's air is what comes back: their streams add up to V_room / (1 -
    mean share returned).
    """
    room_w_per_k = air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * air.airflow_m3_per_s
    if air.vertical is None:
        raise ValueError("even recirculation has one number for all inlets and needs no matrix")
    shares = cross_interference(air.vertical, count)
    # Only what does not come back leaves the rack: N streams times their share that leaves is the room's
    # flow.
    stream_w_per_k = room_w_per_k / float((1.0 - shares.sum(axis=1)).sum())
    return inlet_matrix_k_per_w(shares, np.full(count, stream_w_per_k))


def row_matrix(count: int, in_row: int) -> Floats:
    """1 where a device (columns) is in the stream before another one (rows), 0 elsewhere, N x N."""
    row, column = np.indices((count, count))
    return np.asarray((row // in_row == column // in_row) & (column < row), dtype=np.float64)


def returned_share(air: Air, count: int) -> float:
    """Of what passes the devices, the share that comes back to their inlets."""
    if air.vertical is None:
        return air.recirculation
    return float(cross_interference(air.vertical, count).sum()) / count


@formula("even_recirculation")
def supply_heat_index(supply_c: float, inlet_c: Floats, outlet_c: Floats) -> float:
    """SHI: the part of the exhausts' rise over supply that the inlets had already; 1 - SHI is the RHI.

    Sum of inlet rises over sum of outlet rises, equal streams (Sharma, Bash and Patel, AIAA 2002-3091).
    """
    return float((inlet_c - supply_c).sum() / (outlet_c - supply_c).sum())
