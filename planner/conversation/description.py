"""What a simulation of conversations is given: streams, the time of a step, and the limits of a device.

Frames of other streams may be served by the same unit, one at a time between two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.arrays import Floats
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup

WhenFull = Literal["recompute", "refuse"]
Beginnings = Literal["users", "periodic", "poisson", "trace"]
UnitShare = Literal["turns", "frames_first", "steps_first"]
"""Whose turn it is where frames and steps both wait for a unit: each in turn, frames as long as there are
any, or steps."""
Spread = Literal["fixed", "lognormal", "gamma", "uniform", "listed"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number that is drawn anew each time: of tokens, turns or seconds.

    `first` and `second` are the value itself; mean and coefficient of variation of a lognormal or gamma
    distribution; the ends of a uniform one. `values` are drawn from with equal chances.
    """

    spread: Spread
    first: float = 0.0
    second: float = 0.0
    values: tuple[float, ...] = ()

    @property
    def mean(self) -> float:
        """The mean of what is drawn."""
        if self.spread == "listed":
            return sum(self.values) / len(self.values)
        return (self.first + self.second) / 2 if self.spread == "uniform" else self.first


@dataclass(frozen=True, slots=True)
class Level:
    """The share of answers for which a time is at most `within_s`."""

    within_s: float
    quantile: float


@dataclass(frozen=True, slots=True)
class Levels:
    """What is promised: the time to the first token, the time per further token, the whole answer."""

    ttft: Level | None = None
    time_per_token: Level | None = None
    answer: Level | None = None


@dataclass(frozen=True, slots=True)
class TraceTurn:
    """A turn as it was recorded: `conversation` joins those that share a prefix."""

    time_s: float
    prompt: int
    output: int
    conversation: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A stream of conversations of like sources.

    `users` think, ask, read the answer and think again; conversations that are periodic, Poisson or of a
    trace begin whether or not others are answered.
    """

    name: str
    sources: int
    begins: Beginnings
    rate_per_s: float
    """Conversations that each source begins; none for users and traces."""
    prompt: Drawn
    output: Drawn
    turns: Drawn
    think: Drawn
    """Seconds from an answer to the next question; of users also before the first one."""
    context: int
    """Most tokens of a session; what would exceed it begins a new one."""
    prefix_kept: bool
    levels: Levels
    trace: tuple[TraceTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class StepCost:
    """What decides the time of one step: `planner.language.rates.model` with the sizes of one model put in.

    Products of attention and bytes of the cache go by tokens of the layers that see all of them and of those
    that see a window.
    """

    weight_bytes: Floats
    """Bytes of weights that a step of n tokens reads, the last entry for all longer ones."""
    step_macs: float
    inner_macs: float
    """Of a prompt token: without the last layer."""
    last_macs: float
    pair_macs: tuple[float, float]
    """With one cached token: in all layers that see everything, in all that see a window."""
    cache_bytes: tuple[float, float]
    """Of one cached token, in the same two."""
    window: int
    bandwidth_bytes_per_s: float
    """What is reached; `top` below is the datasheet's, for the use."""
    matrix_ops_per_s: float
    half_tokens: float
    vector_ops_per_s: float
    decode_overhead_s: float
    prompt_overhead_s: float
    top_bandwidth_bytes_per_s: float
    top_ops_per_s: float
    alone: float = 1.0
    """Factors on the time of a step: of one session, of several, of prompt tokens."""
    together: float = 1.0
    prompt: float = 1.0
    overhead_clock_power: float = 0.0
    """At a clock ratio c overheads take c to the minus this power as long; arithmetic takes 1/c."""
    none_w: float = 0.0
    """Power above idle while a step runs that uses nothing of the unit's peaks, and all of them."""
    full_w: float = 0.0
    most_w: float = 0.0
    """Above idle: what the power mode allows."""


@dataclass(frozen=True, slots=True)
class FrameStream:
    """Sources whose frames go through another network on the same unit, one by one and not interrupted."""

    group: StreamGroup
    service_s: float
    """At full clock."""
    clocked_share: float
    """Of that time, what grows as 1/clock."""
    busy_w: float
    """Above idle, at full clock."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What one device admits."""

    sessions: int
    cache_bytes: float
    """Memory for keys and values of all sessions."""
    block_tokens: int = 16
    """The cache is handed out in blocks of so many tokens; a whole session's where it is reserved."""
    chunk_tokens: int | None = 2048
    """Prompt tokens that a step reads beside the sessions that decode; None: a step reads one whole prompt
    and nobody decodes in it."""
    when_full: WhenFull = "recompute"


@dataclass(frozen=True, slots=True)
class Serving:
    """Like devices that serve streams of conversations."""

    talks: tuple[Talk, ...]
    cost: StepCost
    limits: Admission
    devices: int
    duration_s: float
    warmup_s: float = 0.0
    seed: int = 1
    frames: tuple[FrameStream, ...] = ()
    share: UnitShare = "turns"
    rack: Rack | None = None
    """The devices with their heat and the air around them; None: always at full clock."""
