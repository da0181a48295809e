"""A scenario's chain run on this machine, and what its parts alone say of it: `planner measure --chain`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.chain.description import Chains, ChainStream, ChainUnit, Visit, VisitKind
from planner.chain.prediction import predict
from planner.engines.chain.measure import ChainNetwork, ChainTimes, StreamSettings, measure_chain
from planner.errors import InputError, Problem
from planner.hardware.processor import cpu_name
from planner.latency.band import Band
from planner.plan.chain.frames import bytes_per_frame, chain_of, frame_shares, item_count
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile
from planner.provenance import Provenance
from planner.schema.scenario.streams import Stream
from planner.schema.scenario.video import step_names

_CORE = "core"
_DRAWS = 40
"""Numbers of objects that frames have in turn: quantiles of their distribution, in random order."""
_SEED = 1


@dataclass(frozen=True, slots=True)
class MeasuredChain:
    """A chain on one core of this machine: time of a frame that the camera sends, measured and predicted.

    `visits` is the chain as it was predicted from, with each step's time alone; `left_out` names steps that
    were not run.
    """

    scenario: str
    stream: str
    cpu: str
    times: ChainTimes
    visits: tuple[Visit, ...]
    predicted_s: float
    left_out: tuple[str, ...]

    @property
    def error(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted_s / self.times.frame_s - 1.0


def measured_chain(
    source: ScenarioFile,
    *,
    stream: str | None = None,
    precision: str = "fp32",
    seconds: float = 10.0,
    limit_s: float = 300.0,
) -> MeasuredChain:
    """Run the chain of a stream (the first one that has video) on one core, and predict it from its parts.

    Decode, conversion and networks are run; trackers and encoders are left out. Raises `InputError` for a
    scenario without such a stream, and `EngineError` for what cannot be run here.
    """
    chosen = _stream(source, stream)
    video = chosen.video
    assert video is not None  # noqa: S101 - `_stream` asks for it
    chain = chain_of(chosen)
    names, shares = step_names(chain), frame_shares(chosen, chain)
    decoded = max((shares[n] for n, step in enumerate(chain) if step.kind == "decode"), default=1.0)
    ran = [n for n, step in enumerate(chain) if step.kind == "network"]
    looked = shares[ran[0]] / decoded
    workloads = estimator_for(source).workloads
    networks, random = [], np.random.default_rng(_SEED)
    for n in ran:
        step = chain[n]
        items = None if step.per_item is None else item_count(step.per_item)
        objects = None
        if items is not None:
            spread = [items.quantile((draw + 0.5) / _DRAWS) for draw in range(_DRAWS)]
            objects = tuple(int(number) for number in random.permutation(spread))
        every = round(1.0 / looked) if n == ran[0] else round(shares[ran[0]] / shares[n])
        workload = workloads[step.network or chosen.model]
        networks.append(ChainNetwork(names[n], workload, max(1, every), objects))
    camera_per_s = video.rate_per_s or chosen.rate_per_s
    bits_per_s = 8.0 * bytes_per_frame(video, chosen.rate_per_s) * camera_per_s
    settings = StreamSettings(video.codec, video.size.width, video.size.height, bits_per_s)
    times = measure_chain(settings, networks, precision=precision, seconds=seconds, limit_s=limit_s)
    visits = _visits(times, networks)
    chains = Chains(
        (ChainUnit(_CORE, "cores", cpu_name(), 1, Provenance.MEASURED),),
        (ChainStream(chosen.name, 1, 1.0, visits, slo_s=chosen.slo.latency_s),),
    )
    done = {"decode", "convert", "network"}
    return MeasuredChain(
        scenario=source.scenario.id,
        stream=chosen.name,
        cpu=cpu_name(),
        times=times,
        visits=visits,
        # One frame a second: the busy share of the core is the time of a frame.
        predicted_s=predict(chains).units[0].busy.mid,
        left_out=tuple(names[n] for n, step in enumerate(chain) if step.kind not in done),
    )


def _stream(source: ScenarioFile, asked: str | None) -> Stream:
    streams = source.scenario.streams
    found = [item for item in streams if item.video is not None and asked in (None, item.name)]
    if not found:
        named = "a stream with `video`" if asked is None else f"a stream {asked!r} with `video`"
        got = ", ".join(repr(item.name) for item in streams)
        raise InputError(source.file, [Problem("streams", named, got, "add `video: h265 1080p`")])
    return found[0]


def _visits(times: ChainTimes, networks: list[ChainNetwork]) -> tuple[Visit, ...]:
    """The chain with each step's time alone, on one core."""
    visits: list[Visit] = []

    def add(step: str, kind: VisitKind, frames: float, net: ChainNetwork | None) -> None:
        time_s = times.alone_s[step]
        if net is not None and net.objects is not None:
            # The time of a mean frame is all that is asked for here: objects count as so many frames.
            frames *= sum(net.objects) / len(net.objects)
        if frames > 0:
            after = len(visits) - 1 if visits else None
            visits.append(Visit(step, kind, _CORE, (Band(time_s, time_s, time_s),), after, frames))

    looked = 1.0 / networks[0].every
    add("decode", "decode", 1.0, None)
    add("convert", "convert", looked, None)
    for number, net in enumerate(networks):
        share = looked if number == 0 else looked / net.every
        if net.objects is not None:
            add(f"{net.name} crop", "crop", share, net)
        add(net.name, "network", share, net)
    return tuple(visits)
