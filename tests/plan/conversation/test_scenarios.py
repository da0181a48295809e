"""Scenarios of conversations: what they may say, what is refused and why, and their answers."""

import functools
import json

import pytest

from planner import api
from planner.cli.main import run
from planner.errors import InputError

CHAT = "streams.0."
TRACED = {
    CHAT + "arrivals": "trace",
    CHAT + "trace": "talks.csv",
    CHAT + "count": 1,
    **dict.fromkeys((CHAT + "prompt", CHAT + "output", CHAT + "turns")),
}


def problems(scenario, changes, call=api.read_scenario):
    with pytest.raises(InputError) as caught:
        call(scenario(changes))
    return [(problem.where, problem.expected) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("changes", "where", "expected"),
    [
        ({CHAT + "kind": "conversatoin"}, "streams[0].kind", "`conversation`"),
        ({CHAT + "prompt": 0}, "streams[0].prompt", "greater than or equal to 1"),
        ({CHAT + "prompt": {"low": 9, "high": 3}}, "streams[0].prompt", "`low` of at most `high`"),
        ({CHAT + "output": {"mean": 100}}, "streams[0].output.cv", "a value"),
        ({CHAT + "output": None}, "streams[0]", "`prompt` and `output`"),
        ({CHAT + "rate": "2 /min"}, "streams[0]", "no `rate` with users"),
        ({CHAT + "arrivals": "poisson"}, "streams[0]", "a `rate` with poisson"),
        ({CHAT + "arrivals": "trace"}, "streams[0]", "a `trace` with trace"),
        ({CHAT + "context": 20}, "streams[0]", "a `context` of 210 tokens or more"),
        ({CHAT + "prompt": {"mean": 5000, "cv": 1}}, "streams[0]", "a `context` of 5060 tokens or more"),
        ({CHAT + "prompt": {"low": 10, "high": 5000}}, "streams[0]", "more than 5000 tokens"),
        ({CHAT + "prompt": [10, 5000]}, "streams[0]", "more than 5000 tokens"),
        ({CHAT + "think": "-5 s"}, "streams[0].think", "zero or more"),
        ({CHAT + "count": 0}, "streams[0].count", "greater than or equal to 1"),
        ({"serving": {"share": "first"}}, "serving.share", "'turns', 'frames_first' or 'steps_first'"),
        ({"failures": {"mtbf": "5 years"}}, "failures", "no `failures`"),
        ({CHAT + "slo": {}}, "streams[0].slo", "`ttft`, `time_per_token` or `answer`"),
        ({CHAT + "slo": {"ttft": {"within": "0 s"}}}, "streams[0].slo.ttft.within", ""),
        ({CHAT + "think": "ten"}, "streams[0].think", "a number with one of the units"),
        ({CHAT + "queue_limit": 3}, "streams[0].queue_limit", ""),
        ({CHAT + "model": "zoo:lama3.2-1b"}, "streams[0].model", "a language model of the zoo"),
        ({"serving": {"prompts": "whole", "chunk": 64}}, "serving", "no `chunk`"),
        ({"serving": {"engines": {"jetson-*": "tgi"}}}, "serving.engines.jetson-*", "an engine for language"),
        ({"candidates.precisions": ["fp16"]}, "candidates.precisions", "no `precisions`"),
        ({"candidates.engine": "tensorflow"}, "candidates.engine", "an engine for language models"),
        ({"simulation.dispatch": "pinned"}, "simulation.dispatch", "no `dispatch`"),
        ({"growth": {"per_year": "10 %"}}, "growth", "no `growth`"),
        ({"planning": {"utilisation_limit": "70 %"}}, "planning.utilisation_limit", "no `utilisation_limit`"),
        ({"candidates.instances": 2}, "candidates.instances", "no `instances`"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is(scenario, changes, where, expected):
    found = problems(scenario, changes)
    assert [place for place, text in found if place == where and expected in text], found


def test_all_problems_of_a_file_are_reported_at_once(scenario):
    found = problems(scenario, {CHAT + "think": "ten", CHAT + "count": 0, "site.supply": "hot"})
    assert {place for place, _ in found} == {"streams[0].think", "streams[0].count", "site.supply"}


def test_one_model_a_scenario(scenario):
    other = {"name": "more", "kind": "conversation", "count": 1, "model": "zoo:qwen3-8b", "prompt": 5,
             "output": 5, "slo": {"ttft": {"within": "1 s"}}}  # fmt: skip
    found = problems(scenario, {"streams.1": other})
    assert any("one language model for all streams" in text for _, text in found)


def test_a_context_beyond_the_model_and_models_of_sound_are_refused(scenario):
    found = problems(scenario, {CHAT + "context": 1_000_000}, api.converse)
    assert found == [("streams[0].context", "at most 131072 tokens, the model's")]
    found = problems(scenario, {CHAT + "model": "zoo:whisper-small", CHAT + "context": 400}, api.converse)
    assert found == [("streams[0].model", "a model that reads text alone")]


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("time_s,prompt_tokens\n0,5\n", "columns"),
        ("time_s,prompt_tokens,output_tokens\n", "rows"),
        ("time_s,prompt_tokens,output_tokens\n0,5,nine\n", "row 1"),
        ("time_s,prompt_tokens,output_tokens\n2,5,9\n1,5,9\n", "row 2"),
        ("time_s,prompt_tokens,output_tokens\n-1,5,9\n", "row 1"),
    ],
)
def test_a_trace_that_is_none_is_refused(scenario, tmp_path, rows, where):
    (tmp_path / "talks.csv").write_text(rows)
    assert problems(scenario, TRACED, api.converse)[0][0] == where


def test_a_trace_is_served_as_it_was_recorded(scenario, tmp_path):
    lines = [f"{10 * turn + 5 * who},40,30,{who}" for turn in range(23) for who in range(2)]
    (tmp_path / "talks.csv").write_text(
        "\n".join(["time_s,prompt_tokens,output_tokens,conversation", *lines])
    )
    best = api.converse(scenario({**TRACED, "simulation.warmup": "0 s"})).chosen
    assert best.ends.mid.talks[0].turns == 3 * len(lines)
    assert best.ends.mid.talks[0].tokens == 3 * len(lines) * 30


def test_devices_stop_where_more_change_nothing(scenario):
    """A prompt that takes longer than is promised does so on any number of devices."""
    never = {
        CHAT + "arrivals": "poisson",
        CHAT + "rate": "4 /min",
        CHAT + "slo": {"ttft": {"within": "20 ms"}},
    }
    found = api.converse(scenario(never))
    assert found.verdict == "INFEASIBLE"
    assert found.parts[0].count <= 16
    assert found.parts[0].missed[0].key == "conversation.missed"


def test_others_refuse_conversations_in_one_sentence(scenario, tmp_path):
    file = scenario()
    sweep = functools.partial(api.sweep, settings={"planning.spares": [0, 1]}, folder=tmp_path / "points")
    for call in (api.density, api.lint, api.size, api.cost, sweep):
        with pytest.raises(InputError) as caught:
            call(file)
        assert caught.value.problems[0].expected == "streams of frames or requests"


def test_more_people_take_more_devices_and_verdicts_cover_the_band(scenario):
    few = api.converse(scenario({CHAT + "count": 2})).chosen
    tight = {CHAT + "count": 24, CHAT + "think": "1 s", CHAT + "slo.time_per_token.within": "80 ms",
             "site.rack_units": 42, "site.power_limit": "3 kW"}  # fmt: skip
    many = api.converse(scenario(tight)).chosen
    assert few.count == 1
    assert many.count > 1
    one = api.converse(
        scenario({**tight, "deployment": {"device": "jetson-orin-nano-8", "count": 1, "mode": "25W"}})
    )
    assert one.chosen.missed
    for option in (few, many):
        low, mid, high = (option.ends.at(end).talks[0].levels[0].reached_s for end in ("low", "mid", "high"))
        assert low < mid < high <= 2.0


def test_a_run_that_would_take_minutes_is_refused(scenario):
    for changes in (
        {CHAT + "count": 100_000, CHAT + "think": "0 s", "simulation.duration": "30000000 s"},
        {CHAT + "arrivals": "poisson", CHAT + "rate": "9000 /s", "simulation.duration": "3600 s"},
    ):
        assert problems(scenario, changes, api.converse)[0][0] == "simulation.duration"


def test_few_answers_leave_a_verdict_open_and_say_so(scenario):
    rare = {CHAT + "slo": {"answer": {"within": "30 s", "quantile": "99.9 %"}}}
    found = api.converse(scenario(rare)).chosen
    assert found.count == 1
    assert found.verdict.value == "UNDECIDED"
    assert [text.key for text in found.warnings] == ["conversation.few"]


def test_answers_of_one_token_have_a_report(scenario, tmp_path):
    one = scenario({CHAT + "output": 1, CHAT + "slo": {"ttft": {"within": "2 s"}}})
    assert api.write_conversations(one, tmp_path / "one.pdf", data=tmp_path / "one.json").verdict == "PASS"


def test_a_rack_of_too_many_devices_is_refused(scenario):
    given = {"deployment": {"device": "jetson-orin-nano-8", "count": 2000}}
    assert problems(scenario, given, api.converse)[0][0] == "deployment.count"


def test_more_sessions_than_the_engine_serves_are_said(scenario):
    found = api.converse(scenario({"serving": {"sessions": 4000}})).chosen
    assert any(text.key == "language.one_by_one" for text in found.warnings)
    assert found.limits.sessions == 64


def test_a_model_that_does_not_fit_is_an_answer(scenario):
    found = api.converse(scenario({CHAT + "model": "zoo:llama3.1-70b", CHAT + "context": 2048}))
    assert found.verdict == "INFEASIBLE"
    assert found.parts[0].broken[0].key == "reason.memory"
    assert found.parts[0].ends is None
    tight = {"serving": {"cache_memory": "20 MB"}}
    assert api.converse(scenario(tight)).parts[0].broken[0].key == "conversation.no_session"


def test_limits_of_the_site_keep_a_part_out(scenario):
    warm = scenario({"site.gear": [{"name": "switch", "highest": "20 degC"}], "site.power_limit": "30 W"})
    keys = {text.key for text in api.converse(warm).parts[0].broken}
    assert keys == {"reason.limit_gear", "reason.power"}
    cheap = scenario({"money.budget": "100 USD"})
    assert [text.key for text in api.converse(cheap).parts[0].broken] == ["reason.budget"]


def test_power_and_heat_follow_the_share_of_busy_time(scenario):
    """Between idle and what a step draws, plus carrier, fan and the loss of the supply."""
    option = api.converse(scenario()).chosen
    planned = option.ends.high
    idle_w = next(mode for mode in option.part.modes if mode.id == "25W").idle_w.value
    device_w = idle_w + (option.step_w - idle_w) * planned.busy
    assert option.heat.power_per_device_w == pytest.approx(device_w, rel=0.1)  # its fan and leakage beside
    assert option.heat.power_w > device_w + 5 + 10
    assert option.energy_per_token_j == pytest.approx(option.heat.power_w / planned.tokens_per_s)


def test_engines_of_the_simulation_give_the_same_answer(scenario):
    file = scenario({"simulation.duration": "120 s"})
    plain, compiled = (api.converse(file, engine=engine) for engine in ("reference", "compiled"))
    assert plain.chosen.ends == compiled.chosen.ends


@pytest.mark.parametrize("command", ["size", "simulate", "cost"])
def test_commands_print_the_record(scenario, capsys, command):
    assert run([command, str(scenario()), "--format", "json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    option = found["options"][0]
    assert found["feasible"]
    assert option["verdict"] == "PASS"
    assert option["tokens_per_s"]["low"] <= option["tokens_per_s"]["mid"] <= option["tokens_per_s"]["high"]
    assert option["streams"][0]["promises"][0]["reached_s"] <= 2.0
    if command == "size":
        for form in ("table", "csv"):
            assert run([command, str(scenario()), "--format", form, "--quiet"]) == 0
            assert "jetson-orin-nano-8" in capsys.readouterr().out


def test_compare_counts_the_users_of_one_device(scenario, capsys):
    file = scenario({"simulation.duration": "200 s", "candidates.modes": "default"})
    names = "jetson-orin-nano-8,jetson-agx-orin-64"
    assert run(["compare", str(file), "--devices", names, "--format", "json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)["devices"]
    assert len(found) == 2
    assert found[0]["users"] >= found[1]["users"]


def test_a_report_has_curves_and_is_the_same_twice(scenario, tmp_path):
    first, second, data = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "a.json"
    api.write_conversations(scenario(), first, data=data)
    api.write_conversations(scenario(), second)
    assert first.read_bytes() == second.read_bytes()
    record = json.loads(data.read_text())
    users = [point["tokens_per_s"]["mid"] for point in record["users"]]
    assert users[1] > users[0]
    sizes = [point["memory_bytes"]["kv"] for point in record["contexts"]]
    assert sizes == sorted(sizes)


def test_one_line_is_a_plan_and_a_scenario(tmp_path, capsys):
    file = tmp_path / "plan.yaml"
    asked = ["plan", "zoo:llama3.2-1b", "--users", "2", "--devices", "jetson-orin-nano-8", "-o", str(file)]
    assert run([*asked, "--format", "json", "--quiet"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert run(["size", str(file), "--format", "json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["options"] == planned["options"]
    assert run([*asked, "--fps", "3"]) == 2
    assert run(["plan", "zoo:llama3.2-1b", "--users", "0", "--context", "1000000"]) == 2
    said = capsys.readouterr().err
    assert "--users" in said
    assert "--context" in said
