"""Racks that are not cooled by an air stream, put as the stream that cools alike.

A sealed cabinet loses Q = U A (T_inside - T_ambient) through its walls and gains from the sun: the same as a
stream of heat rate U A at T_ambient + solar / (U A), of which the devices breathe the exhaust (r = 1). Its
inside is taken as one well-mixed temperature; its own heat capacity is a store behind those of the devices
where it is stated (`enclosure_after_c`), and left out elsewhere: it smooths, it does not lower the steady
state. A liquid loop is a stream of the coolant that the devices' cold plates take in series with nothing
(r = 0): dT = Q / (rho cp V), 14.4 K for 1 L/min of water and 1 kW.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from planner.formulas import formula
from planner.rack.description.checks import Checks
from planner.rack.description.rack import Air

_WATER_KG_PER_M3 = 997.0
_WATER_J_PER_KG_K = 4182.0


@formula("sealed_cabinet")
def sealed_cabinet(
    ambient_c: float,
    loss_w_per_k: float,
    solar_w: float = 0.0,
    *,
    passing_m3_per_s: float | None = None,
    density_kg_per_m3: float = 1.204,
    stored_j_per_k: float = 0.0,
) -> Air:
    """The air of a closed cabinet that loses `loss_w_per_k` (U A) to its surroundings.

    `solar_w` is what the walls absorb of the sun and pass inwards. U of a painted steel wall in still air is
    5 to 6 W/(m2 K), without forced air on either side (assumed; vendors' sizing rules agree on 5.5).
    `passing_m3_per_s` is what the fans inside move past the devices: it says how much warmer their exhaust is
    than the inside, whose temperature the walls set.
    """
    checks = Checks("sealed cabinet")
    checks.positive(loss_w_per_k=loss_w_per_k)
    checks.non_negative(solar_w=solar_w)
    checks.finite(ambient_c=ambient_c)
    checks.finish()
    still = Air(ambient_c, 1.0, density_kg_per_m3=density_kg_per_m3)
    # The flow whose rho cp V is U A: a stream that carries as much for each kelvin as the walls lose.
    airflow = loss_w_per_k / (still.density_kg_per_m3 * still.heat_capacity_j_per_kg_k)
    return replace(
        still,
        supply_c=ambient_c + solar_w / loss_w_per_k,
        airflow_m3_per_s=airflow,
        recirculation=1.0,
        passing_m3_per_s=passing_m3_per_s,
        stored_j_per_k=stored_j_per_k,
    )


@formula("enclosure_store")
def enclosure_after_c(air: Air, inside_c: float, heat_w: float, step_s: float) -> float:
    """The inside of a closed cabinet with a heat capacity, after a step at constant heat.

    C dT/dt = Q - U A (T - T_supply), solved exactly; T_supply has the sun in it. One well-mixed temperature
    for air, walls and gear; with 1.6 m2 of steel and 20 kg of gear some 20 kJ/K and half an hour.
    """
    loss_w_per_k = air.density_kg_per_m3 * air.heat_capacity_j_per_kg_k * air.airflow_m3_per_s
    settled_c = air.supply_c + heat_w / loss_w_per_k
    return settled_c + (inside_c - settled_c) * math.exp(-loss_w_per_k * step_s / air.stored_j_per_k)


@formula("liquid_loop")
def water_loop(supply_c: float, flow_m3_per_s: float) -> Air:
    """The stream of a liquid loop of water at 25 C (997 kg/m3, 4182 J/(kg K)) that feeds every cold plate."""
    return Air(
        supply_c,
        flow_m3_per_s,
        density_kg_per_m3=_WATER_KG_PER_M3,
        heat_capacity_j_per_kg_k=_WATER_J_PER_KG_K,
    )


@dataclass(frozen=True, slots=True)
class SplitHeat:
    """Heat of a liquid-cooled rack by where it goes."""

    liquid_w: float
    air_w: float


def split_heat(heat_w: float, air_share: float) -> SplitHeat:
    """What the cold plates take and what stays in the air (10 to 20 % of the heat: secondary sources)."""
    checks = Checks("liquid cooling")
    checks.between(0, 1, air_share=air_share)
    checks.finish()
    return SplitHeat(heat_w * (1.0 - air_share), heat_w * air_share)
