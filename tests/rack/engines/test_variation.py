"""Service times that scatter: both engines draw the same ones, and they have the law that was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.arrivals.service_draws import normal_table
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.tally import tally_records
from planner.rack.description.rack import Rack, Service
from planner.rack.description.streams import StreamGroup
from planner.rack.description.variation import Replayed, Variation, sharing, varying
from planner.rack.load.fit_variation import correlations, fit_variation
from planner.rack.load.queueing import mg1_wait_s
from planner.rack.load.topology import topology_of
from planner.rack.reference import engine as simpy_engine
from planner.rack.reference.servers import ServiceRates
from planner.rack.run.epoch_control import Steering
from planner.rack.simulation import simulate

MEMORY = varying(0.3, next_one=0.7, over_ten=0.4, over_hundred=0.1, outlier_share=0.02, outlier_ratio=3.0)
REPLAYED = Replayed(tuple(float(x) for x in np.random.default_rng(1).lognormal(0.0, 0.4, 37)))
SHARED = Variation(
    0.2, 0.2, 0.9, 0.3, 0.4, 0.05, 2.5, outlier_cv=0.5, shared_share=0.4, shared_correlation=0.8
)
SERVICE_S = 0.01


def _same(rack, replication=0):
    fast = compiled_engine.run_replication(rack, replication)
    slow = tally_records(rack, simpy_engine.run_replication(rack, replication))
    counts = [[(s.served, s.dropped, s.unfinished, s.overdue) for s in run.streams] for run in (fast, slow)]
    assert counts[0] == counts[1]
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert fast.epochs.accounts == slow.epochs.accounts
    return fast


def _scattering(rack, number):
    """The rack with other variation for each unit and network, one of them constant or replayed."""
    kinds = (
        MEMORY,
        REPLAYED,
        None,
        Variation(0.15, 0.5, 0.9, 0.5, 0.2, 0.1, 2.0, 0.6),
        SHARED,
        varying(0.4),
    )

    def changed(services, shift):
        return tuple(
            replace(service, variation=kinds[(number + shift + place) % len(kinds)])
            for place, service in enumerate(services)
        )

    device = rack.device
    beside = tuple(
        replace(unit, services=changed(unit.services, place + 1)) for place, unit in enumerate(device.beside)
    )
    return replace(rack, device=replace(device, services=changed(device.services, 0), beside=beside))


@pytest.mark.parametrize("number", range(8))
def test_engines_agree_bit_by_bit(number, random_rack):
    _same(_scattering(random_rack(number), number), replication=number % 2)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(8, 100))
def test_engines_agree_on_many_more(number, random_rack):
    _same(_scattering(random_rack(number), number), replication=number % 3)


def _one_server(make_rack, variation, *, utilisation=0.5, duration_s=2_000.0, **changes) -> Rack:
    service = Service("net", (SERVICE_S,), 0.5, 20.0, variation=variation)
    rate_per_s = utilisation / SERVICE_S
    stream = StreamGroup("requests", 1, rate_per_s, "net", slo_s=1.0, arrivals="poisson")
    rack = make_rack(count=1, streams=(stream,), duration_s=duration_s, warmup_s=0.0, **changes)
    return replace(rack, device=replace(rack.device, services=(service,)))


def _factors(rack, count, replication=0):
    """The factors of the first batches of the one server, as the reference engine draws them."""
    topology = topology_of(rack)
    rates = ServiceRates(rack, topology, replication, Steering(rack, topology, replication))
    return np.array([rates.scatter(0, 0) for _ in range(count)])


def test_the_process_is_stationary_and_has_the_correlations_asked_for(make_rack):
    """Log service of 60,000 batches: mean, deviation and correlations of the closed form.

    Standard errors with such memory are about 0.02 for correlations and 1 % for deviations.
    """
    asked = varying(0.3, next_one=0.6, over_ten=0.3, over_hundred=0.05)
    logs = np.log(_factors(_one_server(make_rack, asked), 60_000))
    halves = np.array_split(logs, 2)
    assert [half.std() for half in halves] == pytest.approx([asked.sigma] * 2, rel=0.06)
    assert np.exp(logs).mean() == pytest.approx(1.0, abs=0.03)
    for lag in (1, 3, 10, 30, 100):
        centred = logs - logs.mean()
        found = (centred[lag:] * centred[:-lag]).mean() / centred.var()
        assert found == pytest.approx(asked.correlation(lag), abs=0.06), lag


def test_outliers_have_their_share_size_and_runs(make_rack):
    asked = Variation(0.0, outlier_share=0.05, outlier_ratio=4.0, outlier_next=0.5)
    factors = _factors(_one_server(make_rack, asked), 40_000)
    late = factors > 2
    assert late.mean() == pytest.approx(0.05, abs=0.006)
    assert late[1:][late[:-1]].mean() == pytest.approx(0.5, abs=0.04)
    assert factors.mean() == pytest.approx(1.0, abs=0.02)
    assert factors[late].mean() / factors[~late].mean() == pytest.approx(4.0, rel=1e-9)


def test_outliers_of_many_sizes_have_their_mean_and_their_scatter(make_rack):
    """Log-normal sizes: mean ratio 3, coefficient of variation 0.5; standard errors of 4,000 are 1 to 3 %."""
    asked = Variation(0.0, outlier_share=0.1, outlier_ratio=3.0, outlier_cv=0.5)
    factors = _factors(_one_server(make_rack, asked), 40_000)
    usual = factors.min() if factors.min() > 0.8 / asked.outlier_mean else np.median(factors)
    late = factors[np.abs(factors / np.median(factors) - 1) > 1e-9] / usual
    assert late.mean() == pytest.approx(3.0, rel=0.06)
    assert late.std() / late.mean() == pytest.approx(0.5, rel=0.1)
    assert factors.mean() == pytest.approx(1.0, abs=0.02)
    assert factors.var() / factors.mean() ** 2 == pytest.approx(asked.squared_cv, rel=0.12)


def _of_units(make_rack, asked, units, count):
    """Log factors of the units of one device that begin batches by turns, a row each."""
    rack = _one_server(make_rack, asked)
    rack = replace(rack, device=replace(rack.device, instances=units))
    topology = topology_of(rack)
    rates = ServiceRates(rack, topology, 0, Steering(rack, topology, 0))
    return np.log([[rates.scatter(unit, 0) for unit in range(units)] for _ in range(count)]).T


def test_units_of_a_device_have_the_shared_part_in_common(make_rack):
    """Correlation of two units at a time: the share, times the memory of half a step between them."""
    asked = Variation(0.3, 0.3, 0.9, 0.0, 0.0, shared_share=0.5, shared_correlation=0.7)
    one, other = _of_units(make_rack, asked, 2, 40_000)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.5 * 0.7**0.5, abs=0.04)
    assert [one.std(), other.std()] == pytest.approx([asked.sigma] * 2, rel=0.05)
    # A unit's own batches correlate as the process says, whatever the number of units.
    for lag in (1, 5):
        found = np.corrcoef(one[lag:], one[:-lag])[0, 1]
        assert found == pytest.approx(asked.correlation(lag), abs=0.04), lag


def test_what_units_share_is_taken_from_what_they_remember():
    given = varying(0.2, next_one=0.6, over_ten=0.3, over_hundred=0.1)
    found = sharing(given, 0.25)
    assert found.shared_share == pytest.approx(0.25)
    assert found.noise_share == pytest.approx(given.noise_share)
    for lag in (1, 10, 100):
        assert found.correlation(lag) == pytest.approx(given.correlation(lag), abs=0.02)
    assert sharing(given, 0.0) == given
    # No more can be shared than is remembered at all.
    assert sharing(varying(0.2), 0.5) == varying(0.2)
    assert sharing(given, 0.99).noise_share == pytest.approx(given.noise_share)


def test_the_mean_wait_is_that_of_pollaczek_and_khinchine(make_rack):
    """M/G/1 with independent service of a coefficient of variation of its own; interval over replications."""
    asked = varying(0.8, outlier_share=0.01, outlier_ratio=5.0)
    rack = _one_server(make_rack, asked, utilisation=0.6, duration_s=1_500.0, replications=6)
    result = simulate(rack)
    wait_s = mg1_wait_s(0.6 / SERVICE_S, SERVICE_S, asked.squared_cv)
    assert result.streams[0].latency_s.mean - SERVICE_S == pytest.approx(wait_s, rel=0.05)
    constant = mg1_wait_s(0.6 / SERVICE_S, SERVICE_S, 0.0)
    assert wait_s > 1.5 * constant


def test_memory_makes_queues_longer_than_the_same_times_shuffled(make_rack):
    remembers = varying(0.4, next_one=0.8, over_ten=0.6, over_hundred=0.4)
    p99 = {
        name: simulate(_one_server(make_rack, process, utilisation=0.8, duration_s=800.0))
        .streams[0]
        .latency_s.p99
        for name, process in (("memory", remembers), ("shuffled", varying(0.4)))
    }
    assert p99["memory"] > 1.3 * p99["shuffled"]


def test_replayed_times_are_those_of_an_independent_recursion(make_rack):
    """Lindley: a request waits for what the one before it has left; the k-th takes the k-th time."""
    factors = tuple(float(x) for x in np.random.default_rng(3).lognormal(0.0, 0.5, 500))
    rack = _one_server(make_rack, Replayed(factors), utilisation=0.7, duration_s=60.0)
    records = simpy_engine.run_replication(rack, 0)
    arrival_s = np.asarray(records.requests.arrival_s)
    free_s, expected = 0.0, []
    for number, time_s in enumerate(arrival_s):
        free_s = max(free_s, time_s) + SERVICE_S * factors[number % len(factors)]
        expected.append(free_s - time_s)
    found = records.requests.departure_s - arrival_s
    assert len(arrival_s) > 3_000
    answered = ~np.isnan(found)
    assert found[answered] == pytest.approx(np.array(expected)[answered], rel=1e-9)


def test_other_replications_begin_at_other_places_of_a_replay(make_rack):
    factors = tuple(1.0 + number / 1000 for number in range(200))
    rack = _one_server(make_rack, Replayed(factors), duration_s=20.0)
    first, second = _factors(rack, 3), _factors(rack, 3, 1)
    assert first[:3] == pytest.approx(factors[:3])
    assert second[0] != pytest.approx(factors[0], rel=1e-6)
    drawn = _factors(replace(rack, service_draw=1), 3)
    assert drawn[0] != pytest.approx(factors[0], rel=1e-6)


def test_another_draw_of_service_leaves_arrivals_alone(make_rack):
    rack = _one_server(make_rack, MEMORY, duration_s=20.0)
    runs = [simpy_engine.run_replication(replace(rack, service_draw=draw), 0) for draw in (0, 1)]
    assert np.array_equal(runs[0].requests.arrival_s, runs[1].requests.arrival_s)
    assert not np.array_equal(runs[0].batches.end_s[:50], runs[1].batches.end_s[:50])


def test_the_fit_finds_the_process_that_was_drawn(make_rack):
    asked = varying(
        0.25,
        next_one=0.6,
        over_ten=0.35,
        over_hundred=0.1,
        outlier_share=0.02,
        outlier_ratio=4.0,
        outlier_next=0.3,
        outlier_cv=0.3,
    )
    found = fit_variation([_factors(_one_server(make_rack, asked), 60_000)])
    assert found.cv == pytest.approx(0.25, rel=0.1)
    assert found.outlier_share == pytest.approx(0.02, abs=0.006)
    assert found.outlier_ratio == pytest.approx(4.0, rel=0.15)
    assert found.outlier_stays == pytest.approx(0.3, abs=0.1)
    assert found.outlier_cv == pytest.approx(0.3, abs=0.06)
    for lag in (1, 10, 100):
        assert found.correlation(lag) == pytest.approx(asked.correlation(lag), abs=0.08)


def test_the_fit_of_too_few_batches_is_refused():
    with pytest.raises(InputError, match="at least 60 batches"):
        fit_variation([np.ones(10)])


def test_correlations_of_chance_are_drawn_in_to_possible_ones():
    chance = np.random.default_rng(0)
    found = correlations([chance.standard_normal(300)])
    assert 0 <= found.over_ten <= found.next_one < 0.2
    assert found.over_hundred is None


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"cv": -0.1}, "cv"),
        ({"slow_share": 0.7, "fast_share": 0.5}, "slow_share, fast_share"),
        ({"slow_share": 0.7, "shared_share": 0.5}, "shared_share"),
        ({"shared_correlation": 1.0}, "shared_correlation"),
        ({"outlier_cv": -1.0}, "outlier_cv"),
        ({"slow_correlation": 1.0}, "slow_correlation"),
        ({"outlier_ratio": 0.5}, "outlier_ratio"),
        ({"outlier_share": 0.9, "outlier_next": 0.0}, "outlier_next"),
    ],
)
def test_processes_that_cannot_be_are_refused(changes, where):
    with pytest.raises(InputError, match=where):
        Variation(**{"cv": 0.1, **changes})


@pytest.mark.parametrize(
    "asked",
    [
        {"next_one": 0.3, "over_ten": 0.5},
        {"next_one": 0.9, "over_ten": 0.1, "over_hundred": 0.05},
        {"next_one": 1.0},
    ],
)
def test_correlations_that_no_process_has_are_refused(asked):
    with pytest.raises(InputError, match="correlation"):
        varying(0.2, **asked)


@pytest.mark.parametrize("factors", [(), (1.0, 0.0), (1.0, float("nan"))])
def test_replayed_factors_have_to_be_times(factors):
    with pytest.raises(InputError, match="factors"):
        Replayed(factors)


def test_the_table_of_normal_numbers_is_one():
    table = normal_table()
    assert (table.mean(), table.std()) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert table[-1] > 3.6
