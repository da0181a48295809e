"""What can be worked out beforehand: a queue, answers of one user, chunks, caches, preemption."""

from dataclasses import replace

import numpy as np
import pytest

from planner.conversation.description import Admission, Drawn, Level, Levels, Serving, TraceTurn
from planner.conversation.results import one_run, simulate_conversations
from planner.conversation.serving import limits_of, step_cost
from planner.conversation.step import Step, cost_row, step_time
from planner.hardware.catalog import read_device
from planner.language.answer.question import Wishes
from planner.language.answer.serving import answers, prepare
from planner.language.rates.passes import prompt_work, step_work
from planner.language.sources.source import read_language_model
from planner.rack.counts.results import Verdict
from tests.conversation.conftest import PLAIN, fixed

ENGINES = ("reference", "compiled")


def prompt_s(cost, tokens, before=0, *, ends=True):
    read = before + tokens
    step = Step(0, 0, 0, tokens, read, min(read, cost.window), tokens * (2 * before + tokens), 0, int(ends))
    return step_time(cost_row(cost), step, 1.0, 1.0)[0]


def token_s(cost, *contexts):
    step = Step(len(contexts), sum(contexts), sum(contexts), 0, 0, 0, 0, 0, 0)
    return step_time(cost_row(cost), step, 1.0, 1.0)[0]


def answer_s(cost, prompt, output):
    """TTFT and n - 1 steps, each a token longer."""
    return prompt_s(cost, prompt) + sum(token_s(cost, prompt + n) for n in range(1, output))


@pytest.mark.parametrize("sizes", [[20], [5, 80]], ids=["M/D/1", "M/G/1"])
def test_one_slot_is_a_queue_in_closed_form(talk, serving, sizes):
    """Pollaczek and Khinchine: the mean wait is rate x E[S^2] / (2 (1 - rate x E[S]))."""
    times = np.array([answer_s(PLAIN, 100, size) for size in sizes])
    rate_per_s = 0.7 / times.mean()
    open_talk = replace(
        talk, begins="poisson", rate_per_s=rate_per_s, output=Drawn("listed", values=tuple(map(float, sizes)))
    )
    run = replace(
        serving,
        talks=(open_talk,),
        limits=Admission(1, 1e12, 1, None),
        duration_s=40_000 * times.mean(),
        seed=7,
    )
    work, counts = one_run(run)
    waits_s = counts.first_s - counts.arrival_s - prompt_s(PLAIN, 100)
    expected_s = rate_per_s * (times**2).mean() / (2 * (1 - 0.7))
    assert waits_s.mean() == pytest.approx(expected_s, rel=0.06)
    assert counts.busy_s[0] / run.duration_s == pytest.approx(0.7, rel=0.02)
    assert counts.made.sum() == work.output.sum()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", ["llama3.2-1b", "gemma3-4b", "qwen3-30b-a3b"])
def test_one_user_gets_what_the_model_of_rates_says(engine, model, talk):
    """With infinite memory an answer takes TTFT + n steps, by `planner.language.rates.model` itself."""
    own = prepare(read_language_model(f"zoo:{model}"), read_device("jetson-agx-orin-64"), Wishes())
    alone = replace(talk, prompt=fixed(700), output=fixed(40), context=4096)
    limits = replace(limits_of(own, 4096), cache_bytes=1e15, chunk_tokens=None)
    serving = Serving((alone,), step_cost(own), limits, 1, 1.0)
    _, counts = one_run(serving, engine=engine)
    decoder, weights = own.model.decoder, own.weights
    first_s = float(own.rates.time(prompt_work(decoder, weights, own.cache, 700), prompt=True).total_s[0])
    steps_s = sum(
        float(own.rates.time(step_work(decoder, weights, own.cache, 1, 700 + n), prompt=False).total_s[0])
        for n in range(1, 40)
    )
    assert counts.first_s[0] == pytest.approx(first_s, rel=2e-3)  # a prompt's first tokens see a window whole
    assert counts.end_s[0] - counts.first_s[0] == pytest.approx(steps_s, rel=1e-9)


