"""What a plan with chains says that its frames do not see of their rack."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from planner.chain.description import Chains, ChainStream, ChainUnit, PartChains, Visit
from planner.chain.simulation.racked import MOST_FRAMES
from planner.latency.band import Band
from planner.plan.sizing.runner import chain_notes
from planner.provenance import Provenance
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.description.rack import Air, Batching, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.policies.clock import FixedClock
from planner.rack.policies.filling import FullBatches

THERMAL = Thermal(
    resistance_k_per_w=0.5, heat_capacity_j_per_k=50.0, throttle_c=90.0, hysteresis_k=5.0, shutdown_c=100.0,
    throttled_clock=0.5,
)  # fmt: skip
VISIT = Visit("detect", "network", "gpu", (Band(0.01, 0.01, 0.01),), None)
CHAINS = Chains(
    (ChainUnit("gpu", "accelerator", "gpu", 1, Provenance.DATASHEET),),
    (ChainStream("cameras", 4, 10.0, (VISIT,), 0.1),),
)
OPTION = SimpleNamespace(chain=PartChains(CHAINS, "host", "gpu"), plan_for="cautious")
RACK = Rack(
    device=RackDevice("box", 1.0, (Service("net", (0.01,), clocked_share=1.0, busy_w=1.0),), THERMAL),
    count=1,
    streams=(StreamGroup("cameras", 4, 10.0, "net", 0.1),),
    batching=Batching(),
    dispatch="shortest_queue",
    air=Air(25.0, 0.1),
    fan_w=0.0,
    duration_s=60.0,
    warmup_s=5.0,
    replications=2,
)


def test_a_short_run_without_policies_has_nothing_to_say():
    assert chain_notes(RACK, OPTION) == ()
    assert chain_notes(RACK, SimpleNamespace(chain=None, plan_for="cautious")) == ()


def test_a_run_of_more_frames_than_fit_says_until_when():
    long = replace(RACK, duration_s=2 * MOST_FRAMES / 40.0)
    (note,) = chain_notes(long, OPTION)
    assert note.key == "simulated.chain_cut"


def test_policies_that_frames_do_not_follow_are_said():
    (note,) = chain_notes(replace(RACK, policies=(FullBatches(),)), OPTION)
    assert note.key == "simulated.chain_alone"
    assert chain_notes(replace(RACK, policies=(FixedClock(0.5),)), OPTION) == ()
