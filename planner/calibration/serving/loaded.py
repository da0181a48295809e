"""Networks loaded by an engine for every batch size, with frames to serve."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats
from planner.engines.measure import ENGINES, runnable
from planner.engines.session import Session, Setup
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.workload.quantise import in_8_bits
from planner.workload.workload import Workload, is_quantised

_FRAMES = 8
"""Different frames of a network, handed over in turn: what one run left in a cache is not the next one's."""
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """One network at one batch size as it is on disk for an engine, and its input arrays beside it."""

    network: str
    batch: int
    model: Path
    inputs: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServingEngine:
    """What runs the networks: an engine of this machine, its threads for one inference, the precision."""

    name: str
    threads: int = 1
    precision: str = "fp32"


def written(
    workloads: Mapping[tuple[str, int], Workload],
    files: Mapping[str, Path | None],
    engine: ServingEngine,
    folder: Path,
) -> tuple[NetworkFile, ...]:
    """Each network at each batch size written where the engine can read it; weights are random unless a file
    has them.
    """
    found = []
    for number, ((network, batch), asked) in enumerate(workloads.items()):
        file, workload = files[network], asked
        if engine.precision == "int8" and not is_quantised(asked):
            workload, file = in_8_bits(asked), None
        place = folder / str(number)
        place.mkdir()
        feeds = synthetic_inputs(workload)
        np.savez(place / "inputs.npz", *feeds.values())
        model = runnable(workload, file, place)
        found.append(NetworkFile(network, batch, model, place / "inputs.npz", tuple(feeds)))
    return tuple(found)


class LoadedBatch:
    """A network at one batch size, ready to run, and the buffers that frames are copied into."""

    def __init__(self, file: NetworkFile, engine: ServingEngine) -> None:
        with np.load(file.inputs) as stored:
            feeds = {name: stored[f"arr_{number}"] for number, name in enumerate(file.names)}
        self._buffers: list[NDArray[np.generic]] = list(feeds.values())
        self._batch = file.batch
        self._frames = [[self._frame(value, number) for value in self._buffers] for number in range(_FRAMES)]
        module = importlib.import_module(ENGINES[engine.name][0])
        self._session: Session = module.open_session(
            Setup(file.model, engine.threads, feeds, engine.precision)
        )
        self.version = self._session.version

    def _frame(self, value: NDArray[np.generic], number: int) -> NDArray[np.generic]:
        """A copy of one request's part of an input; the whole of one that has no batch."""
        own = value[number % self._batch] if self._batched(value) else value
        return np.array(own)

    def _batched(self, value: NDArray[np.generic]) -> bool:
        return value.ndim > 0 and value.shape[0] == self._batch

    def serve(self, requests: Sequence[int]) -> None:
        """Copy a frame of each request into the batch and run it, as a server has to."""
        for place, request in enumerate(requests):
            for buffer, frame in zip(self._buffers, self._frames[request % _FRAMES], strict=True):
                if self._batched(buffer):
                    buffer[place] = frame
                else:
                    np.copyto(buffer, frame)
        self._session.run()

    def run(self) -> None:
        """One inference of what the buffers hold, as a benchmark loop runs it."""
        self._session.run()


def loaded(files: Sequence[NetworkFile], engine: ServingEngine) -> dict[tuple[str, int], LoadedBatch]:
    """All of them, each run a few times."""
    found = {}
    for file in files:
        batch = LoadedBatch(file, engine)
        for _ in range(_WARM_UP):
            batch.run()
        found[file.network, file.batch] = batch
    return found


def benchmark_loop(batch: LoadedBatch, seconds: float) -> Floats:
    """Times of one inference after another for about so long, as benchmarks take them."""
    times_s: list[float] = []
    gc.collect()
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s or len(times_s) < _WARM_UP:
        start_s = time.perf_counter()
        batch.run()
        times_s.append(time.perf_counter() - start_s)
    return np.array(times_s)
