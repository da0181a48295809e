"""The camera's stream forgotten: operations that decoders cannot feed, and streams that nobody decodes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from planner.chain.prediction import UnitUse, predict
from planner.hardware.video.units import video_costs
from planner.plan.chain.around_part import AroundPart
from planner.plan.chain.frames import chain_of
from planner.plan.options.option import Option
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts
from planner.schema.hardware.pitfall import PitfallRule
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.streams import Stream
from planner.units import format_percent, format_quantity
from planner.wording.message import message
from planner.workload.workload import Workload

_USUAL_SIZE = (1920, 1080)
"""What cameras send where nobody says."""
_LEAST_SIDE = 64
"""Of an input that is taken for an image."""


def _cannot_feed(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A unit around the compute unit that is so much busier that it sets the count."""
    option = facts.option
    if option is None or option.chain is None:
        return
    found = predict(option.chain.shared_by(option.count))
    main = next(use for use in found.units if use.unit.id == option.chain.main)
    binds = found.binding
    if binds.unit.id == main.unit.id or binds.busy.mid < rule.thresholds["times"] * main.busy.mid:
        return
    limit = facts.scenario.planning.utilisation_limit_ratio
    fewer = max(1, math.ceil(main.busy.mid * option.count / limit - 1e-9))
    if fewer >= option.count:
        return
    yield Finding(
        _where(facts.scenario), message("evidence.cannot_feed", **_numbers(option, binds, main, fewer))
    )


def _numbers(option: Option, binds: UnitUse, main: UnitUse, fewer: int) -> dict[str, str | int]:
    peaks = option.compute_unit.peaks_ops_per_s
    precision = next((p for p in peaks if p.value == str(option.precision)), next(iter(peaks)))
    peak = peaks[precision][option.mode].value * option.instances
    used = peak * min(1.0, main.busy.mid / binds.busy.mid)
    return {
        "unit": binds.unit.name,
        "part": option.device_name,
        "busy": format_percent(binds.busy.mid),
        "main": main.unit.name,
        "idle": format_percent(main.busy.mid),
        "peak": format_quantity(peak, "ops_per_s", 3),
        "used": format_quantity(used, "ops_per_s", 3),
        "count": option.count,
        "fewer": fewer,
    }


def _where(scenario: Scenario) -> str:
    number = next(number for number, stream in enumerate(scenario.streams) if stream.chained)
    return f"streams[{number}].video"


def _left_out(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Streams that say nothing of their video, on parts that could not decode what cameras usually send."""
    option = facts.option
    if facts.estimator is None or option is None:
        return
    around = AroundPart(facts.scenario, option.part, option.mode, option.unit, option.instances)
    frame = _usual_frame(around)
    for number, stream in enumerate(facts.scenario.streams):
        workload = facts.estimator.workloads.get(stream.model)
        if frame is None or stream.chained or stream.before or not _cameras(stream, workload):
            continue
        unit, time_s = frame
        busy = stream.count * stream.rate_per_s * time_s / option.count
        if busy >= rule.thresholds["times"]:
            text = message(
                "evidence.decode_left_out",
                stream=stream.name,
                count=f"{stream.count:,}",
                rate=f"{stream.rate_per_s:g}",
                unit=unit,
                part=option.device_name,
                busy=format_percent(busy),
            )
            yield Finding(f"streams[{number}]", text)


def _usual_frame(around: AroundPart) -> tuple[str, float] | None:
    """Who decodes H.264 of 1080p around a part, and the time of all of it for a frame; None where unknown."""
    pixels = float(math.prod(_USUAL_SIZE))
    own = around.decoder("h264", 8) or around.host_decoder("h264", 8)
    if own is not None:
        # Of a unit with several servers: the mean time between frames where all are busy.
        return own.name, own.time_s(pixels) / own.servers
    if around.cores is None or around.core_unit is None:
        return None
    each_s = pixels / video_costs().software.decode_px_per_s["h264"].value / around.cores.speed
    return around.core_unit.name, each_s / around.cores.count


def _cameras(stream: Stream, workload: Workload | None) -> bool:
    """Whether sources send at a fixed rate what the network takes as an image."""
    if stream.arrivals != "periodic" or workload is None:
        return False
    shapes = [tensor.shape for tensor in workload.inputs.values()]
    return any(
        len(shape) == 4 and sum(isinstance(side, int) and side >= _LEAST_SIDE for side in shape) >= 2
        for shape in shapes
    )


def _not_in_chain(facts: PlanFacts, _rule: PitfallRule) -> Iterator[Finding]:
    """Compressed streams whose chain begins behind the decoder."""
    for number, stream in enumerate(facts.scenario.streams):
        steps = chain_of(stream)
        if stream.video is not None and not any(step.kind == "decode" for step in steps):
            text = message(
                "evidence.decode_not_in_chain",
                stream=stream.name,
                first=steps[0].kind,
                codec=stream.video.codec,
            )
            yield Finding(f"streams[{number}].chain", text)


CHECKS: Mapping[str, Check] = {
    "cannot-feed": _cannot_feed,
    "left-out": _left_out,
    "not-in-chain": _not_in_chain,
}
