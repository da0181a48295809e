"""The process in which a chain runs: a job on standard input, times of its steps on standard output.

Steps alone and the chain take turns, round by round, so that a machine that slows down slows both. Times are
of the thread's processor (`time.thread_time`): on an idle core that is the time on a clock.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import numpy as np

from planner.engines.chain.video import Image, crop_of, decoded, fill, make_stream, to_rgb
from planner.engines.session import EngineError, Setup
from planner.process.children import end_with_parent

if TYPE_CHECKING:
    from av import VideoFrame

    from planner.engines.session import Session

Result = TypeVar("Result")
_FRAMES = 50
"""Of the stream that is decoded again and again."""
_IN_A_ROUND = 12
_OTHERS = np.zeros(32 << 20, dtype=np.uint8)
"""What other steps leave in the caches: written before a step is taken alone."""


class NetworkJob(TypedDict):
    """A network of the chain: its file and input values, and what it looks at.

    `every` is of the frames for the first one, and of those that the first looks at for the others.
    """

    name: str
    model: str
    inputs: list[str]
    feeds: str
    image: str
    every: int
    objects: list[int] | None
    """Of each frame in turn; None where the network looks at the frame itself."""


class ChainJob(TypedDict):
    """What is to be run: the stream, the networks in order, and for how long."""

    folder: str
    codec: str
    width: int
    height: int
    bits_per_s: float
    networks: list[NetworkJob]
    precision: str
    seconds: float


@dataclass
class _Taken:
    """Processor time of one step and how often it was taken."""

    total_s: float = 0.0
    times: int = 0

    def add(self, time_s: float) -> None:
        self.total_s += time_s
        self.times += 1


def _timed(taken: dict[str, _Taken], step: str, work: Callable[[], Result]) -> Result:
    start_s = time.thread_time()
    result = work()
    taken.setdefault(step, _Taken()).add(time.thread_time() - start_s)
    return result


@dataclass
class _Net:
    job: NetworkJob
    session: Session
    tensor: np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass
class _Chain:
    job: ChainJob
    frames: Iterator[VideoFrame]
    networks: list[_Net]
    alone: dict[str, _Taken] = field(default_factory=dict)
    within: dict[str, _Taken] = field(default_factory=dict)
    whole_s: list[float] = field(default_factory=list)
    number: int = 0

    def frame(self, taken: dict[str, _Taken]) -> None:
        """One frame through the chain."""
        number, self.number = self.number, self.number + 1
        start_s = time.thread_time()
        frame = _timed(taken, "decode", lambda: next(self.frames))
        first = self.networks[0]
        if number % first.job["every"] == 0:
            image = _timed(taken, "convert", partial(_prepared, frame, first))
            looks = number // first.job["every"]
            for net in self.networks:
                if net is first or looks % net.job["every"] == 0:
                    _look(taken, net, image, looks)
        self.whole_s.append(time.thread_time() - start_s)

    def round(self) -> None:
        """Each step alone for a while, and then the chain."""
        first = self.networks[0]
        for _ in range(_IN_A_ROUND):
            _cool_caches()
            frame = _timed(self.alone, "decode", lambda: next(self.frames))
            _cool_caches()
            image = _timed(self.alone, "convert", partial(_prepared, frame, first))
        for net in self.networks:
            for item in range(_IN_A_ROUND // 2):
                if net.job["objects"] is not None:
                    _timed(self.alone, f"{net.job['name']} crop", partial(_cut, net, image, item))
                _timed(self.alone, net.job["name"], net.session.run)
        for _ in range(2 * _IN_A_ROUND):
            self.frame(self.within)


def _cool_caches() -> None:
    """Decode and conversion find the caches of a core full of the networks before them, and alone as well.

    Networks fill them themselves, and objects of one frame follow each other.
    """
    _OTHERS[::64] += 1


def _look(taken: dict[str, _Taken], net: _Net, image: Image, looks: int) -> None:
    """One network at a frame, or at each of its objects."""
    objects = net.job["objects"]
    if objects is None:
        _timed(taken, net.job["name"], net.session.run)
        return
    for item in range(objects[looks % len(objects)]):
        _timed(taken, f"{net.job['name']} crop", partial(_cut, net, image, item))
        _timed(taken, net.job["name"], net.session.run)


def _prepared(frame: VideoFrame, net: _Net) -> Image:
    image = to_rgb(frame)
    fill(net.tensor, image)
    return image


def _cut(net: _Net, image: Image, item: int) -> None:
    fill(net.tensor, crop_of(image, item))


def work(job: ChainJob) -> dict[str, object]:
    """Make the stream, load the networks, run round by round; a refusal is an answer with its reason."""
    from planner.engines.onnxruntime_engine import open_session

    path = Path(job["folder"]) / "stream.mkv"
    try:
        make_stream(
            path, job["codec"], (job["width"], job["height"]), frames=_FRAMES, bits_per_s=job["bits_per_s"]
        )
        networks = []
        for each in job["networks"]:
            with np.load(each["feeds"]) as stored:
                feeds = {name: stored[f"arr_{number}"] for number, name in enumerate(each["inputs"])}
            session = open_session(Setup(Path(each["model"]), 1, feeds, job["precision"]))
            networks.append(_Net(each, session, feeds[each["image"]]))
    except EngineError as error:
        return {"reason": str(error)}
    chain = _Chain(job, decoded(path), networks)
    chain.round()
    # What is loaded and compiled at first is no part of either.
    chain.alone, chain.within, chain.whole_s = {}, {}, []
    end_s = time.perf_counter() + job["seconds"]
    rounds = 0
    while rounds < 2 or time.perf_counter() < end_s:
        chain.round()
        rounds += 1
    return {
        "alone_s": {name: taken.total_s / taken.times for name, taken in chain.alone.items()},
        "within_s": {name: taken.total_s / taken.times for name, taken in chain.within.items()},
        "each": {name: taken.times / len(chain.whole_s) for name, taken in chain.within.items()},
        "frame_s": float(np.mean(chain.whole_s)),
        "frames": len(chain.whole_s),
    }


if __name__ == "__main__":
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent answers it
    sys.stdout.write(json.dumps(work(json.load(sys.stdin))) + "\n")
