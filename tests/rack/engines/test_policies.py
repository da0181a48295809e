"""What each policy promises, on the compiled engine; both engines take the same settings alike."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.rack import Air, Batching, Host, NetworkShare, RackDevice, Service
from planner.rack.description.streams import HostStep, StreamGroup
from planner.rack.policies.clock import FixedClock, PowerCap, ProportionalIntegral, TwoThresholds
from planner.rack.policies.filling import AdaptToSlo, FillToSlo, FullBatches
from planner.rack.policies.openness import AvoidHot, NaiveScheduler, ResourceGuard, StableScheduler
from planner.rack.reference import engine as simpy_engine
from planner.rack.simulation import run_replication, simulate

POLICIES = [
    FixedClock(0.8), TwoThresholds(), ProportionalIntegral(), PowerCap(60.0), FillToSlo(), FullBatches(),
    NaiveScheduler(), StableScheduler(dwell_s=3.0, history_s=5.0), AvoidHot(40.0), AvoidHot(40.0, 5.0),
    ResourceGuard(35.0), AdaptToSlo(),
]  # fmt: skip


def cameras(number: int, **changes: object) -> StreamGroup:
    return replace(StreamGroup("cameras", number, 15.0, "net", 0.1), **changes)


@pytest.fixture
def batching_rack(make_rack):
    table = tuple(0.006 + 0.002 * size for size in range(1, 9))
    services = (Service("net", table, 0.7, 20.0),)
    device = replace(make_rack().device, services=services, clock_power_exponent=2.5)

    def make(**changes: object):
        return make_rack(**{"device": device, "batching": Batching(8, 0.005), "duration_s": 40.0, **changes})

    return make


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_both_engines_follow_a_policy_alike(batching_rack, policy):
    streams = (cameras(12, jitter_s=0.005), cameras(4, name="b", priority=1))
    rack = batching_rack(policies=(policy,), streams=streams)
    fast, slow = (run_replication(rack, engine, 0) for engine in ("compiled", "simpy"))
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert [stream.served for stream in fast.streams] == [stream.served for stream in slow.streams]


def power_w(rack, *policies) -> float:
    return simulate(replace(rack, policies=policies)).power_w - rack.fan_w


@pytest.mark.parametrize("policy", [TwoThresholds(), ProportionalIntegral(target=0.6)])
def test_clock_policies_save_at_light_load_and_little_at_heavy(batching_rack, policy):
    light, heavy = batching_rack(streams=(cameras(3),)), batching_rack(streams=(cameras(40),))
    saved = 1 - power_w(light, policy) / power_w(light)
    assert 0.04 < saved < 0.35
    assert abs(1 - power_w(heavy, policy) / power_w(heavy)) < 0.5 * saved


def test_the_integral_holds_its_target(batching_rack):
    policy = ProportionalIntegral(target=0.8)
    rack = batching_rack(streams=(cameras(20),), policies=(policy,), duration_s=60.0)
    series = run_replication(rack, "compiled", 0).epochs.column("utilisation")
    assert series[30:].mean() == pytest.approx(0.8, abs=0.03)


def test_a_power_cap_is_kept_at_the_price_of_latency(batching_rack):
    rack = batching_rack(streams=(cameras(40),))
    free = simulate(rack)
    cap_w = rack.fan_w + 0.75 * (free.power_w - rack.fan_w)
    capped = simulate(replace(rack, policies=(PowerCap(cap_w),)))
    series = np.array(capped.series.power_w)
    assert series[20:].mean() < cap_w * 1.01 < free.power_w
    assert capped.streams[0].latency_s.mean > free.streams[0].latency_s.mean


def swinging(batching_rack, policy):
    """Load that swings around the edge between two numbers of devices."""
    streams = (cameras(30, arrivals="gamma", gap_cv=2.0),)
    return batching_rack(count=8, streams=streams, duration_s=900.0, policies=(policy,), batching=Batching(1))


def test_the_stable_scheduler_changes_rarely_where_the_naive_one_flutters(batching_rack):
    naive = simulate(swinging(batching_rack, NaiveScheduler())).devices.open_changes
    stable = simulate(swinging(batching_rack, StableScheduler())).devices.open_changes
    assert naive > 100
    assert stable < 0.1 * naive


def test_changes_of_the_stable_scheduler_keep_their_dwell(batching_rack):
    policy = StableScheduler(migration_s=0.0, history_s=20.0)
    rack = replace(swinging(batching_rack, policy), duration_s=300.0)
    changed = np.flatnonzero(simpy_engine.run_replication(rack, 0).epochs.changed)
    assert changed.size > 0
    assert (np.diff(changed) >= 30).all()


@pytest.fixture
def hot_rack(make_rack, thermal):
    """The upper of two devices breathes 30 K warmer air."""
    swinging = replace(thermal, resistance_k_per_w=1.5, heat_capacity_j_per_k=20.0, throttle_c=80.0)
    device = RackDevice("hot", 5.0, (Service("net", (0.01,), 0.9, 40.0),), swinging)
    streams = (cameras(8, name="critical", priority=1, slo_s=0.08), cameras(4, name="rest"))
    air = Air(25.0, 0.1, gradient_k=30.0)
    return make_rack(device=device, streams=streams, duration_s=200.0, air=air, initial="cold")


def test_the_guard_sheds_the_rest_and_keeps_the_critical_fast(hot_rack):
    guarded = simulate(replace(hot_rack, policies=(ResourceGuard(70.0),)))
    critical, rest = guarded.streams
    assert critical.dropped == 0
    assert critical.latency_s.p99 < 0.08
    assert rest.dropped > 0
    assert guarded.devices.temperature_c.max < simulate(hot_rack).devices.temperature_c.max


def test_a_forecast_moves_load_before_the_hot_spot(hot_rack):
    """Four devices at 68 %: to act on the forecast keeps the top one below the trip, to react does not."""
    rack = replace(hot_rack, count=4, streams=(cameras(18),))
    none, reactive, predictive = (
        simulate(replace(rack, policies=policies)).devices
        for policies in ((), (AvoidHot(80.0),), (AvoidHot(80.0, 10.0),))
    )
    assert none.throttled_share > reactive.throttled_share > 0.0
    assert predictive.throttled_share == 0.0
    assert predictive.temperature_c.max < 80.0 < reactive.temperature_c.max


def test_full_batches_are_full_and_filling_to_the_slo_keeps_it(batching_rack):
    rack = batching_rack(streams=(cameras(10),))
    full, patient, plain = (
        simulate(replace(rack, policies=policies)) for policies in ((FullBatches(),), (FillToSlo(0.8),), ())
    )
    assert full.devices.mean_batch > 7.9, "only before the first epoch ends are there others"
    assert patient.devices.mean_batch > plain.devices.mean_batch
    assert patient.streams[0].latency_s.p99 < 0.1
    assert patient.energy_per_request_j < plain.energy_per_request_j


def test_adapting_sees_what_filling_does_not_know_of(batching_rack):
    """Half of the 100 ms goes by on a host: to fill a batch up to the SLO breaks it, to adapt keeps it.

    Against batches that do not wait it still saves energy.
    """
    streams = (cameras(10, before=(HostStep("host", 0.045),)),)
    rack = batching_rack(duration_s=120.0)
    device = replace(rack.device, host=Host(cores=16))
    rack = replace(rack, streams=streams, warmup_s=30.0, device=device)
    filled, adapted, plain = (
        simulate(replace(rack, policies=policies)) for policies in ((FillToSlo(0.8),), (AdaptToSlo(0.8),), ())
    )
    assert filled.streams[0].verdict == "FAIL"
    # Ten cameras at once would break it, so that few replications leave the verdict open.
    assert adapted.streams[0].latency_s.p99_high < 0.1
    assert adapted.devices.mean_batch > plain.devices.mean_batch
    assert adapted.energy_per_request_j < plain.energy_per_request_j


def test_least_energy_fills_batches_and_draws_less(batching_rack):
    rack = batching_rack(count=6, streams=(cameras(40, arrivals="poisson"),), replications=4)
    shortest, least = (simulate(replace(rack, dispatch=rule)) for rule in ("shortest_queue", "least_energy"))
    assert least.devices.mean_batch > shortest.devices.mean_batch
    assert least.power_w < shortest.power_w


def test_power_of_two_waits_as_the_theory_says(make_rack):
    """Mean time in the supermarket model with exponential service and many queues at 70 %, in services: the
    sum over k of rho ** (2 ** k - 2) (Mitzenmacher 2001, The power of two choices, Theorem 1).
    """
    servers, rho, service_s = 60, 0.7, 0.01
    theory_s = service_s * sum(rho ** (2**k - 2) for k in range(1, 12))
    service = Service("net", (service_s,), 0.5, 20.0, service_distribution="exponential")
    source = StreamGroup("source", 1, rho * servers / service_s, "net", 0.1, arrivals="poisson")
    rack = make_rack(
        device=replace(make_rack().device, services=(service,)), count=servers, streams=(source,),
        dispatch="power_of_two", duration_s=60.0, warmup_s=5.0, air=Air(25.0, 2.0),
    )  # fmt: skip
    assert simulate(rack).streams[0].latency_s.mean == pytest.approx(theory_s, rel=0.03)


def test_shares_keep_one_network_from_the_other(make_rack):
    """Half of the devices each: a stream that overloads its half leaves the other's latency alone."""
    services = (Service("net", (0.01,), 0.5, 20.0), Service("other", (0.01,), 0.5, 20.0))
    rack = make_rack(
        device=replace(make_rack().device, services=services),
        count=4,
        streams=(cameras(10, queue_limit=50), cameras(40, name="flood", network="other", queue_limit=20)),
    )
    shared = replace(rack, shares=(NetworkShare("net", 0.5), NetworkShare("other", 0.5)))
    assert simulate(shared).streams[0].latency_s.p99 < 0.5 * simulate(rack).streams[0].latency_s.p99


