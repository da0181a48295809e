"""Timing that can be trusted on a shared machine: what is measured, what is thrown away, and how sure it is.

Each sample is a burst of inferences with a reference kernel before it (a matrix product that fits the
second-level cache). A sample counts only if the process had the processor (CPU time against wall time), the
hypervisor took none of it (steal) and the reference ran near its usual speed. The answer is the median with
an interval from order statistics; the drift of the reference over the run is given beside it. The interval
takes samples for independent, so slow drift makes it too narrow.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

NoiseVerdict = Literal["quiet", "noisy", "too noisy"]

QUIET_SPREAD = 0.05
TOO_NOISY_SPREAD = 0.25
LEAST_SAMPLES = 8
_BURST_S = 0.02
_REFERENCE_SIDE = 256
_REFERENCE_SLACK = 1.25
_CPU_SHARE_SLACK = 0.9
_LEAST_PROCESSORS = 0.85
"""A lone inference keeps at least one processor busy; with less the process waited for other programs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One burst: seconds per inference by the wall and by the processors, the reference before it, steal."""

    wall_s: float
    cpu_s: float
    reference_s: float
    steal_s: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Latency of one inference with what is known of its noise.

    `low_s` and `high_s` hold the median with 95 % where samples are independent; `spread` is the distance of
    the 10 and 90 % quantiles over the median; `drift` is how much the reference moved between the halves.
    """

    median_s: float
    low_s: float
    high_s: float
    p10_s: float
    p90_s: float
    samples: int
    rejected: int
    spread: float
    drift: float
    reference_s: float
    verdict: NoiseVerdict
    processors: float | None = None
    """How many processors the process had in the median; below one others had them meanwhile."""


def collect(run: Callable[[], object], *, seconds: float, threads: int) -> list[Sample]:
    """Run bursts of inferences for about this long, a reference kernel before each."""
    run()
    single_s = _timed(run)
    burst = max(1, math.ceil(_BURST_S / max(single_s, 1e-6)))
    reference = Reference()
    for _ in range(2):
        run()
    samples: list[Sample] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < LEAST_SAMPLES:
        reference_s = reference.product_s()
        steal, cpu, wall = steal_s(), time.process_time(), time.perf_counter()
        for _ in range(burst):
            run()
        wall_s = time.perf_counter() - wall
        samples.append(
            Sample(
                wall_s / burst,
                (time.process_time() - cpu) / burst / threads,
                reference_s,
                (steal_s() - steal) / burst,
            )
        )
    return samples


def summarise(samples: Sequence[Sample], threads: int = 1) -> Timing:
    """The median of the samples that count, and the verdict on their noise.

    Where fewer than `LEAST_SAMPLES` count, all are kept and the verdict is `too noisy`; so it is where the
    process did not have a processor to itself.
    """
    kept = [sample for sample in samples if _counts(sample, samples)]
    enough = len(kept) >= LEAST_SAMPLES
    used = kept if enough else list(samples)
    walls = sorted(sample.wall_s for sample in used)
    median_s = statistics.median(walls)
    p10_s, p90_s = (float(np.quantile(walls, q)) for q in (0.1, 0.9))
    low_s, high_s = _median_interval(walls)
    spread = (p90_s - p10_s) / median_s
    verdict: NoiseVerdict = "quiet" if spread <= QUIET_SPREAD else "noisy"
    processors = threads * statistics.median(sample.cpu_s / sample.wall_s for sample in used)
    if not enough or spread > TOO_NOISY_SPREAD or processors < _LEAST_PROCESSORS:
        verdict = "too noisy"
    references = [sample.reference_s for sample in used]
    return Timing(
        median_s,
        low_s,
        high_s,
        p10_s,
        p90_s,
        samples=len(used),
        rejected=len(samples) - len(used),
        spread=spread,
        drift=_drift(references),
        reference_s=statistics.median(references),
        verdict=verdict,
        processors=processors,
    )


def _counts(sample: Sample, samples: Sequence[Sample]) -> bool:
    usual_share = statistics.median(s.cpu_s / s.wall_s for s in samples)
    usual_reference_s = statistics.median(s.reference_s for s in samples)
    return (
        sample.steal_s <= 0.01 * sample.wall_s
        and sample.cpu_s / sample.wall_s >= _CPU_SHARE_SLACK * usual_share
        and sample.reference_s <= _REFERENCE_SLACK * usual_reference_s
    )


def _median_interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Order statistics that hold the median with at least 95 % (binomial, independent samples)."""
    count = len(ordered)
    half = 0.98 * math.sqrt(count)
    low = max(0, math.floor(count / 2 - half))
    high = min(count - 1, math.ceil(count / 2 + half))
    return ordered[low], ordered[high]


def _drift(references: Sequence[float]) -> float:
    middle = len(references) // 2
    first, second = statistics.median(references[:middle]), statistics.median(references[middle:])
    return second / first - 1.0


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


class Reference:
    """Two small jobs that tell how fast the machine is just now: arithmetic in a cache, and a long copy.

    Each is a median of several runs, the first of which bring it back into the caches.
    """

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self._side = random.standard_normal((_REFERENCE_SIDE, _REFERENCE_SIDE)).astype(np.float32)
        self._out = np.empty_like(self._side)
        self._long = np.zeros(2_000_000, dtype=np.float32)
        self._target = np.empty_like(self._long)

    def product_s(self) -> float:
        """Seconds of a matrix product that fits the second-level cache."""
        return _median_of(lambda: np.matmul(self._side, self._side, out=self._out), 9)

    def copy_s(self) -> float:
        """Seconds of a copy of 8 MB."""
        return _median_of(lambda: np.copyto(self._target, self._long), 5)


def _median_of(run: Callable[[], object], times: int) -> float:
    return statistics.median(_timed(run) for _ in range(times))


def share_of_processor(seconds: float = 0.05) -> float:
    """The share of a processor that this thread gets when it asks for one: 1 on a machine at rest."""
    wall_start_s, cpu_start_s = time.perf_counter(), time.thread_time()
    while time.perf_counter() - wall_start_s < seconds:
        pass
    return (time.thread_time() - cpu_start_s) / (time.perf_counter() - wall_start_s)


def steal_s() -> float:
    """Seconds the hypervisor has taken from all processors since boot; zero where the system does not say."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
        return int(fields[8]) / 100.0
    except (OSError, IndexError, ValueError):
        return 0.0
