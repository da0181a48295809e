"""The cases: scenarios as users write them, with rates that bring one server of this machine to a use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

SMALL = "zoo:mobilenet_v2_1.0"
LARGE = "zoo:resnet18"
DETECTOR = "zoo:fastestdet"
LARGEST_BATCH = 4
_CAMERAS = 11
_SEED = 20261130


@dataclass(frozen=True, slots=True)
class StreamCase:
    """One stream: the use of the servers that it asks for, and the keys that make it what it is."""

    name: str
    use: float
    keys: str
    model: str = SMALL
    sources: int = 1
    chain: tuple[tuple[str, float], ...] = ()
    """Networks behind one another, and how many objects of a frame each sees; `model` is the first."""

    @property
    def work(self) -> tuple[tuple[str, float], ...]:
        """Networks that a request runs, each so many times."""
        return self.chain or ((self.model, 1.0),)


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario."""

    name: str
    title: str
    loads: tuple[StreamCase, ...]
    workers: int = 1
    batch: int = 1
    wait_ms: float = 0.0
    dispatch: str = "shortest_queue"
    chance: int = field(default=0)
    """Added to the seed, so that no two cases have the same arrivals."""

    @property
    def asked(self) -> set[tuple[str, int, int]]:
        """Networks with batch size and workers, of which the time of a request has to be known."""
        return {(network, self.batch, self.workers) for load in self.loads for network, _ in load.work}


POISSON, CAMERAS = "arrivals: poisson", "arrivals: periodic"


def _poisson(use: float) -> Case:
    return Case(f"poisson-{use * 100:.0f}", "Poisson", (StreamCase("requests", use, POISSON),))


def _cameras(use: float, jitter: str = "") -> Case:
    name = f"cameras-{use * 100:.0f}" + ("-jitter" if jitter else "")
    title = f"{_CAMERAS} cameras" + (", jitter" if jitter else "")
    return Case(name, title, (StreamCase("cameras", use, CAMERAS + jitter, sources=_CAMERAS),))


def _chained(keys: str, use: float, sources: int = 1) -> StreamCase:
    return StreamCase(
        "frames", use, keys, model=DETECTOR, sources=sources, chain=((DETECTOR, 1.0), (SMALL, 2.0))
    )


_JITTER = ", jitter: 10 ms"
CASES = (
    _poisson(0.3),
    _poisson(0.5),
    _poisson(0.65),
    _poisson(0.75),
    _poisson(0.85),
    _poisson(0.92),
    _cameras(0.5),
    _cameras(0.7),
    _cameras(0.85),
    _cameras(0.95),
    _cameras(0.7, _JITTER),
    Case("gamma-60", "triggers, gaps of cv 2", (StreamCase("triggers", 0.6, "arrivals: gamma, gap_cv: 2"),)),
    Case(
        "bursts-50",
        "bursts of four times the rate",
        (StreamCase("triggers", 0.5, "arrivals: mmpp, bursts: {calm: 2 s, burst: 500 ms, factor: 4}"),),
    ),
    Case("trace-70", "a trace of alarms", (StreamCase("alarms", 0.7, "arrivals: trace, trace: trace.csv"),)),
    Case("batches-60", "batches of up to 4", (StreamCase("requests", 0.6, POISSON),), batch=LARGEST_BATCH),
    Case(
        "batches-wait-35",
        "batches of 4 that wait 20 ms",
        (StreamCase("requests", 0.35, POISSON),),
        batch=LARGEST_BATCH,
        wait_ms=20.0,
    ),
    Case(
        "networks-70",
        "two networks",
        (StreamCase("small", 0.3, POISSON), StreamCase("large", 0.4, POISSON, model=LARGE)),
    ),
    Case(
        "priorities-80",
        "two priorities",
        (StreamCase("urgent", 0.3, POISSON + ", priority: 1"), StreamCase("others", 0.5, POISSON)),
    ),
    Case(
        "oldest-95",
        "the oldest goes behind 4",
        (StreamCase("cameras", 0.95, POISSON + ", queue_limit: 4, overflow: drop_oldest"),),
    ),
    Case(
        "newest-115",
        "more than it carries, the newest goes behind 4",
        (StreamCase("cameras", 1.15, POISSON + ", queue_limit: 4, overflow: drop_newest"),),
    ),
    Case("workers-60", "two workers, shortest queue", (StreamCase("requests", 0.6, POISSON),), workers=2),
    Case(
        "workers-80-central",
        "two workers, one queue",
        (StreamCase("requests", 0.8, POISSON),),
        workers=2,
        dispatch="central_queue",
    ),
    Case("chain-60", "a chain, detector and 2 objects", (_chained("arrivals: poisson", 0.6),)),
    Case(
        "chain-80-batches",
        "cameras, a chain in batches of up to 4",
        (_chained("arrivals: periodic, jitter: 10 ms", 0.8, 6),),
        batch=LARGEST_BATCH,
    ),
)