def test_priority_goes_first(make_rack):
    streams = (cameras(20, name="low"), cameras(5, name="high", priority=1))
    low, high = simulate(make_rack(streams=streams, service_s=0.005, count=2)).streams
    assert high.latency_s.p99 < low.latency_s.p99


@pytest.mark.parametrize(("overflow", "least", "most"), [("drop_oldest", 2, 4), ("drop_newest", 4, 5)])
def test_what_a_full_queue_loses(make_rack, overflow, least, most):
    """Twice overloaded with four places, so that half is lost. A request that found a place waits for the
    three before it, one in service and its own: 4 to 5 services. Where each pushes out the oldest, four
    arrivals take two services, and one is served within these.
    """
    group = cameras(20, queue_limit=4, overflow=overflow)
    stream = simulate(make_rack(count=1, streams=(group,), service_s=1 / 150)).streams[0]
    assert stream.dropped == pytest.approx(0.5 * stream.requests, rel=0.05)
    assert least < stream.latency_s.mean * 150 < most


def test_a_camera_skips_while_its_frame_is_in_the_rack(make_rack):
    """One camera whose frames take 2.5 periods: every third frame is answered, none waits."""
    group = cameras(1, overflow="skip_frame", queue_limit=3)
    stream = simulate(make_rack(count=1, streams=(group,), service_s=2.5 / 15)).streams[0]
    assert stream.dropped / stream.requests == pytest.approx(2 / 3, abs=0.02)
    assert stream.latency_s.p99 == pytest.approx(2.5 / 15, rel=1e-9)


