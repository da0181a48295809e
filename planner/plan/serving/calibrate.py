"""`planner calibrate --serving`: what service in a server is like on this machine, measured and kept."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from planner.arrays import Floats
from planner.calibration.serving.child import Job, measure_served
from planner.calibration.serving.compare import Comparison, compare
from planner.calibration.serving.loaded import Engine, NetworkFile, written
from planner.engines.measure import require_engine
from planner.errors import InputError, Problem
from planner.files import write_bytes
from planner.forks import usable_cores
from planner.hardware.processor import cpu_name
from planner.plan.rack.in_service import measured_file
from planner.plan.serving.live_rack import server_rack
from planner.process.temporary import temporary_folder
from planner.rack.description.rack import Batching, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.load.fit_variation import fit_variation
from planner.schema.hardware.serving import MeasuredServing
from planner.schema.reading.yaml_file import parse_document, validate, write_document
from planner.zoo.source import read_model

NETWORKS = ("zoo:mobilenet_v2_0.5", "zoo:mobilenet_v2_1.0", "zoo:resnet18")
"""Small ones and a larger one: what hand-over costs is a larger share of a short inference."""
LEAST_S = 20.0
_USE = 0.5
_EXPECTED_FACTOR = 1.2
"""Of the rate before anything is known of it."""
_LOOK_S, _NOISE_S, _LEAST_RUN_S = 2.0, 0.5, 3
_HEADING = b"# What `planner calibrate --serving` has found; taken by scenarios with `variation: measured`.\n"

Progress = Callable[[str], None]


def calibrate_serving(
    engine: str, precision: str, time_s: float, progress: Progress
) -> tuple[MeasuredServing, Path]:
    """Serve each network at a use of about a half, then two side by side where there are two cores; keep what
    was found.
    """
    require_engine(engine)
    if time_s < LEAST_S:
        problem = Problem("--budget", f"{LEAST_S:g} s or more to serve for", f"{time_s:g} s")
        raise InputError("calibrate", [problem])
    given = Engine(engine, 1, precision)
    parts = len(NETWORKS) + (usable_cores() > 1)
    end_s = time.monotonic() + time_s
    with temporary_folder("serving") as folder:
        workloads = {(network, 1): read_model(network, batch=1) for network in NETWORKS}
        files = written(workloads, dict.fromkeys(NETWORKS), given, folder)
        found = []
        for number, file in enumerate(files):
            progress(f"serving {file.network}")
            found.append(_served(file, given, (end_s - time.monotonic()) / (parts - number)))
        neighbours = 0.0
        if usable_cores() > 1:
            progress("serving on two cores at once")
            beside = _served(files[1], given, end_s - time.monotonic(), servers=2)
            neighbours = max(0.0, beside.neighbours or 0.0)
    measured = _summed(given, found, neighbours)
    path = measured_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _HEADING + write_document(measured).encode())
    return validate(parse_document(path.read_text(encoding="utf-8"), str(path)), MeasuredServing), path


def _served(file: NetworkFile, engine: Engine, seconds: float, servers: int = 1) -> Comparison:
    """One network served at the use that is wanted, after a look at how long it takes; in so many seconds."""
    begun_s = time.monotonic()
    look = measure_served(Job(_rack(file.network, 1.0, 1.0, servers), 0, (file,), engine, 0.1, _LOOK_S / 2))
    loop_s = float(look.loop_s[file.network, 1].mean())
    rate_per_s = servers * _USE / (_EXPECTED_FACTOR * loop_s)
    # To start a process and load the network takes as long once more as it took for the look.
    left_s = seconds - 2 * (time.monotonic() - begun_s)
    rack = _rack(file.network, rate_per_s, float(max(_LEAST_RUN_S, round(left_s))), servers)
    return compare(rack, measure_served(Job(rack, 0, (file,), engine, _NOISE_S, _LOOK_S / 2)))


def _rack(network: str, rate_per_s: float, duration_s: float, servers: int) -> Rack:
    requests = StreamGroup("requests", 1, rate_per_s, network, slo_s=1.0, arrivals="poisson")
    return server_rack((requests,), Batching(), count=servers, duration_s=duration_s, warmup_s=0.0)


def _summed(engine: Engine, found: Sequence[Comparison], neighbours: float) -> dict[str, object]:
    """One process for all networks: factors over their own means, one sequence each."""
    sequences = [_factors(item) for item in found]
    process = fit_variation(sequences)
    factors = [item.serving_factor for item in found]
    return {
        "schema": 1,
        "id": "this-machine-serving",
        "device": "this-machine",
        "unit": "cpu",
        "engine": engine.name,
        "engine_version": found[0].measured.engine_version,
        "precision": engine.precision,
        "cpu": cpu_name(),
        "threads": engine.threads,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "networks": list(NETWORKS),
        "batches": int(sum(values.size for values in sequences)),
        "noisy": any(item.measured.noise.noisy for item in found),
        "serving_low": round(min(factors), 4),
        "serving_high": round(max(factors), 4),
        "variation": {
            "cv": _percent(process.cv),
            "next": _percent(process.correlation(1)),
            "over_ten": _percent(process.correlation(10)),
            "over_hundred": _percent(process.correlation(100)),
            "outliers": _percent(process.outlier_share),
            "outlier_factor": round(process.outlier_ratio, 3),
            "outlier_next": _percent(process.outlier_stays),
            "serving_factor": round(float(np.mean(factors)), 4),
            "neighbours": _percent(neighbours),
        },
    }


def _factors(found: Comparison) -> Floats:
    times_s = found.measured.served.batch_end_s - found.measured.served.batch_start_s
    return np.asarray(times_s / times_s.mean())


def _percent(value: float) -> str:
    return f"{100 * value:.3f} %"
