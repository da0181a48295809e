"""How long requests take in service on this machine, looked at for some seconds before the cases are run."""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.reality.cases import DETECTOR, LARGE, LARGEST_BATCH, SMALL, ServiceTimes
from planner.calibration.serving.child import MeasuredRun, ServingJob, measure_served
from planner.calibration.serving.loaded import ServingEngine, written
from planner.plan.serving.live_rack import server_rack
from planner.process.temporary import temporary_folder
from planner.rack.description.rack import Batching
from planner.rack.description.streams import StreamGroup
from planner.zoo.source import read_model

_ENGINE = ServingEngine("onnxruntime")
_SECONDS = 5.0
_USE = 0.6
ASKED = (
    (SMALL, 1, 1),
    (SMALL, LARGEST_BATCH, 1),
    (SMALL, 1, 2),
    (LARGE, 1, 1),
    (DETECTOR, 1, 1),
    (DETECTOR, LARGEST_BATCH, 1),
)


def look(asked: Collection[tuple[str, int, int]] = ASKED) -> ServiceTimes:
    """Serve each network alone, in full batches, and with a second worker, at a use of 0.6."""
    found = {}
    for network, batch, workers in asked:
        first = _served(network, batch, workers, 1.0, 1.0)
        loop_s = float(first.loop_s[network, batch].mean()) / batch
        run = _served(network, batch, workers, _USE * workers / loop_s, _SECONDS).served
        full = run.batch_size == batch
        times_s = run.batch_end_s[full] - run.batch_start_s[full]
        # Where no batch filled up, the loop's time stands in, longer by what servers usually take.
        served_s = float(times_s.mean()) / batch if times_s.size > 10 else 1.2 * loop_s
        found[network, batch, workers] = served_s
    return ServiceTimes(found)


def _served(network: str, batch: int, workers: int, rate_per_s: float, seconds: float) -> MeasuredRun:
    requests = StreamGroup("requests", 1, rate_per_s, network, slo_s=1.0, arrivals="poisson")
    rack = server_rack((requests,), Batching(batch), count=workers, duration_s=seconds, warmup_s=0.0)
    workloads = {(network, size): read_model(network, batch=size) for size in range(1, batch + 1)}
    with temporary_folder("pace") as folder:
        files = written(workloads, {network: None}, _ENGINE, folder)
        return measure_served(ServingJob(rack, 0, files, _ENGINE, noise_s=0.1, loop_s=0.7))