def test_one_user_agrees_with_the_answer_of_llm(talk):
    device, model = read_device("jetson-orin-nano-8"), read_language_model("zoo:llama3.2-1b")
    wishes = Wishes(engine="mlc", mode="15W", prompt_tokens=512, output_tokens=128)
    asked = answers(model, device, [1], wishes)[0]
    own = prepare(model, device, wishes)
    alone = replace(talk, prompt=fixed(512), output=fixed(128))
    found = simulate_conversations(Serving((alone,), step_cost(own), limits_of(own, 4096), 1, 60.0))
    times = found.talks[0].times
    assert times["ttft"].p50 == pytest.approx(asked.ttft_s.mid, rel=1e-6)
    assert times["time_per_token"].p50 == pytest.approx(asked.time_per_token_s.mid, rel=1e-3)


@pytest.mark.parametrize(
    ("device", "mode", "published"),
    [("jetson-orin-nano-8", "15W", 54.8), ("jetson-agx-orin-64", "MAXN", 163.9)],
)
def test_published_rates_of_one_user_are_within_the_band(device, mode, published, talk):
    """MLC, Llama 3.2 1B in q4f16, of the Jetson AI Lab: hardware_db/language/rates.csv, llm-144 and 145."""
    own = prepare(
        read_language_model("zoo:llama3.2-1b"),
        read_device(device),
        Wishes(engine="mlc", mode=mode, weights="q4f16"),
    )
    alone = replace(talk, prompt=fixed(128), output=fixed(128))
    rates = []
    for end in ("high", "mid", "low"):
        found = simulate_conversations(Serving((alone,), step_cost(own, end), limits_of(own, 4096), 1, 30.0))
        rates.append(1 / found.talks[0].times["time_per_token"].p50)
    assert rates[0] < published < rates[2]
    assert max(rates[1] / published, published / rates[1]) < 1.5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prompt_is_read_in_chunks_beside_those_who_decode(engine, talk, serving):
    """25 tokens in chunks of ten: three steps, in each of which the other session gets a token."""
    early = replace(talk, name="early", begins="trace", trace=(), prompt=fixed(5), output=fixed(50))
    turns = (TraceTurn(0.0, 5, 50, ""), TraceTurn(0.001, 25, 2, ""))
    run = replace(
        serving,
        talks=(replace(early, trace=turns),),
        limits=Admission(8, 1e12, 1, chunk_tokens=10),
        duration_s=1.0,
    )
    _, counts = one_run(run, engine=engine)
    begun_s = counts.first_s[0]
    assert begun_s == pytest.approx(prompt_s(PLAIN, 5), rel=1e-12)
    mixed = [
        step_time(
            cost_row(PLAIN),
            Step(1, context, context, taken, read, read, taken * (2 * read - taken), 0, ends),
            1.0,
            1.0,
        )[0]
        for context, taken, read, ends in ((6, 10, 10, 0), (7, 10, 20, 0), (8, 5, 25, 1))
    ]
    assert counts.first_s[1] == pytest.approx(begun_s + sum(mixed), rel=1e-12)
    assert counts.steps[0] == 1 + 3 + 46
    assert counts.read[0] == 30


@pytest.mark.parametrize("engine", ENGINES)
def test_whole_prompts_stop_those_who_decode(engine, talk, serving):
    turns = (TraceTurn(0.0, 5, 50, ""), TraceTurn(0.001, 2500, 2, ""))
    traced = replace(talk, begins="trace", trace=turns)
    run = replace(serving, talks=(traced,), limits=Admission(8, 1e12, 1, None), duration_s=1.0)
    _, counts = one_run(run, engine=engine)
    assert counts.first_s[1] == pytest.approx(prompt_s(PLAIN, 5) + prompt_s(PLAIN, 2500), rel=1e-12)
    assert counts.steps[0] == 2 + 49


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kept", [True, False])
def test_a_kept_prefix_is_not_read_again(engine, kept, talk, serving):
    """Three turns of 100 + 20 tokens: with the prefix kept each further one reads 101, else 220 and 340."""
    again = replace(talk, turns=fixed(3), prefix_kept=kept)
    run = replace(serving, talks=(again,), duration_s=1e-3)
    # Only the first turn arrives within the run; make it long enough for three.
    first = answer_s(PLAIN, 100, 20)
    work, counts = one_run(replace(run, duration_s=2.9 * first), engine=engine)
    came = ~np.isnan(counts.arrival_s)
    assert came.sum() == 3
    assert counts.read[0] == (100 + 101 + 101 if kept else 100 + 220 + 340)
    assert list(work.history[:3]) == ([0, 120, 240] if kept else [0, 0, 0])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("when_full", ["recompute", "refuse"])
