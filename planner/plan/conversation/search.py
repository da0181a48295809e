"""The least devices of each part and mode that keep what is promised, found by simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from planner.conversation.description import Serving, Talk
from planner.conversation.results import Engine, ServingResult, simulate_conversations
from planner.conversation.serving import limits_of, step_cost
from planner.errors import InputError, Problem
from planner.hardware.catalog import match_devices, read_device
from planner.language.answer.serving import PreparedModel, prepare
from planner.language.sizes.model import LanguageModel
from planner.latency.band import BandEnd, planned_bound
from planner.plan.compare.candidate import Refusal
from planner.plan.compare.compare import modes_of, require_modes
from planner.plan.conversation.option import ConversationOption, EndResults
from planner.plan.conversation.power import power_and_cost
from planner.plan.conversation.reasons import broken_limits, missed_promises, warnings_of
from planner.plan.conversation.talks import wishes_of
from planner.plan.options.coolers import cooled
from planner.plan.options.hosting import hosting_of
from planner.plan.scenario.file import ScenarioFile
from planner.provenance import Provenance, of_status, weakest
from planner.rack.counts.results import Verdict
from planner.schema.hardware.device import Device

Progress = Callable[[str], None]
MOST_DEVICES = 1024
"""Beyond as many a plan of conversations is no plan of one site."""
_SAME = 0.98
"""Times nearer to each other than this are the same."""
ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class ConversationQuestion:
    """What all options have in common."""

    source: ScenarioFile
    model: LanguageModel
    talks: tuple[Talk, ...]
    engine: Engine = "compiled"


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
        device = cooled(read_device(given.device), scenario.cooler_of(given.device))
        wishes = wishes_of(asked.source, asked.talks, given.device, given.mode, given.unit)
        yield sized(asked, device, prepare(asked.model, device, wishes), exactly=given.count)
        return
    named = match_devices(scenario.candidates.devices)
    devices = [cooled(read_device(part), scenario.cooler_of(part)) for part in named]
    require_modes(devices, scenario.candidates.modes)
    for device in devices:
        progress(device.id)
        for mode in modes_of(device, scenario.candidates.modes):
            try:
                hosting_of(scenario, device)
                own = prepare(asked.model, device, wishes_of(asked.source, asked.talks, device.id, mode))
            except InputError as error:
                first = error.problems[0]
                refusals.append(
                    Refusal(device.id, mode, "", f"{first.where}: expected {first.expected}, got {first.got}")
                )
                break
            yield sized(asked, device, own)


def sized(
    asked: ConversationQuestion, device: Device, own: PreparedModel, *, exactly: int | None = None
) -> ConversationOption:
    """A part in a mode: the least count that keeps the promises where the plan counts, and what follows."""
    scenario = asked.source.scenario
    bound = planned_bound(scenario.planning.plan_for)
    servings = {end: serving_of(asked, own, end, exactly or 1) for end in ENDS}
    option = ConversationOption(
        part=device,
        prepared=own,
        limits=servings["mid"].limits,
        count=exactly or 1,
        spares=scenario.spares,
        racks=1,
        servings=servings,
        ends=None,
        plan_for=scenario.planning.plan_for,
        use=0.0,
        step_w=0.0,
        heat=None,
        always_c=None,
        draw=None,
        cost=None,
        energy_per_token_j=None,
        provenance=_provenance(device, own),
        broken=(),
        missed=(),
        warnings=(),
    )
    if no_room := tuple(broken_limits(scenario, asked.talks, option)):
        return replace(option, broken=no_room)
    count = exactly or least_count(asked, servings[bound])
    return with_count(asked, option, count)


def _provenance(device: Device, own: PreparedModel) -> Provenance:
    heat = of_status(device.thermal.resistance_k_per_w.status)
    return weakest([own.rates.provenance, own.point.power_provenance, heat])


def with_count(asked: ConversationQuestion, option: ConversationOption, count: int) -> ConversationOption:
    """The same part as so many devices, simulated at the ends of its bands."""
    scenario = asked.source.scenario
    servings = {end: replace(serving, devices=count) for end, serving in option.servings.items()}
    ends = EndResults(*(_simulated(asked, servings[end]) for end in ENDS))
    planned = ends.at(planned_bound(scenario.planning.plan_for))
    drawn = power_and_cost(scenario, option.part, option.prepared, count, planned)
    found = replace(
        option,
        count=count,
        servings=servings,
        ends=ends,
        racks=drawn.racks,
        use=planned.use,
        step_w=drawn.step_w,
        heat=drawn.heat,
        always_c=drawn.always_c,
        draw=drawn.draw,
        cost=drawn.cost,
        energy_per_token_j=drawn.energy_per_token_j,
    )
    found = replace(
        found,
        broken=tuple(broken_limits(scenario, asked.talks, found)),
        missed=tuple(missed_promises(found)),
    )
    spec = scenario.serving
    return replace(found, warnings=tuple(warnings_of(found, spec.sessions if spec else None)))


def serving_of(asked: ConversationQuestion, own: PreparedModel, end: BandEnd, devices: int) -> Serving:
    """Devices with a prepared model that serve the scenario's streams, at one end of the bands."""
    scenario = asked.source.scenario
    spec, run = scenario.serving, scenario.simulation
    return Serving(
        talks=asked.talks,
        cost=step_cost(own, end),
        limits=limits_of(
            own,
            max(talk.context for talk in asked.talks),
            sessions=spec.sessions if spec else None,
            cache_bytes=spec.cache_memory_bytes if spec else None,
            chunk_tokens=spec.chunk if spec else None,
            prompts=spec.prompts if spec else None,
            when_full=spec.when_full if spec else "recompute",
        ),
        devices=devices,
        duration_s=run.duration_s,
        warmup_s=run.warmup_s,
        seed=run.seed,
    )


def _simulated(asked: ConversationQuestion, serving: Serving) -> ServingResult:
    return simulate_conversations(serving, asked.source.scenario.simulation.replications, engine=asked.engine)


def most_devices(talks: tuple[Talk, ...]) -> int:
    """A device for each user is all that users can use; of open streams nobody knows."""
    if all(talk.begins == "users" for talk in talks):
        return min(MOST_DEVICES, sum(talk.sources for talk in talks))
    return MOST_DEVICES


def least_count(asked: ConversationQuestion, serving: Serving) -> int:
    """The least count that passes: doubled until one does, then halved between.

    More devices have fewer sessions each, so that no promise is kept worse. Where none passes it is the count
    from which on more change nothing, or one where a source alone on a device gets less than is promised.
    """
    most = most_devices(serving.talks)

    def tried(count: int) -> ServingResult:
        return _simulated(asked, replace(serving, devices=count))

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
    return [level.reached_s for talk in result.talks for level in talk.levels]


def _hopeless(asked: ConversationQuestion, serving: Serving) -> bool:
    """Whether a stream's promise is broken for one user with a device of one's own."""
    return any(
        _simulated(asked, replace(serving, talks=(alone(talk),), devices=1)).verdict is Verdict.FAIL
        for talk in serving.talks
        if talk.begins != "trace"
    )


def alone(talk: Talk, users: int = 1) -> Talk:
    """The same questions by so many users who wait for each answer."""
    return replace(talk, begins="users", sources=users)
