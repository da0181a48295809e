"""Measure a chain on this machine, in a process of its own that may crash or hang without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from planner.engines.chain.video import require_video, takes_images
from planner.engines.chain.worker import ChainJob, NetworkJob
from planner.engines.measure import require_engine, runnable
from planner.engines.own_process import answer_of
from planner.engines.session import EngineError
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.process.temporary import temporary_folder
from planner.workload.quantise import in_8_bits
from planner.workload.workload import Workload, is_quantised


@dataclass(frozen=True, slots=True)
class ChainNetwork:
    """A network of a chain: `every` is of the frames for the first one, and of those that the first looks at
    for the others; `objects` of each frame in turn, None where it looks at the frame itself."""

    name: str
    workload: Workload
    every: int = 1
    objects: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The compressed stream that is made and decoded."""

    codec: Literal["h264", "h265", "vp9", "av1", "mjpeg"]
    width: int
    height: int
    bits_per_s: float


@dataclass(frozen=True, slots=True)
class ChainTimes:
    """Seconds of one core: each step alone and within the chain, and how often a frame takes it."""

    alone_s: Mapping[str, float]
    within_s: Mapping[str, float]
    each: Mapping[str, float]
    frame_s: float
    """Of a frame through the whole chain, on average."""
    frames: int


def measure_chain(
    stream: StreamSettings,
    networks: Sequence[ChainNetwork],
    *,
    precision: str = "fp32",
    seconds: float = 10.0,
    limit_s: float = 300.0,
) -> ChainTimes:
    """Run decode, conversion and networks on one core, alone and as a chain, for about so many seconds each.

    Raises `EngineError` for a package that is missing, and for a network that takes no images or that the
    engine refuses.
    """
    require_video()
    require_engine("onnxruntime")
    with temporary_folder("chain") as folder:
        job: ChainJob = {
            "folder": str(folder),
            "codec": stream.codec,
            "width": stream.width,
            "height": stream.height,
            "bits_per_s": stream.bits_per_s,
            "networks": [_network(item, precision, folder / str(n)) for n, item in enumerate(networks)],
            "precision": precision,
            "seconds": seconds,
        }
        # One core is what is measured: no library may use a second one.
        quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
        answer = answer_of("planner.engines.chain.worker", job, quiet, limit_s, folder)
    if "reason" in answer:
        raise EngineError(str(answer["reason"]))
    return ChainTimes(
        alone_s=_numbers(answer["alone_s"]),
        within_s=_numbers(answer["within_s"]),
        each=_numbers(answer["each"]),
        frame_s=float(str(answer["frame_s"])),
        frames=int(str(answer["frames"])),
    )


def _network(item: ChainNetwork, precision: str, folder: Path) -> NetworkJob:
    workload = item.workload
    images = [name for name, tensor in workload.inputs.items() if takes_images(tensor.shape)]
    if not images:
        shapes = ", ".join(f"{name} {tensor.shape}" for name, tensor in workload.inputs.items())
        raise EngineError(f"{item.name}: expected an input that is one image of 1 or 3 colours, got {shapes}")
    if precision == "int8" and not is_quantised(workload):
        workload = in_8_bits(workload)
    folder.mkdir()
    feeds = synthetic_inputs(workload)
    np.savez(folder / "feeds.npz", *feeds.values())
    return {
        "name": item.name,
        "model": str(runnable(workload, None, folder)),
        "inputs": list(feeds),
        "feeds": str(folder / "feeds.npz"),
        "image": images[0],
        "every": item.every,
        "objects": None if item.objects is None else list(item.objects),
    }


def _numbers(value: object) -> dict[str, float]:
    return (
        {str(name): float(number) for name, number in dict(value).items()} if isinstance(value, dict) else {}
    )
