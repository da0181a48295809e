"""The calibration kept for this machine enters every plan where `planner estimate` uses it."""

import importlib.metadata
import json
import math
import shutil
from dataclasses import replace

import pytest
import yaml

from planner import api
from planner.cli.main import run
from planner.data_files import database_dir, scenarios_dir
from planner.hardware.processor import cpu_name
from planner.latency.calibrated.file import write_calibration
from planner.latency.calibrated.store import THIS_MACHINE, file_of
from planner.plan.record.study import study_record
from planner.plan.scenario.evidence import estimator_for
from planner.plan.sizing.deployed import deployed_option
from planner.plan.study.study import run_study
from planner.provenance import Provenance
from planner.wording.message import key_of

NETWORK = "zoo:squeezenet_v1.1"


@pytest.fixture
def setting(calibration):
    """As if it had been made here with the engine that is installed."""
    version = importlib.metadata.version("onnxruntime").split("-")[0]
    own = replace(calibration.setting, device=THIS_MACHINE, cpu=cpu_name(), engine_version=version)
    return replace(calibration, setting=own)


@pytest.fixture
def kept(setting, tmp_path, monkeypatch):
    """This machine as a part, with its calibration kept; the folder of settings is the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    parts = tmp_path / "planner" / "hardware"
    parts.mkdir(parents=True)
    shipped = (database_dir() / "devices" / "intel-core-i5-8500.yaml").read_text()
    (parts / f"{THIS_MACHINE}.yaml").write_text(
        shipped.replace("id: intel-core-i5-8500", f"id: {THIS_MACHINE}")
    )
    path = file_of(setting.setting)
    path.parent.mkdir(parents=True)
    write_calibration(setting, path)
    return path


@pytest.fixture
def scenario(tmp_path):
    """A short plan of one network on this machine."""
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    stream = {**values["streams"][0], "model": NETWORK, "count": 2}
    stream["slo"] = {"latency": "100 ms", "quantile": "90 %"}
    values |= {
        "streams": [stream],
        "candidates": {"devices": [THIS_MACHINE], "precisions": ["fp32"], "max_batch": 1},
        "deployment": {"device": THIS_MACHINE, "count": 1, "precision": "fp32"},
        "networks": {},
    }
    values["money"] |= {"prices": {THIS_MACHINE: "300 USD"}}
    values["simulation"] |= {"duration": "20 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def planned(source):
    estimator = estimator_for(source)
    option = deployed_option(source.scenario, source.scenario.deployment, estimator)
    return option.networks[0].estimate, estimator.notes


@pytest.mark.usefixtures("kept")
def test_a_deployment_on_this_machine_takes_the_calibrated_engine(scenario):
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32")
    found, _ = planned(api.read_scenario(scenario))
    assert found.calibration == own.calibration is not None
    assert (found.engine, found.latency_s) == ("onnxruntime", own.latency_s)
    assert [item.estimate.latency_s for item in api.compare(NETWORK, [THIS_MACHINE]).candidates] == [
        own.latency_s
    ]
    (variant,) = [item for item in api.what_if(NETWORK, THIS_MACHINE) if item.id == "fp32"]
    assert variant.latency_s == own.latency_s


@pytest.mark.usefixtures("kept")
def test_none_is_the_database_alone_in_plans_too(scenario):
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32", engine="onnxruntime", calibration="none")
    source = api.with_evidence(scenario, api.evidence("onnxruntime", calibration="none"))
    found, _ = planned(source)
    assert found.calibration is None
    assert (found.engine, found.latency_s) == (own.engine, own.latency_s)


def test_a_calibration_of_another_processor_is_named_and_not_used(kept, setting, scenario):
    write_calibration(replace(setting, setting=replace(setting.setting, cpu="Z80")), kept)
    found, notes = planned(api.read_scenario(scenario))
    assert found.calibration is None
    assert any(key_of(note) == "measurement_use.not_used" and "Z80" in note for note in notes)


def test_a_file_of_a_calibration_is_used_for_its_own_part(kept, scenario, tmp_path):
    path = tmp_path / "mine.yaml"
    shutil.copy(kept, path)
    shutil.copy(kept.with_suffix(".csv"), tmp_path / kept.with_suffix(".csv").name)
    kept.unlink()
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32", calibration=path)
    for words in ({"calibration": path}, {"measured": [path]}):
        found, notes = planned(api.with_evidence(scenario, api.evidence(**words)))
        assert (found.latency_s, notes) == (own.latency_s, ())
    compared = api.compare(NETWORK, ["t4"], evidence=api.evidence(calibration=path))
    assert any(key_of(note) == "measurement_use.calibration_of" for note in compared.notes)


def test_a_measurement_that_contradicts_the_calibration_widens_its_band(kept, scenario, tmp_path):
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32").latency_s
    slow = tmp_path / "slow.yaml"
    entry = {"network": NETWORK, "latency": f"{own.high * 2e3} ms", "device": THIS_MACHINE, "batch": 1}
    slow.write_text(yaml.safe_dump({"measurements": [entry]}))
    found, notes = planned(api.with_evidence(scenario, api.evidence(measured=[slow])))
    assert found.latency_s.low == own.low
    assert found.latency_s.high > 2 * own.high
    assert any(key_of(note) == "measurement_use.outside" for note in notes)
    assert kept.exists()


def command_answers(runs, plan, folder):
    """What every command writes about the same network on this machine, as JSON, and its text."""
    of_network = ["--device", THIS_MACHINE]
    asked = {
        "compare": [NETWORK, "--devices", THIS_MACHINE],
        "what-if": [NETWORK, *of_network],
        **{name: [str(plan)] for name in ("size", "simulate", "density", "lint")},
        "cost": [str(plan), "--draws", "2"],
    }
    for name, words in asked.items():
        yield name, json.loads(runs(name, *words, "--format", "json")), runs(name, *words)
    sweep = ("sweep", str(plan), "--set", "planning.spares=0", "--workers", "1", "-o", str(folder / "points"))
    found = json.loads(runs(*sweep, "--format", "json"))
    yield "sweep", found, str(found)
    record = study_record(run_study(api.read_scenario(plan)))
    yield "report", record, record["options"][0]["latency_provenance"]


def of_service(record):
    (service,) = record["services"]
    return service["latency_s"], service["provenance"]


LATENCY_IN = {
    "compare": lambda found: (found["candidates"][0]["latency_s"], found["candidates"][0]["provenance"]),
    "what-if": lambda found: next(
        (item["latency_s"], item["provenance"]) for item in found["variants"] if item["id"] == "fp32"
    ),
    "size": lambda found: of_service(found["options"][0]),
    "simulate": lambda found: of_service(found["setting"]),
    "density": of_service,
    "lint": of_service,
    "cost": lambda found: of_service(found["chosen"]),
    "sweep": lambda found: (
        {end: found["points"][0][f"latency_s.{end}"] for end in ("low", "mid", "high")},
        found["points"][0]["latency_provenance"],
    ),
    "report": lambda found: of_service(found["options"][0]),
}


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_every_command_says_one_service_time_and_what_it_rests_on(scenario, tmp_path, capsys):
    """The number of `estimate` in the JSON of each command, and its text with the provenance beside it."""

    def runs(*words):
        status = run(list(words))
        written = capsys.readouterr()
        assert status in (0, 3), (words, written.err)
        return written.out

    own = json.loads(runs("estimate", NETWORK, "--device", THIS_MACHINE, "--format", "json"))
    seen = set()
    for name, record, text in command_answers(runs, scenario, tmp_path):
        seen.add(name)
        latency, provenance = LATENCY_IN[name](record)
        for end in ("low", "mid", "high"):
            assert latency[end] == pytest.approx(own["latency_s"][end], rel=1e-12), name
        assert provenance == own["provenance"] == "calibrated", name
        assert "calibrated" in text, name
    assert seen == set(LATENCY_IN)


def measured_at(scenario, tmp_path, *entries):
    """The plan's estimate with these measurements of this machine, and its notes."""
    path = tmp_path / "own.yaml"
    rows = [{"network": NETWORK, "device": THIS_MACHINE, "precision": "fp32", **entry} for entry in entries]
    path.write_text(yaml.safe_dump({"measurements": rows}))
    return planned(api.with_evidence(scenario, api.evidence(measured=[path])))


