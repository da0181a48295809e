"""Probes of llama.cpp, the fit on made-up times, the journal, and what a noisy or busy machine gets."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict

import pytest

from planner.calibration.llama import calibrate as calibrating
from planner.calibration.llama import probing
from planner.calibration.llama.calibrate import fitted, left_out_errors
from planner.calibration.llama.fit import PassObservation, fit_prompts, fit_steps
from planner.calibration.llama.probing import PassJournal, collect, decoder_of, observations, work_of
from planner.calibration.llama.split import (
    JUDGED,
    JUDGED_ARCHITECTURES,
    JUDGED_FORMATS,
    PROBE_ARCHITECTURES,
    PROBE_FORMATS,
    PROBES,
    judged,
    lengths,
    probe,
)
from planner.calibration.llama.validate import compared
from planner.engines.session import EngineError
from planner.errors import InputError
from planner.language.calibrated.model import PromptCosts, SmallCosts, StepCosts, TypeCosts
from planner.language.calibrated.work import work_by_recipe

STEP = StepCosts(
    TypeCosts(6e-11, 0.4, 1.2, 0.8, 1.0, {"q3_k": 0.2, "q8_0": -0.3}),
    SmallCosts(3e-5, 1e-6, 2e-10, 6e-11, 2e-11, 3e-9), 1.5e10, 2.4e7, 3.5, 2.0, 0.8, 0.7, 1.5,
)  # fmt: skip
PROMPT = PromptCosts(
    TypeCosts(1.3e-11, 0.2, 1.1, 0.7, 1.3, {"f16": 0.2}),
    SmallCosts(5e-5, 2e-6, 1e-10, 3e-11, 1e-11, 2e-9),
    1.3,
)


QUIET = {"low_s": 1e-3, "high_s": 1e-3, "runs": 9, "cpu_share": 1.0, "steal_share": 0.0}


def made_up(models, noise, seed=0):
    """Answers of a journal with times of the model above."""
    draw = random.Random(seed)  # noqa: S311 - noise of a test
    for model in models:
        work = work_of(model)
        contexts, prompts = lengths(model)
        times = [("step", tokens, STEP.seconds(work, tokens)) for tokens in contexts]
        times += [("prompt", tokens, PROMPT.seconds(work, tokens, STEP)) for tokens in prompts]
        yield {
            "model": asdict(model),
            "reason": None,
            "reference_s": 2e-4 * math.exp(draw.gauss(0, 0.01)),
            "copy_s": 1e-3,
            "passes": [
                {"threads": 1, "kind": kind, "tokens": tokens,
                 "seconds": seconds * math.exp(draw.gauss(0, noise)), **QUIET}
                for kind, tokens, seconds in times
            ],
        }  # fmt: skip


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """A version of the engine, where it need not be installed."""
    for room in (probing, calibrating):
        monkeypatch.setattr(room, "llama_version", lambda: "1.2.3")


@pytest.fixture(scope="module")
def answers():
    return list(made_up([probe(number) for number in range(PROBES)], 0.02))


def test_probes_and_validation_share_neither_architectures_nor_formats():
    assert not set(PROBE_ARCHITECTURES) & set(JUDGED_ARCHITECTURES)
    assert not set(PROBE_FORMATS) & set(JUDGED_FORMATS)
    pairs = [(probe(number).architecture, probe(number).format) for number in range(PROBES)]
    assert {pairs.count(pair) for pair in pairs} == {PROBES // 21}
    assert len(set(pairs)) == 21
    assert len({(judged(n).architecture, judged(n).format) for n in range(JUDGED)}) == 12
    assert probe(5) == probe(5)


@pytest.mark.parametrize("number", range(0, PROBES, 5))
def test_a_probe_is_small_and_can_be_loaded(number):
    model = probe(number)
    decoder = decoder_of(model)
    assert decoder.heads % decoder.key_heads == 0
    assert decoder.heads * decoder.head_width % 256 == 0
    if model.architecture == "phi3":
        assert decoder.heads * decoder.head_width == decoder.hidden
    assert 5e6 < work_by_recipe(decoder, model.format).step_bytes < 5e8


def test_the_fit_finds_what_made_the_times(answers):
    rows = observations(answers, 1, None)
    step = fit_steps(rows)
    prompt = fit_prompts(rows, step)
    errors = [
        abs(math.log(found / row.seconds))
        for row in rows
        for found in [
            step.seconds(row.work, row.tokens)
            if row.kind == "step"
            else prompt.seconds(row.work, row.tokens, step)
        ]
    ]
    assert sum(errors) / len(errors) < 0.03
    assert step.bandwidth_bytes_per_s == pytest.approx(1.5e10, rel=0.25)
    assert step.types.seconds("q8_0") == pytest.approx(STEP.types.seconds("q8_0"), rel=0.2)


def test_bands_come_from_what_was_left_out(answers):
    rows = observations(answers, 1, None)
    found = left_out_errors(rows)
    assert {(kind, known) for kind, known, _ in found} == {
        (kind, known) for kind in ("step", "prompt") for known in (True, False)
    }
    # Every row twice: with its format in the fit, and without.
    assert sum(known for _, known, _ in found) == len(rows) == len(found) / 2
    spread = {
        known: max(abs(error) for kind, knew, error in found if knew == known and kind == "step")
        for known in (True, False)
    }
    assert spread[False] > spread[True]


def test_a_calibration_predicts_what_no_probe_had(answers):
    calibration = fitted(answers, (1,))
    assert (calibration.probes, calibration.rejected) == (PROBES, 0)
    found = compared(list(made_up([judged(number) for number in range(JUDGED)], 0.02, seed=1)), calibration)
    scores = {(score["kind"], score["known_types"]): score for score in found.scores()}
    assert scores["step", None]["mape"] < 0.08
    assert scores["prompt", None]["mape"] < 0.12
    assert scores["step", True]["rows"] + scores["step", False]["rows"] == scores["step", None]["rows"]
    assert found.record()["disturbed"] == 0


def test_disturbed_passes_are_left_out_and_a_noisy_machine_refused(answers):
    some = json.loads(json.dumps(answers))
    for entry in some[:10]:
        for item in entry["passes"]:
            item["cpu_share"] = 0.5
    assert fitted(some, (1,)).rejected == sum(len(entry["passes"]) for entry in some[:10])
    for entry in some:
        entry["passes"][0]["steal_share"] = 0.5
        for item in entry["passes"][1:]:
            item["cpu_share"] = 0.5
    with pytest.raises(EngineError, match="nothing disturbed"):
        fitted(some, (1,))
    for place, entry in enumerate(some):
        entry["reference_s"] = 2e-4 * (1 + place / 20)
    with pytest.raises(EngineError, match="whose speed moves"):
        fitted(some, (1,))
    with pytest.raises(EngineError, match="got none: it said no"):
        fitted([{**answers[0], "passes": [], "reason": "it said no"}], (1,))


@pytest.fixture
def journal(tmp_path):
    return lambda threads=(1,): PassJournal(tmp_path / "journal", "calibrate", threads)


def test_a_run_in_pieces_goes_on_where_it_was(journal, monkeypatch, tmp_path):
    models = [probe(number) for number in range(5)]
    ready = {entry["model"]["name"]: entry for entry in made_up(models, 0.0)}
    ran = []

    def measured(model, threads, progress, *, wait_s):
        ran.append(model.name)
        return ready[model.name]

    monkeypatch.setattr(probing, "_measured", measured)
    with pytest.raises(EngineError, match="1 of 5 models are measured and kept"):
        collect(models, journal(), (1,), 0.0)
    path = tmp_path / "journal"
    path.write_text(path.read_text() + '{"model": {"na')  # a kill in the middle of a line
    collect(models, journal(), (1,), 100.0)
    assert ran == [model.name for model in models]
    assert len(journal().entries) == 5
    with pytest.raises(InputError, match="one of another"):
        journal((1, 2))


def test_a_disturbed_model_is_run_again_and_its_best_answer_kept(journal, monkeypatch):
    (good,) = made_up([probe(0)], 0.0)
    bad = json.loads(json.dumps(good))
    for item in bad["passes"]:
        item["cpu_share"] = 0.5
    better = json.loads(json.dumps(bad))
    better["passes"][1]["cpu_share"] = 1.0
    waits = []
    for answers, kept in (([bad, good], good), ([bad, better, bad], better)):
        given = iter(answers)

        def measured(model, threads, progress, *, wait_s, given=given):
            waits.append(wait_s)
            return next(given)

        monkeypatch.setattr(probing, "_measured", measured)
        own = journal()
        collect([probe(0)], own, (1,), 100.0)
        assert own.entries == [kept]
        assert next(given, None) is None
        own.remove()
    assert all(wait is not None for wait in waits)


def test_a_damaged_journal_is_refused(journal, tmp_path):
    (tmp_path / "journal").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match="begin again"):
        journal()


def test_drift_of_the_reference_is_divided_out(answers):
    entry = {**answers[0], "reference_s": 2.2e-4}
    plain = observations([entry], 1, None)[0]
    assert observations([entry], 1, 2e-4)[0].seconds == pytest.approx(plain.seconds / 1.1)
    assert isinstance(plain, PassObservation)
    assert observations([entry], 2, None) == []
