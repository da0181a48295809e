"""Heat in one device: a ladder of heat stores from the die to the inlet air.

Node i obeys C_i dT_i/dt = P_i + (T_{i-1} - T_i) / R_{i-1} + (T_{i+1} - T_i) / R_i, the die takes all the
power and the last node gives to the inlet air (Cauer ladder; one node is C dT/dt = P - (T - T_inlet) / R).
Over a step in which power and inlet are constant the solution is exact for any length of step:
x(t) = A x(0) + B P with x the nodes' rise over the inlet, A = expm(-C^-1 G t), B = (I - A) G^-1 e_die (Van
Loan, Computing integrals involving the matrix exponential, IEEE Trans. Autom. Control 23, 1978). A node
represents changes slower than its own time constant; one node for the whole device shows no peaks within
one batch. All arrays have one row or element a device, and nodes from the die outwards as columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.heat_path import DeviceFan, HeatNode
from planner.rack.description.rack import Thermal

Indices = NDArray[np.intp]

_MOST_KEPT = 256


@formula("leakage")
def leakage_w(thermal: Thermal, temperature_c: Floats) -> Floats:
    """Power that the temperature adds to idle power; zeros where the leakage is not known."""
    leakage = thermal.leakage
    if leakage is None:
        return np.zeros_like(temperature_c)
    return np.asarray(leakage.reference_w * np.exp(leakage.per_k * (temperature_c - leakage.reference_c)))


@formula("own_fan")
def ladder(thermal: Thermal, fan_level: int = 0) -> tuple[HeatNode, ...]:
    """The device's nodes from the die outwards, with the outermost resistance at a level of its fan."""
    nodes = thermal.nodes or (HeatNode(thermal.heat_capacity_j_per_k, thermal.resistance_k_per_w),)
    if thermal.fan is None:
        return nodes
    fan, last = thermal.fan, nodes[-1]
    # Of the outermost resistance a share does not depend on the air; the rest falls as a power of the speed.
    slowing = fan.fixed_share + (1.0 - fan.fixed_share) / fan.speeds[fan_level] ** fan.exponent
    return (*nodes[:-1], HeatNode(last.heat_capacity_j_per_k, last.resistance_k_per_w * slowing))


def fan_levels(thermal: Thermal) -> int:
    """How many speeds the device's fan has; one where it has no fan."""
    return 1 if thermal.fan is None else len(thermal.fan.speeds)


@formula("own_fan")
def fan_w(thermal: Thermal, level: Indices) -> Floats:
    """What the device's own fan draws at each level: rated power times speed ** 3."""
    if thermal.fan is None:
        return np.zeros(level.shape)
    return _fan_w_of_levels(thermal.fan)[level]


@lru_cache(maxsize=_MOST_KEPT)
def _fan_w_of_levels(fan: DeviceFan) -> Floats:
    return np.asarray(fan.rated_w * np.array(fan.speeds) ** 3)


def resistance_k_per_w(thermal: Thermal, level: Indices) -> Floats:
    """From the die to the inlet air, at each level of the fan."""
    return _resistance_of_levels(thermal)[level]


@lru_cache(maxsize=_MOST_KEPT)
def _resistance_of_levels(thermal: Thermal) -> Floats:
    totals = [sum(node.resistance_k_per_w for node in ladder(thermal, n)) for n in range(fan_levels(thermal))]
    return np.array(totals)


@dataclass(frozen=True, slots=True, eq=False)
class LadderStep:
    """The exact step of one ladder: how the nodes decay and warm, and what a warmer inlet holds back.

    `capacity_j_per_k` and `warming_k_per_w` have one element a node, `decay` is node by node.
    When the inlet is one kelvin warmer, the nodes end the step `followed` kelvins warmer, and the device
    gives `withheld_w_per_k` less heat to its air on average over the step.
    """

    step_s: float
    decay: Floats
    warming_k_per_w: Floats
    settled_k_per_w: Floats
    capacity_j_per_k: Floats
    followed: Floats
    withheld_w_per_k: float

    def nodes_c(self, start_c: Floats, inlet_c: Floats, power_w: Floats) -> Floats:
        """Node temperatures after the step, from those before it, at constant inlet and power."""
        # Nodes are columns here, so that A x for every device at once is a product from the right with A
        # transposed.
        rise_k = (start_c - inlet_c[:, None]) @ self.decay.T
        return np.asarray(inlet_c[:, None] + rise_k + power_w[:, None] * self.warming_k_per_w)

    def released_w(self, start_c: Floats, end_c: Floats, power_w: Floats) -> Floats:
        """Mean heat flow from device to air over the step: power less the heat that the nodes took up."""
        return np.asarray(power_w - (end_c - start_c) @ self.capacity_j_per_k / self.step_s)


