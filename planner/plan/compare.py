"""One network on many parts, modes, precisions and batch sizes, against limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import InputError, UnknownIdError
from planner.latency.band import Band
from planner.latency.estimate import Estimate, estimate
from planner.latency.planning import planning_band, shortfall
from planner.plan.pareto import pareto_front
from planner.schema.device import Device, Precision
from planner.schema.quantity import Money
from planner.units import format_quantity
from planner.workload.workload import Workload

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate has to keep; None is no limit."""

    max_latency_s: float | None = None
    max_power_w: float | None = None
    budget: Money | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the network, whether it keeps the limits, and if not why."""

    estimate: Estimate
    planning_latency_s: Band
    price: Money | None
    feasible: bool
    reasons: tuple[str, ...]
    pareto: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A combination that the part or the engine cannot run at all, and why."""

    device: str
    mode: str
    precision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All candidates, best first, and the combinations that cannot run."""

    candidates: tuple[Candidate, ...]
    refusals: tuple[Refusal, ...]

    @property
    def feasible(self) -> tuple[Candidate, ...]:
        """The candidates that keep every limit."""
        return tuple(candidate for candidate in self.candidates if candidate.feasible)

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(
            {
                "device": c.estimate.device,
                "mode": c.estimate.mode,
                "unit": c.estimate.unit,
                "precision": str(c.estimate.precision),
                "batch": c.estimate.batch,
                "latency_low_s": c.estimate.latency_s.low,
                "latency_mid_s": c.estimate.latency_s.mid,
                "latency_high_s": c.estimate.latency_s.high,
                "planning_latency_s": c.planning_latency_s.mid,
                "throughput_per_s": c.estimate.throughput_per_s,
                "power_w": c.estimate.power_w.mid,
                "energy_j": c.estimate.energy_j,
                "feasible": c.feasible,
                "pareto": c.pareto,
                "reasons": "; ".join(c.reasons),
            }
            for c in self.candidates
        )


def modes_of(device: Device, modes: str | Sequence[str]) -> tuple[str, ...]:
    """The modes asked for that the part has: its default one, all, or those named."""
    if modes == "all":
        return tuple(mode.id for mode in device.modes)
    if modes == "default":
        return tuple(mode.id for mode in device.modes if mode.default)
    return tuple(mode.id for mode in device.modes if mode.id in modes)


def require_modes(devices: Sequence[Device], modes: str | Sequence[str]) -> None:
    """Refuse a mode that none of the parts has."""
    known = {mode.id for device in devices for mode in device.modes}
    for mode in [] if isinstance(modes, str) else modes:
        if mode not in known:
            raise UnknownIdError("power mode of these parts", mode, known)


def compare(
    workload: Workload,
    devices: Iterable[Device],
    *,
    modes: str | Sequence[str] = "default",
    precisions: Sequence[Precision | None] = (None,),
    batches: Sequence[int] = (1,),
    limits: Limits | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Estimate every combination and say which keep the limits, best first.

    A candidate keeps the latency limit when its typical planning latency does. Best first: feasible, then on
    the Pareto front over latency per inference, power and price, then the faster.
    """
    devices = list(devices)
    require_modes(devices, modes)
    kept: list[Candidate] = []
    refused: list[Refusal] = []
    for device in devices:
        if progress is not None:
            progress(device.id)
        for mode in modes_of(device, modes):
            for precision in precisions:
                for batch in batches:
                    try:
                        result = estimate(workload, device, mode=mode, precision=precision, batch=batch)
                    except InputError as error:
                        refused.append(Refusal(device.id, mode, str(precision), str(error.problems[0])))
                        break
                    kept.append(_candidate(result, device, limits or Limits()))
    return Comparison(_ranked(_without_repeats(kept)), tuple(refused))


def _candidate(result: Estimate, device: Device, limits: Limits) -> Candidate:
    planning = planning_band(result, shortfall(device, result))
    price = device.price.amount_money.value if device.price else None
    reasons = [
        *_latency_reasons(planning, limits),
        *_power_reasons(result, limits),
        *_price_reasons(price, limits),
    ]
    if not result.fits:
        reasons.append(
            f"needs {result.memory.total_bytes / 1e9:.2f} GB of memory, "
            f"has {result.memory.capacity_bytes / 1e9:.2f} GB"
        )
    return Candidate(result, planning, price, not reasons, tuple(reasons))


def _latency_reasons(planning: Band, limits: Limits) -> list[str]:
    if limits.max_latency_s is None or planning.mid <= limits.max_latency_s:
        return []
    return [
        f"typical latency {format_quantity(planning.mid, 's', 3)} is over the "
        f"{format_quantity(limits.max_latency_s, 's')} asked"
    ]


def _power_reasons(result: Estimate, limits: Limits) -> list[str]:
    if limits.max_power_w is None or result.power_w.high <= limits.max_power_w:
        return []
    return [
        f"may draw {result.power_w.high:.3g} W in mode {result.mode}, over the {limits.max_power_w:g} W asked"
    ]


def _price_reasons(price: Money | None, limits: Limits) -> list[str]:
    if limits.budget is None:
        return []
    if price is None:
        return ["price unknown, so the budget cannot be checked"]
    if price.currency != limits.budget.currency:
        return [
            f"price is in {price.currency}, the budget in {limits.budget.currency}; give it in that currency"
        ]
    if price.amount > limits.budget.amount:
        return [f"costs {price.amount:g} {price.currency}, over the {limits.budget.amount:g} asked"]
    return []


def _without_repeats(candidates: list[Candidate]) -> list[Candidate]:
    """Fallbacks make two asked precisions one; the same run stands once."""
    seen: dict[tuple[object, ...], Candidate] = {}
    for candidate in candidates:
        e = candidate.estimate
        seen.setdefault((e.device, e.mode, e.unit, e.engine, e.precision, e.batch), candidate)
    return list(seen.values())


def _ranked(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    feasible = [candidate for candidate in candidates if candidate.feasible]
    front = pareto_front(
        [
            (
                c.planning_latency_s.mid / c.estimate.batch,
                c.estimate.power_w.mid,
                c.price.amount if c.price else None,
            )
            for c in feasible
        ]
    )
    marked = [replace(c, pareto=on_front) for c, on_front in zip(feasible, front, strict=True)]
    marked += [candidate for candidate in candidates if not candidate.feasible]
    return tuple(
        sorted(
            marked, key=lambda c: (not c.feasible, not c.pareto, c.planning_latency_s.mid, c.estimate.device)
        )
    )
