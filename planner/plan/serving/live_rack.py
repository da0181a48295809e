"""A scenario as a server of this machine runs it: streams, queues and rules, without heat and parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planner.errors import InputError, Problem
from planner.plan.rack.rack_model import stream_groups
from planner.plan.scenario.conversations import no_frames
from planner.plan.scenario.file import ScenarioFile, network_at
from planner.plan.serving.chains import LiveChains, chained_networks, live_chains
from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service, Thermal
from planner.rack.description.streams import DayProfile, StreamGroup
from planner.schema.scenario.accelerator import SYNTHETIC
from planner.schema.scenario.scenario import Scenario
from planner.workload.workload import Workload
from planner.zoo.source import read_model

LONGEST_S = 3600.0
_PLACEHOLDER_S = 1.0
_WARMUP_SHARE = 0.1


def live_rack(scenario: Scenario, duration_s: float | None = None) -> Rack:
    """The rack of a scenario with one server for each unit of its devices; their times are still to measure.

    `duration_s` is in place of the scenario's; the warm-up is then a tenth of it at most. Heat plays no part:
    what the machine's temperature does to its clock is in what is measured. Raises `InputError` for streams
    that nothing here can serve.
    """
    if scenario.conversations:
        raise no_frames(scenario.id)
    networks = chained_networks(scenario)
    if any(stream.model == SYNTHETIC for stream in scenario.streams):
        advice = "name the network that a request runs, such as zoo:mobilenet_v2_1.0"
        raise InputError(scenario.id, [Problem("streams.model", "networks to run", SYNTHETIC, advice)])
    run, given = scenario.simulation, scenario.deployment
    stated_s = run.duration_s if duration_s is None else float(round(duration_s))
    if not 1 <= stated_s <= LONGEST_S:
        expected = f"from 1 s to {LONGEST_S:g} s, which a server really takes"
        raise InputError(
            scenario.id, [Problem("simulation.duration", expected, f"{stated_s:g} s", "see --duration")]
        )
    warmup_s = min(run.warmup_s, float(int(_WARMUP_SHARE * stated_s))) if duration_s else run.warmup_s
    groups = stream_groups(scenario)
    size = scenario.candidates.max_batch
    synthetic = given.synthetic if given is not None else None
    return replace(
        server_rack(
            tuple(replace(group, profile=_over_run(group.profile, stated_s)) for group in groups),
            Batching(size, scenario.candidates.max_wait_s if size > 1 else 0.0),
            count=given.count if given is not None else 1,
            instances=synthetic.instances if synthetic is not None else 1,
            duration_s=stated_s,
            warmup_s=warmup_s,
            networks=networks,
        ),
        dispatch=run.dispatch,
        seed=run.seed,
        replications=run.replications,
        horizon=run.horizon,
    )


def chains_of_rack(scenario: Scenario, rack: Rack) -> LiveChains | None:
    """The chains of a scenario's rack; None where its streams have one network each."""
    if not any(stream.chained for stream in scenario.streams):
        return None
    if rack.dispatch != "shortest_queue":
        expected = "shortest_queue, with chains"
        raise InputError(scenario.id, [Problem("simulation.dispatch", expected, rack.dispatch)])
    devices = scenario.deployment.count if scenario.deployment is not None else 1
    return live_chains(scenario, rack, devices, rack.device.instances // devices)


def server_rack(
    streams: tuple[StreamGroup, ...],
    batching: Batching,
    *,
    count: int,
    duration_s: float,
    warmup_s: float,
    instances: int = 1,
    networks: tuple[str, ...] = (),
) -> Rack:
    """A rack without heat whose service times are still to measure; `networks` are more than its streams'."""
    times_s = (_PLACEHOLDER_S,) * batching.max_size
    services = tuple(
        Service(network, times_s, clocked_share=0.0, busy_w=0.0)
        for network in dict.fromkeys((*(group.network for group in streams), *networks))
    )
    return Rack(
        device=RackDevice("this machine", 0.0, services, _NO_HEAT, unit="cpu", instances=count * instances),
        # All on one machine, and so in each other's way: units of one device.
        count=1,
        streams=streams,
        batching=batching,
        dispatch="shortest_queue",
        air=Air(supply_c=25.0, airflow_m3_per_s=1.0),
        fan_w=0.0,
        duration_s=duration_s,
        warmup_s=warmup_s,
        replications=2,
    )


def networks_by_batch(source: ScenarioFile, rack: Rack) -> dict[tuple[str, int], Workload]:
    """Each network of the rack at each batch size that a batch may have."""
    return {
        (service.network, size): read_model(network_at(source.folder, service.network), batch=size)
        for service in rack.device.services
        for size in range(1, rack.batching.max_size + 1)
    }


def files_of_networks(source: ScenarioFile, rack: Rack) -> dict[str, Path | None]:
    """The file of each network, None for one of the zoo."""
    return {
        service.network: None
        if service.network.startswith("zoo:")
        else Path(network_at(source.folder, service.network))
        for service in rack.device.services
    }


def _over_run(profile: DayProfile | None, span_s: float) -> DayProfile | None:
    return None if profile is None else replace(profile, span_s=span_s)


_NO_HEAT = Thermal(
    resistance_k_per_w=1.0,
    heat_capacity_j_per_k=1.0,
    throttle_c=1000.0,
    hysteresis_k=1.0,
    shutdown_c=2000.0,
    throttled_clock=1.0,
)
