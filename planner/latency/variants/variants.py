"""One network on one unit in other precisions and compressions: gain, need and risk, or why it cannot.

Every variant goes through the same estimate as the network itself, on kernels that hold what it leaves. Only
two of four zeros are a measured gain, of the layers that have it or on top of the whole. Single zeros gain
nothing on dense hardware: every number is multiplied, whatever it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.hardware.operating_point import FALLBACK, OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.power.draw import energy_band
from planner.latency.remarks import DOES_NOT_FIT
from planner.latency.result import Estimate
from planner.latency.transfer.store import transfer_for
from planner.latency.variants.accuracy_risk import AccuracyRisk, accuracy_risk
from planner.latency.variants.compressed import (
    two_of_four_bytes,
    weight_share,
    with_int4_weights,
    with_sparse_products,
    without_channels,
)
from planner.schema.hardware.compression_methods import CompressionMethods, SparseGain
from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.yaml_file import read_model
from planner.wording.message import first_with, key_of
from planner.workload.dtypes import BITS, STORED_AS
from planner.workload.workload import Workload

VariantState = Literal["ok", "no_gain", "refused"]
PRECISIONS = (Precision.FP32, Precision.TF32, Precision.FP16, Precision.BF16, Precision.INT8, Precision.INT4)


@dataclass(frozen=True, slots=True)
class VariantQuestion:
    """Where and how the network runs; None: as `planner.latency.estimate.estimate` chooses."""

    device: Device
    unit: str | None = None
    mode: str | None = None
    batch: int | None = None
    engine: str | None = None
    threads: int | None = None
    as_it_is: Callable[[OperatingPoint], Estimate] | None = None
    """The estimate of the unchanged network where more is known of it than the database says."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to make the network smaller. `estimate` is None where it is refused."""

    id: str
    title: str
    state: VariantState
    estimate: Estimate | None = None
    latency_s: Band | None = None
    """Of the estimate, and with a measured gain on top where there is one."""
    reason: str = ""
    """Why it is refused or gains nothing, or what it rests on."""
    advice: str = ""
    """What would work."""
    risk: AccuracyRisk | None = None

    @property
    def moved_bytes(self) -> int | None:
        """Bytes that cross the memory's border in one batch."""
        return None if self.estimate is None else sum(layer.bytes for layer in self.estimate.layers)

    @property
    def energy_j(self) -> Band | None:
        """Of one inference: the estimate's power for the variant's own time."""
        if self.estimate is None or self.latency_s is None:
            return None
        return energy_band(self.estimate.power_w, self.latency_s, self.estimate.batch)


@functools.cache
def compression_methods() -> CompressionMethods:
    """The table as shipped."""
    return read_model(database_dir() / "compression" / "methods.yaml", CompressionMethods)


def variants(workload: Workload, asked: VariantQuestion, channels: float = 0.3) -> tuple[Variant, ...]:
    """Every precision and compression in turn; `channels` is the share that structured pruning takes.

    Raises `InputError` for a share that is not between zero and one, beside what names are refused for.
    """
    if not 0 < channels < 1:
        problem = Problem("channels", "a share above 0 % and below 100 %", f"{channels * 100:g} %")
        raise InputError("what-if", [problem])
    usual = _point(asked, None)
    found = [_in_precision(workload, asked, precision) for precision in PRECISIONS]
    best = _lowest(asked, usual)
    found.append(_int4_weights(workload, asked, usual))
    found.append(_two_of_four(workload, asked, best))
    found.append(_channels(workload, asked, best, channels))
    found.append(_single_weights(workload, asked, best, channels))
    return tuple(_with_risk(item, workload) for item in found)


def _point(asked: VariantQuestion, precision: Precision | None) -> OperatingPoint:
    return point_for(
        asked.device,
        unit=asked.unit,
        mode=asked.mode,
        precision=precision,
        engine=asked.engine,
        threads=asked.threads,
    )


def _lowest(asked: VariantQuestion, usual: OperatingPoint) -> OperatingPoint:
    """The operating point of pruned variants: 8 bits where the unit computes in them, else the usual."""
    return _point(asked, Precision.INT8) if Precision.INT8 in usual.peaks_ops_per_s else usual


