"""More batch, waiting or load than pays: a p99 that buys throughput nobody needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.plan.options.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, time_text
from planner.plan.sizing.closed_form import sized_option
from planner.schema.hardware.device import Precision
from planner.schema.hardware.pitfall import PitfallRule
from planner.units import format_percent
from planner.wording.message import message


def _batch(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A given batch size whose last doubling costs latency and no throughput, while half of it would do."""
    option = facts.option
    if option is None or not facts.given or option.batch < 2 or facts.estimator is None:
        return
    half = option.batch // 2
    longest = max(option.services, key=lambda service: service.batch_s[-1])
    whole_s, half_s = longest.batch_s[option.batch - 1], longest.batch_s[half - 1]
    gain = (option.batch / whole_s) / (half / half_s) - 1
    if whole_s < rule.thresholds["slo_share"] * _tightest_s(facts):
        return
    smaller = _with_batch(facts, option, half)
    if gain < rule.thresholds["gain"] and smaller <= facts.scenario.planning.utilisation_limit_ratio:
        yield Finding(
            "candidates.max_batch",
            message(
                "evidence.batch",
                half=half,
                batch=option.batch,
                network=longest.network,
                gain=format_percent(gain, 1),
                longer=time_text(whole_s),
                shorter=time_text(half_s),
                busy=format_percent(smaller),
            ),
        )


def _with_batch(facts: PlanFacts, option: Option, batch: int) -> float:
    """Utilisation of the same rack with another largest batch."""
    assert facts.estimator is not None  # noqa: S101 - checked before the call
    networks = facts.estimator.on_part(
        option.part, option.mode, Precision(option.precision), batch, unit=option.unit
    )
    sized = sized_option(facts.scenario, facts.estimator, option.part, networks, exactly=option.count)
    return max(sized.utilisation, sized.offered_utilisation)


def _waiting(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Requests that wait a good part of their service level for batches that do not fill."""
    candidates, run = facts.scenario.candidates, facts.run
    if run is None or run.rack.batching.max_size < 2 or run.result.devices.mean_batch is None:
        return
    tightest_s = _tightest_s(facts)
    filled = run.result.devices.mean_batch / run.rack.batching.max_size
    long = candidates.max_wait_s >= rule.thresholds["slo_share"] * tightest_s
    if long and filled < rule.thresholds["filled"]:
        p99_s = max(stream.latency_s.p99 or 0.0 for stream in run.result.streams)
        yield Finding(
            "candidates.max_wait",
            message(
                "evidence.waiting",
                mean=f"{run.result.devices.mean_batch:.1f}",
                most=run.rack.batching.max_size,
                wait=time_text(candidates.max_wait_s),
                share=format_percent(candidates.max_wait_s / tightest_s),
                asked=time_text(tightest_s),
                p99=time_text(p99_s),
            ),
        )


def _tightest_s(facts: PlanFacts) -> float:
    return min(stream.slo.latency_s for stream in facts.scenario.streams)


def _busy(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A rack so busy that its queues, not its devices, make the latency."""
    run = facts.run
    if run is None or run.result.devices.utilisation < rule.thresholds["busy_share"]:
        return
    worst = max(run.result.streams, key=lambda stream: stream.latency_s.p99 or 0.0)
    service_s = max(service.batch_s[0] for service in run.rack.device.services)
    p99_s = worst.latency_s.p99
    busy = format_percent(run.result.devices.utilisation)
    if p99_s:
        times, alone = f"{p99_s / service_s:.1f}", time_text(service_s)
        text = message(
            "evidence.busy", busy=busy, stream=worst.name, p99=time_text(p99_s), times=times, alone=alone
        )
    else:
        text = message("evidence.busy_without_end", busy=busy, stream=worst.name)
    yield Finding("deployment.count" if facts.given else "planning.utilisation_limit", text)


CHECKS: Mapping[str, Check] = {"batch": _batch, "waiting": _waiting, "busy": _busy}
