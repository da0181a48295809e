"""Watts and temperatures that were measured enter every plan in place of the model's."""

import json
import math

import pytest
import yaml

from planner import api
from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.record.simulated import setting_record
from planner.plan.scenario.evidence import estimator_for
from planner.plan.sizing.deployed import deployed_option
from planner.plan.study.study import run_study
from planner.provenance import Provenance
from planner.schema.scenario.cooler import OwnCooler
from planner.wording.message import key_of

NANO = "jetson-orin-nano-8"
NETWORK = "zoo:resnet18"


@pytest.fixture
def plan(tmp_path):
    """A rack of Jetsons that is given, with one network."""
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    values["streams"] = [{**values["streams"][0], "model": NETWORK}]
    values["streams"][0]["slo"] = {"latency": "100 ms", "quantile": "90 %"}
    values["candidates"] |= {"devices": [NANO], "precisions": ["int8"], "max_batch": 1}
    values["candidates"].pop("coolers")
    values["deployment"] = {"device": NANO, "count": 5, "mode": "25W", "precision": "int8"}
    values["networks"] = {}
    values["simulation"] |= {"duration": "10 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def listed(tmp_path, *entries, name="powers.yaml"):
    path = tmp_path / name
    path.write_text(yaml.safe_dump({"measurements": [{"network": NETWORK, **entry} for entry in entries]}))
    return path


def planned(plan, *files):
    source = api.with_evidence(plan, api.evidence(measured=[str(file) for file in files]))
    estimator = estimator_for(source)
    option = deployed_option(source.scenario, source.scenario.deployment, estimator)
    return option, estimator.notes


def test_a_measured_power_is_planned_with_in_its_band(plan, tmp_path):
    """5 % of a meter and 3 % between machines: 1.645 x 5.8 % to each side, and no wider than the model's."""
    before, _ = planned(plan)
    after, notes = planned(plan, listed(tmp_path, {"power": "9 W", "device": NANO, "mode": "25W"}))
    power, model = (item.networks[0].estimate.part_power_w for item in (after, before))
    assert power.mid == 9.0
    assert math.log(power.high / power.mid) == pytest.approx(1.645 * math.hypot(0.05, 0.03), rel=1e-3)
    assert power.high / power.low < model.high / model.low
    assert after.networks[0].estimate.power_provenance is Provenance.MEASURED
    assert [key_of(note) for note in notes] == ["measurement_use.power"]
    # At the rack: what a busy device adds over idle follows the reading.
    idle_w = before.power_mode.idle_w.value
    assert after.services[0].busy_w == pytest.approx(power.high - idle_w)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"device": "jetson-agx-orin-64"}, "part jetson-agx-orin-64"),
        ({"mode": "15W"}, "power mode 15W"),
        ({"network": "zoo:resnet50"}, "network resnet50"),
        ({"precision": "fp16"}, "precision fp16"),
    ],
)
def test_a_power_of_another_setting_is_named_and_not_used(plan, tmp_path, facts, word):
    before, _ = planned(plan)
    entry = {"power": "9 W", "device": NANO, "mode": "25W", **facts}
    after, notes = planned(plan, listed(tmp_path, entry))
    assert after.networks[0].estimate.part_power_w == before.networks[0].estimate.part_power_w
    (note,) = notes
    assert word in note


def test_a_log_with_pauses_gives_the_power_at_work(plan, tmp_path):
    """Mean = idle + (serving - idle) x busy, with the model's idle power."""
    before, _ = planned(plan)
    idle_w = before.power_mode.idle_w.value
    path = tmp_path / "power.json"
    series = [
        {"name": "board_w", "mean": idle_w + 4.0, "low": 4, "high": 14, "samples": 9},
        {"name": "gpu_busy_share", "mean": 0.5, "low": 0, "high": 1, "samples": 9},
    ]
    path.write_text(json.dumps({"tool": "tegrastats", "series": series}))
    after, _ = planned(plan, f"{path},device={NANO},mode=25W")
    assert after.networks[0].estimate.part_power_w.mid == pytest.approx(idle_w + 8.0)
    series[1]["mean"] = 0.05
    path.write_text(json.dumps({"tool": "tegrastats", "series": series}))
    after, notes = planned(plan, f"{path},device={NANO},mode=25W")
    assert after.networks[0].estimate.part_power_w == before.networks[0].estimate.part_power_w
    assert "5 %" in notes[0]


