"""A chain of networks served: the rules are those of the chain simulator, and its own times replay it."""

import time

import numpy as np
import pytest

from planner.calibration.serving.child import MeasuredRun
from planner.calibration.serving.noise import Noise
from planner.errors import InputError
from planner.plan.scenario.file import read_scenario
from planner.plan.serving.chain_server import ServeChain
from planner.plan.serving.chains import chained_networks, compare_chains
from planner.plan.serving.live_rack import chains_of_rack, live_rack
from tests.plan.serving.test_served_scenario import SERVED

DETECTOR, CLASSIFIER = "zoo:fastestdet", "zoo:mobilenet_v2_0.5"
TIMES_S = {DETECTOR: 0.006, CLASSIFIER: 0.002}
CHAIN = """  - name: cameras
    count: 2
    model: "zoo:fastestdet"
    arrivals: poisson
    rate: 20 /s
    chain:
      - {network: "zoo:fastestdet"}
      - {network: "zoo:mobilenet_v2_0.5", per_item: {mean: 2}}
    slo: {latency: 300 ms, quantile: 99 %}
"""


class ChainSleeper:
    """A loaded network that takes its time and no processor."""

    def __init__(self, network, size):
        self.seconds, self.served = TIMES_S[network] * size, []

    def serve(self, requests):
        self.served.append(list(requests))
        time.sleep(self.seconds)


def _text(**changes):
    head, rest = SERVED.split("streams:\n")
    text = head + "streams:\n" + CHAIN + rest[rest.index("deployment:") :]
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def _source(tmp_path, text):
    path = tmp_path / "chain.yaml"
    path.write_text(text)
    return read_scenario(path)


def _served(tmp_path, text, seconds=1.5):
    """What sleeping servers did with a scenario's frames, and its simulations."""
    scenario = _source(tmp_path, text).scenario
    rack = live_rack(scenario, seconds)
    live = chains_of_rack(scenario, rack)
    sizes = range(1, rack.batching.max_size + 1)
    count = live.devices * live.servers
    workers = [{(n, size): ChainSleeper(n, size) for n in TIMES_S for size in sizes} for _ in range(count)]
    run = ServeChain(live.work(lambda _network, _size: 1.0), live.servers)(workers, [0])
    loop_s = {(n, size): np.full(9, TIMES_S[n] * size) for n in TIMES_S for size in sizes}
    measured = MeasuredRun(Noise(0.0, 0.0, 0.001), loop_s, None, run, "1", rack)
    return run, compare_chains(live, measured, None), workers


def test_a_served_chain_is_the_one_that_its_own_times_replay(tmp_path):
    run, found, workers = _served(tmp_path, _text())
    measured, replayed = found.served.streams[0], found.replayed.streams[0]
    assert measured.requests == replayed.requests > 30
    for share in (0.5, 0.9):
        assert replayed.at(share).value_s == pytest.approx(measured.at(share).value_s, rel=0.1, abs=0.003)
    # One detection a frame, and two objects in the middle: all of them by the one server.
    (worker,) = workers
    frames = len(worker[DETECTOR, 1].served)
    assert frames == (run.batch_network == 0).sum()
    assert len(worker[CLASSIFIER, 1].served) == pytest.approx(2 * frames, rel=0.4)


def test_objects_of_a_frame_wait_together_for_a_batch(tmp_path):
    batches = ("precisions: [fp32]", "precisions: [fp32], max_batch: 4, max_wait: 3 ms")
    run, found, workers = _served(tmp_path, _text(batches=batches))
    sizes = run.batch_size[run.batch_network == 1]
    assert sizes.max() > 1
    assert sum(len(batch) for size in range(1, 5) for batch in workers[0][CLASSIFIER, size].served) == (
        sizes.sum()
    )
    assert found.replayed.mean_batch == pytest.approx(found.served.mean_batch, rel=0.1)


def test_two_devices_have_queues_of_their_own(tmp_path):
    run, found, _ = _served(tmp_path, _text(two=("count: 1, device", "count: 2, device")), seconds=1.0)
    assert set(run.batch_server.tolist()) == {0, 1}
    assert found.replayed.streams[0].requests == found.served.streams[0].requests


def test_frames_that_no_queue_holds_are_lost_alike(tmp_path):
    limit = ("    slo: {latency: 300 ms", "    queue_limit: 1\n    slo: {latency: 300 ms")
    _, found, _ = _served(tmp_path, _text(limit=limit, more=("rate: 20 /s", "rate: 80 /s")), seconds=1.0)
    measured, replayed = found.served.streams[0], found.replayed.streams[0]
    assert measured.dropped > 10
    assert replayed.dropped == pytest.approx(measured.dropped, rel=0.15)


def test_steps_that_are_no_networks_and_other_dispatch_are_refused(tmp_path):
    video = ("    chain:\n", "    video: h264 1080p\n    chain:\n      - decode\n      - convert\n")
    with pytest.raises(InputError, match="steps that are networks"):
        chained_networks(_source(tmp_path, _text(video=video)).scenario)
    turns = ("replications: 2, seed: 7", "replications: 2, seed: 7, dispatch: round_robin")
    scenario = _source(tmp_path, _text(turns=turns)).scenario
    with pytest.raises(InputError, match="shortest_queue, with chains"):
        chains_of_rack(scenario, live_rack(scenario))
