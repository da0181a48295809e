"""What slows two units at the same time: the correlation of runs in which it is known."""

import numpy as np
import pytest

from planner.calibration.serving.served import ServedRun
from planner.calibration.serving.together import correlation_of_units


def _run(factors, servers):
    """Batches of 10 ms one behind another on each unit, whose service times do not move their places."""
    count = factors.shape[1]
    start_s = np.tile(np.arange(count) * 0.01, servers)
    order = np.argsort(start_s, kind="stable")
    server = np.repeat(np.arange(servers), count)[order]
    start_s = start_s[order]
    nothing = np.empty(0)
    run = ServedRun(
        duration_s=1.0,
        warmup_s=0.0,
        servers=servers,
        stream=nothing,
        arrival_s=nothing,
        done_s=nothing,
        dropped=nothing,
        batch_server=server,
        batch_network=np.zeros(server.size, dtype=np.int64),
        batch_size=np.ones(server.size, dtype=np.int64),
        batch_start_s=start_s,
        batch_end_s=start_s + 0.0099,
        late_s=nothing,
    )
    return run, factors.ravel()[order]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_a_component_that_units_share_is_found(share):
    """Log service of a shared part and one of each unit's own; within 4 standard errors of 4,000 pairs."""
    chance = np.random.default_rng(7)
    own, shared = chance.standard_normal((2, 4000)), chance.standard_normal(4000)
    logs = 0.05 * (np.sqrt(share) * shared + np.sqrt(1 - share) * own)
    assert correlation_of_units(*_run(np.exp(logs), 2)) == pytest.approx(share, abs=0.065)


def test_outliers_of_one_unit_are_not_what_both_share():
    chance = np.random.default_rng(8)
    factors = np.exp(0.05 * chance.standard_normal((2, 2000)))
    factors[:, ::50] *= 5.0
    assert abs(correlation_of_units(*_run(factors, 2))) < 0.09


def test_one_unit_or_few_batches_say_nothing():
    factors = np.exp(0.05 * np.random.default_rng(9).standard_normal((1, 500)))
    assert correlation_of_units(*_run(factors, 1)) is None
    assert correlation_of_units(*_run(np.ones((2, 10)), 2)) is None
