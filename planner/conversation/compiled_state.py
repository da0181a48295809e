"""The arrays that the compiled engine works on."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.conversation.counts import Counts
from planner.conversation.description import Serving, UnitShare
from planner.conversation.heated import DeviceConditions
from planner.conversation.work import Turns

SHARES: tuple[UnitShare, ...] = get_args(UnitShare)
TURNS, FRAMES_FIRST = SHARES.index("turns"), SHARES.index("frames_first")


class State(NamedTuple):
    """Arrays of a run: of turns, of sequences, of devices."""

    counts: Counts
    """What the run counts, filled in while it goes."""
    duration_s: float
    capacity: float
    sessions: int
    block: int
    chunk: int
    """Zero for whole prompts."""
    refuses: bool
    first: Ints
    sequence: Ints
    prompt: Ints
    output: Ints
    earliest_s: Floats
    think_s: Floats
    history: Ints
    goes_on: Flags
    left: Ints
    cached: Ints
    taken: Ints
    decoding: Flags
    behind: Ints
    """The turn that waits behind this one."""
    place: Ints
    idle_tokens: Ints
    older: Ints
    newer: Ints
    active: Ints
    """Turns of each device in order of admission, a row for each device."""
    actives: Ints
    front: Ints
    back: Ints
    waiting: Ints
    oldest: Ints
    newest: Ints
    held: Ints
    held_window: Ints
    ends_s: Floats
    heap_s: Floats
    heap_turn: Ints
    heap_size: Ints
    clock: Floats
    slower: Floats
    power: Floats
    frame_slower: Floats
    drawn_w: Floats
    since_s: Floats
    energy_j: Floats
    share: int
    """Index of the rule in `SHARES`."""
    frame_s: Floats
    frame_stream: Ints
    frames_come: Ints
    """One number: the next frame."""
    frame_behind: Ints
    frame_front: Ints
    """Of each device and stream, as the two below."""
    frame_back: Ints
    frame_waiting: Ints
    frame: Ints
    """The frame that each device serves; -1: none."""
    after_frame: Flags
    service_s: Floats
    """Of each stream of frames, as the three below."""
    busy_w: Floats
    priority: Ints
    limit: Ints
    """-1: none."""
    oldest_goes: Flags


def begin_state(serving: Serving, work: Turns, counts: Counts, conditions: DeviceConditions) -> State:
    """Before anything has come."""
    limits, devices, sequences = serving.limits, serving.devices, len(work.first) - 1
    groups = [frames.group for frames in serving.frames]

    def none(*shape: int) -> Ints:
        return np.full(shape, -1, dtype=np.int64)

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    begin = work.first[:-1]
    order = np.lexsort((begin, work.earliest_s[begin]))
    return State(
        counts=counts, duration_s=serving.duration_s, capacity=limits.cache_bytes, sessions=limits.sessions,
        block=limits.block_tokens, chunk=limits.chunk_tokens or 0, refuses=limits.when_full == "refuse",
        first=work.first, sequence=work.sequence, prompt=work.prompt, output=work.output,
        earliest_s=work.earliest_s, think_s=work.think_s, history=work.history, goes_on=work.goes_on,
        left=zeros(work.turns), cached=zeros(work.turns), taken=zeros(work.turns),
        decoding=np.zeros(work.turns, dtype=np.bool_), behind=none(work.turns),
        place=none(sequences), idle_tokens=zeros(sequences), older=none(sequences), newer=none(sequences),
        active=none(devices, limits.sessions), actives=zeros(devices),
        front=none(devices), back=none(devices), waiting=zeros(devices),
        oldest=none(devices), newest=none(devices), held=zeros(devices), held_window=zeros(devices),
        ends_s=np.full(devices, np.inf),
        heap_s=work.earliest_s[begin][order], heap_turn=begin[order],
        heap_size=np.array([sequences], dtype=np.int64),
        clock=conditions.clock, slower=conditions.slower, power=conditions.power,
        frame_slower=conditions.frame_slower, drawn_w=conditions.drawn_w, since_s=conditions.since_s,
        energy_j=conditions.energy_j, share=SHARES.index(serving.share),
        frame_s=work.frame_s, frame_stream=work.frame_stream, frames_come=zeros(1),
        frame_behind=none(len(work.frame_s)), frame_front=none(devices, len(groups)),
        frame_back=none(devices, len(groups)), frame_waiting=zeros(devices, len(groups)),
        frame=none(devices), after_frame=np.zeros(devices, dtype=np.bool_),
        service_s=np.array([frames.service_s for frames in serving.frames], dtype=np.float64),
        busy_w=np.array([frames.busy_w for frames in serving.frames], dtype=np.float64),
        priority=np.array([group.priority for group in groups], dtype=np.int64),
        limit=np.array([-1 if g.queue_limit is None else g.queue_limit for g in groups], dtype=np.int64),
        oldest_goes=np.array([group.overflow == "drop_oldest" for group in groups], dtype=np.bool_),
    )  # fmt: skip
