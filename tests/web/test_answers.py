"""What the page says is what the command line says, in every form that it can be taken home in."""

import json
import shutil

import pytest

from planner import api
from planner.cli.main import run

PARTS = ("t4", "jetson-orin-nano-8", "rk3588", "raspberry-pi-5")
TWENTY = [
    "resnet50_v1.5", "yolov5s", "yolov5n", "yolov8n", "yolo11n", "mobilenet_v1_1.0", "mobilenet_v3_large",
    "efficientnet_b0", "squeezenet_v1.1", "shufflenet_v2", "vgg16", "alexnet", "googlenet", "inception_v3",
    "densenet121", "regnety_400mf", "convnext_tiny", "bert_base", "yolox_s", "ssd_mobilenet_v1",
]  # fmt: skip


def command(capsys, *arguments):
    capsys.readouterr()
    assert run([*arguments, "--format", "json"]) in (0, 3)
    return json.loads(capsys.readouterr().out)


def same(server, capsys, model, name, *options, **texts):
    """The page's record of a network beside `inspect`, `compare` and `estimate` of the command line."""
    found = server.answer("network", model=model, **texts)
    assert found["state"] == "done", found
    record = server.record(found)
    told = command(capsys, "compare", name, "--devices", "*", "--modes", "default", *options)
    assert record["compare"] == told
    sizes = [option for option in options if option not in ("--max-latency", "5ms")]
    assert record["inspect"] == command(capsys, "inspect", name, *sizes)
    return record


@pytest.mark.slow
def test_a_known_network_has_the_command_lines_numbers(server, capsys):
    record = same(server, capsys, "zoo:resnet18", "zoo:resnet18")
    assert len(record["compare"]["candidates"]) > 100


def test_a_dropped_network_with_settings_has_the_command_lines_numbers(server, capsys, network):
    model = server.upload(network.name, network.read_bytes()).json["model"]
    options = ("--precision", "int8", "--batch", "2", "--max-latency", "5ms")
    same(server, capsys, model, str(network), *options, precision="int8", batch="2", max_latency="5 ms")


@pytest.mark.slow
@pytest.mark.parametrize("name", TWENTY)
def test_twenty_networks_have_the_command_lines_numbers(server, capsys, name, tmp_path):
    path = tmp_path / f"{name}.onnx"
    api.export_network(name, path)
    model = server.upload(path.name, path.read_bytes()).json["model"]
    same(server, capsys, model, str(path))


@pytest.mark.parametrize("part", PARTS[:2])
def test_the_picture_is_of_the_estimate(server, capsys, part):
    found = server.answer("picture", model="zoo:resnet18", part=part)
    told = command(capsys, "estimate", "zoo:resnet18", "--device", part, "--layers")
    own = server.record(found)
    # `estimate` adds the costs around inference, which the page does as well.
    assert {name: own[name] for name in told} == told
    svg = server.get(f"/jobs/{found['job']}/files/roofline.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in svg.headers["content-security-policy"]
    assert b"operations per byte" in svg.content


def test_a_language_model_has_the_command_lines_numbers(server, capsys, tmp_path):
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
        "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072,
        "tie_word_embeddings": True, "head_dim": 64,
    }  # fmt: skip
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    model = server.upload("config.json", path.read_bytes()).json["model"]
    found = server.answer("network", model=model, users="2")
    assert found["state"] == "done", found
    record = server.record(found)
    by_part = {item["device"]: item for item in record["served"]}
    for part in ("jetson-agx-orin-64", "rk3588"):
        told = command(capsys, "llm", str(path), "--device", part, "--users", "2")
        assert {**by_part[part], "model": ""} == {**told, "model": ""}
    page = server.get(f"/jobs/{found['job']}/answer").text
    assert "First token" in page
    assert any(item["device"] == "ascend-310" for item in record["refused"])


PLAN = {"cameras": "12", "fps": "10", "latency": "200 ms", "devices": "hailo-8,jetson-orin-nano-8"}


@pytest.fixture(scope="module")
def plan(server, network):
    model = server.upload(network.name, network.read_bytes()).json["model"]
    found = server.answer("plan", model=model, **PLAN)
    assert found["state"] == "done", found
    return found


def test_a_plan_has_the_command_lines_numbers(server, plan, capsys, network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(network, tmp_path)
    options = [text for name, value in PLAN.items() for text in (f"--{name}", value)]
    told = command(capsys, "plan", network.name, *options, "-o", "plan.yaml")
    assert server.record(plan) == told
    yaml = server.get(f"/jobs/{plan['job']}/files/plan.yaml")
    assert yaml.text == (tmp_path / "plan.yaml").read_text()
    assert "attachment" in yaml.headers["content-disposition"]
    sized = command(capsys, "size", "plan.yaml")
    assert sized["options"] == told["options"]


def test_a_report_is_taken_home_in_every_form(server, plan):
    found = server.answer("report", plan=plan["job"], lang="en")
    assert found["state"] == "done", found
    files = {name: server.get(f"/jobs/{found['job']}/files/{name}") for name in ("report.pdf", "report.json")}
    assert files["report.pdf"].content.startswith(b"%PDF")
    assert files["report.json"].json["answer"]["verdict"]
    page = server.get(f"/jobs/{found['job']}/files/report.html")
    if page.status == 200:  # with plotly
        assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "report.pdf" in server.get(f"/jobs/{found['job']}/answer").text


def test_every_answer_is_there_in_chinese(server, plan):
    found = server.answer("network", model="zoo:resnet18", lang="zh")
    page = server.get(f"/jobs/{found['job']}/answer").text
    assert "单批时延" in page
    assert "迁移" in page
    front = server.get("/?lang=zh").text
    assert '<html lang="zh-CN">' in front
    assert '<html lang="zh-CN">' in server.get("/", accept_language="fr, zh-TW;q=0.9, en;q=0.5").text
    assert '<html lang="en">' in server.get("/", accept_language="fr;q=x,,;").text


def test_a_browser_without_scripts_gets_the_same_table(server):
    body = f"csrf={server.csrf}&call=network&model=zoo:resnet18&precision=int8"
    begun = server.request("POST", "/jobs", body, accept="text/html")
    assert begun.status == 303
    place = begun.headers["location"]
    job = place.rsplit("/", 1)[1]
    assert "http-equiv" in server.get(place).text or server.finished(job)["state"] == "done"
    assert server.finished(job)["state"] == "done"
    assert "jetson-orin-nano-8" in server.get(place).text
