"""What the band of the service latency leaves of a verdict: the chosen rack at each end of what is known.

A rack is planned with one latency a network. Nobody has measured it: the truth lies in a band. The rack is
simulated again, on the same requests, with every network at the low end of its band, at its middle and at its
high end (latency and power together: the corners of what is known). A promise that is kept at the high end is
kept; one that is broken at the low end is broken; between them only a measurement can decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from planner.latency.band import BandEnd
from planner.rack.counts.results import AtBound, RackResult, StreamBounds, StreamResult, Verdict
from planner.rack.description.rack import Rack
from planner.rack.load.expected import grows_without_end
from planner.wording.message import message

BOUNDS: tuple[BandEnd, ...] = ("low", "mid", "high")


def with_bounds(
    result: RackResult,
    *,
    planned: BandEnd,
    rack_at: Callable[[BandEnd], Rack],
    run: Callable[[Rack, BandEnd], RackResult],
) -> RackResult:
    """The result of a rack that was planned at one bound, judged over all three.

    `rack_at` gives the rack with the service times of a bound, `run` simulates one at a bound. Where a bound
    asks for more than the rack can serve and a queue has no limit, nothing is simulated there and nothing is
    promised.
    """
    found: dict[BandEnd, RackResult | None] = {planned: result}
    for bound in BOUNDS:
        if bound not in found:
            at_bound = rack_at(bound)
            found[bound] = None if grows_without_end(at_bound) else run(at_bound, bound)
    streams = tuple(
        _judged(stream, StreamBounds(*(_at(found[bound], index) for bound in BOUNDS)))
        for index, stream in enumerate(result.streams)
    )
    return replace(result, streams=streams, partial=any(r is not None and r.partial for r in found.values()))


def _at(result: RackResult | None, index: int) -> AtBound:
    if result is None:
        return AtBound(None, None, Verdict.FAIL)
    stream = result.streams[index]
    return AtBound(stream.latency_s.p99, stream.slo_latency_s, stream.verdict)


def _judged(stream: StreamResult, bounds: StreamBounds) -> StreamResult:
    verdict = stream.verdict
    if bounds.low.verdict is Verdict.FAIL:
        verdict = Verdict.FAIL
    elif bounds.high.verdict is not Verdict.PASS:
        verdict = Verdict.UNDECIDED
    if verdict is stream.verdict:
        return replace(stream, bounds=bounds)
    reason = message(
        "judged.ends",
        low=message(f"verdict.{bounds.low.verdict}"),
        high=message(f"verdict.{bounds.high.verdict}"),
        planned=stream.verdict_reason,
    )
    return replace(stream, verdict=verdict, verdict_reason=reason, bounds=bounds)
