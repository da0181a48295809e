"""Updates over the uplinks: by hand, and against a fluid simulation in small steps."""

import pytest

from planner.plan.fleet.updates import finish_times_s, update_ways
from planner.schema.fleet.fleet import FleetUpdates

DAY_S = 86400.0


def updates(**keys: object) -> FleetUpdates:
    return FleetUpdates.model_validate({"full": "80 MB", **keys})


def test_one_wave_over_links_of_their_own_by_hand():
    """80 MB over half of 8 Mbit/s take 160 s; of four sites 99 % are all."""
    (found,) = update_ways(updates(link="50 %"), [1e6, 2e6, 4e6, 8e6])
    assert found.way == "full"
    assert found.nearly_all_s == pytest.approx(160.0)
    assert found.total_bytes == 4 * 80e6


def test_a_hundred_sites_do_not_wait_for_the_slowest():
    (found,) = update_ways(updates(), [1e6] + [8e6] * 199)
    assert found.nearly_all_s == pytest.approx(10.0)


def test_the_link_is_used_in_a_window_of_each_day_alone():
    """Two and a half hours of link time in windows of one hour: on the third day, half an hour into it."""
    (found,) = update_ways(updates(full="9 GB", window="1 h"), [1e6])
    assert found.nearly_all_s == pytest.approx(2 * DAY_S + 1800.0)


def test_waves_wait_for_the_one_before_and_its_watch():
    (found,) = update_ways(updates(waves=["10 %", "100 %"], watch="2 h"), [8e6] * 10)
    assert [wave.sites for wave in found.waves] == [1, 9]
    assert found.waves[1].begins_s == pytest.approx(10.0 + 7200.0)
    assert found.nearly_all_s == pytest.approx(20.0 + 7200.0)


def test_sites_out_of_reach_get_it_on_the_next_day():
    """Of 2 % on a day 98 % have it at once; 99 % only on the second day."""
    (found,) = update_ways(updates(offline="2 %"), [8e6] * 100)
    assert found.nearly_all_s == pytest.approx(DAY_S + 10.0)


def test_a_difference_is_sent_beside_the_whole():
    full, delta = update_ways(updates(delta="8 MB", per_year=12), [8e6] * 3)
    assert (delta.way, delta.nearly_all_s) == ("delta", pytest.approx(full.nearly_all_s / 10))
    assert delta.bytes_per_year == 12 * 3 * 8e6


def test_a_server_that_sends_less_than_all_links_take_shares_it_evenly():
    rates, size, origin = [1.0, 2.0, 2.0, 5.0, 9.0], 100.0, 9.0
    left = dict.fromkeys(range(len(rates)), size)
    ends, now, step = {}, 0.0, 0.002
    while left:
        common, open_rates, remaining = 0.0, sorted(rates[n] for n in left), origin
        for number, rate in enumerate(open_rates):
            common = remaining / (len(open_rates) - number)
            if rate >= common:
                break
            remaining -= rate
        else:
            common = open_rates[-1]
        now += step
        for number in list(left):
            left[number] -= min(rates[number], common) * step
            if left[number] <= 0:
                ends[number] = now
                del left[number]
    found = finish_times_s(size, rates, origin)
    assert found == pytest.approx([ends[number] for number in range(len(rates))], rel=1e-3)


def test_waves_that_do_not_reach_all_are_refused():
    with pytest.raises(ValueError, match="waves that rise"):
        updates(waves=["10 %", "50 %"])
