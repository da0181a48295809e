"""The same rules as `plain.py` for speed: lists are arrays, what waits is linked, nothing is allocated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.conversation.counts import Counts
from planner.conversation.description import Serving
from planner.conversation.heap import pop, push
from planner.conversation.step import Step, StepNumbers, cost_row, step_time
from planner.conversation.work import Turns
from planner.rack.compiled.jit import compiled, entry

_step_time = compiled(step_time)
_push, _pop = compiled(push), compiled(pop)


class State(NamedTuple):
    """Arrays of a run: of turns, of sequences, of devices."""

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
    arrival_s: Floats
    first_s: Floats
    end_s: Floats
    made: Ints
    device: Ints
    preempted: Ints
    refused: Flags
    busy_s: Floats
    used_s: Floats
    steps: Ints
    read: Ints
    most_sessions: Ints
    most_bytes: Floats


def run_compiled(serving: Serving, work: Turns) -> Counts:
    """As `run_plain`, bit by bit."""
    counts = Counts.empty(work.turns, serving.devices)
    limits, devices, sequences = serving.limits, serving.devices, len(work.first) - 1

    def none(size: int) -> Ints:
        return np.full(size, -1, dtype=np.int64)

    def zeros(size: int) -> Ints:
        return np.zeros(size, dtype=np.int64)

    begin = work.first[:-1]
    order = np.lexsort((begin, work.earliest_s[begin]))
    state = State(
        duration_s=serving.duration_s, capacity=limits.cache_bytes, sessions=limits.sessions,
        block=limits.block_tokens, chunk=limits.chunk_tokens or 0, refuses=limits.when_full == "refuse",
        first=work.first, sequence=work.sequence, prompt=work.prompt, output=work.output,
        earliest_s=work.earliest_s, think_s=work.think_s, history=work.history, goes_on=work.goes_on,
        left=zeros(work.turns), cached=zeros(work.turns), taken=zeros(work.turns),
        decoding=np.zeros(work.turns, dtype=np.bool_), behind=none(work.turns),
        place=none(sequences), idle_tokens=zeros(sequences), older=none(sequences), newer=none(sequences),
        active=np.full((devices, limits.sessions), -1, dtype=np.int64), actives=zeros(devices),
        front=none(devices), back=none(devices), waiting=zeros(devices),
        oldest=none(devices), newest=none(devices), held=zeros(devices), held_window=zeros(devices),
        ends_s=np.full(devices, np.inf),
        heap_s=work.earliest_s[begin][order], heap_turn=begin[order],
        heap_size=np.array([sequences], dtype=np.int64),
        arrival_s=counts.arrival_s, first_s=counts.first_s, end_s=counts.end_s, made=counts.made,
        device=counts.device, preempted=counts.preempted, refused=counts.refused, busy_s=counts.busy_s,
        used_s=counts.used_s, steps=counts.steps, read=counts.read, most_sessions=counts.most_sessions,
        most_bytes=counts.most_bytes,
    )  # fmt: skip
    if sequences:
        _LOOP(cost_row(serving.cost), state)
    return counts


@compiled
def _room(tokens: int, state: State) -> int:
    return -(-tokens // state.block) * state.block


@compiled
def _bytes(held: int, held_window: int, cost: StepNumbers) -> float:
    return cost.full_bytes * held + cost.window_bytes * held_window


@compiled
def _hold(dev: int, tokens: int, sign: int, cost: StepNumbers, state: State) -> None:
    whole = _room(tokens, state)
    state.held[dev] += sign * whole
    state.held_window[dev] += sign * min(whole, cost.window)


@compiled
def _give_up(dev: int, sequence: int, cost: StepNumbers, state: State) -> None:
    """An idle cache."""
    _hold(dev, state.idle_tokens[sequence], -1, cost, state)
    older, newer = state.older[sequence], state.newer[sequence]
    if older < 0:
        state.oldest[dev] = newer
    else:
        state.newer[older] = newer
    if newer < 0:
        state.newest[dev] = older
    else:
        state.older[newer] = older
    state.place[sequence] = -1


@compiled
def _make_room(dev: int, before: int, after: int, keep: int, cost: StepNumbers, state: State) -> bool:
    old, new = _room(before, state), _room(after, state)
    more, more_window = new - old, min(new, cost.window) - min(old, cost.window)
    while _bytes(state.held[dev] + more, state.held_window[dev] + more_window, cost) > state.capacity:
        given_up = state.oldest[dev]
        if given_up >= 0 and given_up == keep:
            given_up = state.newer[given_up]
        if given_up < 0:
            return False
        _give_up(dev, given_up, cost, state)
    return True


@compiled
def _next(turn: int, now_s: float, state: State) -> None:
    following = turn + 1
    if following < state.first[state.sequence[turn] + 1]:
        due_s = max(state.earliest_s[following], now_s + state.think_s[following])
        _push(due_s, following, state.heap_s, state.heap_turn, state.heap_size)


@compiled
def _arrive(turn: int, now_s: float, cost: StepNumbers, state: State) -> None:
    if now_s >= state.duration_s:
        return
    state.arrival_s[turn] = now_s
    whole = _room(state.history[turn] + state.prompt[turn] + state.output[turn] - 1, state)
    dev = state.place[state.sequence[turn]]
    if _bytes(whole, min(whole, cost.window), cost) > state.capacity:
        if dev >= 0:
            _give_up(dev, state.sequence[turn], cost, state)
        state.refused[turn] = True
        _next(turn, now_s, state)
        return
    if dev < 0:
        dev = 0
        for other in range(1, len(state.ends_s)):
            own = state.actives[dev] + state.waiting[dev]
            if state.actives[other] + state.waiting[other] < own:
                dev = other
    state.device[turn] = dev
    state.behind[turn] = -1
    if state.front[dev] < 0:
        state.front[dev] = turn
    else:
        state.behind[state.back[dev]] = turn
    state.back[dev] = turn
    state.waiting[dev] += 1


@compiled
def _admit(dev: int, cost: StepNumbers, state: State) -> None:
    while state.front[dev] >= 0 and state.actives[dev] < state.sessions:
        turn = state.front[dev]
        sequence = state.sequence[turn]
        target = state.history[turn] + state.prompt[turn] + state.made[turn]
        kept = state.idle_tokens[sequence] if state.place[sequence] == dev else 0
        if not _make_room(dev, kept, target, sequence, cost, state):
            return
        state.front[dev] = state.behind[turn]
        if state.front[dev] < 0:
            state.back[dev] = -1
        state.waiting[dev] -= 1
        if kept > 0:
            _give_up(dev, sequence, cost, state)
        _hold(dev, target, 1, cost, state)
        state.cached[turn], state.left[turn] = kept, target - kept
        state.active[dev, state.actives[dev]] = turn
        state.actives[dev] += 1


@compiled
def _preempt(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    """The session that was admitted last."""
    state.actives[dev] -= 1
    turn = state.active[dev, state.actives[dev]]
    _hold(dev, state.cached[turn] + state.left[turn], -1, cost, state)
    state.cached[turn] = state.left[turn] = 0
    if state.refuses:
        state.refused[turn] = True
        _next(turn, now_s, state)
        return
    state.preempted[turn] += 1
    state.behind[turn] = state.front[dev]
    if state.front[dev] < 0:
        state.back[dev] = turn
    state.front[dev] = turn
    state.waiting[dev] += 1


@compiled
def _grow(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    """Mark the sessions that decode, each with room for one more token."""
    at = 0
    while at < state.actives[dev]:
        turn = state.active[dev, at]
        at += 1
        if state.left[turn] > 0:
            continue
        tokens = state.cached[turn]
        fits = _make_room(dev, tokens, tokens + 1, -1, cost, state)
        while not fits:
            _preempt(dev, now_s, cost, state)
            if state.actives[dev] < at:
                break
            fits = _make_room(dev, tokens, tokens + 1, -1, cost, state)
        if fits:
            _hold(dev, tokens, -1, cost, state)
            _hold(dev, tokens + 1, 1, cost, state)
            state.decoding[turn] = True


@compiled
def _choose(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    """Who is admitted, who decodes and what is read in the step that begins."""
    if state.chunk == 0:
        _admit(dev, cost, state)
        for at in range(state.actives[dev]):
            turn = state.active[dev, at]
            if state.left[turn] > 0:
                state.taken[turn] = state.left[turn]
                return
        _grow(dev, now_s, cost, state)
        return
    before = state.actives[dev]
    _grow(dev, now_s, cost, state)
    if state.actives[dev] == before:
        _admit(dev, cost, state)
    budget = state.chunk
    for at in range(state.actives[dev]):
        turn = state.active[dev, at]
        state.taken[turn] = min(budget, state.left[turn])
        budget -= state.taken[turn]


@compiled
def _begin(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    _choose(dev, now_s, cost, state)
    decoding = seen = seen_window = reading = read = read_window = twice = twice_window = ending = 0
    for at in range(state.actives[dev]):
        turn = state.active[dev, at]
        tokens, taken = state.cached[turn], state.taken[turn]
        if state.decoding[turn]:
            decoding += 1
            seen += tokens + 1
            seen_window += min(tokens + 1, cost.window)
        elif taken > 0:
            reading += taken
            read += tokens + taken
            read_window += min(tokens + taken, cost.window)
            twice += taken * (2 * tokens + taken)
            twice_window += taken * min(2 * tokens + taken, 2 * cost.window)
            ending += 1 if taken == state.left[turn] else 0
    if decoding + reading == 0:
        return
    state.most_sessions[dev] = max(state.most_sessions[dev], state.actives[dev])
    held = _bytes(state.held[dev], state.held_window[dev], cost)
    state.most_bytes[dev] = max(state.most_bytes[dev], held)
    step = Step(decoding, seen, seen_window, reading, read, read_window, twice, twice_window, ending)
    time_s, used_s = _step_time(cost, step)
    state.busy_s[dev] += time_s
    state.used_s[dev] += used_s
    state.steps[dev] += 1
    state.read[dev] += reading
    state.ends_s[dev] = now_s + time_s


@compiled
def _end(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    state.ends_s[dev] = np.inf
    stays = 0
    for at in range(state.actives[dev]):
        turn = state.active[dev, at]
        works = state.decoding[turn] or state.taken[turn] > 0
        state.cached[turn] += 1 if state.decoding[turn] else state.taken[turn]
        state.left[turn] -= state.taken[turn]
        state.decoding[turn] = False
        state.taken[turn] = 0
        if works and state.left[turn] == 0:
            state.made[turn] += 1
            if state.made[turn] == 1:
                state.first_s[turn] = now_s
            if state.made[turn] == state.output[turn]:
                _answered(dev, turn, now_s, cost, state)
                continue
        state.active[dev, stays] = turn
        stays += 1
    state.actives[dev] = stays


@compiled
def _answered(dev: int, turn: int, now_s: float, cost: StepNumbers, state: State) -> None:
    state.end_s[turn] = now_s
    if state.goes_on[turn] and now_s + state.think_s[turn + 1] < state.duration_s:
        sequence = state.sequence[turn]
        state.idle_tokens[sequence] = state.cached[turn]
        state.place[sequence] = dev
        state.older[sequence], state.newer[sequence] = state.newest[dev], -1
        if state.newest[dev] < 0:
            state.oldest[dev] = sequence
        else:
            state.newer[state.newest[dev]] = sequence
        state.newest[dev] = sequence
    else:
        _hold(dev, state.cached[turn], -1, cost, state)
    _next(turn, now_s, state)


def _revision() -> int:
    """Changes with the rules that the loop calls: see `planner.rack.compiled.jit.source_revision`."""
    digest = hashlib.sha256()
    for name in ("compiled.py", "heap.py", "step.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return int.from_bytes(digest.digest()[:6], "big")


def _make_loop(revision: int) -> Callable[[StepNumbers, State], int]:
    @entry
    def loop(cost: StepNumbers, state: State) -> int:
        devices = len(state.ends_s)
        while True:
            now_s = state.heap_s[0] if state.heap_size[0] > 0 else np.inf
            for dev in range(devices):
                now_s = min(now_s, state.ends_s[dev])
            if now_s == np.inf:
                return revision
            for dev in range(devices):
                if state.ends_s[dev] == now_s:
                    _end(dev, now_s, cost, state)
            while state.heap_size[0] > 0 and state.heap_s[0] == now_s:
                _arrive(_pop(state.heap_s, state.heap_turn, state.heap_size), now_s, cost, state)
            for dev in range(devices):
                if state.ends_s[dev] == np.inf and (state.actives[dev] > 0 or state.front[dev] >= 0):
                    _begin(dev, now_s, cost, state)

    return loop


_LOOP = _make_loop(_revision())
