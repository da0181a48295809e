"""What the transferred model takes from a point, and what it assumes where datasheets are silent."""

from __future__ import annotations

from collections.abc import Mapping

from planner.hardware.operating_point import OperatingPoint
from planner.latency.transfer.model import UnitFacts
from planner.schema.fitted.transfer import ActsOn
from planner.schema.hardware.device import Precision

CACHE_PER_PROCESSOR_BYTES: Mapping[str, float] = {"gpu": 128e3, "cpu": 256e3}
CACHE_OF_NPU_BYTES = 16e6
"""Assumed where no cache is known: T4 has 100 kB a multiprocessor, A2 200, AGX Orin 250; Cortex-A cores
share 128 to 512 kB each."""


VECTOR_LANES: Mapping[Precision, float] = {Precision.FP16: 2.0, Precision.BF16: 2.0, Precision.INT8: 4.0}
"""Numbers of a format that a lane of 32 bits of a vector unit takes at once."""


def unit_facts(point: OperatingPoint, acting: Mapping[ActsOn, float]) -> UnitFacts:
    """The facts of a point, with what scoped parameters make of them (`planner.latency.transfer.scope`)."""
    return UnitFacts(
        peak_ops_per_s=point.peak_ops_per_s,
        vector_ops_per_s=point.vector_ops_per_s,
        bandwidth_bytes_per_s=point.reload_bytes_per_s,
        processors=point.processors,
        cache_bytes=point.cache_bytes or assumed_cache_bytes(point),
        clock_hz=point.clock_hz,
        int8_ops_per_joule=ops_per_joule(point),
        lanes=VECTOR_LANES.get(point.precision, 1.0),
        rate=acting["rate"],
        winograd=acting["winograd"],
        silu_bytes=acting["silu_bytes"],
        waves=acting["waves"],
        depth=acting["depth"],
        depthwise=acting["depthwise"],
        bandwidth=acting["bandwidth"],
        launch=acting["launch"],
    )


def assumed_cache_bytes(point: OperatingPoint) -> float:
    """The cache of a unit whose datasheet names none: a usual size for its processors, else none."""
    if point.unit_kind == "npu":
        return CACHE_OF_NPU_BYTES
    return CACHE_PER_PROCESSOR_BYTES.get(point.unit_kind, 0.0) * point.processors


EFFICIENCY_GROWTH = 1.25
"""Operations a joule gained a year, relative to 2018: server GPUs' peak over their limit grew so."""


def ops_per_joule(point: OperatingPoint) -> float:
    """Peak over power limit of cards and processors, scaled to parts of 2018; 0 for modules: they cap clocks.

    The peak of a processor is that of its vector units in FP32: what its tiles and dot products add costs
    hardly more power.
    """
    if point.unit_kind == "cpu":
        peak = point.vector_ops_per_s
    elif point.form == "card":
        # INT8 runs at twice the rate of FP16 on the units that have both; parts without INT8 are compared so
        # too.
        half = 2.0 * point.peaks_ops_per_s.get(Precision.FP16, 0.0)
        peak = max(point.peaks_ops_per_s.get(Precision.INT8, 0.0), half)
    else:
        return 0.0
    # Relative to what is normal for the year of the part: only a peak beyond that asks for more than its
    # limit feeds.
    return float(peak / point.power_limit_w / EFFICIENCY_GROWTH ** (point.year - 2018))
