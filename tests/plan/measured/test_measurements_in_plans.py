"""What was measured enters every plan: one latency of one setting, whichever command prints it."""

import json
import math
from dataclasses import replace
from statistics import NormalDist

import pytest
import yaml

from planner import api
from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.hardware.processor import cpu_name
from planner.latency.anchoring.blend import network_name
from planner.latency.band import Band
from planner.plan.cost.study import cost_study
from planner.plan.density.study import rack_of
from planner.plan.options.value_of_measuring import Rival, worth_measuring
from planner.plan.options.what_to_measure import to_measure
from planner.plan.record.simulated import setting_record
from planner.plan.scenario.evidence import estimator_for, measured_text
from planner.plan.sizing.deployed import deployed_option
from planner.plan.study.study import run_study
from planner.provenance import Provenance
from planner.wording.message import key_of

NANO = "jetson-orin-nano-8"
GIVEN = "deployment: {device: jetson-orin-nano-8, count: 5, mode: 25W, precision: int8}\n"


def listed(tmp_path, *entries, name="times.yaml"):
    path = tmp_path / name
    path.write_text(json.dumps({"measurements": list(entries)}))
    return path


def entry(latency="3 ms", network="zoo:resnet18", **facts):
    return {"network": network, "latency": latency, **facts}


@pytest.fixture
def given(line):
    """The line with a rack of its own; every stream runs one network, so that one latency is asked about."""
    source = line(devices=NANO, extra=GIVEN)
    first = source.scenario.streams[0]
    scenario = source.scenario.model_copy(
        update={
            "streams": [first.model_copy(update={"model": "zoo:resnet18"})],
            "candidates": source.scenario.candidates.model_copy(update={"max_batch": 1}),
            "networks": {},
        }
    )
    return replace(source, scenario=scenario)


def measured_in(source, *paths):
    return api.with_evidence(source, api.evidence(measured=[str(path) for path in paths]))


def planned(source):
    estimator = estimator_for(source)
    option = deployed_option(source.scenario, source.scenario.deployment, estimator)
    return option.networks[0].estimate, estimator.notes


def test_every_command_plans_with_the_latency_that_estimate_says(given, tmp_path):
    path = listed(tmp_path, entry(device=NANO, mode="25W", precision="int8", batch=1))
    source = measured_in(given, path)
    asked = {"mode": "25W", "precision": "int8"}
    own = api.estimate("zoo:resnet18", NANO, measured=[path], **asked).latency_s
    assert own.mid == pytest.approx(3e-3, rel=0.03)
    compared = api.compare(
        "zoo:resnet18", [NANO], modes=["25W"], precisions=["int8"], evidence=api.evidence(measured=[path])
    )
    study = run_study(source)
    _, densest = rack_of(source)
    bands = {
        "compare": compared.candidates[0].estimate.latency_s,
        "size": api.size(source).options[0].option.networks[0].estimate.latency_s,
        "simulate": study.simulated.option.networks[0].estimate.latency_s,
        "density": densest.networks[0].estimate.latency_s,
        "cost": cost_study(source, draws=2).options[0].option.networks[0].estimate.latency_s,
    }
    assert bands == dict.fromkeys(bands, own)
    service = setting_record(study.simulated.option)["services"][0]
    assert service["latency_s"]["mid"] == own.mid
    assert service["provenance"] == "measured"
    assert service["batch_s"] == [own.high]


def test_a_measurement_narrows_to_what_runs_and_machines_leave_open(given, tmp_path):
    """One unit of a part that is ordered: 2 % between runs and 3 % between machines, and no further."""
    path = listed(tmp_path, entry(device=NANO, mode="25W", precision="int8", batch=1))
    found, notes = planned(measured_in(given, path))
    half = (found.latency_s.high / found.latency_s.low) ** 0.5
    assert 1.04 < half < 1.12
    assert found.provenance is Provenance.MEASURED
    assert notes == ()


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"network": "zoo:resnet50"}, "network"),
        ({"device": "jetson-agx-orin-64"}, "part"),
        ({"mode": "15W"}, "power mode"),
        ({"precision": "fp16"}, "precision"),
        ({"engine": "onnxruntime"}, "engine"),
    ],
)
def test_a_measurement_of_another_setting_is_named_and_not_used(given, tmp_path, facts, word):
    usual = {"device": NANO, "mode": "25W", "precision": "int8", "batch": 1}
    path = listed(tmp_path, entry(**{**usual, **facts}))
    plain, _ = planned(given)
    found, notes = planned(measured_in(given, path))
    assert found.latency_s == plain.latency_s
    assert len(notes) == 1
    assert f"{word} {facts[next(iter(facts))].removeprefix('zoo:')}" in notes[0]


