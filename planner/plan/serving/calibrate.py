"""`planner calibrate --serving`: what service in a server is like on this machine, measured and kept."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from planner.arrays import Floats
from planner.calibration.serving.child import ServingJob, measure_served
from planner.calibration.serving.compare import ServedComparison, compare
from planner.calibration.serving.loaded import NetworkFile, ServingEngine, written
from planner.calibration.serving.together import SHARED_LEAST
from planner.engines.measure import require_engine
from planner.errors import InputError, Problem
from planner.files import write_bytes
from planner.forks import usable_cores
from planner.hardware.processor import cpu_name
from planner.plan.rack.in_service import measured_file
from planner.plan.serving.blind import LEAST_NETWORKS, Probed, blind_misses
from planner.plan.serving.estimated import Estimated, estimated
from planner.plan.serving.live_rack import server_rack
from planner.process.temporary import temporary_folder
from planner.rack.description.rack import Batching, Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.description.variation import Variation
from planner.rack.load.fit_variation import fit_variation
from planner.schema.hardware.serving import MeasuredServing
from planner.schema.reading.yaml_file import parse_document, validate, write_document
from planner.zoo.source import read_model

NETWORKS = (
    "zoo:mobilenet_v3_large",
    "zoo:regnetx_800mf",
    "zoo:shufflenet_v2",
    "zoo:googlenet",
    "zoo:squeezenet_v1.1",
    "zoo:efficientnet_lite0",
    "zoo:mobilenet_v1_0.5",
)
"""Of as many families, short inferences and longer ones: what hand-over costs is a larger share of a short
one. Those of benchmarks/reality are not among them, so that what is planned of these is blind."""
LEAST_S = 20.0
_USE = 0.5
_FEWEST, _EACH_S = 3, 8.0
"""Networks are added where there is so much time for each."""
_BESIDE_S = 14.0
"""For two units side by side at most."""
_LOOP_S, _NOISE_S, _LEAST_RUN_S = 1.0, 0.5, 2
_START_S = 2.5
"""A process and its imports, before anything is timed; the first look corrects it."""
_HEADING = b"# What `planner calibrate --serving` has found; taken by scenarios with `variation: measured`.\n"

Progress = Callable[[str], None]


def calibrate_serving(
    engine: str, precision: str, time_s: float, progress: Progress
) -> tuple[MeasuredServing, Path]:
    """Serve each network at a use of about a half, then two side by side where there are two cores; keep what
    was found.

    Where the kernels of this machine were calibrated, each network is estimated from its file as well.
    """
    require_engine(engine)
    if time_s < LEAST_S:
        problem = Problem("--budget", f"{LEAST_S:g} s or more to serve for", f"{time_s:g} s")
        raise InputError("calibrate", [problem])
    given, several = ServingEngine(engine, 1, precision), usable_cores() > 1
    networks = networks_within(time_s)
    end_s = time.monotonic() + time_s
    with temporary_folder("serving") as folder:
        workloads = {(network, 1): read_model(network, batch=1) for network in networks}
        files = written(workloads, dict.fromkeys(networks), given, folder)
        beside_s = min(_BESIDE_S, time_s / (len(files) + 1)) if several else 0.0
        clock = _Clock(end_s - beside_s)
        found = []
        for number, file in enumerate(files):
            progress(f"serving {file.network}")
            found.append(clock.served(file, given, len(files) - number))
        pair = None
        if several:
            progress("serving on two cores at once")
            pair = clock.extended(end_s).served(files[0], given, 1, servers=2)
    measured = _summed(given, networks, found, pair, estimated(workloads, given))
    path = measured_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _HEADING + write_document(measured).encode())
    return validate(parse_document(path.read_text(encoding="utf-8"), str(path)), MeasuredServing), path


def networks_within(time_s: float) -> tuple[str, ...]:
    """The networks that there is time for, three at least."""
    return NETWORKS[: max(_FEWEST, min(len(NETWORKS), int((time_s - _BESIDE_S) / _EACH_S)))]


class _Clock:
    """Shares the time that is left among the networks, with what each takes to start and to load."""

    def __init__(self, end_s: float, start_s: float = _START_S) -> None:
        self._end_s, self._start_s = end_s, start_s

    def extended(self, end_s: float) -> _Clock:
        """The same with another end."""
        return _Clock(end_s, self._start_s)

    def served(
        self, file: NetworkFile, engine: ServingEngine, parts: int, servers: int = 1
    ) -> ServedComparison:
        """One network served at the use that is wanted, in one of so many equal parts of what is left."""
        begun_s = time.monotonic()
        each_s = (self._end_s - begun_s) / parts
        timed_s = _NOISE_S + _LOOP_S * servers
        run_s = float(max(_LEAST_RUN_S, int(each_s - self._start_s - timed_s)))
        # The rate is settled once the loop has said how long the network takes.
        job = ServingJob(
            _rack(file.network, 1.0, run_s, servers), 0, (file,), engine, _NOISE_S, _LOOP_S, _USE
        )
        measured = measure_served(job)
        self._start_s = time.monotonic() - begun_s - run_s - timed_s
        return compare(measured.rack, measured)


def _rack(network: str, rate_per_s: float, duration_s: float, servers: int) -> Rack:
    requests = StreamGroup("requests", 1, rate_per_s, network, slo_s=1.0, arrivals="poisson")
    return server_rack((requests,), Batching(), count=servers, duration_s=duration_s, warmup_s=0.0)


def _summed(
    engine: ServingEngine,
    networks: Sequence[str],
    found: Sequence[ServedComparison],
    pair: ServedComparison | None,
    estimates: Mapping[tuple[str, int], Estimated],
) -> dict[str, object]:
    """One process for all networks: factors over their own means, one sequence each."""
    sequences = [_factors(item) for item in found]
    process = fit_variation(sequences)
    factors = [item.serving_factor for item in found]
    neighbours = max(0.0, pair.neighbours or 0.0) if pair is not None else 0.0
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
        "networks": list(networks),
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
            "outlier_cv": _percent(process.outlier_cv),
            "shared": _percent(_shared(process, pair)),
            "serving_factor": round(float(np.mean(factors)), 4),
            "neighbours": _percent(neighbours),
        },
        "probes": [_probe(item, estimates) for item in found],
        **_beside_estimates(found, estimates),
    }


def _shared(process: Variation, pair: ServedComparison | None) -> float:
    """What two units share, never more than one remembers from a batch to the next."""
    together = pair.together if pair is not None else None
    if together is None or together < SHARED_LEAST:
        return 0.0
    return min(together, process.correlation(1))


def _probe(found: ServedComparison, estimates: Mapping[tuple[str, int], Estimated]) -> dict[str, object]:
    (row,) = found.services
    known = estimates.get((row.network, row.batch))
    return {
        "network": row.network,
        "loop": _milliseconds(row.loop_s),
        "served": _milliseconds(row.served_s or row.loop_s),
        **({} if known is None else {"estimate": _milliseconds(known.time_s)}),
        "batches": row.served,
    }


def _beside_estimates(
    found: Sequence[ServedComparison], estimates: Mapping[tuple[str, int], Estimated]
) -> dict[str, object]:
    """What lies between estimates and service, where the kernels of this machine were calibrated."""
    probed, between = [], 0.0
    for (row,) in (item.services for item in found):
        known = estimates.get((row.network, row.batch))
        if known is not None and row.served_s is not None:
            probed.append(Probed(row.network, math.log(row.served_s / known.time_s), known.within))
            between = known.between
    if len(probed) < LEAST_NETWORKS:
        return {}
    misses = blind_misses(probed)
    return {
        "estimates": {
            "factor": round(misses.factor, 4),
            "scale": round(misses.scale, 4),
            "between_runs": between,
            "networks": misses.networks,
        }
    }


def _factors(found: ServedComparison) -> Floats:
    times_s = found.measured.served.batch_end_s - found.measured.served.batch_start_s
    return np.asarray(times_s / times_s.mean())


def _milliseconds(value_s: float) -> str:
    return f"{value_s * 1e3:.4f} ms"


def _percent(value: float) -> str:
    return f"{100 * value:.3f} %"