@pytest.mark.usefixtures("kept")
def test_a_measurement_narrows_the_band_of_a_calibration_as_two_normal_values_do(scenario, tmp_path):
    """By hand: weights by the inverse of the variance of the logarithm; never below 2 % between runs."""
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32").latency_s
    prior = math.log(own.high / own.low) / (2 * 1.645)
    ratio = math.exp(prior)
    found, notes = measured_at(scenario, tmp_path, {"latency": f"{own.mid * ratio * 1e3} ms", "batch": 1})
    weight = prior**2 / (prior**2 + 0.02**2)
    assert found.latency_s.mid == pytest.approx(own.mid * ratio**weight, rel=1e-6)
    deviation = math.log(found.latency_s.high / found.latency_s.low) / (2 * 1.645)
    assert deviation == pytest.approx(max(0.02, prior * 0.02 / math.hypot(prior, 0.02)), rel=1e-6)
    assert found.provenance is Provenance.MEASURED
    assert {key_of(note) for note in notes} - {None} == {"measurement_use.agrees"}


@pytest.mark.usefixtures("kept")
def test_a_measured_batch_that_is_not_planned_moves_the_others_and_narrows_none(scenario, tmp_path):
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32").latency_s
    four = api.estimate(NETWORK, THIS_MACHINE, precision="fp32", batch=4).latency_s
    found, notes = measured_at(scenario, tmp_path, {"latency": f"{four.mid * 1.05e3} ms", "batch": 4})
    assert own.mid < found.latency_s.mid < 1.05 * own.mid
    assert found.latency_s.high / found.latency_s.low == pytest.approx(own.high / own.low, rel=1e-9)
    assert found.provenance is Provenance.CALIBRATED
    said = {key_of(note) for note in notes} - {None}  # and the number of threads that it was calibrated for
    assert said == {"measurement_use.agrees", "measurement_use.other_batch"}


@pytest.mark.usefixtures("kept")
def test_two_that_contradict_on_a_calibrated_part_are_both_in_the_band(scenario, tmp_path):
    own = api.estimate(NETWORK, THIS_MACHINE, precision="fp32").latency_s
    times_s = (own.mid, own.mid * 1.15)
    found, notes = measured_at(
        scenario, tmp_path, *({"latency": f"{time_s * 1e3} ms", "batch": 1} for time_s in times_s)
    )
    assert found.latency_s.low <= times_s[0] < times_s[1] <= found.latency_s.high
    assert "measurement_use.contradict" in {key_of(note) for note in notes}
