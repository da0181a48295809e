"""What a run has to do, drawn before it begins, so that both engines and all parts do the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.conversation.description import Drawn, Serving, Talk
from planner.errors import InputError, Problem
from planner.rack.arrivals.processes import block_of, source_blocks

MOST_FRAMES = 20_000_000
MOST_TURNS = 2_000_000
MOST_TOKENS = 200_000_000
"""Of one run: longer ones take minutes and decide nothing more."""
_FRAMES, _OUTAGES = 1, 2
"""What the numbers of a source of frames are drawn for."""
_LONGEST_CONVERSATION = 10_000
"""Turns; a context is full long before."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns one after the other in sequences: what one user asks, or the turns of one conversation.

    Turns of sequence s are `first[s]` up to `first[s + 1]`. The first one arrives at its `earliest_s`, each
    other then or `think_s` after the answer before it, whichever is later.
    """

    first: Ints
    sequence: Ints
    """Of each turn."""
    talk: Ints
    """The stream of each turn."""
    prompt: Ints
    output: Ints
    earliest_s: Floats
    think_s: Floats
    history: Ints
    """Tokens of the conversation before this turn, where they are kept; zero where a new one begins."""
    goes_on: Flags
    """Whether the next turn continues this conversation, so that its cache is worth keeping."""
    frame_s: Floats
    """When each frame of other streams arrives, in order."""
    frame_stream: Ints

    @property
    def turns(self) -> int:
        """How many there are."""
        return len(self.prompt)


class _Turn(NamedTuple):
    prompt: int
    output: int
    earliest_s: float
    think_s: float
    anew: bool


class _Writer:
    """Collects sequences; a conversation that would exceed its context begins anew."""

    def __init__(self) -> None:
        self.first: list[int] = [0]
        self.rows: list[tuple[int, int, int, int, float, float, int]] = []
        self.goes_on: list[bool] = []

    def sequence(self, turns: list[_Turn], place: int, talk: Talk) -> None:
        number, history = len(self.first) - 1, 0
        for turn in turns:
            prompt = min(max(1, turn.prompt), talk.context - 1)
            output = min(max(1, turn.output), talk.context - prompt)
            if turn.anew or history + prompt + output > talk.context:
                history = 0
            kept = history if talk.prefix_kept else 0
            if kept:
                self.goes_on[-1] = True
            # Without a kept prefix the history is sent again with each question, and read again.
            asked = prompt + history - kept
            self.rows.append((number, place, asked, output, turn.earliest_s, turn.think_s, kept))
            self.goes_on.append(False)
            history += prompt + output
        if turns:
            self.first.append(len(self.rows))

    def work(self) -> Turns:
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * 7
        return Turns(
            first=np.array(self.first, dtype=np.int64),
            sequence=np.array(columns[0], dtype=np.int64),
            talk=np.array(columns[1], dtype=np.int64),
            prompt=np.array(columns[2], dtype=np.int64),
            output=np.array(columns[3], dtype=np.int64),
            earliest_s=np.array(columns[4], dtype=np.float64),
            think_s=np.array(columns[5], dtype=np.float64),
            history=np.array(columns[6], dtype=np.int64),
            goes_on=np.array(self.goes_on, dtype=np.bool_),
            frame_s=np.zeros(0),
            frame_stream=np.zeros(0, dtype=np.int64),
        )


def draw(serving: Serving, replication: int = 0) -> Turns:
    """The turns of a run. Each source draws from numbers of its own: other parts and counts see the same."""
    writer = _Writer()
    for place, talk in enumerate(serving.talks):
        if talk.begins == "trace":
            _recorded(writer, place, talk, serving.duration_s)
            continue
        turns = _turns_expected(talk, serving)
        _require_short(turns, turns * talk.output.mean)
        for source in range(talk.sources):
            random = np.random.default_rng((serving.seed, replication, place, source))
            if talk.begins == "users":
                writer.sequence(_user(talk, random, serving), place, talk)
                continue
            for begin_s in _beginnings(talk, random, serving.duration_s):
                writer.sequence(_conversation(talk, random, begin_s), place, talk)
    frame_s, frame_stream = _frames(serving, replication)
    return replace(writer.work(), frame_s=frame_s, frame_stream=frame_stream)


def _frames(serving: Serving, replication: int) -> tuple[Floats, Ints]:
    """Frames of all streams in order of time, of equal times in order of their sources.

    By the arrival processes of the rack, each source from numbers of its own.
    """
    groups = [frames.group for frames in serving.frames]
    expected = serving.duration_s * sum(group.offered_per_s for group in groups)
    if expected > MOST_FRAMES:
        most, advice = f"a run of at most {MOST_FRAMES:,} frames", "shorten the run"
        raise InputError("frames", [Problem("simulation.duration", most, f"{expected:,.0f}", advice)])
    block = block_of(sum(group.sources for group in groups))
    times: list[Floats] = []
    streams: list[Ints] = []
    for place, group in enumerate(groups):
        for source in range(group.sources):
            chance, outages = (
                np.random.default_rng((serving.seed, replication, place, source, purpose))
                for purpose in (_FRAMES, _OUTAGES)
            )
            blocks = source_blocks(group, chance, outages if group.drop_outs else None, block=block)
            found = _before(blocks, serving.duration_s)
            times.append(found)
            streams.append(np.full(found.size, place, dtype=np.int64))
    if not times:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    time_s, stream = np.concatenate(times), np.concatenate(streams)
    order = np.argsort(time_s, kind="stable")
    return time_s[order], stream[order]


def _before(blocks: Iterator[Floats], end_s: float) -> Floats:
    """The times of one source before the end of the run."""
    found: list[Floats] = [np.zeros(0)]
    for times_s in blocks:
        found.append(times_s[times_s < end_s])
        if times_s.size and times_s[-1] >= end_s:
            break
    return np.concatenate(found)


def _turns_expected(talk: Talk, serving: Serving) -> float:
    """How many will be drawn, on average."""
    if talk.begins != "users":
        return talk.sources * serving.duration_s * talk.rate_per_s * max(1.0, talk.turns.mean)
    # A closed loop: who thinks, then is answered, comes back once a cycle. With the fastest steps that there
    # can be these are the most turns on average, which the length of the run is checked against.
    each_s = talk.think.mean + _least_token_s(serving) * min(talk.output.mean, talk.context)
    return talk.sources * (1.0 + serving.duration_s / each_s)


def _require_short(turns: float, tokens: float) -> None:
    """Refuse a run that would take minutes to draw and to simulate."""
    if turns > MOST_TURNS or tokens > MOST_TOKENS:
        expected = f"a run of at most {MOST_TURNS:,} questions and {MOST_TOKENS:,} tokens of answers"
        advice = "shorten the run, or take fewer users"
        raise InputError("conversations", [Problem("simulation.duration", expected, "more", advice)])


def _user(talk: Talk, random: np.random.Generator, serving: Serving) -> list[_Turn]:
    """As many turns as a user could have on the fastest of devices; those after the end never come."""
    least_s = _least_token_s(serving)
    begin_s = spent_s = _one(talk.think, random)
    turns: list[_Turn] = []
    while spent_s <= serving.duration_s:
        for turn in _conversation(talk, random, begin_s if not turns else 0.0):
            # Between two conversations people think as they do between two questions.
            think_s = _one(talk.think, random) if turn.anew and turns else turn.think_s
            turns.append(turn._replace(think_s=think_s))
            spent_s += think_s + least_s * turn.output
    return turns


def _least_token_s(serving: Serving) -> float:
    """No step is shorter: it reads the weights of one token and has a fixed part."""
    cost = serving.cost
    read_s = float(cost.weight_bytes.min()) / cost.bandwidth_bytes_per_s
    fixed_s = min(cost.decode_overhead_s, cost.prompt_overhead_s)
    return (read_s + fixed_s) * min(cost.alone, cost.together, cost.prompt)


def _conversation(talk: Talk, random: np.random.Generator, begin_s: float) -> list[_Turn]:
    found = []
    for turn in range(min(_LONGEST_CONVERSATION, max(1, round(_one(talk.turns, random))))):
        prompt, output = round(_one(talk.prompt, random)), round(_one(talk.output, random))
        think_s = _one(talk.think, random) if turn else 0.0
        found.append(_Turn(prompt, output, begin_s if turn == 0 else 0.0, think_s, turn == 0))
    return found


def _beginnings(talk: Talk, random: np.random.Generator, duration_s: float) -> list[float]:
    gap_s, even = 1.0 / talk.rate_per_s, talk.begins == "periodic"
    at_s = gap_s * float(random.random() if even else random.exponential())
    found = []
    while at_s < duration_s:
        found.append(at_s)
        at_s += gap_s if even else gap_s * float(random.exponential())
    return found


def _recorded(writer: _Writer, place: int, talk: Talk, duration_s: float) -> None:
    """Turns of a trace: each comes when it was recorded, but not before the answer to the one before it."""
    rows: dict[str, list[_Turn]] = {}
    for number, turn in enumerate(talk.trace):
        if turn.time_s < duration_s:
            of_one = rows.setdefault(turn.conversation or f"#{number}", [])
            of_one.append(_Turn(turn.prompt, turn.output, turn.time_s, 0.0, not of_one))
    for turns in rows.values():
        writer.sequence(turns, place, talk)


def _one(drawn: Drawn, random: np.random.Generator) -> float:
    if drawn.spread == "fixed":
        return drawn.first
    if drawn.spread == "uniform":
        return float(random.uniform(drawn.first, drawn.second))
    if drawn.spread == "listed":
        return drawn.values[int(random.integers(len(drawn.values)))]
    if drawn.spread == "gamma":
        # Shape 1/cv^2 and scale mean cv^2: exponential at a coefficient of variation of one.
        square = drawn.second * drawn.second
        return float(random.gamma(1.0 / square, drawn.first * square))
    # Lognormal of this mean and coefficient of variation: sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2/2.
    square = math.log1p(drawn.second * drawn.second)
    return float(random.lognormal(math.log(drawn.first) - square / 2, math.sqrt(square)))
