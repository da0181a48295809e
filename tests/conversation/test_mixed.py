"""Frames and steps on one unit: both engines alike, each alone as without the other, waits in closed form."""

from dataclasses import replace

import numpy as np
import pytest

from planner.conversation.compiled import run_compiled
from planner.conversation.description import FrameStream
from planner.conversation.plain import run_plain
from planner.conversation.work import draw
from planner.rack.description.streams import StreamGroup
from tests.conversation.conftest import fixed, rack_of, random_mix
from tests.conversation.test_oracles import answer_s

ENGINES = {"reference": run_plain, "compiled": run_compiled}
SEEDS = range(12)


def camera(rate=5.0, service_s=0.01, **given):
    return FrameStream(StreamGroup("camera", 1, rate, "net", 0.1, **given), service_s, 0.5, 5.0)


@pytest.fixture(scope="module", params=[False, True], ids=["cool", "heated"])
def runs(request):
    found = []
    for seed in SEEDS:
        serving = random_mix(seed, heated=request.param)
        work = draw(serving)
        found.append((serving, run_plain(serving, work), run_compiled(serving, work), work))
    return found


def test_both_engines_count_the_same_bits(runs):
    for serving, plain, compiled, _ in runs:
        for name in plain._fields:
            one, other = getattr(plain, name), getattr(compiled, name)
            assert one.tobytes() == other.tobytes(), (serving.seed, name)


def test_the_random_runs_see_every_rule(runs):
    assert {serving.share for serving, *_ in runs} == {"turns", "frames_first", "steps_first"}
    assert sum(int(counts.frame_dropped.sum()) for _, counts, _, _ in runs) > 10
    assert sum(int(counts.steps.sum()) for _, counts, _, _ in runs) > 1000
    if runs[0][0].rack is not None:
        clocks = np.concatenate([counts.epoch_clock.ravel() for _, counts, _, _ in runs])
        assert 0.05 < (clocks < 1).mean() < 0.95


def test_every_frame_is_served_or_dropped_and_work_never_overlaps(runs):
    for serving, counts, _, work in runs:
        assert (np.isnan(counts.frame_end_s) == counts.frame_dropped).all()
        served = ~counts.frame_dropped
        assert (counts.frame_start_s[served] >= work.frame_s[served]).all()
        for dev in range(serving.devices):
            mine = served & (counts.frame_device == dev)
            begins = np.sort(counts.frame_start_s[mine])
            assert (begins[1:] >= np.sort(counts.frame_end_s[mine])[:-1]).all()
            spent_s = (counts.frame_end_s - counts.frame_start_s)[mine].sum()
            assert counts.frames_busy_s[dev] == pytest.approx(spent_s)


