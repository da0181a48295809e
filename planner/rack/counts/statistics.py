"""From records to answers: latencies with intervals across replications, verdicts, power, energy, heat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.counts.enough import missing_evidence, rests_on_phases
from planner.rack.counts.invariants import worst_residuals
from planner.rack.counts.latencies import Latencies, pooled
from planner.rack.counts.one_run import block_ends, is_one_run
from planner.rack.counts.results import (
    DevicesResult,
    Histogram,
    LatencyStatistics,
    RackResult,
    SlotTemperatures,
    StreamResult,
    Temperature,
    TimeSeries,
    UpdateResult,
    Verdict,
)
from planner.rack.counts.student import student_quantile
from planner.rack.counts.tally import RunTally, StreamTally
from planner.rack.counts.warmup import warmup_warnings
from planner.rack.description.evidence import (
    INSTALLATIONS_LEAST,
    requests_wanted,
)
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.heat.epoch import runaway_margin
from planner.rack.load.expected import offered_utilisation
from planner.rack.load.topology import topology_of
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import message

CONFIDENCE = 0.95
"""Coverage of every interval in a result."""

_BINS = 40
# 0.07 * 100 is 7.000000000000001 in floats, whose ceiling is 8: a rank must not depend on that.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure a verdict has to be: the confidence of its interval, and the share of a time to widen it by.

    `resolution` is for engines that count latencies in bins.
    """

    confidence: float = CONFIDENCE
    resolution: float = 0.0


ONE_LOOK = Certainty()


@formula("student_interval")
def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's interval for the mean of independent replications; none for fewer than two."""
    count = len(values)
    # One value has no spread to tell an error from.
    if count < 2:
        return None
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    # Quantile of Student's distribution: both tails share what the confidence leaves.
    half = student_quantile(count - 1, 0.5 + confidence / 2) * error
    return mean - half, mean + half