def _estimated(
    workload: Workload,
    asked: VariantQuestion,
    point: OperatingPoint,
    change: Callable[[Prepared], Prepared] | None = None,
) -> Estimate:
    """By the database; what is known of the unchanged network moves a changed one by the same factor."""
    known = None if asked.as_it_is is None else asked.as_it_is(point)
    if known is not None and change is None:
        return known
    prepared = prepare(workload, workload.batch, point.precision, point.engine, point.fusing)
    model = transfer_for(point)
    plain = estimate_at(prepared, point, model)
    if change is None:
        return plain
    found = estimate_at(change(prepared), point, model)
    if known is None or known.latency_s == plain.latency_s:
        return found
    factor = known.latency_s.mid / plain.latency_s.mid
    # Nobody measured the changed network: its band stays as wide as the database has it.
    return replace(found, latency_s=found.latency_s.scaled(factor), engine=known.engine)


def _ok(name: str, title: str, found: Estimate, reason: str = "", latency_s: Band | None = None) -> Variant:
    state: VariantState = "ok" if found.fits else "refused"
    advice = "" if found.fits else "a part with more memory, fewer bits or a smaller batch"
    note = reason if found.fits else first_with(DOES_NOT_FIT, found.warnings)
    return Variant(name, title, state, found, latency_s or found.latency_s, note, advice)


def _in_precision(workload: Workload, asked: VariantQuestion, precision: Precision) -> Variant:
    title = f"{precision.value}, weights and activations"
    try:
        point = _point(asked, precision)
    except InputError as error:
        problem = error.problems[0]
        return Variant(
            precision.value, title, "refused", reason=f"not computed here: {problem.expected} expected",
            advice=problem.advice,
        )  # fmt: skip
    if any(key_of(text) == FALLBACK for text in point.warnings):
        return Variant(
            precision.value, title, "refused", reason=first_with(FALLBACK, point.warnings),
            advice=f"plan with {point.precision}, which is what would run",
        )  # fmt: skip
    has_tf32 = precision is Precision.FP32 and Precision.TF32 in point.peaks_ops_per_s
    reason = "engines compute a network kept in 32 bits as tf32 unless set otherwise" if has_tf32 else ""
    return _ok(precision.value, title, _estimated(workload, asked, point), reason)


def _int4_weights(workload: Workload, asked: VariantQuestion, point: OperatingPoint) -> Variant:
    name, title = "int4_weights", f"weights in 4 bits, arithmetic in {point.precision}"
    rule = next(
        (
            rule
            for rule in compression_methods().int4_weights
            if point.engine in rule.engines and point.unit_kind in rule.unit_kinds
        ),
        None,
    )
    if rule is None:
        able = sorted({engine for rule in compression_methods().int4_weights for engine in rule.engines})
        return Variant(
            name, title, "refused",
            reason=f"{point.engine} on a {point.unit_kind} keeps no weights in 4 bits",
            advice=f"engines that do, on a CPU or GPU: {', '.join(able)}; or 8 bits here",
        )  # fmt: skip
    prepared = prepare(workload, workload.batch, point.precision, point.engine, point.fusing)
    share = weight_share(prepared, rule.operators)
    if share == 0:
        return Variant(
            name, title, "no_gain",
            reason=f"only {' and '.join(rule.operators)} take such weights, and the network has none",
            advice="8 bits for weights and activations",
        )  # fmt: skip
    found = _estimated(
        workload, asked, point, lambda made: with_int4_weights(made, rule.operators, rule.group)
    )
    return _ok(
        name, title, found, f"{share * 100:.0f} % of the weights, those of {' and '.join(rule.operators)}"
    )