def test_the_last_session_is_preempted_where_the_cache_is_full(engine, when_full, talk, serving):
    """Two sessions of 100 + 50 tokens in room for 220: both grow to 110, then the younger one has to go."""
    turns = (TraceTurn(0.0, 100, 50, ""), TraceTurn(0.0, 100, 50, ""))
    traced = replace(talk, begins="trace", trace=turns)
    limits = Admission(8, 220 * 1e4, block_tokens=1, chunk_tokens=1000, when_full=when_full)
    run = replace(serving, talks=(traced,), limits=limits, duration_s=1.0)
    _, counts = one_run(run, engine=engine)
    assert counts.made[0] == 50
    if when_full == "refuse":
        assert list(counts.refused) == [False, True]
        assert counts.made[1] == 11
    else:
        assert list(counts.preempted) == [0, 1]
        assert counts.made[1] == 50
        # It reads its prompt and the eleven tokens that it had, once the other has ended.
        assert counts.read[0] == 100 + 100 + 111
        assert counts.end_s[1] > counts.end_s[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_can_never_fit_is_refused_on_arrival(engine, talk, serving):
    run = replace(serving, limits=Admission(8, 118 * 1e4, block_tokens=1), duration_s=1.0)
    _, counts = one_run(run, engine=engine)
    assert counts.refused[~np.isnan(counts.arrival_s)].all()
    assert counts.busy_s[0] == 0.0


@pytest.mark.parametrize("engine", ENGINES)
def test_the_longest_unused_cache_is_given_up_first(engine, talk, serving):
    """Room for two conversations: a third one takes the place of the one whose user thinks longest."""
    turns = tuple(
        TraceTurn(at_s, 100, 20, name)
        for at_s, name in ((0.0, "a"), (2.0, "b"), (4.0, "c"), (6.0, "b"), (8.0, "a"))
    )
    traced = replace(talk, begins="trace", trace=turns)
    limits = Admission(8, 250 * 1e4, block_tokens=1, chunk_tokens=1000)
    work, counts = one_run(replace(serving, talks=(traced,), limits=limits, duration_s=20.0), engine=engine)
    # Turns by conversation: a, a, b, b, c. The second of b keeps its prefix; that of a reads 220 again.
    assert list(work.sequence) == [0, 0, 1, 1, 2]
    assert counts.read[0] == 100 + 100 + 100 + 101 + 220


@pytest.mark.parametrize("engine", ENGINES)
def test_turns_stay_with_their_cache_and_others_go_where_fewest_are(engine, talk, serving):
    users = replace(talk, sources=4, turns=fixed(5), think=fixed(0.5))
    work, counts = one_run(replace(serving, talks=(users,), devices=2, duration_s=8.0), engine=engine)
    came = ~np.isnan(counts.arrival_s)
    first = np.isin(np.arange(work.turns), work.first[:-1])
    assert sorted(counts.device[first]) == [0, 0, 1, 1]
    for sequence in range(4):
        of_one = came & (work.sequence == sequence)
        kept = of_one & (work.history > 0)
        before = np.flatnonzero(kept) - 1
        assert (counts.device[kept] == counts.device[before]).all()


def test_promises_are_judged_with_their_interval(talk, serving):
    promise = Levels(ttft=Level(prompt_s(PLAIN, 100) * 1.01, 0.95), answer=Level(1e-3, 0.5))
    found = simulate_conversations(replace(serving, talks=(replace(talk, levels=promise),)), 3)
    assert [level.verdict for level in found.talks[0].levels] == [Verdict.PASS, Verdict.FAIL]
    assert found.verdict is Verdict.FAIL
    few = replace(serving, talks=(replace(talk, levels=promise),), duration_s=1e-3)
    assert simulate_conversations(few, 3).talks[0].levels[0].verdict is Verdict.UNDECIDED


def test_a_context_that_is_full_begins_anew(talk, serving):
    tight = replace(talk, turns=fixed(6), context=300)
    work, _ = one_run(replace(serving, talks=(tight,), duration_s=10.0))
    assert (work.history + work.prompt + work.output <= 300).all()
    assert set(work.history) == {0, 120}
