"""Time of one pass through a language model: a prompt, or one step of all users together.

    time = (memory^p + compute^p)^(1/p) + layers x time a layer + time a pass
    memory = bytes read / (bandwidth x share)
    compute = 2 x multiply-accumulates / rate
    rate = peak x share x tokens / (tokens + half) + vector peak x its share

Williams, Waterman and Patterson, CACM 52(4), 2009, with what engines reach of both ceilings, and with the
launches, waits and small kernels between the products of a layer, which bandwidth does not buy. On a GPU
these shrink with the clock. A pass of few tokens leaves rows of its products empty, as if it had `half`
tokens more; a GPU then takes its vector units, which also unpack the weights. It stops holding where a model
does not stay in the memory of the unit, and where layers go through two units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

OVERLAP = 4.0
"""Exponent p: arithmetic and traffic overlap but for what they wait for each other."""


@dataclass(frozen=True, slots=True)
class PassWork:
    """What one pass asks for; single numbers, or columns with one row per pass."""

    read_bytes: Column
    macs: Column
    tokens: Column
    layers: Column


@dataclass(frozen=True, slots=True)
class UnitRates:
    """Ceilings of the unit and what is reached of them, in the same form."""

    bandwidth_bytes_per_s: Column
    peak_ops_per_s: Column
    vector_ops_per_s: Column
    bandwidth_share: Column
    arithmetic_share: Column
    half_tokens: Column
    vector_share: Column
    layer_s: Column
    pass_s: Column


@dataclass(frozen=True, slots=True)
class PassTime:
    """Seconds of a pass by cause, and together."""

    memory_s: Column
    compute_s: Column
    overhead_s: Column

    @property
    def total_s(self) -> Column:
        """All of it; what overlaps counts once."""
        longer = np.maximum(self.memory_s, self.compute_s)
        shorter = np.minimum(self.memory_s, self.compute_s)
        share = np.divide(shorter, longer, out=np.zeros_like(longer), where=longer > 0)
        result: Column = longer * (1.0 + share**OVERLAP) ** (1.0 / OVERLAP) + self.overhead_s
        return result


def pass_time(work: PassWork, unit: UnitRates) -> PassTime:
    """Time of a pass by the formula above."""
    memory = work.read_bytes / (unit.bandwidth_bytes_per_s * unit.bandwidth_share)
    filled = work.tokens / (work.tokens + unit.half_tokens)
    rate = unit.peak_ops_per_s * unit.arithmetic_share * filled + unit.vector_ops_per_s * unit.vector_share
    compute = 2.0 * work.macs / rate
    return PassTime(memory, compute, work.layers * unit.layer_s + unit.pass_s)


CLASSES: Mapping[str, Mapping[str, float]] = {
    "gpu": {"bandwidth": 0.85, "arithmetic": 0.4, "half_tokens": 12.0, "vector": 0.5, "layer_us": 120.0,
            "prompt_layer_us": 120.0, "pass_us": 500.0, "clock_power": 1.0},
    "npu": {"bandwidth": 0.85, "arithmetic": 0.15, "half_tokens": 16.0, "vector": 0.5, "layer_us": 500.0,
            "prompt_layer_us": 2000.0, "pass_us": 2000.0, "clock_power": 1.0},
    "cpu": {"bandwidth": 0.75, "arithmetic": 0.15, "half_tokens": 1.0, "vector": 0.5, "layer_us": 30.0,
            "prompt_layer_us": 30.0, "pass_us": 500.0, "clock_power": 1.0},
}  # fmt: skip
"""Kind of unit -> parameters with what was thought of each before looking: shares of good kernels, the time
of some ten launches a layer (on a GPU at 1 GHz), of a call into a driver for an NPU."""
CLASS_SPREAD: Mapping[str, float] = {
    "bandwidth": 0.12, "arithmetic": 0.2, "half_tokens": 0.3, "vector": 0.4, "layer_us": 0.7,
    "prompt_layer_us": 0.7, "pass_us": 0.5, "clock_power": 0.15,
}  # fmt: skip
ENGINE_FACTORS: Mapping[str, float] = {
    "bandwidth": 0.2, "arithmetic": 0.5, "layer_us": 0.6, "prompt_layer_us": 0.5, "vector": 0.4,
}  # fmt: skip
"""Parameters that each engine has a factor of its own on, and how far from one that might be."""


ENGINE_PRIORS: Mapping[str, float] = {
    "vllm.gpu.arithmetic": 2.0,
    "tensorrt-llm.gpu.arithmetic": 2.0,
    "tensorrt-edge-llm.gpu.arithmetic": 2.0,
    "llama-cpp.gpu.arithmetic": 0.5,
    "ollama.gpu.arithmetic": 0.5,
    "llama-cpp-vulkan.gpu.arithmetic": 0.25,
    "llama-cpp-vulkan.gpu.bandwidth": 0.6,
}
"""Factors that are not thought to be one: products of vLLM and TensorRT run at 0.8 of the dense peak (Frantar
et al. 2024, arXiv:2408.11743), those of llama.cpp count against the peak in 8 bits, and its Vulkan kernels
use no matrix units of integrated GPUs."""


def clock_factor(kind: str, clock_ghz: Column, power: Column) -> Column:
    """How much longer a layer's small kernels take than at 1 GHz; only of GPUs is a law known.

    The power is fitted: parts with a faster clock also have faster hosts and memories of less latency.
    """
    known = np.where(clock_ghz > 0, clock_ghz, 1.0)
    result: Column = known**-power if kind == "gpu" else np.ones_like(known)
    return result


def parameter(values: Mapping[str, float], kind: str, engine: str, name: str) -> float:
    """A parameter of an engine on a kind of unit: that of the class times the engine's factor."""
    return values[f"{kind}.{name}"] * values.get(f"{engine}.{kind}.{name}", 1.0)
