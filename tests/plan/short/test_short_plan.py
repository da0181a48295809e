"""A short question becomes a scenario: what was asked, what was taken and why, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from planner import api
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.plan.money.prices import in_currency
from planner.plan.short.plan import answer
from planner.plan.short.question import ShortQuestion, require_whole
from planner.plan.short.scenario import WrittenScenario, write_scenario
from planner.plan.short.template import template
from planner.schema.reading.quantity import Money

HOUR_J = 3.6e6


def written(**asked: object) -> WrittenScenario:
    question = api.short_question("zoo:yolov5s", **{"cameras": 4, "fps": 15, **asked})
    require_whole(question)
    return write_scenario(question)


def taken(scenario: WrittenScenario) -> dict[str, object]:
    return {item.key: item.value for item in scenario.defaults}


def keys_in(document: dict) -> set[str]:
    """`block.key` of each block, and those of the stream."""
    found = {f"{block}.{key}" for block, held in document.items() if isinstance(held, dict) for key in held}
    (stream,) = document["streams"]
    found |= {f"streams[0].{key}" for key in stream if key != "slo"}
    return found | {f"streams[0].slo.{key}" for key in stream["slo"]}


def test_what_is_asked_is_in_the_scenario():
    found = written(
        latency_s=0.04, quantile=0.999, devices="hailo-8,t4", max_power_w=3000.0, site="outdoor:50C", spares=2
    ).source.scenario
    (stream,) = found.streams
    assert (stream.count, stream.rate_per_s, stream.model) == (4, 15.0, "zoo:yolov5s")
    assert stream.slo.latency_s == pytest.approx(0.04)
    assert stream.slo.quantile_ratio == pytest.approx(0.999)
    assert found.candidates.devices == ["hailo-8", "t4"]
    assert (found.site.supply_c, found.site.power_limit_w) == (50.0, 3000.0)
    assert found.site.sealed is not None
    assert found.planning.spares == 2
    assert found.money.budget_money is None


@pytest.mark.parametrize("site", [None, "room", "cabinet", "outdoor:-10C"])
@pytest.mark.parametrize("budget", [None, Money.model_validate("5000 EUR")])
def test_each_value_is_asked_or_a_default_with_a_reason(site, budget):
    found = written(site=site, budget=budget, latency_s=0.1)
    document = yaml.safe_load(found.text)
    asked = {"streams[0].count", "streams[0].rate", "streams[0].model", "streams[0].name"}
    asked |= {"streams[0].slo.latency"} | ({"money.budget", "money.currency"} if budget else set())
    asked |= {"site.supply"} if site == "outdoor:-10C" else set()
    defaults = taken(found)
    assert set(defaults) - {"site"} == keys_in(document) - asked
    assert ("site" in defaults) == (site is None)
    assert all(item.why for item in found.defaults)
    for item in found.defaults:
        block, _, key = item.key.partition(".")
        if key and block != "streams[0]":
            assert document[block][key] == item.value
    assert len(document["notes"]) == len(found.defaults) + 1


def test_shares_are_taken_of_what_was_asked():
    """A tenth of 40 ms to fill a batch; 5 % of 66.7 ms between frames, and 5 ms at most."""
    quick, slow = taken(written(latency_s=0.04)), taken(written(fps=1))
    assert quick["candidates.max_wait"] == "4 ms"
    assert quick["streams[0].jitter"] == "3.33 ms"
    assert slow["streams[0].jitter"] == "5 ms"
    assert slow["candidates.max_wait"] == "15 ms"


def test_a_budget_brings_its_currency():
    """0.20 USD/kWh at 1.15 USD for a euro are 0.1739 EUR/kWh, and a dollar is 0.8696 EUR."""
    found = written(budget=Money.model_validate("5000 EUR")).source.scenario
    assert found.money.currency == "EUR"
    assert found.money.electricity_money_per_j.amount_per_joule * HOUR_J == pytest.approx(
        0.20 / 1.15, rel=1e-3
    )
    assert in_currency(Money.model_validate("115 USD"), found) == pytest.approx(100, rel=1e-5)


def test_the_network_is_named_from_the_folder_of_the_scenario(tmp_path: Path):
    model = tmp_path / "nets" / "small.onnx"
    model.parent.mkdir()
    api.export_network("mobilenet_v2_1.0", model)
    question = api.short_question(model, cameras=1, fps=5)
    found = write_scenario(question, tmp_path / "plans" / "gate.yaml")
    assert found.source.scenario.streams[0].model == "../nets/small.onnx"
    assert found.source.scenario.id == "gate"
    assert found.source.folder == tmp_path / "plans"


def test_the_parts_of_the_template_are_known_with_a_price_and_rise_in_it():
    prices = []
    for item in template().devices:
        price = read_device(item.device).price
        assert price is not None
        prices.append(price.amount_money.value.amount)
    assert prices == sorted(prices)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"cameras": None}, {"cameras"}),
        ({"fps": None, "cameras": 0}, {"cameras", "fps"}),
        ({"fps": float("nan")}, {"fps"}),
        ({"latency_s": -1.0, "max_power_w": 0.0}, {"latency", "max-power"}),
        ({"quantile": 1.0, "spares": -1}, {"quantile", "spares"}),
        ({"devices": "no-such-*"}, {"devices"}),
        ({"devices": ["t4", "jetsn"]}, {"devices"}),
        ({"site": "attic"}, {"site"}),
        ({"site": "room:45"}, {"site"}),
        ({"site": "room:900C"}, {"site"}),
        ({"budget": Money.model_validate("5 XAU")}, {"budget"}),
    ],
)
def test_what_does_not_fit_is_refused_at_once(asked, where):
    with pytest.raises(InputError) as refused:
        written(**asked)
    assert {problem.where for problem in refused.value.problems} == where


def test_a_question_without_a_network_is_refused():
    with pytest.raises(InputError, match="MODEL: expected an ONNX file"):
        require_whole(ShortQuestion("", cameras=1, fps_per_s=1.0))


def test_images_of_another_size_can_be_planned():
    question = api.short_question("zoo:yolov5s@size=320", cameras=1, fps=5)
    assert write_scenario(question).source.scenario.streams[0].model == "zoo:yolov5s@size=320"


@pytest.mark.parametrize(
    ("cameras", "fps", "latency_s", "batch"),
    [
        (1, 1, 0.15, 1),
        (1, 20, 0.15, 3),
        (2, 15, 0.1, 3),
        (4, 15, 0.15, 8),
        (300, 15, 0.01, 8),
        (1, 0.1, 60, 6),
    ],
)
def test_a_batch_is_no_larger_than_the_frames_that_come_in_time(cameras, fps, latency_s, batch):
    """Cameras x rate x latency, from 1 to 8: 1 x 20 x 0.15 are 3 frames."""
    found = written(cameras=cameras, fps=fps, latency_s=latency_s)
    assert found.source.scenario.candidates.max_batch == batch
    assert taken(found)["candidates.max_batch"] == batch


@pytest.mark.parametrize(("cameras", "site"), [(1, "cabinet"), (24, "cabinet"), (25, "room")])
def test_a_few_cameras_need_no_server_room(cameras, site):
    assert taken(written(cameras=cameras))["site"] == site


def test_cameras_that_send_video_and_objects_of_their_frames():
    """300 H.265 cameras, detect, then classify the 2.5 persons in a frame."""
    found = written(cameras=300, video="hevc:1080p", then="zoo:mobilenet_v2_1.0:2.5")
    (stream,) = found.source.scenario.streams
    assert stream.video is not None
    assert (stream.video.codec, stream.video.size.pixels) == ("h265", 1920 * 1080)
    assert [step.kind for step in stream.chain] == ["decode", "convert", "network", "network"]
    assert stream.chain[3].per_item is not None
    assert (stream.models, stream.chain[3].per_item.mean) == (("zoo:yolov5s", "zoo:mobilenet_v2_1.0"), 2.5)
    assert "2.5 objects of each to zoo:mobilenet_v2_1.0" in found.source.scenario.question
    assert not any("decoded" in note for note in found.source.scenario.notes)
    assert any("decoded" in note for note in written().source.scenario.notes)


@pytest.mark.parametrize("video", ["h266:1080p", "h265", "h265:huge", ""])
@pytest.mark.parametrize("then", ["zoo:resnet18", "zoo:resnet18:0", "zoo:resnet18:many", ":2.5"])
def test_video_and_objects_that_do_not_read_are_refused_at_once(video, then):
    with pytest.raises(InputError) as refused:
        written(video=video, then=then)
    assert {problem.where for problem in refused.value.problems} == {"video", "then"}


def test_work_for_more_devices_than_anybody_buys_is_refused_and_not_worked_out():
    """1e12 frames a second take 1e10 devices: they were laid out one by one, for as long as memory lasted."""
    asked = ShortQuestion("zoo:resnet18", 1_000_000, 1e6, devices=("hailo-8", "nvidia-l4"))
    found = answer(asked)
    assert not found.sizing.options
    assert {refusal.device for refusal in found.sizing.refusals} == {"hailo-8", "nvidia-l4"}
    assert any("at most 1,000,000 devices" in refusal.reason for refusal in found.sizing.refusals)
