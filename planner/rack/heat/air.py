"""Air through the rack: how much the exhaust warms, and how much of that the devices breathe again.

Heat balance of the air exchanged with the room: exhaust = supply + Q / (rho cp V). A share r of that rise
comes back to every inlet: inlet = supply + r * (exhaust - supply), plus the room's own gradient from bottom
to top; r is then the supply heat index. Where `air.vertical` is given, inlets follow the cross-interference
matrix of `planner.rack.heat.recirculation` instead. Both hold while the airflow does not depend on the heat;
air stores no heat in them. The number of devices enters the airflow through `planner.rack.heat.fans`. Density
is at 20 C and sea level unless given; `air_density_kg_per_m3` gives it elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.formulas import formula
from planner.rack.description.rack import Air
from planner.rack.heat.recirculation import rising_matrix_k_per_w

_GAS_J_PER_KG_K = 287.05
_SEA_LEVEL_PA = 101_325.0


@formula("air_density")
def air_density_kg_per_m3(temperature_c: float, altitude_m: float = 0.0) -> float:
    """Density of dry air: ideal gas at the pressure of the ICAO standard atmosphere (ISO 2533), to 11 km.

    p = 101325 Pa * (1 - 2.25577e-5 h / m) ** 5.25588.
    """
    pressure_pa = _SEA_LEVEL_PA * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588
    return float(pressure_pa / (_GAS_J_PER_KG_K * (temperature_c + 273.15)))


def heat_rate_w_per_k(air: Air) -> float:
    """Heat that the airflow carries for each kelvin of its rise: rho cp V."""
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
    if air.vertical is None:
        return np.asarray(base_c + air.recirculation * heats_w.sum() / heat_rate_w_per_k(air))
    return np.asarray(base_c + rising_matrix_k_per_w(air, heats_w.size) @ heats_w)