class Nonsense:
    def steer(self, _rack, _seen, controls, memory):
        return replace(controls, clock=controls.clock * 2, open=controls.open[:1]), memory


def test_a_policy_that_returns_nonsense_is_named(make_rack):
    with pytest.raises(InputError, match=r"Nonsense.*open.*shape"):
        simulate(make_rack(policies=(Nonsense(),)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: FixedClock(0.0), lambda: TwoThresholds(0.8, 0.3), lambda: TwoThresholds(levels=(0.5, 0.9)),
        lambda: ProportionalIntegral(gain=-1), lambda: PowerCap(0.0), lambda: FillToSlo(1.5),
        lambda: AdaptToSlo(back_off=1.0), lambda: NaiveScheduler(0.0),
        lambda: StableScheduler(dwell_s=-1.0), lambda: AvoidHot(70.0, -1.0),
        lambda: ResourceGuard(70.0, -3.0), lambda: NetworkShare("net", 0.0),
    ],
)  # fmt: skip
def test_impossible_policies_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_the_policy_of_the_guide_works(hot_rack):
    guide = Path(__file__).resolve().parents[3] / "docs" / "rack.md"
    (example,) = re.findall(r"```python\n(.*?)```", guide.read_text(), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, str(guide), "exec", dont_inherit=True), names)  # noqa: S102 - the guide's own code
    cool = simulate(replace(hot_rack, policies=(names["CoolDown"](60.0),)))
    assert cool.devices.temperature_c.max < simulate(hot_rack).devices.temperature_c.max


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: None, r"steer: expected Controls.*got None"),
        (lambda c: c, "as a pair"),
        (lambda _: (42, None), "got \\(42, None\\)"),
        (lambda c: (replace(c, clock=[1.0, 1.0]), None), "clock: expected an array.*got list"),
        (lambda c: (replace(c, clock=c.clock * np.nan), None), "clock: expected ratios"),
        (lambda c: (replace(c, open=c.clock), None), "open: expected an array of bool"),
        (lambda c: (replace(c, max_batch=np.array([1.5])), None), "max_batch.*whole numbers"),
    ],
)
def test_whatever_a_policy_returns_is_looked_at(make_rack, engine, answer, told):
    class OddPolicy:
        def steer(self, _rack, _seen, controls, _memory):
            return answer(controls)

    with pytest.raises(InputError, match=f"(?s)Odd.*{told}"):
        simulate(make_rack(policies=(OddPolicy(),)), engine=engine)
