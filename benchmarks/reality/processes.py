"""Which process service times have: runs served for this alone, half of each to fit, half to score.

A part is added to the process of `planner.rack.description.variation` only where it raises the log likelihood
of the second halves, each fitted on the first half of its run, by more than 0.01 a batch in the mean of the
runs and in most of them. A component that units share is added where the correlation of log service of
batches that overlap on two units is above 0.2. Both were written down before the runs were served; the runs
are none of the cases. Run: .venv/bin/python -m benchmarks.reality.processes FOLDER [--serve NAME,NAME],
which keeps runs in FOLDER and then scores all that are there.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
from scipy.optimize import minimize

from planner.arrays import Flags, Floats
from planner.rack.load.fit_variation import fit_variation

RUNS = {
    # Network, arrivals, use, servers.
    "poisson-30": ("zoo:mobilenet_v3_large", "poisson", 0.3, 1),
    "poisson-75": ("zoo:mobilenet_v3_large", "poisson", 0.75, 1),
    "cameras-80": ("zoo:squeezenet_v1.1", "periodic", 0.8, 1),
    "pair-70": ("zoo:squeezenet_v1.1", "poisson", 0.7, 2),
}
SECONDS = 30.0
_LATE = 1.7


@dataclass(frozen=True, slots=True)
class Run:
    """One server's batches in order: factors, whether it had been idle, and when each began and ended."""

    factor: Floats
    idle: Flags
    start_s: Floats
    end_s: Floats


def serve(name: str, folder: Path) -> None:
    """Serve one of the runs and keep it."""
    from planner.calibration.serving.child import ServingJob, measure_served
    from planner.calibration.serving.loaded import ServingEngine, written
    from planner.plan.serving.live_rack import server_rack
    from planner.process.temporary import temporary_folder
    from planner.rack.description.rack import Batching
    from planner.rack.description.streams import StreamGroup
    from planner.zoo.source import read_model

    network, arrivals, use, servers = RUNS[name]
    engine = ServingEngine("onnxruntime")
    sources = 11 if arrivals == "periodic" else 1
    stream = StreamGroup("requests", sources, 1.0, network, slo_s=1.0, arrivals=arrivals)
    rack = server_rack((stream,), Batching(), count=servers, duration_s=SECONDS, warmup_s=0.0)
    with temporary_folder("process") as place:
        files = written({(network, 1): read_model(network, batch=1)}, {network: None}, engine, place)
        found = measure_served(ServingJob(rack, 0, files, engine, 0.5, 1.0, use))
    run = found.served
    np.savez(
        folder / f"{name}.npz",
        server=run.batch_server,
        start_s=run.batch_start_s,
        end_s=run.batch_end_s,
        loop_s=found.loop_s[network, 1],
        lost=found.noise.lost,
    )


def runs_of(file: Path) -> list[Run]:
    """The servers of a run."""
    with np.load(file) as kept:
        server, start_s, end_s = kept["server"], kept["start_s"], kept["end_s"]
    found = []
    for number in np.unique(server):
        own = server == number
        begun, ended = start_s[own], end_s[own]
        idle = np.concatenate(([True], begun[1:] - ended[:-1] > 1e-4))
        found.append(Run((ended - begun) / (ended - begun).mean(), idle, begun, ended))
    return found


@numba.njit
def _filtered(x: Floats, idle: Flags, outlier_mean: float, p: Floats, sizes: float) -> Floats:
    """Log likelihood of each batch by a Kalman filter over AR states of unit variance.

    `p` is mean, gap, sigma, noise share, outlier share, and then share and memory of each state; an outlier
    adds `outlier_mean` with deviation `sizes`. Outliers by the likelier side do not move the states.
    """
    mean, gap, sigma, noise, late = p[0], p[1], p[2], p[3], p[4]
    states = (len(p) - 5) // 2
    m, c = np.zeros(states), np.eye(states)
    h = np.empty(states)
    for k in range(states):
        h[k] = sigma * math.sqrt(max(p[5 + 2 * k], 0.0))
    r = sigma**2 * noise + 1e-9
    out = np.empty(len(x))
    for t in range(len(x)):
        if t:
            for k in range(states):
                m[k] *= p[6 + 2 * k]
            for k in range(states):
                for j in range(states):
                    c[k, j] *= p[6 + 2 * k] * p[6 + 2 * j]
                c[k, k] += 1 - p[6 + 2 * k] ** 2
        e = x[t] - mean - (gap if idle[t] else 0.0)
        ch = c @ h
        s = h @ ch + r
        for k in range(states):
            e -= h[k] * m[k]
        usual = (1 - late) * math.exp(-e * e / (2 * s)) / math.sqrt(2 * math.pi * s)
        wide = s + sizes**2
        d = e - outlier_mean
        odd = late * math.exp(-d * d / (2 * wide)) / math.sqrt(2 * math.pi * wide)
        out[t] = math.log(usual + odd + 1e-6)
        if usual >= odd:
            g = ch / s
            m += g * e
            c -= np.outer(g, ch)
    return out


