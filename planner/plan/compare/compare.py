"""One network on many parts, modes, precisions and batch sizes, against limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from planner.errors import InputError, UnknownIdError
from planner.latency.band import Band
from planner.latency.evidence import Evidence
from planner.latency.load import under_load
from planner.latency.result import Estimate, Load
from planner.latency.units.compete import Compared, instances_of, others_of
from planner.plan.compare.candidate import Candidate, Comparison, Limits, Refusal
from planner.plan.compare.currencies import amount_in, refuse_mixed_currencies
from planner.plan.compare.price_notes import price_notes
from planner.plan.compare.ranking import contradiction, ranked
from planner.plan.options.estimator import Estimator
from planner.plan.options.hosting import Hosting, usual_hosting, without_host_text
from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.quantity import Money
from planner.units import format_number, format_quantity
from planner.wording.message import Message
from planner.workload.workload import Workload


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
    unit: str | None = None,
    evidence: Evidence | None = None,
    limits: Limits | None = None,
    progress: Callable[[str], None] | None = None,
    load: Load = "burst",
) -> Comparison:
    """Estimate every combination on the best unit of each part, and say which keep the limits, best first.

    `unit` names a unit or a kind of unit; a part without it is refused. `evidence` is what estimates rest on
    beside the database; what of it is of no use here is in the notes. A candidate keeps the latency limit
    when the latency that a plan will count on does: the cautious one, unless the limits say typical. Best
    first: feasible, then on the Pareto front over latency per inference, power, price and risk, then the
    faster. Raises `InputError` for a budget that the price of a part cannot be compared with, for want of an
    exchange rate.
    """
    devices, limits = list(devices), limits or Limits()
    require_modes(devices, modes)
    refuse_mixed_currencies(devices, limits)
    estimator = Estimator({workload.model: workload}, evidence)
    kept: list[Candidate] = []
    refused: list[Refusal] = []
    for device in devices:
        if progress is not None:
            progress(device.id)
        for mode in modes_of(device, modes):
            for precision in precisions:
                for batch in batches:
                    try:
                        found = estimator.compared(device, mode, precision, batch, unit=unit)
                    except (InputError, UnknownIdError) as error:
                        refused.append(Refusal(device.id, mode, _asked(precision), _why(error)))
                        break
                    kept.append(_candidate(found, device, limits, load))
    candidates, notes = ranked(_without_repeats(kept), limits)
    shown = {candidate.estimate.device for candidate in candidates}
    prices = price_notes(device for device in devices if device.id in shown)
    notes = (*notes, *_host_notes(candidates), *prices, *estimator.notes)
    return Comparison(candidates, tuple(refused), contradiction(candidates, limits), notes, limits.plan_for)


def _host_notes(candidates: Sequence[Candidate]) -> list[Message]:
    """For each usual host the parts that need it: what a table of parts alone does not show."""
    parts: dict[str, dict[str, None]] = {}
    hosts: dict[str, Hosting] = {}
    for candidate in candidates:
        if candidate.hosting is not None:
            hosts[candidate.hosting.host.id] = candidate.hosting
            parts.setdefault(candidate.hosting.host.id, {})[candidate.estimate.device] = None
    return [without_host_text(hosting, list(parts[host_id])) for host_id, hosting in hosts.items()]


def _asked(precision: Precision | None) -> str:
    return "usual" if precision is None else precision.value


def _why(error: InputError | UnknownIdError) -> str:
    """Why no unit of a part runs the network: the reason of each."""
    if isinstance(error, UnknownIdError):
        return str(error)
    return "; ".join(str(problem) for problem in error.problems)


def _candidate(found: Compared, device: Device, limits: Limits, load: Load) -> Candidate:
    best = found.best.estimates[0]
    planning = best.planning_latency_s
    result = under_load(replace(best.estimate, others=others_of(device, found)), load)
    price = device.price.amount_money.value if device.price else None
    reasons = {
        "latency": _latency_reason(planning, limits),
        "power": _power_reason(result, limits),
        "budget": _price_reason(price, limits),
        "memory": _memory_reason(result),
    }
    broken = {limit: text for limit, text in reasons.items() if text is not None}
    return Candidate(
        result,
        planning,
        price,
        tuple(broken.values()),
        frozenset(broken),
        instances=instances_of(device, [result]),
        hosting=usual_hosting(device),
    )


def _latency_reason(planning: Band, limits: Limits) -> str | None:
    counted_s = limits.counted_s(planning)
    if limits.max_latency_s is None or counted_s <= limits.max_latency_s:
        return None
    typical = "" if limits.plan_for == "typical" else f" (typical {format_quantity(planning.mid, 's', 3)})"
    return (
        f"{limits.plan_for} latency {format_quantity(counted_s, 's', 3)}{typical} is over the "
        f"{format_quantity(limits.max_latency_s, 's')} asked"
    )


def _power_reason(result: Estimate, limits: Limits) -> str | None:
    if limits.max_power_w is None or result.power_w.high <= limits.max_power_w:
        return None
    high_w, asked_w = result.power_w.high, limits.max_power_w
    where = f"{result.power_boundary}, in mode {result.mode}"
    return f"may draw {format_number(high_w, 3)} W ({where}), over the {asked_w:g} W asked"


def _price_reason(price: Money | None, limits: Limits) -> str | None:
    if limits.budget is None:
        return None
    if price is None:
        return "price unknown, so the budget cannot be checked"
    amount = amount_in(price, limits.budget.currency, limits.rates)
    if amount is None or amount <= limits.budget.amount:
        return None
    return f"costs {amount:g} {limits.budget.currency}, over the {limits.budget.amount:g} asked"


def _memory_reason(result: Estimate) -> str | None:
    if result.fits:
        return None
    needed, capacity = result.memory.total_bytes / 1e9, result.memory.capacity_bytes / 1e9
    return f"needs {needed:.2f} GB of memory, has {capacity:.2f} GB"


def _without_repeats(candidates: list[Candidate]) -> list[Candidate]:
    """Fallbacks make two asked precisions one; the same run stands once."""
    seen: dict[tuple[object, ...], Candidate] = {}
    for candidate in candidates:
        e = candidate.estimate
        seen.setdefault((e.device, e.mode, e.unit, e.engine, e.precision, e.batch), candidate)
    return list(seen.values())