def test_energy_of_epochs_is_that_of_the_work(runs):
    for serving, counts, _, _ in runs:
        if serving.rack is not None:
            assert counts.epoch_dynamic_w.sum(axis=0) == pytest.approx(counts.energy_j, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_without_frames_it_is_the_conversation_alone_and_the_other_way_round(engine, talk, serving):
    run = ENGINES[engine]
    mixed = replace(serving, frames=(camera(),))
    no_frames = draw(replace(serving, frames=()))
    both = replace(draw(mixed), frame_s=np.zeros(0), frame_stream=np.zeros(0, dtype=np.int64))
    for name in run(serving, no_frames)._fields:
        one = getattr(run(serving, no_frames), name)
        assert one.tobytes() == getattr(run(mixed, both), name).tobytes(), name
    # Nobody asks within the run: frames of a camera that is slower than its service begin at once.
    late = replace(mixed, talks=(replace(talk, think=fixed(1e6)),))
    work = draw(late)
    counts = run(late, work)
    assert counts.steps.sum() == 0
    assert counts.frame_start_s == pytest.approx(work.frame_s, abs=1e-12)
    assert counts.frames_busy_s[0] == pytest.approx(0.01 * len(work.frame_s))


@pytest.mark.parametrize("engine", ENGINES)
def test_with_frames_first_a_frame_waits_for_one_step_at_most(engine, talk, serving):
    """Nothing is interrupted: the longest step, of the prompt or the last token, bounds the wait."""
    mixed = replace(serving, share="frames_first", frames=(camera(arrivals="poisson", rate=20.0),))
    work = draw(mixed)
    counts = ENGINES[engine](mixed, work)
    assert counts.steps.sum() > 100
    cost = mixed.cost
    longest_s = max(answer_s(cost, 100, 1), answer_s(cost, 100, 20) - answer_s(cost, 100, 19))
    before = np.concatenate(([0.0], counts.frame_end_s[:-1]))  # a frame before it may still be served
    waits_s = counts.frame_start_s - np.maximum(work.frame_s, before)
    assert 0.5 * longest_s < waits_s.max() <= longest_s * (1 + 1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_taking_turns_gives_each_side_every_other_piece_of_work(engine, talk, serving):
    """With frames that always wait each step is followed by one frame: a token takes a step and a frame."""
    crowd = camera(rate=400.0, service_s=0.02)
    mixed = replace(serving, share="turns", frames=(crowd,), duration_s=2.0)
    work = draw(mixed)
    counts = ENGINES[engine](mixed, work)
    asked_s = counts.end_s[0] - counts.first_s[0]
    steps_s = answer_s(mixed.cost, 100, 20) - answer_s(mixed.cost, 100, 1)
    assert asked_s == pytest.approx(steps_s + 19 * 0.02, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_with_steps_first_frames_get_what_is_left(engine, talk, serving):
    """A user who never pauses leaves nothing to frames until the run is over."""
    mixed = replace(serving, share="steps_first", frames=(camera(),), duration_s=5.0)
    work = draw(mixed)
    only_talks = replace(mixed, frames=())
    alone = ENGINES[engine](only_talks, draw(only_talks))
    counts = ENGINES[engine](mixed, work)
    begun = work.frame_s > alone.arrival_s[0]
    late = counts.frame_start_s[begun]
    assert late.min() >= np.nanmax(alone.end_s) - 0.011
    assert np.nanmax(counts.end_s) == pytest.approx(np.nanmax(alone.end_s), abs=0.011)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("share", ["turns", "frames_first"])
def test_use_adds_up(engine, share, talk, serving):
    """Below saturation both sides get all their work done: shares of busy time are those of each alone."""
    begins = replace(talk, begins="periodic", rate_per_s=0.5)
    mixed = replace(serving, talks=(begins,), share=share, frames=(camera(rate=10.0),), duration_s=200.0)
    work = draw(mixed)
    counts = ENGINES[engine](mixed, work)
    questions = int((~np.isnan(counts.arrival_s)).sum())
    assert counts.busy_s[0] == pytest.approx(questions * answer_s(mixed.cost, 100, 20), rel=1e-9)
    assert counts.frames_busy_s[0] == pytest.approx(len(work.frame_s) * 0.01, rel=1e-9)
    assert (counts.busy_s[0] + counts.frames_busy_s[0]) / 200 == pytest.approx(
        0.5 * answer_s(mixed.cost, 100, 20) + 10 * 0.01, rel=0.01
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_heat_that_never_throttles_changes_no_bit(engine):
    serving = random_mix(3)
    work = draw(serving)
    cool = replace(serving, rack=rack_of(serving.devices, throttle_c=180.0))
    plain, heated = ENGINES[engine](serving, work), ENGINES[engine](cool, work)
    for name in plain._fields:
        if not name.startswith("epoch_"):
            assert getattr(plain, name).tobytes() == getattr(heated, name).tobytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_throttled_device_decodes_as_its_clock_says(engine, talk, serving):
    """Held at half clock from the start: overheads take twice as long, memory as long as before."""
    hot = rack_of(1, throttle_c=45.0, resistance_k_per_w=10.0, shutdown_c=400.0)
    cost = replace(serving.cost, none_w=6.0, full_w=6.0, most_w=6.0, overhead_clock_power=1.0)
    cost = replace(cost, matrix_ops_per_s=1e18, vector_ops_per_s=1e18)
    served = replace(serving, cost=cost, rack=hot)
    work = draw(served)
    counts = ENGINES[engine](served, work)
    assert (counts.epoch_clock == 0.5).all()
    slow = replace(cost, decode_overhead_s=2 * cost.decode_overhead_s, prompt_overhead_s=2 * 3e-3)
    assert counts.end_s[0] - counts.arrival_s[0] == pytest.approx(answer_s(slow, 100, 20), rel=1e-9)
    assert counts.epoch_dynamic_w[1:-1].max() == pytest.approx(3.0, rel=1e-9)  # half clock, half the power


@pytest.mark.parametrize("engine", ENGINES)
def test_a_device_that_shuts_down_ends_the_run(engine, talk, serving):
    hot = rack_of(1, throttle_c=60.0, shutdown_c=61.0, throttled_clock=0.9, resistance_k_per_w=8.0)
    cost = replace(serving.cost, none_w=9.0, full_w=9.0, most_w=9.0)
    work = draw(serving)
    counts = ENGINES[engine](replace(serving, cost=cost, rack=hot), work)
    assert counts.epoch_off[-1].all()
    assert not counts.epoch_off[:-1].any()
    assert np.isnan(counts.end_s[-1])
