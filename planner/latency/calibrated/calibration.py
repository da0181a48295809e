"""A calibration: what one engine reaches on one unit of one machine, and how far it can be trusted."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.arrays import Floats
from planner.hardware.processor import Processor
from planner.latency.band import Band
from planner.latency.calibrated.kernel_model import UNKNOWN_SPREAD, Base, KernelModel, work_of
from planner.latency.kernels.shape import KernelShape
from planner.units import format_percent


@dataclass(frozen=True, slots=True)
class NetworkError:
    """How far sums of kernels miss whole networks.

    The standard deviation of the log error of a network is the root of floor^2 + (share x mean)^2 +
    (own x alone)^2: `mean` is the mean spread of its kernels weighted by time, for what they miss together,
    `alone` the root of the sum over kinds of their squared shares of it, for what each kind misses by itself
    and many kinds average out. `quantile` of these deviations held `level` of the probes left out in turn.
    `between_runs` is the standard deviation of the machine's own speed between the calibration and a later
    run, which probes of one sitting cannot tell; it is taken as normal.
    """

    floor: float
    share: float
    own: float
    quantile: float
    level: float
    between_runs: float = 0.0

    def half_width(self, shapes: Sequence[KernelShape], seconds: Floats, spreads: Floats) -> float:
        """Half the width of the band of a network's log latency."""
        mean, alone = together_and_alone(shapes, seconds, spreads)
        within = self.quantile * math.hypot(self.floor, self.share * mean, self.own * alone)
        normal = statistics.NormalDist().inv_cdf((1 + self.level) / 2)
        # Errors of fit and of the machine's speed are independent, so their squares add.
        return math.hypot(within, normal * self.between_runs)


def together_and_alone(
    shapes: Sequence[KernelShape], seconds: Floats, spreads: Floats
) -> tuple[float, float]:
    """Spread of a sum of kernels, relative to it, if all miss the same way, and if each kind misses alone."""
    # The guard is for a network in which every kernel was done away with: its spread is zero and not
    # undefined.
    parts = seconds * spreads / max(float(seconds.sum()), 1e-30)
    kinds: dict[tuple[str, str], float] = defaultdict(float)
    for shape, part in zip(shapes, parts, strict=True):
        kinds[shape.op_class, shape.kind] += float(part)
    return float(parts.sum()), math.sqrt(sum(part**2 for part in kinds.values()))


@dataclass(frozen=True, slots=True)
class CalibrationSetting:
    """What was calibrated: a result holds for this and nothing else."""

    engine: str
    engine_version: str
    cpu: str
    device: str
    unit: str
    threads: int
    precision: str
    date: str
    processor: Processor | None = None
    """What else the machine was; None in files that do not say."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How it was measured: probes kept and thrown away, and what the machine did meanwhile."""

    probes: int
    rejected: int
    kernels: int
    reference_s: float
    reference_spread: float
    copy_s: float
    profiler_scale: float
    profiler_per_node_s: float


@dataclass(frozen=True, slots=True)
class CalibratedTimes:
    """Seconds of each kernel with the spread of their logarithm, the network's band, and notes."""

    seconds: tuple[float, ...]
    spreads: tuple[float, ...]
    latency_s: Band
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Calibration:
    """Models of all classes of kernels, and of the error of their sum."""

    setting: CalibrationSetting
    conditions: Conditions
    fixed_s: float
    error: NetworkError
    models: tuple[KernelModel, ...]
    digest: str = ""

    @cached_property
    def by_class(self) -> dict[str, KernelModel]:
        """Class of kernels -> its model."""
        return {model.op_class: model for model in self.models}

    def predict(self, shapes: Sequence[KernelShape]) -> CalibratedTimes:
        """Latency of a network of these kernels, each on its own and together."""
        seconds, spreads = self.kernels(shapes)
        total = float(seconds.sum()) + self.fixed_s
        half = self.error.half_width(shapes, seconds, spreads)
        band = Band(total * math.exp(-half), total, total * math.exp(half), self.error.level)
        return CalibratedTimes(
            tuple(seconds.tolist()), tuple(spreads.tolist()), band, tuple(self._notes(shapes, seconds))
        )

    def kernels(self, shapes: Sequence[KernelShape]) -> tuple[Floats, Floats]:
        """Seconds of each kernel and the standard deviation of their logarithm."""
        seconds, spreads = np.zeros(len(shapes)), np.zeros(len(shapes))
        members: dict[str, list[int]] = defaultdict(list)
        for index, shape in enumerate(shapes):
            members[shape.op_class].append(index)
        for op_class, places in members.items():
            chosen = [shapes[index] for index in places]
            model = self.by_class.get(op_class)
            if model is None:
                seconds[places] = self._fallback.seconds(chosen)
                spreads[places] = UNKNOWN_SPREAD
            else:
                seconds[places], spreads[places] = model.predict(chosen)
        return seconds, spreads

    def parts(self, shape: KernelShape) -> tuple[float, float, float]:
        """Shares of a kernel's time in arithmetic, traffic and fixed cost, by the base of its class."""
        model = self.by_class.get(shape.op_class)
        base = self._fallback if model is None else model.base
        fixed, macs, moved, cold = (float(value) for value in work_of([shape])[0])
        terms = (
            base.per_mac_s * macs,
            base.per_byte_s * moved + base.per_cold_byte_s * cold,
            base.fixed_s * fixed,
        )
        # A kernel without work, such as one of views alone, has no shares.
        total = sum(terms) or 1.0
        return terms[0] / total, terms[1] / total, terms[2] / total

    @cached_property
    def _fallback(self) -> Base:
        """For classes without probes: the middle of what traffic and arithmetic take in those with some."""
        bases = [model.base for model in self.models]
        found = ([value for base in bases if (value := getattr(base, name))] for name in Base.__slots__)
        return Base(*(statistics.median(values) if values else 0.0 for values in found))

    def _notes(self, shapes: Sequence[KernelShape], seconds: Floats) -> list[str]:
        unknown: dict[str, float] = defaultdict(float)
        for shape, time in zip(shapes, seconds, strict=True):
            model = self.by_class.get(shape.op_class)
            if model is None or shape.kind not in model.kinds:
                unknown[shape.kind] += float(time)
        total = float(seconds.sum()) or 1.0
        notes = [
            f"no probe had kernels of the kind {kind!r} ({format_percent(share / total)} of the time)"
            for kind, share in sorted(unknown.items())
        ]
        if any("masked" in shape.kind for shape in shapes):
            notes.append(
                "a mask far below zero makes denormal numbers in attention, which can slow it 3 to 50 times; "
                "how much depends on values"
            )
        return notes
