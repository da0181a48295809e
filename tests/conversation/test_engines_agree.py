"""The plain and the compiled engine count the same, bit by bit, and nothing is lost or made from nothing."""

from dataclasses import replace
from time import process_time

import numpy as np
import pytest

from planner.conversation.compiled import run_compiled
from planner.conversation.description import Admission, Drawn, Serving
from planner.conversation.plain import run_plain
from planner.conversation.work import draw
from tests.conversation.conftest import COST, random_serving

SEEDS = range(20)


@pytest.fixture(scope="module")
def runs():
    found = []
    for seed in SEEDS:
        serving = random_serving(seed)
        work = draw(serving)
        found.append((serving, work, run_plain(serving, work), run_compiled(serving, work)))
    return found


def test_both_engines_count_the_same_bits(runs):
    for serving, _, plain, compiled in runs:
        for name in plain._fields:
            one, other = getattr(plain, name), getattr(compiled, name)
            assert one.tobytes() == other.tobytes(), (serving.seed, name)


def test_the_random_runs_see_every_rule(runs):
    assert sum(int(counts.preempted.sum()) for _, _, counts, _ in runs) >= 3
    assert sum(int(counts.refused.sum()) for _, _, counts, _ in runs) >= 3
    assert any(serving.limits.chunk_tokens is None for serving, _, _, _ in runs)
    assert any((counts.most_sessions == serving.limits.sessions).any() for serving, _, counts, _ in runs)


def test_tokens_out_equal_tokens_asked(runs):
    for _, work, counts, _ in runs:
        answered = ~np.isnan(counts.arrival_s) & ~counts.refused
        assert (counts.made[answered] == work.output[answered]).all()
        assert np.isfinite(counts.end_s[answered]).all()
        assert (counts.first_s[answered] > counts.arrival_s[answered]).all()
        assert (counts.made[np.isnan(counts.arrival_s)] == 0).all()


def test_caches_stay_within_the_memory(runs):
    for serving, _, counts, _ in runs:
        assert (counts.most_bytes <= serving.limits.cache_bytes).all()
        assert (counts.most_sessions <= serving.limits.sessions).all()


def test_a_million_tokens_take_seconds(talk):
    """The bar is 200,000 tokens a second and core with 64 users; docs/llm.md has what was measured."""
    users = replace(
        talk,
        sources=64,
        prompt=Drawn("lognormal", 512, 1.0),
        output=Drawn("lognormal", 256, 1.0),
        turns=Drawn("fixed", 4),
        think=Drawn("gamma", 0.5, 1.0),
    )
    serving = Serving((users,), COST, Admission(64, 2e10), 1, 900.0)
    work = draw(serving)
    run_compiled(serving, work)  # compiled by now
    begun_s = process_time()
    counts = run_compiled(serving, work)
    spent_s = process_time() - begun_s
    assert counts.made.sum() > 200_000
    assert counts.made.sum() / spent_s > 200_000
