"""Time of a network on a unit by a transferred model.

Time = fixed + sum over kernels of (launch + (compute^p + memory^p)^(1/p)). The roofline (see
`planner.latency.roofline`) is the case of perfect shares: here each class of kernels reaches its own share of
the dense peak, less where few output tiles leave processors idle (waves / (waves + half), waves = 64 x 64
tiles a processor) and where products are short (depth / (depth + half)); tensors below a share of the cache
move faster than memory. All of it has diminishing returns by construction, so a part outside the fitted range
is predicted by its datasheet and never beyond its peak by more than Winograd's saving. It stops holding where
an engine splits a product over its depth, for sparse weights and for networks that fall back to another unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.formulas import formula
from planner.latency.transfer.kernels import CLASSES, Column, KernelTable

NEUTRAL: Mapping[str, float] = {
    **{f"share.{name}": 1.0 for name in CLASSES},
    "bandwidth": 1.0,
    "weights": 1.0,
    "vector": 1.0,
    "launch_us": 0.0,
    "copied": 1.0,
    "clock_ghz": 0.0,
    "ops_per_joule": 0.0,
    "limit_sharpness": 2.0,
    "fixed_us": 0.0,
    "half_waves": 0.0,
    "half_depth": 0.0,
    "matmul_depth": 1.0,
    "group_width": 0.0,
    "cache_part": 0.0,
    "cache_speed": 1.0,
    "silu_pass": 0.0,
    "silu_apart": 0.0,
    "resident": 0.0,
    "sharpness": 4.0,
    "held": 0.0,
    "attention_mb": 0.0,
    "cut": 0.0,
    "layers_per_tops": 0.0,
    "switch_us": 0.0,
    "image_us": 0.0,
    "crossing": 1.0,
    "serial": 0.0,
    "pad": 1.0,
    "overlap": 1.0,
    "one_by_one": 0.0,
    "depthwise_on_vector": 0.0,
}
"""Parameters at which the model is the roofline without overlap (`overlap` = 1) and without overheads;
`joined`, `heads` and `turned` are `copied` where they are not given. `silu_apart` is 1 where x sigmoid(x) is
a kernel of its own behind the convolution, else it adds to the convolution's traffic. A power limit bends the
peak the more sharply the higher `limit_sharpness`: peak / (1 + asked^s)^(1/s), without end the lesser of the
two. `one_by_one` is a switch: 1 where a unit takes the images of a batch one after the other, with launches
and weights for each. So is `depthwise_on_vector`: 1 where depthwise convolutions run on the vector units;
their share is then of that rate, which a power limit on products of matrices leaves alone."""

TILE = 64


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the model takes from a part's datasheet; single numbers, or columns with one row per kernel."""

    peak_ops_per_s: float | Column
    vector_ops_per_s: float | Column
    bandwidth_bytes_per_s: float | Column
    processors: float | Column
    """Multiprocessors of a GPU, threads on a CPU, else one."""
    cache_bytes: float | Column
    clock_hz: float | Column
    """Of the unit; 0 where it is not known."""
    int8_ops_per_joule: float | Column
    """Peak of INT8 operations over the limit of power, in units of what the year of the part allows; 0 where
    the limit does not bind (modules)."""
    lanes: float | Column = 1.0
    """Numbers that the vector units take in the place of one in FP32."""
    rate: float | Column = 1.0
    """Share of the peak that holds for this part or precision alone, such as a kind of core's."""
    winograd: float | Column = 1.0
    """The same for the convolutions that Winograd saves work of, alone."""
    silu_bytes: float | Column = 1.0
    """Traffic of convolutions followed by x sigmoid(x), over that of their precision."""
    waves: float | Column = 1.0
    """Tiles in flight that this kind of processor needs, over those of the others."""
    depth: float | Column = 1.0
    """The depth at which a product reaches half of its rate, over that of the others."""
    depthwise: float | Column = 1.0
    """Rate of depthwise convolutions over that of their share."""
    bandwidth: float | Column = 1.0
    launch: float | Column = 1.0
    """Bandwidth reached and time of a launch, over those of the other parts."""


@dataclass(frozen=True, slots=True)
class KernelTimes:
    """Seconds of each kernel by cause, and together."""

    compute_s: Column
    memory_s: Column
    overhead_s: Column
    total_s: Column


