"""From records to answers: latencies with intervals across replications, verdicts, power, energy, heat."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from planner.rack.description import Rack, StreamGroup
from planner.rack.heat import runaway_margin
from planner.rack.invariants import check_invariants
from planner.rack.load import offered_utilisation
from planner.rack.records import Floats, Outcome, Records
from planner.rack.results import (
    DevicesResult,
    Histogram,
    Latency,
    RackResult,
    StreamResult,
    Temperature,
    TimeSeries,
    Verdict,
)
from planner.rack.warmup import warmup_warnings
from planner.rack.window import counted_window

CONFIDENCE = 0.95
"""Coverage of every interval in a result."""

_BINS = 40

_TAIL_SAMPLES = 100
"""Requests wanted beyond a quantile before it is believed: 10,000 in all for the 99 % quantile."""


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's interval for the mean of independent replications; none for fewer than two."""
    count = len(values)
    if count < 2:
        return None
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    half = float(stdtrit(count - 1, 0.5 + confidence / 2)) * error
    return mean - half, mean + half


def quantile(values: Floats, share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def summarise(rack: Rack, records: Sequence[Records]) -> RackResult:
    """All that a simulation answers, from the records of its replications.

    The warm-up is cut by arrival for requests and by epoch for power, temperature and utilisation.
    """
    energies_j = [_energy_j(rack, run) for run in records]
    completed = sum(_completed(rack, run) for run in records)
    window_s = sum(counted_window(rack, run).length_s for run in records)
    streams = tuple(_stream(rack, index, group, records) for index, group in enumerate(rack.streams))
    devices = _devices(rack, records)
    return RackResult(
        streams=streams,
        devices=devices,
        power_w=sum(energies_j) / window_s,
        energy_j=sum(energies_j) / len(records),
        energy_per_request_j=sum(energies_j) / completed if completed else None,
        throughput_per_s=completed / window_s,
        offered_utilisation=offered_utilisation(rack),
        invariants=check_invariants(rack, records),
        seed=rack.seed,
        replications=len(records),
        series=_series(rack, records[0]),
        warnings=tuple(_warnings(rack, streams, devices) + warmup_warnings(rack, records)),
    )


def _energy_j(rack: Rack, run: Records) -> float:
    window = counted_window(rack, run)
    power_w = run.epochs.power_w[window.epochs].sum(axis=1) + rack.fan_w
    return float(power_w @ window.epoch_s)


def _completed(rack: Rack, run: Records) -> int:
    requests, start_s = run.requests, counted_window(rack, run).start_s
    return int(np.count_nonzero((requests.outcome == Outcome.SERVED) & (requests.departure_s >= start_s)))


def _stream(rack: Rack, index: int, group: StreamGroup, records: Sequence[Records]) -> StreamResult:
    served_s: list[Floats] = []
    judged_s: list[Floats] = []
    counts = np.zeros(len(Outcome), dtype=np.int64)
    for run in records:
        requests, window = run.requests, counted_window(rack, run)
        counted = (requests.stream == index) & (requests.arrival_s >= window.start_s)
        outcome = requests.outcome[counted]
        latency_s = requests.departure_s[counted] - requests.arrival_s[counted]
        age_s = window.end_s - requests.arrival_s[counted]
        missed = (outcome == Outcome.DROPPED) | ((outcome == Outcome.IN_SYSTEM) & (age_s > group.slo_s))
        known = missed | (outcome == Outcome.SERVED)
        counts += np.bincount(outcome, minlength=len(Outcome))
        served_s.append(latency_s[outcome == Outcome.SERVED])
        judged_s.append(np.where(missed, np.inf, latency_s)[known])
    verdict, reason = judge(group, judged_s)
    return StreamResult(
        name=group.name,
        requests=int(counts.sum()),
        served=int(counts[Outcome.SERVED]),
        dropped=int(counts[Outcome.DROPPED]),
        unfinished=int(counts[Outcome.IN_SYSTEM]),
        latency_s=_latency(served_s),
        histogram=_histogram(served_s),
        verdict=verdict,
        verdict_reason=reason,
    )


def _latency(served_s: Sequence[Floats]) -> Latency:
    pooled_s = np.concatenate(served_s)
    if not pooled_s.size:
        return Latency(None, None, None, None, None, None)
    interval = t_interval([quantile(run_s, 0.99) for run_s in served_s if run_s.size])
    low, high = interval if interval is not None else (None, None)
    p50, p90, p99 = (quantile(pooled_s, share) for share in (0.5, 0.9, 0.99))
    return Latency(float(pooled_s.mean()), p50, p90, p99, low, high)


def _histogram(served_s: Sequence[Floats]) -> Histogram:
    """Forty equal bins from zero to a little past the 99.9 % quantile; the last one holds all slower ones."""
    pooled_s = np.concatenate(served_s)
    if not pooled_s.size:
        return Histogram((), ())
    edges_s = np.linspace(0.0, 1.05 * quantile(pooled_s, 0.999), _BINS + 1)
    counts, _ = np.histogram(np.minimum(pooled_s, edges_s[-1]), edges_s)
    return Histogram(tuple(float(edge) for edge in edges_s), tuple(int(count) for count in counts))


def judge(group: StreamGroup, latencies_s: Sequence[Floats]) -> tuple[Verdict, str]:
    """Whether the promise is kept, and why: the interval of the promised quantile against the SLO.

    One array of latencies a replication, infinite for a request that was dropped or is unfinished past its
    SLO: a frame that is never answered is not a fast one.
    """
    share = f"{group.slo_quantile:.6g}"
    quantiles_s = [quantile(run_s, group.slo_quantile) for run_s in latencies_s if run_s.size]
    lost = sum(1 for value in quantiles_s if math.isinf(value))
    if len(quantiles_s) < 2:
        return Verdict.UNDECIDED, "fewer than two replications with requests give no interval"
    if lost == len(quantiles_s):
        return Verdict.FAIL, f"less than {share} of the requests were answered at all"
    if lost:
        return Verdict.UNDECIDED, f"less than {share} answered in {lost} of {len(quantiles_s)} replications"
    low_s, high_s = t_interval(quantiles_s) or (-math.inf, math.inf)
    found = f"quantile {share} of latency from {low_s:.4g} to {high_s:.4g} s, SLO {group.slo_s:.4g} s"
    if high_s < group.slo_s:
        return Verdict.PASS, found
    return (Verdict.FAIL if low_s > group.slo_s else Verdict.UNDECIDED), found


def _devices(rack: Rack, records: Sequence[Records]) -> DevicesResult:
    rows = slice(rack.warmup_epochs, None)
    temperature_c = np.stack([run.epochs.temperature_c[rows] for run in records])
    sizes = np.concatenate(
        [run.batches.size[run.batches.start_s >= counted_window(rack, run).start_s] for run in records]
    )
    return DevicesResult(
        utilisation=float(np.mean([run.epochs.busy_share[rows] for run in records])),
        throttled_share=float(np.mean([run.epochs.throttled[rows] for run in records])),
        temperature_c=Temperature(float(temperature_c.mean()), float(temperature_c.max())),
        shutdowns=float(np.mean([np.count_nonzero(np.isfinite(run.shutdown_s)) for run in records])),
        mean_batch=float(sizes.mean()) if sizes.size else None,
        runaway_margin=runaway_margin(rack, np.full(rack.count, temperature_c.max())),
    )


def _series(rack: Rack, run: Records) -> TimeSeries:
    epochs = run.epochs
    return TimeSeries(
        time_s=_floats(epochs.end_s),
        queue_length=_floats(epochs.waiting),
        temperature_mean_c=_floats(epochs.temperature_c.mean(axis=1)),
        temperature_max_c=_floats(epochs.temperature_c.max(axis=1)),
        inlet_c=_floats(epochs.inlet_c.mean(axis=1)),
        exhaust_c=_floats(epochs.exhaust_c),
        power_w=_floats(epochs.power_w.sum(axis=1) + rack.fan_w),
        throttled_share=_floats(epochs.throttled.mean(axis=1)),
        utilisation=_floats(epochs.busy_share.mean(axis=1)),
    )


def _floats(column: Floats) -> tuple[float, ...]:
    return tuple(column.tolist())


def _warnings(rack: Rack, streams: Sequence[StreamResult], devices: DevicesResult) -> list[str]:
    warnings = []
    offered = offered_utilisation(rack)
    if offered >= 1:
        warnings.append(
            f"offered utilisation is {offered:.3g}: queues grow until the run ends or frames are dropped, "
            "and latency depends on how long one looks"
        )
    if rack.device.thermal.leakage is None:
        warnings.append(
            f"leakage of {rack.device.name!r} is not known and not modelled: idle power is the same at every "
            "temperature, so a hot rack draws more than is shown"
        )
    if devices.shutdowns:
        warnings.append(f"{devices.shutdowns:.3g} of {rack.count} devices shut down from heat, on average")
    for group, stream in zip(rack.streams, streams, strict=True):
        wanted = _TAIL_SAMPLES / (1.0 - group.slo_quantile)
        if stream.served < wanted:
            warnings.append(
                f"stream {group.name!r}: {stream.served} served requests are few for the quantile "
                f"{group.slo_quantile:g}; {wanted:.0f} or more are wanted"
            )
    return warnings
