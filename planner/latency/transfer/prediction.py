"""A network on an operating point by a transferred model, with the band that left-out rows earned it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from planner.errors import UnknownIdError
from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.precision import Peak, integer_form, kernel_peak, kernel_precision
from planner.latency.kernels.prepared import Prepared
from planner.latency.transfer.facts import unit_facts
from planner.latency.transfer.kernels import CLASSES, Column, KernelTable, kernel_table, network_kind
from planner.latency.transfer.model import KernelTimes, kernel_times, resident_share
from planner.latency.transfer.scope import combined, setting_of
from planner.schema.fitted.transfer import Transfer
from planner.schema.hardware.device import Precision
from planner.wording.message import Stored, message

ENOUGH_OBSERVATIONS = 10
FEW_WIDENS = 1.5
"""A kind of network with too few measurements has the band of the others, its logarithm so much wider."""


@dataclass(frozen=True, slots=True)
class TransferredTimes:
    """Times of the kernels, what is added once, and the band of their sum."""

    times: KernelTimes
    fixed_s: float
    caller_s: float
    """The share of `fixed_s` that the program around the engine takes."""
    band: Band
    notes: tuple[str, ...]
    resident: float = 0.0
    """How far the network stays on the chip, of units that have no memory beside it."""
    widened: float = 1.0
    """The power to which novelty raised both ends of the band."""


def predict(
    prepared: Prepared, point: OperatingPoint, transfer: Transfer, profile: str | None = None
) -> TransferredTimes:
    """The prediction; `profile` None takes the way in which networks of this name are usually called."""
    table = kernel_table(prepared)
    values = parameter_values(transfer)
    chosen = usual_profile(transfer, prepared.workload.model) if profile is None else profile
    if chosen and chosen not in (known := [caller.profile for caller in transfer.callers]):
        raise UnknownIdError(f"host overhead (--caller) of {transfer.engine}", chosen, ["none", *known])
    acting = combined(transfer.scoped, values, setting_of(point, chosen))
    alone = combined(transfer.scoped, values, setting_of(point, ""))
    facts = unit_facts(point, acting)
    peaks: tuple[Peak, ...] = ()
    if any(kernel.precision == "int8" for kernel in prepared.kernels):
        # A peak for each kernel: in a quantised file some run in 8 bits and some do not.
        peaks = tuple(kernel_peak(kernel, point) for kernel in prepared.kernels)
        rates = _rates(transfer, values, prepared, point, chosen)
        rows = np.cumsum(table.opens).astype(np.int64) - 1
        each = np.array([peak.ops_per_s for peak in peaks])[rows]
        facts = replace(facts, peak_ops_per_s=each, rate=np.array(rates)[rows])
    times = kernel_times({**transfer.constants, **values}, table, facts)
    fixed_s = 1e-6 * (values.get("fixed_us", 0.0) + acting["fixed_us"])
    # Scoped parameters of the caller, less those that hold without it: the program around the engine.
    caller_s = 1e-6 * (acting["fixed_us"] - alone["fixed_us"])
    mid = fixed_s + float(times.total_s.sum())
    low, high, power, notes = _ends(transfer, table, times, point)
    if caller_s > 0:
        notes = (*notes, _caller_note(transfer, chosen, caller_s))
    columns = (times.compute_s, times.memory_s, times.overhead_s, times.total_s)
    times = KernelTimes(*(table.by_kernel(column) for column in columns))
    band = moved_by_forms(Band(mid * low, mid, mid * high, transfer.level), times.compute_s, peaks)
    resident = resident_share({**transfer.constants, **values}, table, facts)
    return TransferredTimes(times, fixed_s, caller_s, band, notes, resident, power)


def _rates(
    transfer: Transfer, values: Mapping[str, float], prepared: Prepared, point: OperatingPoint, profile: str
) -> list[float]:
    """What scoped parameters make of each kernel's peak, by the precision that it runs in itself."""
    found: dict[Precision, float] = {}
    for precision in {kernel_precision(kernel, point) for kernel in prepared.kernels}:
        setting = setting_of(replace(point, precision=precision), profile)
        found[precision] = combined(transfer.scoped, values, setting)["rate"]
    floats = combined(transfer.scoped, values, setting_of(replace(point, precision=Precision.FP32), profile))
    return [
        floats["rate"] if integer_form(kernel, point) else found[kernel_precision(kernel, point)]
        for kernel in prepared.kernels
    ]


