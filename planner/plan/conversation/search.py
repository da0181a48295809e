"""The least devices of each part and mode that keep what is promised, found by simulation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from planner.conversation.description import Serving, Talk
from planner.conversation.results import ServingResult
from planner.errors import InputError, Problem
from planner.hardware.catalog import match_devices
from planner.latency.band import planned_bound
from planner.plan.compare.candidate import Refusal
from planner.plan.compare.compare import modes_of, require_modes
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.question import (
    ConversationQuestion,
    Progress,
    Ready,
    alone,
    ready,
    simulated,
)
from planner.plan.conversation.sized import eased_by_more, unsized, with_count
from planner.plan.conversation.talks import wishes_of
from planner.plan.options.hosting import hosting_of
from planner.plan.options.planned_part import planned_part
from planner.rack.counts.results import Verdict

MOST_DEVICES = 1024
"""Beyond as many a plan of conversations is no plan of one site."""
_SAME = 0.98
"""Times nearer to each other than this are the same."""


def options_of(
    asked: ConversationQuestion, refusals: list[Refusal], progress: Progress
) -> Iterator[ConversationOption]:
    """Every part in every mode asked for, or the devices that the scenario gives."""
    scenario = asked.source.scenario
    given = scenario.deployment
    if given is not None and given.device is not None:
        if given.count > MOST_DEVICES:
            expected = f"at most {MOST_DEVICES:,} devices for conversations"
            raise InputError(asked.source.file, [Problem("deployment.count", expected, f"{given.count:,}")])
        device = planned_part(scenario, given.device)
        wishes = wishes_of(asked.source, asked.talks, given.device, given.mode, given.unit)
        yield sized(asked, ready(asked, device, wishes), exactly=given.count)
        return
    named = match_devices(scenario.candidates.devices)
    devices = [planned_part(scenario, part) for part in named]
    require_modes(devices, scenario.candidates.modes)
    for device in devices:
        progress(device.id)
        for mode in modes_of(device, scenario.candidates.modes):
            try:
                hosting_of(scenario, device)
                own = ready(asked, device, wishes_of(asked.source, asked.talks, device.id, mode))
            except InputError as error:
                first = error.problems[0]
                refusals.append(
                    Refusal(device.id, mode, "", f"{first.where}: expected {first.expected}, got {first.got}")
                )
                break
            yield sized(asked, own)


def sized(asked: ConversationQuestion, own: Ready, *, exactly: int | None = None) -> ConversationOption:
    """A part in a mode: the least count that keeps the promises where the plan counts, and what follows."""
    option = unsized(asked, own, exactly or 1)
    if option.broken:
        return option
    if exactly is not None:
        return with_count(asked, option, exactly)
    bound = planned_bound(asked.source.scenario.planning.plan_for)
    count = least_count(asked, option.servings[bound])
    found = with_count(asked, option, count)
    # Devices that are less busy are cooler, and slow down less.
    while eased_by_more(found) and 2 * found.count <= most_devices(
        asked.talks, frames=own.frames is not None
    ):
        more = with_count(asked, option, 2 * found.count)
        if more.broken and not eased_by_more(more):
            break
        found = more
    return found


def most_devices(talks: tuple[Talk, ...], *, frames: bool = False) -> int:
    """A device for each user is all that users can use; of open streams and frames nobody knows."""
    if not frames and all(talk.begins == "users" for talk in talks):
        return min(MOST_DEVICES, sum(talk.sources for talk in talks))
    return MOST_DEVICES


def least_count(asked: ConversationQuestion, serving: Serving) -> int:
    """The least count that passes: doubled until one does, then halved between.

    More devices have fewer sessions each, so that no promise is kept worse. Where none passes it is the count
    from which on more change nothing, or one where a source alone on a device gets less than is promised.
    """
    most = most_devices(serving.talks, frames=bool(serving.frames))

    def tried(count: int) -> ServingResult:
        return simulated(asked, replace(serving, devices=count))

    before = tried(1)
    if before.holds or _hopeless(asked, serving):
        return 1
    low, high = 1, min(2, most)
    while not (found := tried(high)).holds:
        if high == most or not _better(found, before):
            return high if high == most else low
        before, low, high = found, high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if tried(middle).holds:
            high = middle
        else:
            low = middle
    return high


def _better(found: ServingResult, before: ServingResult) -> bool:
    """Whether twice the devices bring any promise nearer."""
    pairs = zip(_reached_s(found), _reached_s(before), strict=True)
    return any(new_s < _SAME * old_s for new_s, old_s in pairs)


def _reached_s(result: ServingResult) -> list[float]:
    return [level.reached_s for _, level in result.promises()]


def _hopeless(asked: ConversationQuestion, serving: Serving) -> bool:
    """Whether a stream's promise is broken for one user with a device of one's own."""
    return any(
        simulated(asked, replace(serving, talks=(alone(talk),), frames=(), devices=1)).verdict is Verdict.FAIL
        for talk in serving.talks
        if talk.begins != "trace"
    ) or any(frames.service_s > frames.group.slo_s for frames in serving.frames)
