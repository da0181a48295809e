"""The fit of token rates: what is shipped is what its rows give, and what it earned blind."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from planner.calibration.token_rates.fit import Fit, predict
from planner.calibration.token_rates.observations import observations
from planner.calibration.token_rates.score import BlindError, quantile
from planner.language.rates.anchored import blend
from planner.language.rates.fitted import rates_model
from planner.language.rates.model import PassWork, UnitRates, pass_time
from planner.language.rates.published import published_rates

ROWS = observations(published_rates())


def test_the_shipped_model_rests_on_the_shipped_rows():
    ids = sorted({row.row.id for row in ROWS})
    assert hashlib.sha256("\n".join(ids).encode()).hexdigest() == rates_model().sha256
    assert len(ids) == rates_model().rows


def test_the_shipped_values_are_those_of_the_fit():
    fitted = Fit(ROWS).run()
    for name, item in rates_model().parameters.items():
        assert fitted[name] == pytest.approx(item.value, rel=0.02), name


def test_bands_hold_what_they_promise_where_parts_were_left_out():
    """With ten rows of three parts or more; fewer rows cannot tell 85 from 95 %."""
    known = [item for item in rates_model().blind if item.rows >= 10 and item.parts >= 3]
    assert len(known) == 4
    for item in known:
        assert 0.84 <= item.coverage <= 0.95, item


def test_left_out_steps_are_predicted():
    """The targets of steps that are met: the medians on graphics units and processors, prompts as a whole."""
    blind = {(item.kind, item.unit_kind): item for item in rates_model().blind}
    assert blind["decode", "gpu"].median <= 1.15
    assert (blind["decode", "cpu"].median, blind["decode", "cpu"].p90) <= (1.3, 1.8)
    assert (blind["prompt", "npu"].median, blind["prompt", "npu"].p90) <= (1.4, 2.5)


def test_neighbours_move_a_prediction_by_hand():
    """One error of 0.4 with deviations of 0.3 and 0.1: weight 0.9, and sqrt(0.09 x 0.1 + 0.01) is left."""
    move, spread = blend([0.4], 0.3, 0.1)
    assert move == pytest.approx(0.36)
    assert spread == pytest.approx(math.sqrt(0.09 * 0.1 + 0.01))
    assert blend([0.4] * 1000, 0.3, 0.1)[0] == pytest.approx(0.4, rel=1e-3)


def test_bands_moved_by_neighbours_hold_what_they_promise():
    for item in rates_model().effects:
        assert 0.85 <= item.coverage <= 0.95, item


def column(value: float) -> np.ndarray:
    return np.array([float(value)])


def test_the_formula_by_hand():
    """8 GB at 80 GB/s: 100 ms; 16 GFLOP at 1 TOPS x 0.5 x 1/2: 64 ms; 10 layers of 1 ms, a pass of 2 ms."""
    work = PassWork(column(8e9), column(8e9), column(1), column(10))
    unit = UnitRates(*map(column, (100e9, 1e12, 0, 0.8, 0.5, 1, 0.5, 1e-3, 2e-3)))
    time = pass_time(work, unit)
    assert (time.memory_s[0], time.compute_s[0], time.overhead_s[0]) == pytest.approx((0.1, 0.064, 0.012))
    assert time.total_s[0] == pytest.approx((0.1**4 + 0.064**4) ** 0.25 + 0.012)


def test_an_engine_that_no_row_names_is_its_class():
    values = Fit([row for row in ROWS if row.engine != "mlc"]).run()
    mine = [row for row in ROWS if row.engine == "mlc"]
    again = {**values, **{f"mlc.gpu.{name}": 1.0 for name in ("bandwidth", "layer_us", "arithmetic")}}
    assert predict(values, mine) == pytest.approx(predict(again, mine))


def test_quantiles_weigh_parts_and_not_rows():
    first = ROWS[0]
    other = next(row for row in ROWS if row.row.part != first.row.part)
    errors = [BlindError(first, 0.0)] * 100 + [BlindError(other, 1.0)]
    assert quantile(errors, 0.5) == 0.0
    assert quantile(errors, 0.97) > quantile([BlindError(first, 0.0)] * 101, 0.97)
    assert math.isclose(quantile([BlindError(first, 0.3)], 0.03), 0.3)