MOST_IN_FORMS = 0.02
"""Share of the time in products whose rate is known to a factor, up to which a band keeps its level."""


def moved_by_forms(band: Band, compute_s: Column, peaks: Sequence[Peak]) -> Band:
    """The band moved apart by products of whole numbers whose rate is known to a factor.

    No fit has seen them, so that beyond a small share it holds no level.
    """
    unsure = [index for index, peak in enumerate(peaks) if peak.fast != peak.slow]
    if not unsure:
        return band
    quicker_s = sum(float(compute_s[index]) * (1.0 - peaks[index].fast) for index in unsure)
    slower_s = sum(float(compute_s[index]) * (peaks[index].slow - 1.0) for index in unsure)
    share = sum(float(compute_s[index]) for index in unsure) / band.mid
    low, high = band.low / band.mid, band.high / band.mid
    level = band.level if share <= MOST_IN_FORMS else None
    return Band(low * (band.mid - quicker_s), band.mid, high * (band.mid + slower_s), level)


def parameter_values(transfer: Transfer) -> dict[str, float]:
    """Name -> fitted value of all parameters, scoped ones among them."""
    return {
        **{name: parameter.value for name, parameter in transfer.parameters.items()},
        **{parameter.name: parameter.value for parameter in transfer.scoped},
    }


def usual_profile(transfer: Transfer, model: str) -> str:
    """How networks of this name are usually called; empty for the engine alone."""
    for caller in transfer.callers:
        if any(fnmatchcase(model, pattern) for pattern in caller.networks):
            return caller.profile
    return ""


@formula("left_out_band")
def _ends(
    transfer: Transfer, table: KernelTable, times: KernelTimes, point: OperatingPoint
) -> tuple[float, float, float, tuple[str, ...]]:
    """Measured over predicted at both ends of the band, by which power they are wider than usual, and why."""
    by_kind = {item.kind: item for item in transfer.residuals}
    kind = network_kind(table)
    own = by_kind.get(kind)
    power = 1.0
    notes: list[str] = []
    if own is None or own.observations < ENOUGH_OBSERVATIONS:
        # The kind that is known best stands in, with its band widened.
        own = max(transfer.residuals, key=lambda item: item.observations)
        power *= FEW_WIDENS
        notes.append(message("estimated.few_measurements", kind=message(f"a_network.{kind}")))
    for widening, note in _novelty(transfer, table, times, point):
        power *= widening
        notes.append(note)
    # A power of the ratio is a factor on its logarithm: both ends move apart by the same share.
    return own.low**power, own.high**power, power, tuple(notes)


def _novelty(
    transfer: Transfer, table: KernelTable, times: KernelTimes, point: OperatingPoint
) -> Iterator[tuple[float, str]]:
    """What the fit never saw: a band squares where all of the time is spent in classes that are new to it."""
    # A network without any time has shares of zero.
    total = float(times.total_s.sum()) or 1.0
    shares: Mapping[str, float] = {
        name: float(times.total_s[table.kind == index].sum()) / total
        for index, name in enumerate(CLASSES)
        if name not in transfer.fitted_classes
    }
    # Up to 2 % of the time hardly moves the sum, whatever it is off by.
    new = {name: share for name, share in shares.items() if share > 0.02}
    if new:
        listed = tuple(f"{name} {share * 100:.0f} %" for name, share in new.items())
        yield 1.0 + sum(new.values()), message("estimated.new_operators", items=listed)
    fitted = transfer.rests_on.precisions if transfer.rests_on else []
    if point.precision.value not in fitted:
        yield 1.5, message("estimated.new_precision", precision=point.precision)


def _caller_note(transfer: Transfer, profile: str, caller_s: float) -> str:
    why = next((caller.why for caller in transfer.callers if caller.profile == profile), profile)
    reason = Stored(f"transfer.{transfer.id}.caller.{profile}", why)
    return message("estimated.caller", time=f"{caller_s * 1e3:.2f}", why=reason)
