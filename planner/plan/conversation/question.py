"""What all options of a scenario of conversations have in common, and a part that is ready to serve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from planner.conversation.description import Serving, Talk
from planner.conversation.results import Engine, ServingResult, simulate_conversations
from planner.conversation.serving import limits_of, step_cost
from planner.language.answer.question import Wishes
from planner.language.answer.serving import PreparedModel, prepare
from planner.language.sizes.model import LanguageModel
from planner.latency.band import BandEnd, planned_bound
from planner.plan.conversation.frames import FramesAsked, FramesOnPart, frames_asked, frames_on
from planner.plan.conversation.talks import model_of, talks_of
from planner.plan.scenario.file import ScenarioFile
from planner.schema.hardware.device import Device

Progress = Callable[[str], None]
ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class ConversationQuestion:
    """The streams, the model, and the frames that the same devices serve."""

    source: ScenarioFile
    model: LanguageModel
    talks: tuple[Talk, ...]
    engine: Engine = "compiled"
    frames: FramesAsked | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A part in a mode with the language model and the frames' networks in its memory."""

    part: Device
    model: PreparedModel
    """Its memory is what the frames' networks leave."""
    frames: FramesOnPart | None = None


def question_of(source: ScenarioFile, engine: Engine = "compiled") -> ConversationQuestion:
    """The question of a scenario; raises `InputError` for a model, network or trace that cannot be read."""
    return ConversationQuestion(source, model_of(source), talks_of(source), engine, frames_asked(source))


def ready(asked: ConversationQuestion, device: Device, wishes: Wishes) -> Ready:
    """A part with what it serves; `InputError` for what it cannot."""
    own = prepare(asked.model, device, wishes)
    frames = frames_on(asked.frames, own)
    if frames is not None:
        left = own.memory.capacity - frames.memory_bytes
        own = replace(own, memory=replace(own.memory, capacity=left))
    return Ready(device, own, frames)


def serving_of(asked: ConversationQuestion, own: Ready, end: BandEnd, devices: int) -> Serving:
    """Devices that are ready to serve the scenario's streams, at one end of the bands of their times."""
    scenario = asked.source.scenario
    spec, run = scenario.serving, scenario.simulation
    return Serving(
        talks=asked.talks,
        cost=step_cost(own.model, end, planned_bound(scenario.planning.plan_for)),
        limits=limits_of(
            own.model,
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
        frames=() if own.frames is None else own.frames.streams(end),
        share=spec.share if spec else "turns",
    )


def simulated(asked: ConversationQuestion, serving: Serving) -> ServingResult:
    """As often as the scenario says."""
    return simulate_conversations(serving, asked.source.scenario.simulation.replications, engine=asked.engine)


def alone(talk: Talk, users: int = 1) -> Talk:
    """The same questions by so many users who wait for each answer."""
    return replace(talk, begins="users", sources=users)
