"""The blend of model and measurements: its mean and variance against theory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.latency.transfer.effects import (
    EFFECTS,
    RUN_TO_RUN,
    KnownRatio,
    blend,
    covariance,
    effect_keys,
)

DEVICE_ALONE = {"device": 0.3, "setting": 0.1}


def at(model="a", unit="gpu", precision="fp16", batch=1, caller="", size=1):
    return effect_keys(
        unit=unit, state="MAXN", precision=precision, caller=caller, model=model, family=model,
        macs=1e9 * size * batch, batch=batch, threads=8.0,
    )  # fmt: skip


def test_without_anchors_the_model_stands():
    found = blend(DEVICE_ALONE, at(), [])
    assert found.shift == 0
    assert found.deviation == found.prior_deviation == pytest.approx(np.hypot(0.3, 0.1))


def test_many_networks_of_a_device_shrink_to_its_effect():
    """Ridge of a random effect: n / (n + (residual / effect)^2) of the mean, by Henderson's equations."""
    count, ratio = 12, 0.5
    anchors = [KnownRatio(at(model=f"other {i}"), ratio) for i in range(count)]
    found = blend(DEVICE_ALONE, at(), anchors)
    residual = 0.1**2 + RUN_TO_RUN**2
    share = count * 0.3**2 / (count * 0.3**2 + residual)
    assert found.shift == pytest.approx(share * ratio)
    assert found.deviation**2 == pytest.approx(0.1**2 + 0.3**2 * (1 - share))


def test_the_measured_setting_itself_is_answered_by_its_measurement():
    found = blend(DEVICE_ALONE, at(), [KnownRatio(at(), 0.4)])
    assert found.shift == pytest.approx(0.4, rel=0.01)
    assert found.deviation == pytest.approx(RUN_TO_RUN, rel=0.01)


def test_what_shares_nothing_moves_nothing():
    found = blend(DEVICE_ALONE, at(), [KnownRatio(at(model="b", unit="npu"), 3.0)])
    assert found.shift == 0
    assert found.deviation == found.prior_deviation


def test_sizes_of_input_are_settings_of_their_own():
    deviations = dict.fromkeys(EFFECTS, 0.1)
    same, larger = at(), at(size=4)
    shared = covariance(deviations, [same], [same, larger])[0]
    assert shared[0] > shared[1] > 0


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y"]), st.floats(-2, 2)), max_size=8),
    st.floats(0.01, 0.5),
)
def test_anchors_never_widen(known, deviation):
    deviations = dict.fromkeys(EFFECTS, deviation)
    anchors = [KnownRatio(at(model=model, unit=unit), ratio) for model, unit, ratio in known]
    found = blend(deviations, at(unit="x"), anchors)
    assert RUN_TO_RUN <= found.deviation <= found.prior_deviation * (1 + 1e-9)


def test_the_blend_attains_the_variance_that_it_claims():
    """Made effects, seed 7: the standardised error of 4,000 blends has the deviation of one, within 3 %."""
    rng = np.random.default_rng(7)
    deviations = {"device": 0.3, "network": 0.15, "device_network": 0.1, "setting": 0.1}
    errors = []
    for _ in range(1000):
        device = dict(zip("xy", rng.normal(0, 0.3, 2), strict=True))
        network = dict(zip("abcd", rng.normal(0, 0.15, 4), strict=True))

        def ratio(model, unit, device=device, network=network):
            return device[unit] + network[model] + rng.normal(0, 0.1) + rng.normal(0, 0.1)

        anchors = [
            KnownRatio(at(model=model, unit=unit), ratio(model, unit) + rng.normal(0, RUN_TO_RUN))
            for model, unit in (("b", "x"), ("c", "x"), ("a", "y"), ("d", "y"))
        ]
        for model in "ad":
            found = blend(deviations, at(model=model, unit="x"), anchors)
            errors.append((ratio(model, "x") - found.shift) / found.deviation)
    assert np.std(errors) == pytest.approx(1.0, rel=0.05)
    assert np.mean(errors) == pytest.approx(0.0, abs=0.07)
