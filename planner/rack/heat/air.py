"""Air through the rack: how much the exhaust warms, and how much of that the devices breathe again.

Of the flow V that passes the devices a share r comes back to their inlets, and V_room = (1 - r) V is
exchanged with the room. Heat balances: exhaust = inlet + Q / (rho cp V) past the devices, inlet = supply + r
(exhaust - supply) where the streams mix, hence exhaust = supply + Q / (rho cp V_room); r is the supply heat
index. The room's own gradient from bottom to top comes on top. Where `air.vertical` is given, inlets follow
the cross-interference matrix of `planner.rack.heat.recirculation` instead. Both hold while the airflow does
not depend on the heat; air stores no heat in them. The number of devices enters the airflow through
`planner.rack.heat.fans`. Density is at 20 C and sea level unless given; `air_density_kg_per_m3` gives it
elsewhere. It is taken at the supply: a fan moves a volume, whose mass changes by 3 % for 10 K at the fan.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.formulas import formula
from planner.rack.description.rack import Air
from planner.rack.heat.recirculation import returned_share, rising_matrix_k_per_w, row_matrix

REFERENCE_KG_PER_M3 = 1.204
"""Dry air at 20 C and sea level, for which resistances to the air are stated."""
_GAS_J_PER_KG_K = 287.05
_ZERO_C_IN_K = 273.15
_SEA_LEVEL_PA = 101_325.0


@formula("air_density")
def air_density_kg_per_m3(temperature_c: float, altitude_m: float = 0.0) -> float:
    """Density of dry air: ideal gas at the pressure of the ICAO standard atmosphere (ISO 2533), to 11 km.

    p = 101325 Pa * (1 - 2.25577e-5 h / m) ** 5.25588.
    """
    pressure_pa = _SEA_LEVEL_PA * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588
    return float(pressure_pa / (_GAS_J_PER_KG_K * (temperature_c + _ZERO_C_IN_K)))


def at_supply(air: Air, supply_c: float) -> Air:
    """The same flows with a supply of another temperature: the density follows it (ideal gas)."""
    # At equal pressure density goes with 1 / T; fans move the same volume, and so less mass of warmer air.
    warmer = (air.supply_c + _ZERO_C_IN_K) / (supply_c + _ZERO_C_IN_K)
    return replace(air, supply_c=supply_c, density_kg_per_m3=air.density_kg_per_m3 * warmer)


def passing_m3_per_s(air: Air, count: int) -> float | None:
    """What passes this many devices; None where all of it is mixed and only the exchange with the room is
    known."""
    if air.passing_m3_per_s is not None:
        return air.passing_m3_per_s
    share = returned_share(air, count)
    return air.airflow_m3_per_s / (1.0 - share) if share < 1.0 else None


def device_exhaust_c(air: Air, inlet_c: float, heat_w: float, count: int) -> float:
    """Air that leaves the devices, from a mean inlet and their heat: inlet + Q / (rho cp V past them)."""
    passing = passing_m3_per_s(air, count)
    if passing is None:
        return inlet_c
    return inlet_c + heat_w / (air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * passing)


def heat_rate_w_per_k(air: Air) -> float:
    """Heat that the air exchanged with the room carries for each kelvin of its rise: rho cp V_room."""
    return air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * air.airflow_m3_per_s


@formula("exhaust_balance")
def exhaust_c(air: Air, heat_w: float) -> float:
    """Mixed exhaust temperature when the devices and fans give this much heat to the air."""
    return air.supply_c + heat_w / heat_rate_w_per_k(air)


def unheated_c(air: Air, count: int) -> NDArray[np.float64]:
    """Inlet temperature of each position, bottom first, of a rack that gives no heat."""
    if not air.gradient_k:
        return np.full(count, float(air.supply_c))
    # Middle of each position from -1/2 to 1/2, so that the mean inlet is the supply whatever the gradient.
    height = (np.arange(count) + 0.5) / count - 0.5
    return np.asarray(air.supply_c + air.gradient_k * height)


@formula("even_recirculation", "cross_interference")
def inlets_c(air: Air, heats_w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inlet temperature of each position, bottom first, when each gives this much heat to the air."""
    base_c = unheated_c(air, heats_w.size)
    if air.alike:
        return np.asarray(base_c + air.recirculation * heats_w.sum() / heat_rate_w_per_k(air))
    return np.asarray(base_c + warming_matrix_k_per_w(air, heats_w.size) @ heats_w)


@lru_cache(maxsize=2)
@formula("preheated_row")
def warming_matrix_k_per_w(air: Air, count: int) -> NDArray[np.float64]:
    """D: what each watt of each device (columns) warms each inlet (rows), N x N.

    Where devices are one behind another, `air.in_row` of them share one stream, V in_row / N of what passes
    the devices, and each watt warms the inlets behind its own by 1 / (rho cp of that stream). Air between
    streams is not mixed: in a wide tray part of it is, and the last device is a little cooler.
    """
    if air.vertical is not None:
        return rising_matrix_k_per_w(air, count)
    shared = np.full((count, count), air.recirculation / heat_rate_w_per_k(air))
    passing = passing_m3_per_s(air, count) or air.airflow_m3_per_s
    stream_w_per_k = air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * passing * air.in_row / count
    return np.asarray(shared + row_matrix(count, air.in_row) / stream_w_per_k)
