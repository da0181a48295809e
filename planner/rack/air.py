"""Air through the rack: how much the exhaust warms, and how much of that the devices breathe again.

Heat balance of the air exchanged with the room: exhaust = supply + Q / (rho cp V). A share r of that rise
comes back to every inlet: inlet = supply + r * (exhaust - supply), plus the room's own gradient from bottom
to top. This is the cross-interference form T_in = T_supply + D P (Tang, Gupta, Varsamopoulos 2007) reduced
to one parameter, r being the supply heat index. It holds while the airflow does not depend on the number of
devices or their heat, and while the inlets are alike; it cannot tell a hot spot, and air stores no heat in
it. Density is at 20 C and sea level unless given (it falls as exp(-height / 8500 m)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.rack.description import Air


def heat_rate_w_per_k(air: Air) -> float:
    """Heat that the airflow carries for each kelvin of its rise: rho cp V."""
    return air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * air.airflow_m3_per_s


def exhaust_c(air: Air, heat_w: float) -> float:
    """Mixed exhaust temperature when the devices and fans give this much heat to the air."""
    return air.supply_c + heat_w / heat_rate_w_per_k(air)


def inlets_c(air: Air, count: int, heat_w: float) -> NDArray[np.float64]:
    """Inlet temperature of each position, bottom first, when this much heat goes into the air."""
    height = (np.arange(count) + 0.5) / count - 0.5
    return (
        air.supply_c + air.gradient_k * height + air.recirculation * (exhaust_c(air, heat_w) - air.supply_c)
    )