def test_a_batch_that_the_plan_does_not_use_moves_the_others_and_is_said(given, tmp_path):
    plain, _ = planned(given)
    slow = {"device": NANO, "mode": "25W", "precision": "int8"}
    path = listed(tmp_path, entry(latency="60 ms", batch=8, **slow))
    found, notes = planned(measured_in(given, path))
    assert found.latency_s.mid > plain.latency_s.mid
    assert found.provenance is not Provenance.MEASURED
    assert [key_of(note) for note in notes] == ["measurement_use.other_batch"]


def test_two_that_contradict_are_both_shown_and_their_band_holds_both(given, tmp_path):
    setting = {"device": NANO, "mode": "25W", "precision": "int8", "batch": 1}
    path = listed(tmp_path, entry(latency="3 ms", **setting), entry(latency="4 ms", **setting))
    found, notes = planned(measured_in(given, path))
    assert found.latency_s.low < 3e-3 < 4e-3 < found.latency_s.high
    (said,) = [note for note in notes if key_of(note) == "measurement_use.contradict"]
    assert "3.00 ms" in said or "3 ms" in said
    assert "4.00 ms" in said or "4 ms" in said


def test_a_record_of_another_machine_says_nothing_of_this_one(tmp_path, given):
    record = {
        "measurements": [
            {
                "model": "resnet18", "engine": "tensorrt", "cpu": "Z80", "threads": 1, "batch": 1,
                "precision": "int8", "timing": {"median_s": 0.003, "p10_s": 0.0029, "p90_s": 0.0032},
            }
        ]
    }  # fmt: skip
    path = tmp_path / "measurement_use.json"
    path.write_text(json.dumps(record))
    # The plan has one part and the record none: it is taken to be of that part.
    found, _ = planned(measured_in(given, path))
    assert found.latency_s.mid == pytest.approx(3e-3, rel=0.06)  # runs that spread by 4 % are believed less
    record["measurements"][0]["cpu"] = cpu_name()
    path.write_text(json.dumps(record))
    _, notes = planned(measured_in(given, path))
    assert "this-machine" in notes[0]


def test_an_open_verdict_says_what_to_measure_with_commands_that_come_back_as_a_measurement(given):
    """Devices between both ends by hand: rate x (high - low) over what one device may be busy."""
    option = api.size(given).options[0].option
    (found,) = to_measure(given.scenario, option, "plan.yaml")
    band, stream = option.networks[0].planning_latency_s, given.scenario.streams[0]
    full = option.instances * given.scenario.planning.utilisation_limit_ratio
    assert found.devices_open == pytest.approx(
        stream.count * stream.rate_per_s * (band.high - band.low) / full
    )
    assert [command.split()[0] for command in found.on_the_part] == ["sudo", "sudo", "trtexec"]
    assert found.on_the_part[0].startswith("sudo nvpmodel -m 1 ")  # 25W of the Super configuration
    assert "--int8" in found.on_the_part[-1]
    assert found.power_on_the_part[0].startswith("tegrastats")
    assert found.here[-1].startswith(
        "planner size plan.yaml --measured measured.json,device=jetson-orin-nano-8"
    )
    said = measured_text(found.here[-1].split()[-1])
    assert (said.device, said.mode, said.precision, said.batch) == (NANO, "25W", "int8", 1)


