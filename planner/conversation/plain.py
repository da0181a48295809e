"""The rules of a run, written to be read: admission, steps, caches, preemption."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from planner.conversation.counts import Counts
from planner.conversation.description import Serving
from planner.conversation.heated import DeviceConditions, HeatedRun
from planner.conversation.step import Step, cost_row, step_power, step_time
from planner.conversation.work import Turns


def run_plain(serving: Serving, work: Turns) -> Counts:
    """What becomes of each turn, and what each device did.

    - A turn goes to the device that has its conversation's cache, else to the one with the fewest turns.
    - A device works in steps. In each, every session that decodes gets a token, and prompts are read, up to
      a chunk; with whole prompts a step reads one of them and nobody decodes.
    - Turns are admitted in order, as long as a session is free and the cache has room for the prompt.
    - A session that decodes needs room for its new token. Without it caches of conversations whose user is
      thinking are given up, the longest unused first; then the last session admitted is preempted: it waits
      in front of all and reads everything again, or is refused.
    - The first token comes with the end of the prompt.
    - A frame of another stream goes to the device with the fewest frames, of these to that with the fewest
      turns, and waits there by its stream's priority and in order. A full queue loses its oldest or newest
      frame. Nothing is interrupted: where a frame and a step both wait for a free device, they take turns, or
      one of them goes first (`UnitShare`).
    - At one instant steps and frames end first, in the order of devices, then frames arrive, then turns, then
      work begins. Turns that would arrive after the end of the run do not; those that came are answered.
    - With heat an epoch closes before what happens at its very end; the run ends with it where a device
      shuts down.
    """
    run = _PlainRun(serving, work)
    heated = HeatedRun.begin(serving, run.conditions)
    if heated is None:
        run.until(np.inf)
        return run.counts
    going = True
    while going:
        end_s = heated.end_s
        done = run.until(end_s)
        going = heated.close() and not (done and end_s >= serving.duration_s)
    return heated.counted(run.counts)


@dataclass(slots=True)
class _Device:
    """`active` in order of admission, `idle` caches by sequence, the longest unused first."""

    active: list[int] = field(default_factory=list)
    waiting: deque[int] = field(default_factory=deque)
    idle: dict[int, int] = field(default_factory=dict)
    held: int = 0
    """Cache tokens in whole blocks, in the two kinds of layers."""
    held_window: int = 0
    step: Step | None = None
    taken: dict[int, int] = field(default_factory=dict)
    """Prompt tokens of each turn in the step that runs."""
    decoding: list[int] = field(default_factory=list)
    frames: list[deque[int]] = field(default_factory=list)
    """Frames that wait, by stream."""
    frame: int = -1
    """The one that is served."""
    after_frame: bool = False
    """Whether the last work was a frame."""
    ends_s: float = np.inf

    @property
    def turns(self) -> int:
        return len(self.active) + len(self.waiting)

    @property
    def frames_here(self) -> int:
        return sum(map(len, self.frames)) + (self.frame >= 0)


class _PlainRun:
    def __init__(self, serving: Serving, work: Turns) -> None:
        self.serving, self.work = serving, work
        self.cost, self.limits = cost_row(serving.cost), serving.limits
        self.counts = Counts.empty(work.turns, serving.devices, len(work.frame_s))
        self.conditions = DeviceConditions.full(serving)
        streams = range(len(serving.frames))
        self.devices = [_Device(frames=[deque() for _ in streams]) for _ in range(serving.devices)]
        self.frames_come = 0
        self.left = [0] * work.turns
        self.cached = [0] * work.turns
        self.place = [-1] * len(work.first)
        """Of each sequence: the device with its idle cache."""
        begin = work.first[:-1]
        self.coming = [(float(work.earliest_s[turn]), int(turn)) for turn in begin]
        heapq.heapify(self.coming)

    def until(self, end_s: float) -> bool:
        """All that happens before a time; whether nothing comes after it."""
        while True:
            arrival_s = self.coming[0][0] if self.coming else np.inf
            now_s = min(arrival_s, self._next_frame_s(), *(device.ends_s for device in self.devices))
            if now_s >= end_s:
                return bool(now_s == np.inf)
            for number, device in enumerate(self.devices):
                if device.ends_s == now_s:
                    self._end(number, device, now_s)
            while self._next_frame_s() == now_s:
                self._frame_arrives(self.frames_come)
                self.frames_come += 1
            while self.coming and self.coming[0][0] == now_s:
                self._arrive(heapq.heappop(self.coming)[1], now_s)
            for number, device in enumerate(self.devices):
                if device.ends_s == np.inf:
                    self._begin(number, device, now_s)

    def _next_frame_s(self) -> float:
        times_s = self.work.frame_s
        return float(times_s[self.frames_come]) if self.frames_come < len(times_s) else np.inf

    # Frames.

    def _frame_arrives(self, frame: int) -> None:
        loads = [(device.frames_here, device.turns) for device in self.devices]
        number = loads.index(min(loads))
        stream = int(self.work.frame_stream[frame])
        queue, group = self.devices[number].frames[stream], self.serving.frames[stream].group
        self.counts.frame_device[frame] = number
        queue.append(frame)
        if group.queue_limit is not None and len(queue) > group.queue_limit:
            lost = queue.popleft() if group.overflow == "drop_oldest" else queue.pop()
            self.counts.frame_dropped[lost] = True

    def _begin(self, number: int, device: _Device, now_s: float) -> None:
        """A frame or a step, as the rule of the unit says."""
        frames, turns = any(device.frames), bool(device.turns)
        share = self.serving.share
        first = share == "frames_first" or (share == "turns" and not device.after_frame) or not turns
        if frames and first:
            self._begin_frame(number, device, now_s)
            return
        if turns:
            self._begin_step(number, device, now_s)
        if frames and device.step is None:
            self._begin_frame(number, device, now_s)

    def _begin_frame(self, number: int, device: _Device, now_s: float) -> None:
        heads = [
            (-self.serving.frames[stream].group.priority, queue[0], stream)
            for stream, queue in enumerate(device.frames)
            if queue
        ]
        stream = min(heads)[2]
        frames, conditions = self.serving.frames[stream], self.conditions
        device.frame, device.after_frame = device.frames[stream].popleft(), True
        time_s = float(frames.service_s * conditions.frame_slower[number, stream])
        self.counts.frame_start_s[device.frame] = now_s
        self.counts.frames_busy_s[number] += time_s
        device.ends_s = now_s + time_s
        self._draw(number, now_s, time_s, frames.busy_w)

    def _draw(self, number: int, now_s: float, time_s: float, full_clock_w: float) -> None:
        """Note the power above idle of work that begins."""
        conditions = self.conditions
        drawn_w = full_clock_w * float(conditions.power[number])
        conditions.drawn_w[number], conditions.since_s[number] = drawn_w, now_s
        self.counts.energy_j[number] += drawn_w * time_s

    # Memory: a session takes whole blocks, and of layers with a window no more than the window.

    def _room(self, tokens: int) -> tuple[int, int]:
        block = self.limits.block_tokens
        whole = -(-tokens // block) * block
        return whole, min(whole, self.cost.window)

    def _bytes(self, held: int, held_window: int) -> float:
        return self.cost.full_bytes * held + self.cost.window_bytes * held_window

    def _fits(self, device: _Device, more: int, more_window: int) -> bool:
        needed = self._bytes(device.held + more, device.held_window + more_window)
        return needed <= self.limits.cache_bytes

    def _take(self, device: _Device, tokens: int, sign: int) -> None:
        whole, window = self._room(tokens)
        device.held += sign * whole
        device.held_window += sign * window

    def _grown(self, before: int, after: int) -> tuple[int, int]:
        old, new = self._room(before) if before else (0, 0), self._room(after)
        return new[0] - old[0], new[1] - old[1]

    def _make_room(self, device: _Device, before: int, after: int, keep: int) -> bool:
        """Give up idle caches but that of the sequence `keep` until a session can grow; whether it can."""
        more = self._grown(before, after)
        while not self._fits(device, *more):
            oldest = next((sequence for sequence in device.idle if sequence != keep), None)
            if oldest is None:
                return False
            self._give_up(device, oldest)
        return True

    def _give_up(self, device: _Device, sequence: int) -> None:
        """An idle cache."""
        self._take(device, device.idle.pop(sequence), -1)
        self.place[sequence] = -1

    # Turns.

    def _arrive(self, turn: int, now_s: float) -> None:
        counts, work = self.counts, self.work
        if now_s >= self.serving.duration_s:
            return
        counts.arrival_s[turn] = now_s
        whole = int(work.history[turn] + work.prompt[turn] + work.output[turn] - 1)
        sequence = int(work.sequence[turn])
        number = self.place[sequence]
        if self._bytes(*self._room(whole)) > self.limits.cache_bytes:
            if number >= 0:
                self._give_up(self.devices[number], sequence)
            self._refuse(turn, now_s)
            return
        if number < 0:
            loads = [(device.turns, device.frames_here) for device in self.devices]
            number = loads.index(min(loads))
        counts.device[turn] = number
        self.devices[number].waiting.append(turn)

    def _refuse(self, turn: int, now_s: float) -> None:
        self.counts.refused[turn] = True
        self._next(turn, now_s)

    def _next(self, turn: int, now_s: float) -> None:
        """The next turn of a sequence comes after its thinking."""
        following = turn + 1
        if following < self.work.first[self.work.sequence[turn] + 1]:
            thought_s = now_s + float(self.work.think_s[following])
            heapq.heappush(self.coming, (max(float(self.work.earliest_s[following]), thought_s), following))

    def _so_far(self, turn: int) -> int:
        """Tokens that have to be in the cache before the next one: history, prompt and what was answered."""
        work = self.work
        return int(work.history[turn] + work.prompt[turn] + self.counts.made[turn])

    # Steps.

    def _begin_step(self, number: int, device: _Device, now_s: float) -> None:
        if self.limits.chunk_tokens is None:
            self._admit(device)
            reader = next((turn for turn in device.active if self.left[turn]), None)
            device.taken = {} if reader is None else {reader: self.left[reader]}
            device.decoding = [] if reader is not None else self._growing(device, now_s)
        else:
            before = len(device.active)
            device.decoding = self._growing(device, now_s)
            if len(device.active) == before:  # nobody is admitted where somebody has just been preempted
                self._admit(device)
            device.taken, budget = {}, self.limits.chunk_tokens
            for turn in device.active:
                if budget and self.left[turn]:
                    device.taken[turn] = min(budget, self.left[turn])
                    budget -= device.taken[turn]
        if not device.taken and not device.decoding:
            return
        self._measure(number, device)
        device.step, device.after_frame = self._step(device), False
        conditions = self.conditions
        clock, slower = float(conditions.clock[number]), float(conditions.slower[number])
        time_s, used_s = step_time(self.cost, device.step, clock, slower)
        self.counts.busy_s[number] += time_s
        self.counts.used_s[number] += used_s
        self.counts.steps[number] += 1
        self.counts.read[number] += device.step.reading
        device.ends_s = now_s + time_s
        self._draw(number, now_s, time_s, step_power(self.cost, used_s / time_s))

    def _admit(self, device: _Device) -> None:
        while device.waiting and len(device.active) < self.limits.sessions:
            turn = device.waiting[0]
            sequence, target = int(self.work.sequence[turn]), self._so_far(turn)
            kept = device.idle.get(sequence, 0)
            if not self._make_room(device, kept, target, sequence):
                return
            device.waiting.popleft()
            if kept:
                self._give_up(device, sequence)
            self._take(device, target, 1)
            self.cached[turn], self.left[turn] = kept, target - kept
            device.active.append(turn)

    def _growing(self, device: _Device, now_s: float) -> list[int]:
        """The sessions that decode, each with room for one more token; who is in the way is preempted."""
        decoding = []
        for turn in list(device.active):
            if turn not in device.active or self.left[turn]:
                continue
            while not self._make_room(device, self.cached[turn], self.cached[turn] + 1, -1):
                last = device.active.pop()
                self._preempt(device, last, now_s)
                if last == turn:
                    break
            else:
                more = self._grown(self.cached[turn], self.cached[turn] + 1)
                device.held += more[0]
                device.held_window += more[1]
                decoding.append(turn)
        return decoding

    def _preempt(self, device: _Device, turn: int, now_s: float) -> None:
        self._take(device, self.cached[turn] + self.left[turn], -1)
        self.cached[turn] = self.left[turn] = 0
        if self.limits.when_full == "refuse":
            self._refuse(turn, now_s)
            return
        self.counts.preempted[turn] += 1
        device.waiting.appendleft(turn)

    def _step(self, device: _Device) -> Step:
        window = self.cost.window
        seen = [self.cached[turn] + 1 for turn in device.decoding]
        read = [self.cached[turn] + taken for turn, taken in device.taken.items()]
        # Token i of those taken attends to the cached ones and to i: summed, taken (2 cached + taken) / 2.
        pairs = [(taken, 2 * self.cached[turn] + taken) for turn, taken in device.taken.items()]
        return Step(
            decoding=len(seen),
            seen=sum(seen),
            seen_window=sum(min(tokens, window) for tokens in seen),
            reading=sum(device.taken.values()),
            read=sum(read),
            read_window=sum(min(tokens, window) for tokens in read),
            pairs_twice=sum(taken * twice for taken, twice in pairs),
            pairs_twice_window=sum(taken * min(twice, 2 * window) for taken, twice in pairs),
            ending=sum(self.left[turn] == taken for turn, taken in device.taken.items()),
        )

    def _measure(self, number: int, device: _Device) -> None:
        counts = self.counts
        counts.most_sessions[number] = max(counts.most_sessions[number], len(device.active))
        counts.most_bytes[number] = max(
            counts.most_bytes[number], self._bytes(device.held, device.held_window)
        )

    def _end(self, number: int, device: _Device, now_s: float) -> None:
        conditions = self.conditions
        conditions.energy_j[number] += conditions.drawn_w[number] * (now_s - conditions.since_s[number])
        conditions.drawn_w[number] = 0.0
        device.step, device.ends_s = None, np.inf
        if device.frame >= 0:
            self.counts.frame_end_s[device.frame] = now_s
            device.frame = -1
            return
        for turn in device.decoding:
            self.cached[turn] += 1
        for turn, taken in device.taken.items():
            self.cached[turn] += taken
            self.left[turn] -= taken
        for turn in list(device.active):
            if self.left[turn] or not (turn in device.taken or turn in device.decoding):
                continue
            self.counts.made[turn] += 1
            if self.counts.made[turn] == 1:
                self.counts.first_s[turn] = now_s
            if self.counts.made[turn] == self.work.output[turn]:
                self._answered(number, device, turn, now_s)

    def _answered(self, number: int, device: _Device, turn: int, now_s: float) -> None:
        device.active.remove(turn)
        self.counts.end_s[turn] = now_s
        if self.work.goes_on[turn] and now_s + self.work.think_s[turn + 1] < self.serving.duration_s:
            sequence = int(self.work.sequence[turn])
            device.idle[sequence] = self.cached[turn]
            self.place[sequence] = number
        else:
            self._take(device, self.cached[turn], -1)
        self._next(turn, now_s)