DESIGN = tuple(case.name for case in CASES[:22:2])
"""Cases that a change of the model may be looked at with. The other half of the first 22 (every second one in
the order of the list, chosen before any was looked into) is scored once, when the change is settled."""
SCORED = tuple(case.name for case in CASES[1:22:2])


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Time of one request in service by network, batch size and workers, to choose rates by."""

    request_s: dict[tuple[str, int, int], float]

    def rate_per_s(self, case: Case, load: StreamCase) -> float:
        """The rate of one source at which a stream takes its share of the servers with full batches."""
        request_s = sum(
            times * self.request_s[network, case.batch, case.workers] for network, times in load.work
        )
        return load.use * case.workers / request_s / load.sources


def written_case(case: Case, pace: ServiceTimes, folder: Path, seconds: int) -> Path:
    """The scenario of a case and its trace, where it has one, in a folder."""
    number = [other.name for other in CASES].index(case.name)
    streams = []
    for load in case.loads:
        rate_per_s = pace.rate_per_s(case, load)
        if "trace.csv" in load.keys:
            _write_trace(folder / "trace.csv", rate_per_s, seconds)
        streams.append(
            f"  - {{name: {load.name}, count: {load.sources}, model: '{load.model}', {load.keys}, "
            f"rate: {rate_per_s:.6g} /s, {_chain_of(load)}slo: {{latency: 100 ms, quantile: 99 %}}}}"
        )
    text = _TEXT.format(
        name=case.name,
        title=case.title,
        streams="\n".join(streams),
        workers=case.workers,
        batch=case.batch,
        wait=case.wait_ms,
        seconds=seconds,
        seed=_SEED + number,
        dispatch=case.dispatch,
    )
    path = folder / f"{case.name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _chain_of(load: StreamCase) -> str:
    """The key `chain` of a stream, where it has one."""
    if not load.chain:
        return ""
    steps = [
        f"{{network: '{network}'" + (f", per_item: {{mean: {times:g}}}" if times != 1 else "") + "}"
        for network, times in load.chain
    ]
    return f"chain: [{', '.join(steps)}], "


def _write_trace(path: Path, rate_per_s: float, seconds: int) -> None:
    """Alarms of several doors: single ones, and groups of three that come within some milliseconds."""
    chance = np.random.default_rng(_SEED)
    groups = int(rate_per_s * seconds / 2)
    begun_s = np.sort(chance.uniform(0, seconds, groups))
    more_s = begun_s[::2, None] + chance.uniform(0, 0.03, (len(begun_s[::2]), 2))
    times_s = np.sort(np.concatenate((begun_s, more_s.ravel())))
    rows = "\n".join(f"{time_s:.6f}" for time_s in times_s if time_s < seconds)
    path.write_text(f"time_s\n{rows}\n", encoding="utf-8")


_TEXT = """schema: 1
id: {name}
title: {title}
question: Does the simulation find what a server of this machine shows?
date: 2026-11-30
streams:
{streams}
deployment: {{count: {workers}, device: raspberry-pi-5}}
candidates: {{devices: [raspberry-pi-5], precisions: [fp32], max_batch: {batch}, max_wait: {wait:g} ms}}
site:
  {{supply: 25 degC, airflow: 60 CFM, recirculation: 0 %, fan: 5 W, rack_units: 4, power_limit: 500 W,
    pue: 1.0, carriers: {{}}}}
money: {{currency: USD, electricity: 0.20 USD/kWh, horizon_years: 1}}
simulation:
  {{duration: {seconds} s, warmup: 1 s, replications: 2, seed: {seed}, dispatch: {dispatch}}}
"""
