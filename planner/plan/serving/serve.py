"""`planner validate --serve`: a scenario served on this machine and simulated beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from planner.calibration.serving.child import ServingJob, measure_served
from planner.calibration.serving.compare import ServedComparison, compare
from planner.calibration.serving.live import refuse_unserved
from planner.calibration.serving.loaded import ServingEngine, written
from planner.engines.measure import require_engine
from planner.plan.scenario.file import ScenarioFile
from planner.plan.serving.chain_server import ServeChain
from planner.plan.serving.chains import compare_chains
from planner.plan.serving.live_rack import (
    chains_of_rack,
    files_of_networks,
    live_rack,
    networks_by_batch,
)
from planner.plan.serving.planned import planned_side, planned_times
from planner.process.temporary import temporary_folder

Progress = Callable[[str], None]


def serve_scenario(
    source: ScenarioFile,
    engine: ServingEngine,
    *,
    duration_s: float | None = None,
    seed: int | None = None,
    noise_s: float = 2.0,
    loop_s: float = 1.5,
    progress: Progress = lambda _: None,
) -> ServedComparison:
    """Serve a scenario's requests for real, and simulate the same ones.

    Raises `InputError` for a scenario that a server of this machine does not do, `EngineError` for a network
    that the engine refuses.
    """
    require_engine(engine.name)
    rack = live_rack(source.scenario, duration_s)
    if seed is not None:
        rack = replace(rack, seed=seed)
    refuse_unserved(rack)
    with temporary_folder("serve") as folder:
        progress("writing the networks")
        workloads = networks_by_batch(source, rack)
        files = written(workloads, files_of_networks(source, rack), engine, folder)
        progress(f"serving for {rack.duration_s:g} s")
        chains = chains_of_rack(source.scenario, rack)
        server = None
        if chains is not None:
            server = ServeChain(chains.work(lambda _network, _size: 1.0), chains.servers)
        measured = measure_served(ServingJob(rack, 0, files, engine, noise_s, loop_s, server=server))
    progress("simulating the same requests")
    planned = planned_times(workloads, engine)
    if chains is not None:
        return compare_chains(chains, measured, planned)
    found = compare(rack, measured)
    return found if planned is None else replace(found, planned=planned_side(rack, planned))