@lru_cache(maxsize=_MOST_KEPT)
def exact_step(thermal: Thermal, step_s: float, fan_level: int = 0) -> LadderStep:
    """The step of a device's ladder at a level of its fan; worked out once for each."""
    return step_of(ladder(thermal, fan_level), step_s)


@formula("thermal_ladder")
def step_of(nodes: Sequence[HeatNode], step_s: float) -> LadderStep:
    """The exact step of a ladder of nodes, die first."""
    capacity_j_per_k = np.array([node.heat_capacity_j_per_k for node in nodes])
    resistance = np.array([node.resistance_k_per_w for node in nodes])
    # G^-1 e_die without an inverse: all power flows through every resistance, so a node's rise for one watt
    # is the sum of those between it and the air.
    settled_k_per_w = np.cumsum(resistance[::-1])[::-1]
    # Rows of G divided by each node's capacity: C^-1 G t.
    decay = _exponential(-_conductance_w_per_k(resistance) * (step_s / capacity_j_per_k)[:, None])
    # What a warmer inlet leaves of itself in the nodes: 1 - A 1.
    followed = 1.0 - decay.sum(axis=1)
    return LadderStep(
        step_s,
        decay,
        # B of the docstring, (I - A) G^-1 e_die.
        settled_k_per_w - decay @ settled_k_per_w,
        settled_k_per_w,
        capacity_j_per_k,
        followed,
        # With the inlet one kelvin warmer every node starts one kelvin lower against it and takes up C (1 - A
        # 1) joules that the air does not get.
        float(capacity_j_per_k @ followed) / step_s,
    )


def _exponential(matrix: Floats) -> Floats:
    """The matrix exponential; of one node it is that of a number."""
    if matrix.shape == (1, 1):
        return np.exp(matrix)
    # SciPy takes longer to import than a short run takes.
    from scipy.linalg import expm

    return np.asarray(expm(matrix))


def _conductance_w_per_k(resistance: Floats) -> Floats:
    """The matrix G of the ladder: heat that leaves each node for each kelvin of the nodes' rise."""
    conductance = 1.0 / resistance
    matrix = np.diag(conductance)
    for inner in range(len(resistance) - 1):
        # Each inner resistance joins two nodes: it adds to both diagonals and couples them with a minus.
        matrix[inner + 1, inner + 1] += conductance[inner]
        matrix[inner, inner + 1] = matrix[inner + 1, inner] = -conductance[inner]
    return matrix


def settled_c(thermal: Thermal, inlet_c: Floats, power_w: Floats, level: Indices | None = None) -> Floats:
    """The die temperature that a device reaches at constant power and inlet; full fan speed unless given."""
    if level is None:
        level = np.full(inlet_c.shape, fan_levels(thermal) - 1)
    return np.asarray(inlet_c + resistance_k_per_w(thermal, level) * power_w)


def settled_nodes_c(thermal: Thermal, inlet_c: Floats, die_c: Floats, level: Indices) -> Floats:
    """All nodes of devices that have settled with their die at a temperature."""
    table = np.stack([exact_step(thermal, 1.0, n).settled_k_per_w for n in range(fan_levels(thermal))])[level]
    share = table / table[:, :1]
    return np.asarray(inlet_c[:, None] + share * (die_c - inlet_c)[:, None])


@formula("runaway_margin")
def loop_gain(thermal: Thermal, temperature_c: Floats, level: Indices, inlet_k_per_w: float = 0.0) -> Floats:
    """R dP_leak/dT: watts of leakage that one more watt calls for through the temperature that it makes.

    Below one the temperature settles; at one or above it runs away (small-signal stability of the balance
    T = T_inlet + R P(T)). `inlet_k_per_w` adds what a watt warms the device's own inlet. One less this is the
    runaway margin. Zeros where the leakage is not known.
    """
    if thermal.leakage is None:
        return np.zeros_like(temperature_c)
    warming = resistance_k_per_w(thermal, level) + inlet_k_per_w
    return np.asarray(warming * thermal.leakage.per_k * leakage_w(thermal, temperature_c))