@pytest.fixture
def plan(tmp_path):
    """The line as a file: one network on one kind of part, short."""
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    values["streams"] = [{**values["streams"][0], "model": "zoo:resnet18"}]
    values["streams"][0]["slo"] = {"latency": "100 ms", "quantile": "90 %"}
    values["candidates"] |= {"devices": [NANO], "modes": ["25W"], "precisions": ["int8"], "max_batch": 1}
    values["candidates"].pop("coolers")
    values["networks"] = {}
    values["simulation"] |= {"duration": "10 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_size_shows_the_plan_before_and_after_a_measurement(plan, tmp_path, capsys):
    """At 8 ms a batch, 360 frames/s take 360 x 0.008 / 0.7 = 4.1 devices: five, where fewer were planned."""
    times = listed(tmp_path, entry("8 ms", device=NANO, mode="25W", precision="int8", batch=1))
    assert run(["size", str(plan), "--measured", str(times), "--format", "json"]) in (0, 3)
    (moved,) = json.loads(capsys.readouterr().out)["moved"]
    before, after = moved["before"], moved["after"]
    assert before["count"] < 5 <= after["count"]
    assert before["services"][0]["provenance"] == "transferred"
    assert after["services"][0]["provenance"] == "measured"
    assert run(["size", str(plan), "--measured", str(times)]) in (0, 3)
    line = " ".join(capsys.readouterr().out.partition("measured, ")[2].split())
    assert f"{before['count']} devices in 25W int8 b1" in line
    assert f"-> {after['count']} devices" in line


def test_size_says_so_where_a_measurement_moves_nothing(plan, tmp_path, capsys):
    other = listed(tmp_path, entry("8 ms", device=NANO, mode="15W", precision="int8", batch=1))
    assert run(["size", str(plan), "--measured", str(other)]) in (0, 3)
    out = " ".join(capsys.readouterr().out.split())
    assert "nothing in the plan moved" in out
    assert "power mode 15W" in out


@pytest.fixture
def priced(given):
    """An option of five devices for 1000 each that one network keeps at work as long as the plan allows."""
    option = api.size(given).options[0].option
    stream, limit = given.scenario.streams[0], given.scenario.planning.utilisation_limit_ratio
    a_second = stream.count * stream.rate_per_s / limit / option.instances

    def make(low, mid, high):
        """Work of so many devices at the ends of the band, planned at the high end."""
        band = Band(*(devices / a_second for devices in (low, mid, high)), 0.9)
        item = replace(option.networks[0], planning_latency_s=band)
        cost = replace(option.cost, capital=1000.0 * 5)
        return replace(option, networks=(item,), count=5, spares=0, cost=cost, plan_for="cautious")

    return lambda *work: (given.scenario, make(*work))


def test_the_value_of_a_measurement_is_chance_times_money(priced):
    """Planned for 5 devices; a truth below 4 / exp(1.645 x 3.6 %) takes 4 or fewer after measuring."""
    scenario, option = priced(3.0, 3.9, 5.0)
    worth = worth_measuring(scenario, option, option.networks[0], None, open_verdict=False)
    left = math.hypot(0.02, 0.03)
    normal = NormalDist(math.log(3.9), math.log(5.0 / 3.9) / 1.645)
    low = NormalDist(math.log(3.9), math.log(3.9 / 3.0) / 1.645)

    def under(devices):
        end = math.log(devices) - 1.645 * left
        return (normal if end > math.log(3.9) else low).cdf(end)

    assert worth.chance == pytest.approx(1 - (under(5) - under(4)), abs=1 / 39)
    by_count = {k: under(k) - (under(k - 1) if k > 1 else 0.0) for k in range(1, 12)}
    assert worth.money == pytest.approx(sum(abs(k - 5) * 1000 * p for k, p in by_count.items()), rel=0.1)


def test_a_band_that_nothing_turns_on_is_worth_no_measurement(priced):
    scenario, option = priced(4.3, 4.4, 4.5)
    worth = worth_measuring(scenario, option, option.networks[0], None, open_verdict=False)
    assert (worth.chance, worth.money) == (0.0, 0.0)


def test_a_dearer_part_is_worth_measuring_only_where_it_might_come_out_cheaper(priced):
    scenario, option = priced(1.5, 3.0, 5.0)
    near, far = (Rival(capital, first=False) for capital in (4500.0, 500.0))
    found = [
        worth_measuring(scenario, option, option.networks[0], rival, open_verdict=False)
        for rival in (near, far)
    ]
    assert found[0].chance > 0.5
    assert found[0].money > 500
    assert (found[1].chance, found[1].money) == (0.0, 0.0)


def test_an_open_verdict_puts_the_whole_order_at_stake(priced):
    scenario, option = priced(4.1, 4.5, 4.9)
    settled = worth_measuring(scenario, option, option.networks[0], None, open_verdict=True)
    assert settled.money == pytest.approx(settled.chance * 5000, rel=1e-6)
    unpriced = replace(option, cost=replace(option.cost, capital=None))
    unknown = worth_measuring(scenario, unpriced, unpriced.networks[0], None, open_verdict=True)
    assert unknown.money is None
    assert unknown.chance > 0


def test_a_network_whose_name_ends_in_a_version_is_found_again():
    """`planner measure zoo:mobilenet_v2_1.0` writes no `zoo:`; its `.0` is no ending of a file."""
    names = (
        "zoo:mobilenet_v2_1.0",
        "mobilenet_v2_1.0",
        "resnet50_v1.5",
        "nets/resnet50_v1.5.onnx",
        "own.onnx",
    )
    found = [network_name(name) for name in names]
    assert found == ["mobilenet_v2_1.0", "mobilenet_v2_1.0", "resnet50_v1.5", "resnet50_v1.5", "own"]


@pytest.mark.parametrize(("variation", "said"), [("prior", "decides.service"), ("none", None)])
def test_how_service_varies_is_to_be_measured_where_it_is_a_prior(given, variation, said):
    scenario = given.scenario.model_copy(update={"variation": variation})
    option = deployed_option(scenario, scenario.deployment, estimator_for(given))
    (found,) = to_measure(scenario, option, "plan.yaml")
    assert (found.service and key_of(found.service)) == said
    if said is not None:
        assert "service_s" in found.service
        assert NANO in found.service
