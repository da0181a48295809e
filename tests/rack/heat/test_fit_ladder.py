"""Ladders found again from the logs that they made."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.heat_path import HeatNode
from planner.rack.heat.fit_ladder import fit_ladder
from planner.rack.heat.ladder import step_of

POWER_W = np.concatenate((np.full(60, 4.0), np.full(500, 20.0), np.full(240, 8.0)))


def log_of(nodes: tuple[HeatNode, ...], interval_s: float = 1.0) -> np.ndarray:
    step = step_of(nodes, interval_s)
    rise_k, die_c = step.settled_k_per_w * POWER_W[0], []
    for watts in POWER_W:
        die_c.append(30.0 + rise_k[0])
        rise_k = step.decay @ rise_k + step.warming_k_per_w * watts
    return np.array(die_c)


ONE = (HeatNode(80.0, 1.8),)
TWO = (HeatNode(8.0, 0.5), HeatNode(70.0, 1.3))


@pytest.mark.parametrize("truth", [ONE, TWO])
def test_a_clean_log_gives_its_ladder_back(truth):
    fitted = fit_ladder(1.0, log_of(truth), 30.0, POWER_W, nodes=len(truth))
    assert fitted.worst_k < 1e-4
    for found, true in zip(fitted.nodes, truth, strict=True):
        assert found.resistance_k_per_w == pytest.approx(true.resistance_k_per_w, rel=1e-3)
        assert found.heat_capacity_j_per_k == pytest.approx(true.heat_capacity_j_per_k, rel=1e-3)


def test_whole_degrees_are_enough_for_the_resistance_and_one_node_is_not_enough_for_two():
    """Logs in whole degrees; one node misses the fast part by more than the rounding."""
    rounded = np.round(log_of(TWO))
    two = fit_ladder(1.0, rounded, 30.0, POWER_W, nodes=2)
    one = fit_ladder(1.0, rounded, 30.0, POWER_W, nodes=1)
    assert two.rmse_k < 0.4
    assert one.rmse_k > 1.5 * two.rmse_k
    assert two.resistance_k_per_w == pytest.approx(1.8, rel=0.02)
    assert two.resistance_error < 0.01


def test_a_log_too_short_to_settle_says_so():
    """Two minutes of a device of 144 s: the resistance is not in it."""
    noise = np.random.default_rng(5).normal(0, 0.3, 800)
    short = fit_ladder(1.0, (log_of(ONE) + noise)[40:100], 30.0, POWER_W[40:100])
    long = fit_ladder(1.0, log_of(ONE) + noise, 30.0, POWER_W)
    assert short.resistance_error > 5 * long.resistance_error


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interval_s": 0.0}, "interval_s"),
        ({"nodes": 4}, "nodes"),
        ({"power_w": np.full(800, 5.0)}, "a change"),
        ({"power_w": POWER_W[:-1]}, "one a sample"),
        ({"inlet_c": 200.0}, "above the inlet"),
        ({"temperature_c": np.full(800, np.nan)}, "finite"),
    ],
)
def test_logs_that_cannot_be_read_are_refused(changes, said):
    arguments = {"interval_s": 1.0, "temperature_c": log_of(ONE), "inlet_c": 30.0, "power_w": POWER_W}
    with pytest.raises(InputError, match=said):
        fit_ladder(**{**arguments, **changes})
