"""Frames of other streams in the compiled engine: as `plain.py` has them, with linked lists for queues."""

from __future__ import annotations

import numpy as np

from planner.conversation.compiled_state import State
from planner.rack.compiled.jit import compiled


@compiled
def next_frame_s(state: State) -> float:
    """When the next frame comes; infinite without one."""
    at = state.frames_come[0]
    return state.frame_s[at] if at < len(state.frame_s) else np.inf


@compiled
def frames_here(dev: int, state: State) -> int:
    """Frames that wait for a device or are served by it."""
    found = 1 if state.frame[dev] >= 0 else 0
    for stream in range(state.frame_waiting.shape[1]):
        found += state.frame_waiting[dev, stream]
    return found


@compiled
def take_oldest(dev: int, stream: int, state: State) -> int:
    """The first of a queue, out of it."""
    frame: int = state.frame_front[dev, stream]
    state.frame_front[dev, stream] = state.frame_behind[frame]
    if state.frame_front[dev, stream] < 0:
        state.frame_back[dev, stream] = -1
    state.frame_waiting[dev, stream] -= 1
    return frame


@compiled
def frame_arrives(frame: int, state: State) -> None:
    """To the device with the fewest frames, of these to that with the fewest turns."""
    dev, fewest = 0, frames_here(0, state)
    turns = state.actives[0] + state.waiting[0]
    for other in range(1, len(state.ends_s)):
        frames, its = frames_here(other, state), state.actives[other] + state.waiting[other]
        if frames < fewest or (frames == fewest and its < turns):
            dev, fewest, turns = other, frames, its
    stream = state.frame_stream[frame]
    state.counts.frame_device[frame] = dev
    limit = state.limit[stream]
    if limit >= 0 and state.frame_waiting[dev, stream] >= limit and not state.oldest_goes[stream]:
        state.counts.frame_dropped[frame] = True
        return
    back = state.frame_back[dev, stream]
    if back < 0:
        state.frame_front[dev, stream] = frame
    else:
        state.frame_behind[back] = frame
    state.frame_back[dev, stream] = frame
    state.frame_waiting[dev, stream] += 1
    if limit >= 0 and state.frame_waiting[dev, stream] > limit:
        state.counts.frame_dropped[take_oldest(dev, stream, state)] = True


@compiled
def first_stream(dev: int, state: State) -> int:
    """The stream whose frame is next: of the highest priority, then the earliest; -1 without frames."""
    found = -1
    for stream in range(state.frame_waiting.shape[1]):
        front = state.frame_front[dev, stream]
        if front < 0:
            continue
        above = 0 if found < 0 else state.priority[stream] - state.priority[found]
        if found < 0 or above > 0 or (above == 0 and front < state.frame_front[dev, found]):
            found = stream
    return found


@compiled
def draw_power(dev: int, now_s: float, time_s: float, full_clock_w: float, state: State) -> None:
    """Note the power above idle of work that begins."""
    drawn_w = full_clock_w * state.power[dev]
    state.drawn_w[dev] = drawn_w
    state.since_s[dev] = now_s
    state.counts.energy_j[dev] += drawn_w * time_s


@compiled
def begin_frame(dev: int, stream: int, now_s: float, state: State) -> None:
    """Serve the first frame of a stream."""
    frame = take_oldest(dev, stream, state)
    state.frame[dev] = frame
    state.after_frame[dev] = True
    time_s = state.service_s[stream] * state.frame_slower[dev, stream]
    state.counts.frame_start_s[frame] = now_s
    state.counts.frames_busy_s[dev] += time_s
    state.ends_s[dev] = now_s + time_s
    draw_power(dev, now_s, time_s, state.busy_w[stream], state)
