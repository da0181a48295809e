"""Power between idle and the limit of the mode."""

from hypothesis import given
from hypothesis import strategies as st

from planner.latency.power import average_power_w, serving_power_w

WATTS = st.floats(0, 1e3)


@given(WATTS, WATTS, st.floats(0, 1), st.floats(0, 1e6))
def test_energy_is_at_least_idle_power_times_time(idle_w, span_w, utilisation, time_s):
    band = serving_power_w(idle_w, idle_w + span_w)
    for serving_w in (band.low, band.mid, band.high):
        assert average_power_w(idle_w, serving_w, utilisation) * time_s >= idle_w * time_s * (1 - 1e-12)


@given(WATTS, WATTS)
def test_band_lies_between_idle_and_limit(idle_w, span_w):
    band = serving_power_w(idle_w, idle_w + span_w)
    assert idle_w <= band.low <= band.mid <= band.high <= idle_w + span_w + 1e-9


def test_no_load_draws_idle_and_full_load_draws_serving_power():
    assert average_power_w(8.0, 50.0, 0.0) == 8.0
    assert average_power_w(8.0, 50.0, 1.0) == 50.0
