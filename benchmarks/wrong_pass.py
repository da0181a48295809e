"""How often a promise that is broken by three per cent is passed: many seeds of four kinds of streams.

.venv/bin/python -m benchmarks.wrong_pass --seeds 100

A rack of devices with a constant service time serves streams whose 99th percentile is found by one long run
(all replications pooled). The promise is then put three per cent below it, so that PASS is wrong, and three
per cent above it, so that FAIL is; each is judged as a plan judges (replications added until the verdict
settles, runs as long as the streams want). Wrong verdicts should be at most 3 %.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace

from planner.rack.counts.results import Verdict
from planner.rack.description.device import RackDevice, Service, Thermal
from planner.rack.description.evidence import seconds_wanted
from planner.rack.description.rack import Air, Batching, Rack
from planner.rack.description.streams import Bursts, StreamGroup
from planner.rack.sequential import rack_verdict, simulate_until_settled
from planner.rack.simulation import simulate

OFF = 0.03
LONG_S, LONG_RUNS = 100.0, 800
WARMUP_S = 10.0
FIRST, MOST = 4, 32
KINDS = (Verdict.PASS, Verdict.UNDECIDED, Verdict.FAIL)


@dataclass(frozen=True)
class QueueCase:
    """A stream, its devices, and the time of a request."""

    name: str
    stream: StreamGroup
    count: int
    service_s: float


def cases() -> list[QueueCase]:
    """Streams that load their devices to 60 to 85 %."""
    camera = StreamGroup("a", sources=20, rate_per_s=15.0, network="n", slo_s=1.0, jitter_s=0.005)
    poisson = StreamGroup("a", sources=1, rate_per_s=60.0, network="n", slo_s=1.0, arrivals="poisson")
    gamma = replace(poisson, arrivals="gamma", gap_cv=2.0)
    bursty = replace(poisson, arrivals="mmpp", bursts=Bursts(calm_s=20.0, burst_s=4.0, ratio=3.0))
    return [
        QueueCase("periodic", camera, 4, 0.011),
        QueueCase("Poisson", poisson, 2, 0.025),
        QueueCase("gamma", gamma, 2, 0.020),
        QueueCase("MMPP", bursty, 3, 0.025),
    ]


def rack_of(case: QueueCase, seed: int, slo_s: float) -> Rack:
    """The rack of a case, its run as long as its stream wants."""
    stream = replace(case.stream, slo_s=slo_s)
    wanted_s = max(20.0, seconds_wanted(stream, FIRST))
    return Rack(
        device=RackDevice(
            name="bench",
            idle_w=1.0,
            services=(Service("n", (case.service_s,), 1.0, 1.0),),
            thermal=Thermal(1.0, 10.0, 95.0, 5.0, 105.0, 0.5),
        ),
        count=case.count,
        streams=(stream,),
        batching=Batching(),
        dispatch="shortest_queue",
        air=Air(20.0, 1.0),
        fan_w=0.0,
        duration_s=float(round(wanted_s + WARMUP_S)),
        warmup_s=WARMUP_S,
        seed=seed,
        replications=FIRST,
    )


def true_p99_s(case: QueueCase) -> float:
    """Of all requests of long runs together."""
    rack = replace(rack_of(case, 1_000_003, 1.0), duration_s=LONG_S, replications=LONG_RUNS)
    return simulate(rack).streams[0].latency_s.p99 or 0.0


def verdicts(case: QueueCase, slo_s: float, seeds: int) -> Counter[Verdict]:
    """How often each verdict is given."""
    return Counter(
        rack_verdict(simulate_until_settled(rack_of(case, seed, slo_s), most_replications=MOST))
        for seed in range(seeds)
    )


def main() -> None:
    """One line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", choices=[case.name for case in cases()], help="one kind of stream")
    asked = parser.parse_args()
    seeds: int = asked.seeds
    print("          true       promise 3 % below            promise 3 % above")
    print("stream    p99        PASS (wrong), open, FAIL     PASS, open, FAIL (wrong)")
    for case in (case for case in cases() if asked.only in (None, case.name)):
        p99_s = true_p99_s(case)
        below, above = (verdicts(case, p99_s * (1 + off), seeds) for off in (-OFF, OFF))
        row = [found[kind] / seeds for found in (below, above) for kind in KINDS]
        print(
            f"{case.name:9} {p99_s * 1e3:7.2f} ms  " + "  ".join(f"{share:8.0%}" for share in row), flush=True
        )


if __name__ == "__main__":
    main()
