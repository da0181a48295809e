"""One probe run on an engine: seconds of each kernel in context, and of inferences without the profiler."""

from __future__ import annotations

import importlib
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from planner.calibration.attribution import seconds_of_kernels
from planner.calibration.probes.network import probe_network
from planner.engines.measure import ENGINES
from planner.engines.session import EngineNode, Session, Setup
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.engines.timing import Reference, steal_s
from planner.hardware.catalog import read_engine
from planner.latency.kernels.prepared import block_rule, prepare_run
from planner.latency.kernels.shape import KernelShape, shapes_of
from planner.schema.hardware.device import Precision
from planner.workload.file.onnx_file import write_graph
from planner.workload.graph import Graph
from planner.workload.quantise import quantised
from planner.workload.workload import read_workload

MOST_LOST = 0.02
"""A probe is thrown away if more than this share of its time belongs to no kernel of ours."""


@dataclass(frozen=True, slots=True)
class ProbeSetup:
    """How probes are run."""

    engine: str
    threads: int
    precision: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the engine did with one probe: its nodes, whole inferences, the reference kernels beside them."""

    seed: int
    nodes: tuple[EngineNode, ...]
    total_s: float | None
    reference_s: float
    copy_s: float
    cpu_share: float = 1.0
    """Processor time over wall time, a thread."""
    steal_share: float = 0.0
    """Share of the time that the host took away."""


@dataclass(frozen=True, slots=True)
class ProbeKernels:
    """The kernels of one probe: their shapes, seconds and engine nodes, in order."""

    shapes: tuple[KernelShape, ...]
    seconds: tuple[float, ...]
    nodes: tuple[float, ...]


def run_probe(seed: int, setup: ProbeSetup, *, most_macs: float, whole: bool) -> ProbeResult | str:
    """The probe of one seed measured, or the reason why it is left out. The engine's errors are passed on."""
    graph = network_of(seed, setup.precision)
    workload = read_workload(graph)
    if workload.macs > most_macs:
        return f"{workload.macs:,} multiply-accumulates are too many"
    reference = Reference()
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        model = Path(folder) / "probe.onnx"
        write_graph(graph, model, weights="random", seed=seed)
        job = Setup(model, setup.threads, synthetic_inputs(workload), setup.precision)
        module = importlib.import_module(ENGINES[setup.engine][0])
        before = (reference.product_s(), reference.copy_s())
        steal, cpu, wall = steal_s(), _cpu_s(), time.perf_counter()
        nodes = module.profile(job, seconds=setup.seconds)
        total_s = _whole(module.open_session(job), setup.seconds / 2) if whole else None
        spent = time.perf_counter() - wall
        cpu_share, steal_share = (_cpu_s() - cpu) / spent, (steal_s() - steal) / spent
        after = (reference.product_s(), reference.copy_s())
    reference_s, copy_s = ((a + b) / 2 for a, b in zip(before, after, strict=True))
    return ProbeResult(seed, nodes, total_s, reference_s, copy_s, cpu_share, steal_share)


def kernels_of_probe(result: ProbeResult, setup: ProbeSetup) -> ProbeKernels | None:
    """The engine's nodes as kernels of ours; None where too much of the time belongs to none of them."""
    workload = read_workload(network_of(result.seed, setup.precision))
    prepared = prepare_run(workload, workload.batch, Precision(setup.precision), setup.engine)
    layers = read_engine(setup.engine).layers
    found = seconds_of_kernels(workload, prepared.kernels, result.nodes, layers)
    if found.lost_s > MOST_LOST * (found.lost_s + sum(found.seconds)):
        return None
    return ProbeKernels(
        shapes_of(prepared.workload, prepared.kernels, block_rule(setup.engine)), found.seconds, found.nodes
    )


def network_of(seed: int, precision: str) -> Graph:
    """The probe of one seed as it is run at a precision."""
    graph = probe_network(seed)
    return quantised(read_workload(graph)) if precision == "int8" else graph


def _whole(session: Session, seconds: float) -> float:
    """Median seconds of an inference without the profiler."""
    session.run()
    session.run()
    found: list[float] = []
    end = time.perf_counter() + seconds
    while len(found) < 5 or (time.perf_counter() < end and len(found) < 200):
        start = time.perf_counter()
        session.run()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def _cpu_s() -> float:
    """Processor time of this process and of those that it started and that have ended, such as converters."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
