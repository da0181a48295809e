"""The same rules as `plain.py` for speed: lists are arrays, what waits is linked, nothing is allocated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from planner.conversation.compiled_frames import (
    begin_frame,
    draw_power,
    first_stream,
    frame_arrives,
    frames_here,
    next_frame_s,
)
from planner.conversation.compiled_state import FRAMES_FIRST, TURNS, State, begin_state
from planner.conversation.counts import Counts
from planner.conversation.description import Serving
from planner.conversation.heap import pop, push
from planner.conversation.heated import DeviceConditions, HeatedRun
from planner.conversation.step import Step, StepNumbers, cost_row, step_power, step_time
from planner.conversation.work import Turns
from planner.rack.compiled.jit import compiled, entry

_step_time, _step_power = compiled(step_time), compiled(step_power)
_push, _pop = compiled(push), compiled(pop)
_NEVER = np.inf


def run_compiled(serving: Serving, work: Turns) -> Counts:
    """As `run_plain`, bit by bit."""
    counts = Counts.empty(work.turns, serving.devices, len(work.frame_s))
    conditions, cost = DeviceConditions.full(serving), cost_row(serving.cost)
    state = begin_state(serving, work, counts, conditions)
    heated = HeatedRun.begin(serving, conditions)
    if heated is None:
        _LOOP(cost, state, _NEVER)
        return counts
    going = True
    while going:
        end_s = heated.end_s
        done = _LOOP(cost, state, end_s)
        going = heated.close() and not (done and end_s >= serving.duration_s)
    return heated.counted(counts)


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
    # Layers with a sliding window keep no more than its tokens.
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
    state.counts.arrival_s[turn] = now_s
    # The last token of an answer is never read again and has no place in the cache.
    whole = _room(state.history[turn] + state.prompt[turn] + state.output[turn] - 1, state)
    dev = state.place[state.sequence[turn]]
    if _bytes(whole, min(whole, cost.window), cost) > state.capacity:
        if dev >= 0:
            _give_up(dev, state.sequence[turn], cost, state)
        state.counts.refused[turn] = True
        _next(turn, now_s, state)
        return
    if dev < 0:
        # A new conversation goes to the fewest turns, of equal ones to the fewest frames, then to the first.
        dev = 0
        own, frames = state.actives[0] + state.waiting[0], frames_here(0, state)
        for other in range(1, len(state.ends_s)):
            its = state.actives[other] + state.waiting[other]
            if its > own:
                continue
            its_frames = frames_here(other, state)
            if its < own or its_frames < frames:
                dev, own, frames = other, its, its_frames
    state.counts.device[turn] = dev
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
        target = state.history[turn] + state.prompt[turn] + state.counts.made[turn]
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
        state.counts.refused[turn] = True
        _next(turn, now_s, state)
        return
    state.counts.preempted[turn] += 1
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
    """A frame or a step, as the rule of the unit says."""
    stream = first_stream(dev, state)
    turns = state.actives[dev] > 0 or state.front[dev] >= 0
    first = state.share == FRAMES_FIRST or (state.share == TURNS and not state.after_frame[dev]) or not turns
    if stream >= 0 and first:
        begin_frame(dev, stream, now_s, state)
        return
    if turns:
        _begin_step(dev, now_s, cost, state)
    if stream >= 0 and state.ends_s[dev] == np.inf:
        begin_frame(dev, stream, now_s, state)


@compiled
def _begin_step(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
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
            # Token i of those taken attends to tokens + i: summed, taken (2 tokens + taken) / 2. Half a token
            # each is left out, and behind a window the mean is capped in place of each, which counts a little
            # much.
            twice += taken * (2 * tokens + taken)
            twice_window += taken * min(2 * tokens + taken, 2 * cost.window)
            ending += 1 if taken == state.left[turn] else 0
    if decoding + reading == 0:
        return
    state.counts.most_sessions[dev] = max(state.counts.most_sessions[dev], state.actives[dev])
    held = _bytes(state.held[dev], state.held_window[dev], cost)
    state.counts.most_bytes[dev] = max(state.counts.most_bytes[dev], held)
    step = Step(decoding, seen, seen_window, reading, read, read_window, twice, twice_window, ending)
    time_s, used_s = _step_time(cost, step, state.clock[dev], state.slower[dev])
    state.after_frame[dev] = False
    state.counts.busy_s[dev] += time_s
    state.counts.used_s[dev] += used_s
    state.counts.steps[dev] += 1
    state.counts.read[dev] += reading
    state.ends_s[dev] = now_s + time_s
    draw_power(dev, now_s, time_s, _step_power(cost, used_s / time_s), state)


@compiled
def _end(dev: int, now_s: float, cost: StepNumbers, state: State) -> None:
    state.energy_j[dev] += state.drawn_w[dev] * (now_s - state.since_s[dev])
    state.drawn_w[dev] = 0.0
    state.ends_s[dev] = np.inf
    if state.frame[dev] >= 0:
        state.counts.frame_end_s[state.frame[dev]] = now_s
        state.frame[dev] = -1
        return
    stays = 0
    for at in range(state.actives[dev]):
        turn = state.active[dev, at]
        works = state.decoding[turn] or state.taken[turn] > 0
        state.cached[turn] += 1 if state.decoding[turn] else state.taken[turn]
        state.left[turn] -= state.taken[turn]
        state.decoding[turn] = False
        state.taken[turn] = 0
        if works and state.left[turn] == 0:
            state.counts.made[turn] += 1
            if state.counts.made[turn] == 1:
                state.counts.first_s[turn] = now_s
            if state.counts.made[turn] == state.output[turn]:
                _answered(dev, turn, now_s, cost, state)
                continue
        state.active[dev, stays] = turn
        stays += 1
    state.actives[dev] = stays


@compiled
def _answered(dev: int, turn: int, now_s: float, cost: StepNumbers, state: State) -> None:
    state.counts.end_s[turn] = now_s
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


@compiled
def _next_s(state: State) -> float:
    """When the next thing happens."""
    now_s = state.heap_s[0] if state.heap_size[0] > 0 else np.inf
    now_s = min(now_s, next_frame_s(state))
    for dev in range(len(state.ends_s)):
        now_s = min(now_s, state.ends_s[dev])
    return now_s


@compiled
def _happen(now_s: float, cost: StepNumbers, state: State) -> None:
    """All that happens at one instant."""
    devices = len(state.ends_s)
    for dev in range(devices):
        if state.ends_s[dev] == now_s:
            _end(dev, now_s, cost, state)
    while next_frame_s(state) == now_s:
        frame_arrives(state.frames_come[0], state)
        state.frames_come[0] += 1
    while state.heap_size[0] > 0 and state.heap_s[0] == now_s:
        _arrive(_pop(state.heap_s, state.heap_turn, state.heap_size), now_s, cost, state)
    for dev in range(devices):
        if state.ends_s[dev] == np.inf:
            _begin(dev, now_s, cost, state)


def _revision() -> int:
    """Changes with the rules that the loop calls: see `planner.rack.compiled.jit.source_revision`."""
    digest = hashlib.sha256()
    for name in ("compiled.py", "compiled_frames.py", "compiled_state.py", "heap.py", "step.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return int.from_bytes(digest.digest()[:6], "big")


def _make_loop(revision: int) -> Callable[[StepNumbers, State, float], bool]:
    @entry
    def loop(cost: StepNumbers, state: State, end_s: float) -> bool:
        """All that happens before a time; whether nothing comes after it."""
        while True:
            now_s = _next_s(state)
            if now_s >= end_s:
                return now_s == np.inf and revision >= 0
            _happen(now_s, cost, state)

    return loop


_LOOP = _make_loop(_revision())