@formula("quantile")
def quantile(values: Floats, share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf"))


@formula("quantile")
def latency_quantile(latencies: Latencies, share: float, missed: int = 0) -> float:
    """The same of latencies, where `missed` more requests count as infinitely late; NaN of none at all."""
    answered = latencies.count
    if answered + missed == 0:
        return math.nan
    # Lost requests sort behind all answered ones; a rank among them is never reached.
    rank = max(1, math.ceil(share * (answered + missed) * (1 - _ROUNDING)))
    return latencies.at_rank(rank) if rank <= answered else math.inf


def summarise(rack: Rack, runs: Sequence[RunTally], *, certainty: Certainty = ONE_LOOK) -> RackResult:
    """All that a simulation answers, from its replications counted.

    The warm-up is cut by arrival for requests and by epoch for power, temperature and utilisation.
    `certainty` is how sure a verdict has to be.
    """
    accounts = [run.epochs.accounts for run in runs]
    energies_j = [rack.plug_w(sums.drawn_j / sums.length_s) * sums.length_s for sums in accounts]
    completed = sum(run.completed for run in runs)
    window_s = sum(run.epochs.accounts.length_s for run in runs)
    # Copies of one run say nothing of chance: the parts of one do.
    parts = runs[0].blocks if len(runs) == 1 and runs[0].blocks else [run.streams for run in runs]
    streams = tuple(
        _stream(rack, group, [part[index] for part in parts], certainty, len(runs))
        for index, group in enumerate(rack.streams)
    )
    devices = _devices(rack, runs)
    settling = warmup_warnings(rack, runs) if rack.horizon == "steady" else []
    return RackResult(
        streams=streams,
        devices=devices,
        power_w=sum(energies_j) / window_s,
        energy_j=sum(energies_j) / len(runs),
        energy_per_request_j=sum(energies_j) / completed if completed else None,
        throughput_per_s=completed / window_s,
        offered_utilisation=offered_utilisation(rack),
        invariants=worst_residuals(run.accounts for run in runs),
        seed=rack.seed,
        replications=len(runs),
        series=_series(runs[0]),
        slots=_slots(runs[0]),
        warnings=tuple(_warnings(rack, streams, devices) + settling),
        update=_update(runs),
    )


def _update(runs: Sequence[RunTally]) -> UpdateResult | None:
    outcomes = [run.trial for run in runs if run.trial is not None]
    if not outcomes:
        return None
    answered = sum(outcome.seen.answered for outcome in outcomes)
    return UpdateResult(
        replications=len(outcomes),
        rolled_back_share=sum(outcome.rolled_back for outcome in outcomes) / len(outcomes),
        answered=answered,
        late_share=sum(outcome.seen.late for outcome in outcomes) / answered if answered else None,
        failed_share=sum(outcome.seen.failed for outcome in outcomes) / answered if answered else None,
    )


def _stream(
    rack: Rack, group: StreamGroup, runs: Sequence[StreamTally], certainty: Certainty, replications: int
) -> StreamResult:
    latencies = [run.latencies for run in runs]
    quantiles_s = [
        latency_quantile(run.latencies, group.slo_quantile, run.dropped + run.overdue) for run in runs
    ]
    seen_s = [value for value in quantiles_s if not math.isnan(value)]
    missed = sum(run.dropped + run.overdue for run in runs)
    promised_s = latency_quantile(pooled(latencies), group.slo_quantile, missed)
    verdict, reason = judge(group, seen_s, promised_s, certainty)
    if rack.installations is not None and group.keeps_phases and len(seen_s) > 1:
        verdict, reason = judge_installations(group, seen_s, rack.installations, certainty)
    seen = sum(run.served + run.dropped + run.overdue for run in runs)
    if rests_on_phases(rack, group, verdict, seen_s, certainty.resolution):
        verdict = Verdict.UNDECIDED
        reason = message("judged.few_installations", runs=len(runs), least=INSTALLATIONS_LEAST, found=reason)
    missing = missing_evidence(rack, group, seen, replications, passed=verdict is Verdict.PASS)
    if missing:
        verdict, reason = Verdict.UNDECIDED, missing
    return StreamResult(
        name=group.name,
        requests=sum(run.served + run.dropped + run.unfinished for run in runs),
        served=sum(run.served for run in runs),
        dropped=sum(run.dropped for run in runs),
        unfinished=sum(run.unfinished for run in runs),
        latency_s=_latency(latencies),
        slo_latency_s=_within(latencies, sum(run.dropped + run.overdue for run in runs), group.slo_quantile),
        histogram=_histogram(pooled(latencies)),
        verdict=verdict,
        verdict_reason=reason,
        installations_broken=_broken(group, seen_s),
        too_short=missing is not None,
    )


def _broken(group: StreamGroup, quantiles_s: Sequence[float]) -> float | None:
    if not (group.keeps_phases and quantiles_s):
        return None
    return sum(value >= group.slo_s for value in quantiles_s) / len(quantiles_s)


def _latency(runs: Sequence[Latencies]) -> LatencyStatistics:
    together = pooled(runs)
    if not together.count:
        return LatencyStatistics(None, None, None, None, None, None, None)
    p99s = [latency_quantile(run, 0.99) for run in runs if run.count]
    p50, p90, p99 = (latency_quantile(together, share) for share in (0.5, 0.9, 0.99))
    low, high = pooled_interval(p99, p99s) or (None, None)
    return LatencyStatistics(together.mean_s, p50, p90, p99, low, high, max(p99s))


def _within(latencies: Sequence[Latencies], missed: int, share: float) -> float | None:
    """The quantile over all requests, lost ones counted as never answered."""
    value = latency_quantile(pooled(latencies), share, missed)
    return value if math.isfinite(value) else None


def _histogram(latencies: Latencies) -> Histogram:
    """Forty equal bins from zero to a little past the 99.9 % quantile; the last one holds all slower ones."""
    if not latencies.count:
        return Histogram((), ())
    # One outlier would squeeze all others into the first bin.
    edges_s = np.linspace(0.0, 1.05 * latency_quantile(latencies, 0.999), _BINS + 1)
    values_s, often = latencies.weights()
    counts, _ = np.histogram(np.minimum(values_s, edges_s[-1]), edges_s, weights=often)
    return Histogram(tuple(float(edge) for edge in edges_s), tuple(int(count) for count in counts))


def pooled_interval(
    value_s: float, quantiles_s: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """The interval of a quantile of all requests together, from its scatter over replications.

    Promises are about requests and not about runs. Where runs differ for good (cameras keep their phases) the
    quantile of all requests lies above the mean of the runs' quantiles: the slow runs have most of the late
    requests. The half-width is that of the mean, whose scatter it shares.
    """
    interval = t_interval(quantiles_s, confidence)
    if interval is None:
        return None
    half_s = (interval[1] - interval[0]) / 2
    # The t-interval knows nothing of zero; a latency does.
    return max(0.0, value_s - half_s), value_s + half_s


def judge(
    group: StreamGroup, quantiles_s: Sequence[float], pooled_s: float, certainty: Certainty = ONE_LOOK
) -> tuple[Verdict, str]:
    """Whether the promise is kept, and why: the interval of the promised quantile against the SLO.

    One quantile a replication, and that of all requests together, in which a request that was dropped or is
    unfinished past its SLO counts as infinitely late: a frame that is never answered is not a fast one.
    """
    share = format_number(group.slo_quantile, 6)
    # An infinite quantile has no mean: some infinite and some not is no interval and so no verdict.
    lost = sum(1 for value in quantiles_s if math.isinf(value))
    if len(quantiles_s) < 2:
        return Verdict.UNDECIDED, message("judged.few_replications")
    if lost == len(quantiles_s):
        return Verdict.FAIL, message("judged.never", share=share)
    if lost:
        return Verdict.UNDECIDED, message("judged.lost", share=share, lost=lost, runs=len(quantiles_s))
    low_s, high_s = pooled_interval(pooled_s, quantiles_s, certainty.confidence) or (0.0, math.inf)
    # A binned quantile may lie anywhere in its bin.
    low_s, high_s = low_s * (1 - certainty.resolution), high_s * (1 + certainty.resolution)
    found = message(
        "judged.interval",
        share=format_number(100 * group.slo_quantile, 6),
        confidence=format_number(100 * certainty.confidence, 4),
        low=format_quantity(low_s, "s"),
        high=format_quantity(high_s, "s"),
        slo=format_quantity(group.slo_s, "s"),
    )
    # Kept only where all of the interval is below the objective, broken only where all is above.
    if high_s < group.slo_s:
        return Verdict.PASS, found
    return (Verdict.FAIL if low_s > group.slo_s else Verdict.UNDECIDED), found


@formula("installations")
def judge_installations(
    group: StreamGroup, quantiles_s: Sequence[float], wanted: float, certainty: Certainty = ONE_LOOK
) -> tuple[Verdict, str]:
    """Whether the wanted share of installations keeps the promise, one replication an installation.

    Kept by k of n; the interval of the share is that of Clopper and Pearson, exact at any n.
    """
    # Here and not above: SciPy takes longer to import than a short run takes.
    from scipy.special import betaincinv

    runs = len(quantiles_s)
    # A binned quantile that may lie on either side counts against both verdicts.
    surely = sum(value * (1 + certainty.resolution) < group.slo_s for value in quantiles_s)
    perhaps = sum(value * (1 - certainty.resolution) < group.slo_s for value in quantiles_s)
    error = (1 - certainty.confidence) / 2
    low = float(betaincinv(surely, runs - surely + 1, error)) if surely else 0.0
    high = float(betaincinv(perhaps + 1, runs - perhaps, 1 - error)) if perhaps < runs else 1.0
    found = message(
        "judged.installations",
        kept=surely,
        runs=runs,
        low=format_percent(low, 1),
        high=format_percent(high, 1),
        wanted=format_percent(wanted, 1),
    )
    if low >= wanted:
        return Verdict.PASS, found
    return (Verdict.FAIL if high < wanted else Verdict.UNDECIDED), found


@formula("installations")
def installations_needed(wanted: float, confidence: float = CONFIDENCE) -> int:
    """Replications that all have to keep the promise for the wanted share to be shown."""
    return math.ceil(math.log((1 - confidence) / 2) / math.log(wanted))


def _devices(rack: Rack, runs: Sequence[RunTally]) -> DevicesResult:
    sums = [run.epochs.accounts for run in runs]
    length_s = sum(run.length_s for run in sums)
    device_s, serving_s = rack.installed * length_s, rack.count * length_s
    units = sum(unit.count for unit in rack.device.units)
    # A pipeline behind the unit needs no core: such a rack says nothing of its host.
    around = [step for group in rack.streams for step in (*group.before, *group.after)]
    hosted = any(step.where not in ("unit", "pipeline") for step in around)
    cores = topology_of(rack).pool_sizes[:1] if hosted else ()
    batches = sum(run.batches for run in runs)
    hottest_c = max(run.max_c for run in sums)
    return DevicesResult(
        utilisation=float(sum(run.busy_s for run in sums) / (serving_s * units)),
        throttled_share=float(sum(run.throttled_s for run in sums) / device_s),
        temperature_c=Temperature(sum(run.temperature_s for run in sums) / device_s, hottest_c),
        shutdowns=float(np.mean([run.shutdowns for run in sums])),
        mean_batch=sum(run.batched for run in runs) / batches if batches else None,
        open_changes=float(np.mean([run.changes for run in sums])),
        runaway_margin=runaway_margin(rack, np.full(rack.installed, hottest_c)),
        out_share=float(sum(run.out_s for run in sums) / device_s),
        outages=float(np.mean([run.outages for run in sums])),
        host_utilisation=sum(run.host_busy_s for run in sums) / (serving_s * cores[0]) if cores else None,
    )


def _series(run: RunTally) -> TimeSeries:
    names = [field.name for field in fields(TimeSeries)]
    return TimeSeries(*(tuple(run.epochs.column(name).tolist()) for name in names))


def _slots(run: RunTally) -> SlotTemperatures:
    time_s, temperature_c = run.epochs.slots
    return SlotTemperatures(tuple(time_s.tolist()), tuple(map(tuple, temperature_c.tolist())))


def _warnings(rack: Rack, streams: Sequence[StreamResult], devices: DevicesResult) -> list[str]:
    warnings: list[str] = []
    offered = offered_utilisation(rack)
    if is_one_run(rack):
        warnings.append(message("simulated.one_run", blocks=len(block_ends(rack))))
    if offered >= 1 and all(group.arrivals == "trace" for group in rack.streams):
        left = sum(stream.unfinished for stream in streams)
        share = format_percent(offered, 1)
        warnings.append(message("simulated.trace_over", offered=share, left=left))
    elif offered >= 1:
        warnings.append(message("simulated.overload", offered=format_number(offered, 3)))
    if rack.device.thermal.leakage is None:
        warnings.append(message("simulated.leakage", device=repr(rack.device.name)))
    if rack.device.beside and rack.device.contention:
        warnings.append(message("simulated.contention", each=format_percent(rack.device.contention)))
    elif rack.device.beside:
        warnings.append(message("simulated.beside"))
    if devices.shutdowns:
        number = format_number(devices.shutdowns, 3)
        warnings.append(message("simulated.shutdowns", number=number, count=rack.installed))
    for group, stream in zip(rack.streams, streams, strict=True):
        wanted = requests_wanted(group)
        if stream.served < wanted:
            warnings.append(
                message(
                    "simulated.few_requests",
                    stream=repr(group.name),
                    served=stream.served,
                    quantile=f"{group.slo_quantile:g}",
                    wanted=wanted,
                )
            )
    return warnings