def test_two_powers_are_both_in_the_band(plan, tmp_path):
    entries = [{"power": f"{watts} W", "device": NANO, "mode": "25W"} for watts in (8, 12)]
    after, notes = planned(plan, listed(tmp_path, *entries))
    power = after.networks[0].estimate.part_power_w
    assert power.low < 8.0 < 12.0 < power.high
    assert len(notes) == 2


def test_a_settled_temperature_is_the_cooler_in_every_plan(plan, tmp_path):
    """(48 - 24) K over 12 W are 2 K/W."""
    file = listed(
        tmp_path,
        {"power": "12 W", "temperature": "48 degC", "ambient": "24 degC", "device": NANO, "mode": "25W"},
    )
    source = api.with_evidence(plan, api.evidence(measured=[str(file)]))
    assert source.scenario.deployment.cooler.whole_k_per_w == 2.0
    cooler = setting_record(run_study(source).simulated.option)["cooler"]
    assert (cooler["resistance_k_per_w"], cooler["status"]) == (2.0, "measured")
    assert api.density(source).part.thermal.in_use.resistance_k_per_w.value == 2.0
    text = plan.read_text() + f"measured: [{file.name}]\n"
    plan.write_text(text)
    assert api.read_scenario(plan).scenario.deployment.cooler.whole_k_per_w == 2.0


def test_a_cooler_that_the_scenario_states_by_numbers_stays(plan, tmp_path):
    plan.write_text(plan.read_text() + "cooler: {resistance: 3 K/W}\n")
    file = listed(tmp_path, {"power": "12 W", "temperature": "48 degC", "ambient": "24 degC", "device": NANO})
    found = api.with_evidence(plan, api.evidence(measured=[str(file)])).scenario.cooler_of(NANO)
    assert isinstance(found, OwnCooler)
    assert found.whole_k_per_w == 3.0


def test_a_temperature_without_the_air_or_not_settled_is_said(plan, tmp_path):
    path = tmp_path / "power.json"
    hot = {"name": "tj_c", "mean": 60.0, "low": 59.5, "high": 60.5, "samples": 9}
    board = {"name": "board_w", "mean": 9.0, "low": 8, "high": 10, "samples": 9}
    for series, air, key in (
        (hot, "", "measurement_use.no_ambient"),
        ({**hot, "low": 40.0}, ",ambient=24degC", "measurement_use.not_settled"),
    ):
        path.write_text(json.dumps({"tool": "tegrastats", "series": [board, series]}))
        source = api.with_evidence(plan, api.evidence(measured=[f"{path},device={NANO},mode=25W{air}"]))
        assert source.scenario.deployment.cooler is None
        estimator = estimator_for(source)
        deployed_option(source.scenario, source.scenario.deployment, estimator)
        assert key in {key_of(note) for note in estimator.notes}


def test_the_log_of_a_board_goes_from_import_into_the_plan(plan, tmp_path, capsys):
    """A real log of a Jetson Nano; its board draws 6 W, and the part that never changes is no junction."""
    log = __file__.replace("plan/measured/test_measured_power.py", "engines/files/tegrastats_nano.log")
    imported = tmp_path / "power.json"
    assert run(["import", "tegrastats", log, "--format", "json", "-o", str(imported)]) == 0
    words = ("size", str(plan), "--measured", f"{imported},device={NANO},mode=25W,ambient=20degC")
    assert run([*words, "--format", "json"]) in (0, 3)
    (moved,) = json.loads(capsys.readouterr().out)["moved"]
    assert moved["before"]["power_w"] != moved["after"]["power_w"]


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"device": NANO}, "latency"),
        ({"temperature": "50 degC", "latency": "3 ms"}, "power"),
        ({"power": "0 W"}, "power"),
        ({"power": "9 ms"}, "power"),
    ],
)
def test_entries_that_measure_nothing_are_refused(plan, tmp_path, entry, word):
    with pytest.raises(InputError, match=word):
        planned(plan, listed(tmp_path, entry))
    anchors = listed(tmp_path, {"power": "9 W"}, name="only.yaml")
    with pytest.raises(InputError, match="a latency"):
        api.estimate(NETWORK, NANO, anchor=[anchors])