def _two_of_four(workload: Workload, asked: VariantQuestion, point: OperatingPoint) -> Variant:
    name, title = "two_of_four", f"two of four weights zero, {point.precision}"
    sparse = asked.device.units[point.unit].sparse_peaks_ops_per_s.get(point.precision, {})
    if point.mode not in sparse:
        return Variant(
            name, title, "refused",
            reason=f"{point.device}/{point.unit} has no sparse kernels in {point.precision}",
            advice="prune whole channels, or a unit with a sparse peak (`planner devices show`)",
        )  # fmt: skip
    rule = next(
        (rule for rule in compression_methods().two_of_four if point.unit_kind in rule.unit_kinds), None
    )
    if rule is None:
        return Variant(
            name, title, "refused", reason=f"nobody published what it gains on a {point.unit_kind}",
            advice="measure one network; the label's factor of two is not to be counted on",
        )  # fmt: skip
    found = _estimated(workload, asked, point)
    weights = two_of_four_bytes(found.memory.weights_bytes, BITS[STORED_AS[point.precision][0]])
    found = replace(found, memory=replace(found.memory, weights_bytes=weights))
    faster, reason = _sparse_latency(workload, asked, point, found.latency_s, rule)
    return _ok(name, title, found, reason, faster)


def _sparse_latency(
    workload: Workload, asked: VariantQuestion, point: OperatingPoint, dense: Band, rule: SparseGain
) -> tuple[Band, str]:
    """The latency with sparse kernels, and what it rests on."""
    least, _, most = gains = rule.low_gain_ratio.value, rule.mid_gain_ratio.value, rule.high_gain_ratio.value
    by_products = rule.products
    if by_products is None:
        slow, usual, fast = (dense.high / gains[0], dense.mid / gains[1], dense.low / gains[2])
        return Band(fast, usual, slow, dense.level), (
            f"measured {least:g} to {most:g} times the speed, not 2: {rule.note}"
        )

    def at(rate: float) -> Band:
        change = functools.partial(with_sparse_products, least_channels=by_products.least_channels, rate=rate)
        return _estimated(workload, asked, point, change).latency_s

    rates = (
        by_products.low_rate_ratio.value,
        by_products.mid_rate_ratio.value,
        by_products.high_rate_ratio.value,
    )
    slow, usual, fast = at(rates[0]).high, at(rates[1]).mid, at(rates[2]).low
    return Band(fast, usual, slow, dense.level), (
        f"{dense.mid / usual:.2f} times the speed, not 2: of its layers only dense convolutions of "
        f"{by_products.least_channels} channels and more gain, {rates[0]:g} to {rates[2]:g} times; "
        f"measured {least:g} to {most:g}: {rule.note}"
    )


def _channels(workload: Workload, asked: VariantQuestion, point: OperatingPoint, share: float) -> Variant:
    title = f"{share * 100:.0f} % of all channels gone, {point.precision}"
    found = _estimated(workload, asked, point, lambda made: without_channels(made, share))
    macs = sum(layer.macs for layer in found.layers) / max(1, workload.macs)
    reason = f"{macs * 100:.0f} % of the multiply-accumulates are left; every layer at one rate"
    return _ok("channels", title, found, reason)


def _single_weights(
    workload: Workload, asked: VariantQuestion, point: OperatingPoint, share: float
) -> Variant:
    title = f"{share * 100:.0f} % of single weights zero, {point.precision}"
    found = _estimated(workload, asked, point)
    return Variant(
        "single_weights", title, "no_gain", found, found.latency_s,
        reason="dense hardware multiplies the zeros too: the file gets smaller, time and memory do not",
        advice="prune whole channels, or two of four where the unit has kernels for it",
    )  # fmt: skip


def _with_risk(item: Variant, workload: Workload) -> Variant:
    if item.estimate is None or item.id in (Precision.FP32, Precision.TF32):
        return item
    return replace(item, risk=accuracy_risk(compression_methods(), item.id, workload.model, item.estimate))


def ran(found: tuple[Variant, ...]) -> Iterator[Variant]:
    """Those that were estimated."""
    return (item for item in found if item.latency_s is not None)


def baseline(found: tuple[Variant, ...]) -> Variant | None:
    """The variant that gains are relative to: 32 bits where they run, else the first that does."""
    return next(ran(found), None)
