"""An engine made of a formula: its times are known, so that a fit can be judged without a machine."""

from __future__ import annotations

import numpy as np

from planner.calibration.probe_run import ProbeResult, ProbeSetup, network_of
from planner.engines.session import EngineNode
from planner.latency.kernels.prepared import Prepared, block_rule, prepare
from planner.latency.kernels.shape import KernelShape, shapes_of
from planner.schema.hardware.device import Precision
from planner.workload.workload import Workload, read_workload

SETUP = ProbeSetup("onnxruntime", 1, "fp32", 0.1)
SCALE, PER_NODE_S, FIXED_S = 1.02, 2e-6, 8e-6
NOISE = 0.02


def true_seconds(shape: KernelShape) -> float:
    """A law with a launch, a peak that small depths do not reach, and a bandwidth."""
    peak = 60e9 * (0.3 if shape.op_class == "depthwise" else 1.0) * shape.depth / (shape.depth + 40)
    return 3e-6 + shape.macs * shape.inside / peak + shape.moved_bytes / 20e9


def kernels_of_network(workload: Workload) -> tuple[Prepared, tuple[KernelShape, ...]]:
    prepared = prepare(workload, workload.batch, Precision.FP32, SETUP.engine)
    return prepared, shapes_of(prepared.workload, prepared.kernels, block_rule(SETUP.engine))


def probe_result(seed: int) -> ProbeResult:
    """What the formula answers for one probe, with the profiler's marks and a little noise."""
    random = np.random.default_rng(seed)
    prepared, shapes = kernels_of_network(read_workload(network_of(seed, SETUP.precision)))
    true = [true_seconds(shape) * float(np.exp(NOISE * random.standard_normal())) for shape in shapes]
    nodes = tuple(
        EngineNode(kernel.name, kernel.op_types[0], (seconds + PER_NODE_S) / SCALE, origins=(kernel.name,))
        for kernel, seconds in zip(prepared.kernels, true, strict=True)
    )
    drift = float(random.uniform(0.97, 1.03))
    slowed = tuple(
        EngineNode(node.name, node.kind, node.seconds * drift, origins=node.origins) for node in nodes
    )
    return ProbeResult(seed, slowed, sum(true) * drift + FIXED_S, 200e-6 * drift, 600e-6)