def _halves(run: Run) -> tuple[slice, slice]:
    middle = len(run.factor) // 2
    return slice(0, middle), slice(middle, None)


def moments(run: Run, part: slice) -> tuple[Floats, float, float]:
    """The process as `planner` fits it: parameters of the filter, and outliers' log and its deviation."""
    factor = run.factor[part]
    found = fit_variation([factor])
    log = np.log(factor)
    body = log[factor / np.median(factor) <= _LATE]
    late = log[factor / np.median(factor) > _LATE]
    p = [
        float(body.mean()),
        0.0,
        max(found.sigma, 1e-3),
        found.noise_share,
        max(found.outlier_share, 1e-4),
        found.slow_share,
        found.slow_correlation,
        found.fast_share,
        found.fast_correlation,
    ]
    size = float(late.mean() - body.mean()) if late.size else math.log(2.0)
    return np.array(p), size, float(late.std()) if late.size > 3 else 0.0


def likely(run: Run, part: slice, start: Floats, size: float, sizes: float, states: int) -> Floats:
    """Parameters of so many states by maximum likelihood on a part of a run, from those of the moments."""
    x, idle = np.log(run.factor[part]), run.idle[part] & False
    memories = np.array([0.3, 0.9, 0.995])[-states:] if states < 3 else np.array([0.3, 0.9, 0.995])
    begin = np.concatenate(
        ([start[0], math.log(start[2])], np.zeros(states), np.log(memories / (1 - memories)))
    )

    def full(v: Floats) -> Floats:
        shares = np.exp(np.append(v[2 : 2 + states], 0.0))
        shares /= shares.sum()
        memory = 1 / (1 + np.exp(-v[2 + states :]))
        own = np.column_stack((shares[:-1], memory)).ravel()
        return np.concatenate(([v[0], 0.0, math.exp(v[1]), shares[-1], start[4]], own))

    def cost(v: Floats) -> float:
        return -float(_filtered(x, idle, size, full(v), sizes).mean())

    best = minimize(
        cost, begin, method="Nelder-Mead", options={"maxiter": 1500, "xatol": 1e-3, "fatol": 1e-5}
    )
    return full(best.x)


def scores(run: Run) -> dict[str, float]:
    """Log likelihood a batch of the second half by each process, the first half fitted."""
    first, second = _halves(run)
    p, size, sizes = moments(run, first)
    x, idle, none = np.log(run.factor[second]), run.idle[second], np.zeros_like(run.idle[second])
    fitted, usual = np.log(run.factor[first]), run.factor[first] / np.median(run.factor[first]) <= _LATE
    idle_first = run.idle[first]
    gap = 0.0
    if 20 < (idle_first & usual).sum() < usual.sum() - 20:
        gap = float(fitted[idle_first & usual].mean() - fitted[~idle_first & usual].mean())
    gapped = p.copy()
    gapped[0] -= gap * float(idle_first[usual].mean())
    gapped[1] = gap
    # What the gap explains is no scatter any more.
    gapped[2] = math.sqrt(max(p[2] ** 2 - gap**2 * float(idle_first.mean() * (1 - idle_first.mean())), 1e-6))
    return {
        "moments": float(_filtered(x, none, size, p, 0.0).mean()),
        "sizes of outliers": float(_filtered(x, none, size, p, sizes).mean()),
        "after idle": float(_filtered(x, idle, size, gapped, sizes).mean()),
        "two states, likeliest": float(
            _filtered(x, none, size, likely(run, first, p, size, sizes, 2), sizes).mean()
        ),
        "three states, likeliest": float(
            _filtered(x, none, size, likely(run, first, p, size, sizes, 3), sizes).mean()
        ),
        "(gap)": gap,
        "(late)": float((run.factor > _LATE).mean()),
    }


def main() -> None:
    """Serve what is asked for, then score all that is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reality.processes", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--serve", default="", help="names of runs, separated by commas")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name in filter(None, asked.serve.split(",")):
        serve(name, asked.folder)
    if asked.serve:
        return
    for file in sorted(asked.folder.glob("*.npz")):
        runs = runs_of(file)
        for number, run in enumerate(runs):
            print(f"{file.stem} server {number}, {len(run.factor)} batches")
            for name, value in scores(run).items():
                print(f"  {name:24} {value:8.4f}")


if __name__ == "__main__":
    main()
