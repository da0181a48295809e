"""`planner validate PLAN --log FILE`: a plan in the field, by logs of requests, power and temperature."""

import json
import math

import numpy as np
import pytest
import yaml

from planner import api
from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.field.logs import read_field_log
from planner.plan.field.score import device_power_w, quantile_interval, score_plan
from planner.plan.study.study import run_study
from planner.rack.counts.results import Verdict

NANO = "jetson-orin-nano-8"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Two Jetsons that are given, for one network."""
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    stream = {**values["streams"][0], "name": "cameras", "model": "zoo:resnet18", "count": 6}
    values["streams"] = [{**stream, "slo": {"latency": "50 ms", "quantile": "95 %"}}]
    values["candidates"] |= {"devices": [NANO], "precisions": ["int8"], "max_batch": 1}
    values["candidates"].pop("coolers")
    values["deployment"] = {"device": NANO, "count": 2, "mode": "25W", "precision": "int8"}
    values["networks"] = {}
    values["simulation"] |= {"duration": "10 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def requests(tmp_path, seconds, name="requests.csv", stream="cameras"):
    path = tmp_path / name
    lines = [f"{stream},{'' if math.isinf(value) else value}" for value in seconds]
    path.write_text("\n".join(["stream,latency_s", *lines]) + "\n")
    return path


def test_quantiles_have_the_interval_of_order_statistics():
    """Of 10,000 requests the 99th percentile lies between places 9,900 +- 1.96 x sqrt(99)."""
    at, low, high = quantile_interval(10_000, 0.99)
    assert at == 9_899
    assert low == 9_900 - 20 - 1
    assert high == 9_900 + 20
    assert quantile_interval(1, 0.99) == (0, 0, 0)


def test_a_rack_that_runs_as_planned_agrees(plan, tmp_path):
    """Latencies with the quantiles of the plan's middle, and its power."""
    simulated = run_study(api.read_scenario(plan)).simulated
    mid = simulated.result.streams[0].bounds.mid
    shares = (0.0, 0.94, 0.95, 0.99, 1.0)
    times_s = (0.1 * mid.p99, 0.9 * mid.slo_latency_s, mid.slo_latency_s, mid.p99, 1.1 * mid.p99)
    times = np.interp(np.linspace(0.0, 1.0, 4000), shares, times_s)
    power = device_power_w(simulated, api.read_scenario(plan).scenario)
    rack = tmp_path / "power.yaml"
    rack.write_text(yaml.safe_dump({"measurements": [{"network": "any", "power": f"{power.mid} W"}]}))
    found = score_plan(api.read_scenario(plan), [requests(tmp_path, times), rack])
    assert {row.quantity for row in found.rows} == {"p95", "p99", "power"}
    assert found.agreeing == 3
    assert found.kept
    (verdict,) = found.verdicts
    assert (verdict.planned, verdict.field, verdict.late_share) == (Verdict.PASS, Verdict.PASS, 0.0)


def test_a_rack_that_is_slower_breaks_its_promise(plan, tmp_path, capsys):
    log = requests(tmp_path, np.linspace(0.03, 0.09, 2000))
    assert run(["validate", str(plan), "--log", str(log), "--format", "json"]) == 3
    found = json.loads(capsys.readouterr().out)
    (promise,) = found["promises"]
    assert (promise["planned"], promise["field"]) == ("PASS", "FAIL")
    assert promise["late_share"] == pytest.approx(2 / 3, abs=0.01)
    p99 = next(row for row in found["rows"] if row["quantity"] == "p99")
    assert not p99["agrees"]
    assert p99["error"] > 1
    assert found["agreeing"] == 0


def test_dropped_requests_are_late_and_without_end(plan, tmp_path):
    times = [0.002] * 900 + [math.inf] * 100
    found = score_plan(api.read_scenario(plan), [requests(tmp_path, times)])
    assert found.verdicts[0].late_share == pytest.approx(0.1)
    assert math.isinf(found.rows[-1].measured)
    assert found.rows[-1].error is None


def test_power_of_a_device_is_idle_and_its_share_at_work(plan):
    """By hand: idle + utilisation x (serving - idle), one network on one unit."""
    simulated = run_study(api.read_scenario(plan)).simulated
    idle_w, busy = simulated.option.power_mode.idle_w.value, simulated.result.devices.utilisation
    serving = simulated.option.networks[0].estimate.part_power_w
    found = device_power_w(simulated, api.read_scenario(plan).scenario)
    assert found.mid == pytest.approx(idle_w + busy * (serving.mid - idle_w))


def test_a_log_of_power_and_temperature_over_time_is_read(plan, tmp_path):
    """The last quarter of the temperatures counts, which is where the part came to."""
    path = tmp_path / "heat.csv"
    lines = [f"{t},{7.5},{30 + 20 * (1 - math.exp(-t / 60)):.2f},24" for t in range(0, 600, 5)]
    path.write_text("\n".join(["time,power,temperature,ambient", *lines]) + "\n")
    (log,) = read_field_log(path, ["cameras"])
    assert log.power_w == pytest.approx(7.5)
    assert log.temperature_c == pytest.approx(50.0, abs=0.05)
    found = score_plan(api.read_scenario(plan), [path])
    temperature = next(row for row in found.rows if row.quantity == "temperature")
    assert temperature.error == pytest.approx(50.0 - temperature.planned.mid, abs=0.05)
    assert temperature.planned.low > 24


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stream,latency_s\nothers,0.1\ncameras,soon\ncameras,-1\n", ("others", "soon", "-1")),
        ("stream,latency_s\n", ("a line for each request",)),
        ("a,b\n1,2\n", ("time",)),
    ],
)
def test_logs_that_cannot_be_read_are_refused_with_every_line(tmp_path, text, words):
    path = tmp_path / "requests.csv"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_field_log(path, ["cameras", "others of two"])
    for word in words:
        assert word in str(refused.value)


def test_what_is_no_plan_is_refused(plan, tmp_path, capsys):
    log = requests(tmp_path, [0.1])
    assert run(["validate", str(plan), str(plan), "--log", str(log), "--engine", "ncnn"]) == 2
    told = capsys.readouterr().err
    assert "one scenario" in told
    assert "--engine" in told