@formula("transferred_time")
def kernel_times(parameters: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> KernelTimes:
    """Time of each kernel; parameters that are not given are neutral."""
    p = {**NEUTRAL, **parameters}
    compute = _compute_s(p, table, unit)
    memory = _memory_s(p, table, unit)
    # Arithmetic and traffic overlap by the exponent; launches and passes of their own are added, as nothing
    # hides them.
    joint = _joined(compute, memory, p["overlap"])
    launch = 1e-6 * p["launch_us"] * unit.launch * table.launched * _rounds(p, table)
    if p["clock_ghz"] > 0:
        launch = launch * np.where(
            # The maximum only keeps NumPy from dividing by zero in rows that `where` throws away.
            unit.clock_hz > 0,
            1e9 * p["clock_ghz"] / np.maximum(unit.clock_hz, 1.0),
            1.0,
        )
    aside = _aside_s(p, table, unit, launch)
    # Costs of the whole batch, spread evenly over its kernels so that their sum is that of the network.
    once = p["switch_us"] * _contexts(p, table, unit) + p["image_us"] * table.images
    launch = launch + 1e-6 * once / table.kernels
    # What is left of a kernel that only moves data: engines write into a concatenation in place, or take
    # several passes for one transposition.
    left = 1.0 - table.moves * (1.0 - p["copied"])
    left = np.where(table.moves * table.attention > 0, p.get("heads", p["copied"]), left)
    # What a fused kernel reads in place is turned by a pass of its own before products that are spelt out.
    in_place = table.turns * table.attention * (1.0 - table.spelt_out)
    left = np.where(in_place > 0, p.get("turned", p.get("heads", p["copied"])), left)
    left = np.where(table.joins > 0, p.get("joined", p["copied"]), left)
    memory = memory + aside
    return KernelTimes(compute * left, memory * left, launch * left, (launch + joint + aside) * left)


def _joined(compute: Column, memory: Column, power: float) -> Column:
    """(compute^p + memory^p)^(1/p), without overflow: their sum at one, nearly the longer at many."""
    if power == 1.0:
        return compute + memory
    longer, shorter = np.maximum(compute, memory), np.minimum(compute, memory)
    # The longer is taken out before the power, so that neither overflows nor vanishes; kernels of no time
    # stay zero.
    share = np.divide(shorter, longer, out=np.zeros(len(longer)), where=longer > 0)
    result: Column = longer * (1.0 + share**power) ** (1.0 / power)
    return result


def _compute_s(p: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> Column:
    shares = np.array([p[f"share.{name}"] for name in CLASSES])[table.kind]
    # Transforms of Winograd need wider numbers: in some precisions the saving is smaller, for this class
    # alone.
    shares = np.where(table.kind == CLASSES.index("winograd"), shares * unit.winograd, shares)
    occupancy = _occupancy(p["half_waves"] * unit.waves, table, unit) if p["half_waves"] > 0 else 1.0
    summed = table.kind != CLASSES.index("depthwise")  # its sums are as short as its window, whatever it is
    # Attention keeps a tile of one operand at hand through both of its products, however short they are.
    # Spelt out each is a product as any other, whose results go through memory.
    kept = (table.kind == CLASSES.index("matmul")) & (table.spelt_out == 0)
    half = p["half_depth"] * np.where(kept, p["matmul_depth"], 1.0)
    depth = np.where(summed, table.depth / (table.depth + half * unit.depth), 1.0)
    if p["group_width"] > 0:
        grouped = table.kind == CLASSES.index("grouped")
        # A group with fewer output channels than the array is wide leaves the rest of it idle.
        shares = shares * np.where(grouped, np.minimum(1.0, table.rows / p["group_width"]), 1.0)
    padded = table.macs
    if p["pad"] > 1:
        padded = padded * _padding(table.rows, p["pad"]) * _padding(table.depth, p["pad"])
    # Amdahl: the peak counts all threads, and a share of the work is done by one while the others wait.
    threads = 1.0 + p["serial"] * (unit.processors - 1.0)
    rate = unit.peak_ops_per_s * shares * occupancy * depth * unit.rate
    if p["ops_per_joule"] > 0:
        # How much more than a part can feed its peak asks for; below one the limit hardly shows, far above it
        # decides.
        asked = unit.int8_ops_per_joule / (1e12 * p["ops_per_joule"])
        rate = rate / (1.0 + asked ** p["limit_sharpness"]) ** (1.0 / p["limit_sharpness"])
    if p["depthwise_on_vector"]:
        own = unit.vector_ops_per_s * unit.lanes * p["share.depthwise"] * occupancy * unit.rate
        own = own * unit.depthwise
        rate = np.where(summed, rate, own)
    vector = unit.vector_ops_per_s * p["vector"] * unit.rate
    # Two operations for each multiply-accumulate, as peaks are counted.
    result: Column = (2.0 * padded / rate + table.other_ops / vector) * threads
    return result


def _occupancy(half: float | Column, table: KernelTable, unit: UnitFacts) -> Column:
    """Share of the processors' time that output tiles keep busy."""
    # Tiles that are only partly filled cost whole ones, so small results waste the most.
    waves = table.groups * np.ceil(table.rows / TILE) * np.ceil(table.columns / TILE) / unit.processors
    # Half of the peak at `half` waves and nearly all at many: smooth, because the true steps at whole waves
    # depend on tile sizes that nobody states.
    result: Column = waves / (waves + half)
    return result


def _padding(extent: Column, to: float) -> Column:
    """Work with an extent rounded up to a multiple, over the work without."""
    result: Column = np.ceil(extent / to) * to / extent
    return result


def _memory_s(p: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> Column:
    bandwidth = unit.bandwidth_bytes_per_s * p["bandwidth"] * unit.bandwidth
    wider = np.where(table.silu_bytes > 0, unit.silu_bytes, 1.0)
    written = table.write_bytes + (1.0 - p["silu_apart"]) * p["silu_pass"] * table.silu_bytes
    rounds = _rounds(p, table)
    # Whether a tensor stays in a cache depends on the size of one round, its traffic on all rounds.
    moved = table.read_bytes / _speed(p, table.read_bytes / rounds, unit)
    moved = moved + written / _speed(p, table.write_bytes / rounds, unit)
    # Weights come again with each inference: they stay in a cache only where all of the network's do.
    weights = rounds * table.weight_bytes / _speed(p, table.all_weight_bytes, unit) / p["weights"]
    result: Column = (moved * wider * p["crossing"] + weights) * _streamed(p, table, unit) / bandwidth
    return result


def _aside_s(p: Mapping[str, float], table: KernelTable, unit: UnitFacts, launch: Column) -> Column:
    """Time of x sigmoid(x) that runs behind its convolution as a kernel of its own and overlaps nothing."""
    moved = table.silu_bytes * unit.silu_bytes / _speed(p, table.write_bytes, unit)
    traffic = moved / (unit.bandwidth_bytes_per_s * p["bandwidth"] * unit.bandwidth)
    apart = p["silu_apart"] * p["silu_pass"]
    result: Column = apart * (traffic + np.where(table.silu_bytes > 0, launch, 0.0))
    return result


def _rounds(p: Mapping[str, float], table: KernelTable) -> float | Column:
    """How often a kernel runs for a batch: once, or once for each image where they go through one by one."""
    return table.images if p["one_by_one"] else 1.0


def resident_share(parameters: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> float:
    """How far a network stays on the chip: one for one that fits, none for one that is cut into contexts."""
    p = {**NEUTRAL, **parameters}
    return 0.0 if p["resident"] == 0 else 1.0 - float(np.mean(_streamed(p, table, unit)))


def _streamed(p: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> float | Column:
    """Share of the traffic that leaves the chip: none while all of a network stays on it, all once not.

    A network that is too big for a data-flow chip is cut into contexts, each loaded once a batch. It is too
    big by its memory or by its layers, for a chip has so many controllers as it has arrays.
    """
    if p["resident"] == 0:
        return 1.0
    # Attention takes room for its intermediate products, on top of weights and lines of activations.
    kept = _kept(p, table, unit) + 1e6 * p["attention_mb"] * table.attention / (
        p["resident"] * unit.cache_bytes
    )
    # A smooth step around a full chip: compilers squeeze some networks in that others would not fit.
    asked = kept ** p["sharpness"]
    if p["layers_per_tops"] > 0:
        controlled = 1e-12 * unit.peak_ops_per_s * p["layers_per_tops"]
        asked = asked + (table.layers / controlled) ** p["sharpness"]
    result: Column = asked / (1.0 + asked)
    return result


def _kept(p: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> Column:
    """Weights and lines of activations over what a data-flow chip holds."""
    needed = table.all_weight_bytes + p["held"] * table.all_write_bytes
    result: Column = needed / (p["resident"] * unit.cache_bytes)
    return result


def _contexts(p: Mapping[str, float], table: KernelTable, unit: UnitFacts) -> float | Column:
    """How often a batch makes the chip load anew: once a chip full, and where products of activations cut."""
    if p["resident"] == 0:
        return 1.0
    return _streamed(p, table, unit) * (1.0 + _kept(p, table, unit) + p["cut"] * table.products)


def _speed(p: Mapping[str, float], size: Column, unit: UnitFacts) -> Column:
    """How many times faster than memory a tensor of this size moves; smooth around a share of the cache."""
    # Never zero, so that a unit without a known cache divides by a billionth of a byte and gets no speed-up.
    held = p["cache_part"] * unit.cache_bytes + 1e-9
    square = (size / held) ** 2
    # Fourth power of size over capacity: a tensor of half the capacity moves nearly at full speed, one of
    # twice the capacity nearly at memory's.
    result: Column = 1.0 + (p["cache_speed"] - 1.0) / (1.0 + square * square)
    return result
