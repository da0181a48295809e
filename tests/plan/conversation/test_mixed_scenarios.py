"""Cameras and conversations on the same devices: memory of both, promises of both, what is refused."""

import json

import pytest

from planner import api
from planner.cli.main import run
from planner.errors import InputError

CAMERA = {
    "name": "cameras",
    "count": 2,
    "model": "zoo:resnet50_v1.5",
    "arrivals": "periodic",
    "rate": "5 FPS",
    "slo": {"latency": "200 ms", "quantile": "99 %"},
}
MIX = {"streams.1": CAMERA, "simulation.duration": "120 s", "simulation.replications": 2}


def test_both_are_served_and_memory_of_both_is_counted(scenario):
    one = {"deployment": {"device": "jetson-orin-nano-8", "count": 1, "mode": "25W"}}
    mixed = api.converse(scenario({**MIX, **one})).chosen
    alone = api.converse(scenario({key: MIX[key] for key in MIX if key != "streams.1"} | one)).chosen
    assert mixed.feasible
    assert mixed.frames.memory_bytes > 25e6
    assert alone.limits.cache_bytes - mixed.limits.cache_bytes == pytest.approx(mixed.frames.memory_bytes)
    planned, before = mixed.ends.high, alone.ends.high
    frames = planned.frames[0]
    assert frames.frames == pytest.approx(2 * 2 * 5 * 100, rel=0.02)
    assert frames.dropped == 0
    assert planned.frames_busy == pytest.approx(10 * mixed.servings["high"].frames[0].service_s, rel=0.05)
    # A frame waits for a step at most but for turns, a token for a frame.
    assert planned.talks[0].times["time_per_token"].p50 > before.talks[0].times["time_per_token"].p50
    assert planned.dynamic_w > before.dynamic_w
    assert mixed.heat.power_w > alone.heat.power_w


def test_frames_first_keep_a_promise_that_steps_first_break(scenario):
    tight = {**MIX, "streams.1": {**CAMERA, "slo": {"latency": "60 ms", "quantile": "95 %"}},
             "deployment": {"device": "jetson-orin-nano-8", "count": 1, "mode": "25W"},
             "streams.0.prompt": 1500, "streams.0.think": "1 s"}  # fmt: skip
    p95 = {}
    for share in ("frames_first", "turns", "steps_first"):
        found = api.converse(scenario({**tight, "serving": {"share": share}})).chosen
        p95[share] = found.ends.mid.frames[0].times.p95, found.ends.mid.talks[0].times["answer"].p50
    assert p95["frames_first"][0] <= p95["turns"][0] < p95["steps_first"][0]
    assert p95["steps_first"][1] < p95["frames_first"][1]


def test_engines_of_the_simulation_give_the_same_answer(scenario):
    file = scenario({**MIX, "simulation.duration": "60 s"})
    plain, compiled = (api.converse(file, engine=engine) for engine in ("reference", "compiled"))
    assert plain.chosen.ends == compiled.chosen.ends


@pytest.mark.parametrize("command", ["size", "simulate", "cost"])
def test_commands_know_the_mix(scenario, capsys, command):
    assert run([command, str(scenario(MIX)), "--format", "json", "--quiet"]) == 0
    option = json.loads(capsys.readouterr().out)["options"][0]
    assert option["frames"][0]["promise"]["verdict"] == "PASS"
    assert option["frames"][0]["model"] == "zoo:resnet50_v1.5"
    assert option["unit_share"] == "turns"
    assert 0 < option["frames_busy"] < 1 - option["busy"]
    assert run([command, str(scenario(MIX)), "--quiet"]) == 0
    if command == "simulate":
        assert "frames and steps take turns" in capsys.readouterr().out


def test_cameras_leave_room_for_fewer_users(scenario):
    alone = api.capacities(scenario(), ["jetson-orin-nano-8"])[0]
    heavy = {
        "serving": {"share": "frames_first"},
        "streams.1": {**CAMERA, "count": 12, "slo": {"latency": "1 s"}},
    }
    mixed = api.capacities(scenario(heavy), ["jetson-orin-nano-8"])[0]
    assert 0 < mixed.users < alone.users


@pytest.mark.parametrize(
    ("changes", "where", "expected"),
    [
        ({"video": {"codec": "h264"}}, "streams[1].video", "no `video` of frames"),
        ({"before": [{"where": "host", "time": "1 ms"}]}, "streams[1].before", "no `before` of frames"),
        ({"overflow": "skip_frame"}, "streams[1].overflow", "`drop_oldest` or `drop_newest`"),
        ({"model": "zoo:resnet5O"}, "streams[1].model", "network"),
        ({"rate": "0 FPS"}, "streams[1].rate", ""),
        ({"kind": "conversation"}, "streams[1].arrivals", ""),
    ],
)
def test_what_frames_do_without_is_refused_where_it_is(scenario, changes, where, expected):
    with pytest.raises(InputError) as caught:
        api.converse(scenario({**MIX, "streams.1": {**CAMERA, **changes}}))
    found = [(problem.where, problem.expected) for problem in caught.value.problems]
    assert any(place.startswith(where.rpartition(".")[0]) and expected in text for place, text in found), (
        found
    )


def test_problems_are_named_where_the_file_has_them(scenario):
    """The camera may come first: places are those of the file."""
    import yaml

    file = scenario(MIX)
    values = yaml.safe_load(file.read_text())
    values["streams"].reverse()
    values["streams"][0]["rate"] = "fast"
    values["streams"][1]["think"] = "ten"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    with pytest.raises(InputError) as caught:
        api.read_scenario(file)
    assert {problem.where for problem in caught.value.problems} == {"streams[0].rate", "streams[1].think"}
    assert all(problem.line for problem in caught.value.problems)


def test_frames_run_on_the_unit_of_the_language_model_or_the_part_says_why_not(scenario):
    """Each part answers or says why not; where it answers, frames run on the unit of the language model."""
    parts = {"candidates.devices": ["jetson-orin-nano-8", "hailo-10h"], "candidates.modes": "default"}
    found = api.converse(scenario({**MIX, **parts}))
    answered = {option.device for option in found.parts} | {item.device for item in found.refusals}
    assert answered == {"jetson-orin-nano-8", "hailo-10h"}
    for option in found.parts:
        assert option.frames.networks[0].estimate.unit == option.unit


def test_more_cameras_than_a_device_serves_take_more_devices(scenario):
    many = {**MIX, "streams.1": {**CAMERA, "count": 150, "rate": "10 FPS", "slo": {"latency": "500 ms"}},
            "site.rack_units": 42, "site.power_limit": "3 kW", "simulation.duration": "60 s"}  # fmt: skip
    found = api.converse(scenario(many)).chosen
    assert found.count > 1
