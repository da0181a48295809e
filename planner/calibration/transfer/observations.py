"""Matched rows as observations: kernels and facts beside the time measured, repeats taken together."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from planner.calibration.transfer.join import Matched, bare_heads
from planner.errors import PlannerError
from planner.hardware.catalog import read_device, read_engine
from planner.hardware.fusion_rules import ALL_RULES, Fusing
from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.flow import before_products
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.point import point_for
from planner.latency.transfer.kernels import KernelTable, kernel_table, network_kind
from planner.latency.transfer.store import network_family
from planner.schema.fitted.transfer import NetworkKind
from planner.schema.hardware.device import Precision
from planner.workload.workload import Workload
from planner.zoo.source import read_model


@dataclass(frozen=True, slots=True)
class Observation:
    """One network on one unit in one setting: all rows that measured just that, at their geometric mean."""

    rows: tuple[str, ...]
    model: str
    shape: str
    family: str
    """Family of the network."""
    kind: NetworkKind
    device: str
    engine: str
    profile: str
    batch: int
    threads: int | None
    asked: Precision
    point: OperatingPoint
    table: KernelTable
    latency_s: float


def observations(matched: Iterable[Matched]) -> tuple[tuple[Observation, ...], tuple[tuple[str, str], ...]]:
    """Observations, and the rows that the part or the network refuses, each with the reason."""
    groups: dict[tuple[object, ...], list[Matched]] = defaultdict(list)
    for row in matched:
        groups[_setting(row)].append(row)
    found: list[Observation] = []
    refused: list[tuple[str, str]] = []
    for rows in groups.values():
        try:
            found.append(_observation(rows))
        except PlannerError as error:
            refused += [(row.id, str(error)) for row in rows]
    return tuple(found), tuple(refused)


def _setting(row: Matched) -> tuple[object, ...]:
    return (
        row.model, row.shape, row.device, row.unit, row.mode, row.unit_hz, row.memory_hz, row.engine,
        row.precision, row.batch, row.threads, row.profile, _fusing(row),
    )  # fmt: skip


def _fusing(row: Matched) -> Fusing:
    """Which rules of the engine held for a row, where its network has attention: else all hold alike."""
    if row.own_kernels or not read_engine(row.engine).versions or not _attends(row.model):
        return ALL_RULES
    return _point(row).fusing


@functools.cache
def _attends(model: str) -> bool:
    operators = network(model, "", 1).operators
    return any(item.op_class == "matmul" and item.macs for item in operators) and any(
        item.op_type == "Softmax" for item in operators
    )


def _point(row: Matched) -> OperatingPoint:
    version = row.engine_version if read_engine(row.engine).versions else None
    return point_for(
        read_device(row.device),
        unit=row.unit,
        mode=row.mode,
        precision=row.precision,
        engine=row.engine,
        threads=row.threads,
        engine_version=version,
    )


def _observation(rows: list[Matched]) -> Observation:
    row = rows[0]
    point = _at_clocks(_point(row), row)
    bare, fusing = bare_heads(row.profile), _fusing(row)
    table = _kernels(row.model, row.shape, row.batch, point.precision, row.engine, fusing, bare=bare)
    return Observation(
        rows=tuple(item.id for item in rows),
        model=row.model,
        shape=row.shape,
        family=network_family(row.model).family,
        kind=network_kind(table),
        device=row.device,
        engine=row.engine,
        profile=row.profile,
        batch=row.batch,
        threads=row.threads,
        asked=row.precision,
        point=point,
        table=table,
        # Geometric, as errors are factors: one slow repeat does not weigh more than one fast one.
        latency_s=float(np.exp(np.mean([np.log(item.latency_s) for item in rows]))),
    )


def _at_clocks(point: OperatingPoint, row: Matched) -> OperatingPoint:
    """The point at clocks that the publisher set himself: peaks and bandwidth in proportion."""
    device = read_device(row.device)
    core = device.units[row.unit].clocks_hz.get(row.mode)
    memory = device.memory.clocks_hz.get(row.mode)
    if row.unit_hz and core:
        share = row.unit_hz / core.value
        point = replace(
            point,
            peaks_ops_per_s={name: peak * share for name, peak in point.peaks_ops_per_s.items()},
            vector_ops_per_s=point.vector_ops_per_s * share,
            clock_hz=row.unit_hz,
        )
    if row.memory_hz and memory:
        # A memory clock above the mode's is taken as the mode's: bandwidth is not known to follow it.
        bandwidth = point.bandwidth_bytes_per_s * min(1.0, row.memory_hz / memory.value)
        point = replace(point, bandwidth_bytes_per_s=bandwidth, reload_bytes_per_s=bandwidth)
    return point


@functools.cache
def _kernels(
    model: str, shape: str, batch: int, precision: Precision, engine: str, fusing: Fusing, *, bare: bool
) -> KernelTable:
    whole = prepared(model, shape, batch, precision, engine, fusing)
    return kernel_table(without_decoding(whole) if bare else whole)


def without_decoding(whole: Prepared) -> Prepared:
    """The network up to its last convolutions and products of weights, with what lies between them."""
    kept = before_products(whole)
    kernels = tuple(kernel for index, kernel in enumerate(whole.kernels) if index in kept)
    return Prepared(whole.workload, kernels, whole.memory_bytes)


def prepared(
    model: str, shape: str, batch: int, precision: Precision, engine: str, fusing: Fusing = ALL_RULES
) -> Prepared:
    """The network at the size that was measured, as the engine's kernels."""
    return prepare(network(model, shape, batch), batch, precision, engine, fusing)


@functools.lru_cache(maxsize=4)
def network(model: str, shape: str, batch: int) -> Workload:
    """The reference network at the published size of its images (any order of axes) or sequences."""
    workload = read_model(f"zoo:{model}", batch=batch)
    sizes = [int(text) for text in shape.split("x")] if re.fullmatch(r"\d+(x\d+)+", shape) else []
    shapes: dict[str, tuple[int, ...]] = {}
    for name, tensor in workload.inputs.items():
        if len(sizes) == 4 and len(tensor.shape) == 4:
            # Channels second or last, by which of them the network's own input has.
            sides = sizes[2:] if sizes[1] == tensor.shape[1] else sizes[1:3]
            shapes[name] = (batch, tensor.shape[1], *sides)
        elif len(sizes) == 2 and len(tensor.shape) == 2:
            shapes[name] = (batch, sizes[1])
    if all(workload.inputs[name].shape == extents for name, extents in shapes.items()):
        return workload
    return read_model(f"zoo:{model}", shapes=shapes)
