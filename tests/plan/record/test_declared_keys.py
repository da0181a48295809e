"""Every key that is written is declared in `planner/schema/record`, and every declared key is written."""

import json

import pytest
from pydantic import TypeAdapter

from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.plan.cost.study import cost_study
from planner.plan.record.cost import cost_record
from planner.plan.record.options import infeasible_record
from planner.plan.record.sizing import sizing_record
from planner.plan.record.study import study_record
from planner.plan.sizing.sized import size_scenario
from planner.plan.study.study import run_study
from planner.schema.record import DensityRecord, StudyRecord
from planner.schema.record.changed.check import CheckRecord
from planner.schema.record.commands.chain import ChainRecord
from planner.schema.record.commands.curve import CurveRecord
from planner.schema.record.commands.language import TokenRatesRecord
from planner.schema.record.commands.listings import (
    CorrectionsRecord,
    MeasurementsRecord,
    ZooRecord,
)
from planner.schema.record.commands.plan import PlanRecord
from planner.schema.record.commands.simulate import NoRackRecord, SimulateRecord
from planner.schema.record.commands.split import SplitRecord
from planner.schema.record.commands.units import AutoEstimateRecord
from planner.schema.record.commands.variants import VariantsRecord
from planner.schema.record.compare import ComparisonRecord
from planner.schema.record.cost import CostRecord
from planner.schema.record.estimate import EstimateRecord
from planner.schema.record.hardware.device_blocks import ShownDeviceRecord
from planner.schema.record.hardware.devices import DatabaseCheckRecord, DeviceListRecord
from planner.schema.record.network import InspectRecord
from planner.schema.record.sizing import SizingRecord
from planner.schema.record.trust import LintRecord

NETWORK = "zoo:mobilenet_v2_1.0"
COMMANDS = {
    "inspect": (InspectRecord, ["inspect", NETWORK]),
    "estimate": (EstimateRecord, ["estimate", NETWORK, "--device", "jetson-orin-nano-8", "--layers"]),
    "a roofline": (EstimateRecord, ["estimate", NETWORK, "--device", "rk3588", "--calibration", "none"]),
    "too large": (EstimateRecord, ["estimate", "zoo:bert_large_squad", "--device", "hailo-8"]),
    "anchored": (EstimateRecord, ["estimate", NETWORK, "--device", "t4", "--anchor", "published"]),
    "compare": (ComparisonRecord, ["compare", NETWORK, "--devices", "jetson-*", "--max-latency", "2ms"]),
    "several units": (
        AutoEstimateRecord,
        ["estimate", NETWORK, "--device", "jetson-agx-orin-64", "--unit", "auto"],
    ),
    "one unit": (AutoEstimateRecord, ["estimate", NETWORK, "--device", "jetson-nano-4", "--unit", "auto"]),
    "what-if": (VariantsRecord, ["what-if", NETWORK, "--device", "jetson-orin-nano-8"]),
    "split": (
        SplitRecord,
        ["split", NETWORK, "--device", "t4", "--server", "t4", "--up", "20 Mbit/s", "--round-trip", "20 ms"],
    ),
    "batches": (CurveRecord, ["curve", NETWORK, "--device", "t4", "--up-to", "4"]),
    "streams": (CurveRecord, ["curve", NETWORK, "--device", "t4", "--up-to", "2", "--over", "streams"]),
    "one line": (PlanRecord, ["plan", NETWORK, "--cameras", "4", "--fps", "15", "--devices", "hailo-8"]),
    "a change": (CheckRecord, ["check", NETWORK, "--device", "t4,hailo-8"]),
    "a chain": (
        ChainRecord,
        ["chain", "parking-lpr", "--device", "jetson-orin-nano-8", "--count", "5", "--simulate", "5s"],
    ),
    "density": (DensityRecord, ["density", "article-density"]),
    "lint": (LintRecord, ["lint", "article-hardware"]),
    "parts": (DeviceListRecord, ["devices", "list"]),
    "a module": (ShownDeviceRecord, ["devices", "show", "jetson-agx-orin-64"]),
    "a card": (ShownDeviceRecord, ["devices", "show", "hailo-8"]),
    "the zoo": (ZooRecord, ["zoo", "list"]),
    "measurements": (MeasurementsRecord, ["measurements", "list", "--limit", "20"]),
    "corrections": (CorrectionsRecord, ["measurements", "corrections"]),
    "token rates": (TokenRatesRecord, ["measurements", "tokens", "--device", "jetson-orin-nano-8"]),
    "the database": (DatabaseCheckRecord, ["devices", "check"]),
    "theory": (SimulateRecord, ["simulate", "theory-mmc", "--replications", "2"]),
    "an update": (SimulateRecord, ["simulate", "article-update", "--replications", "2"]),
    "concurrency": (SimulateRecord, ["simulate", "article-knee", "--replications", "2"]),
    "claims": (SimulateRecord, ["simulate", "article-precision", "--replications", "2"]),
}


def differences(record, declared):
    """Places of keys that are not declared, and of declared keys that are missing."""
    adapter = TypeAdapter(declared)
    schema = adapter.json_schema()
    adapter.validate_python(record, strict=True)
    return set(_differences(schema, record, schema["$defs"], ""))


def _differences(schema, value, shapes, place):
    if "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        if value is not None and part.get("type") != "null":
            yield from _differences(part, value, shapes, place)
    if isinstance(value, dict) and "properties" in schema:
        for key in set(schema.get("required", ())) - set(value):
            yield f"{place}.{key} is not written"
        for key in value:
            if key in schema["properties"]:
                yield from _differences(schema["properties"][key], value[key], shapes, f"{place}.{key}")
            else:
                yield f"{place}.{key} is not declared"
        return
    inner = schema.get("items" if isinstance(value, list) else "additionalProperties")
    if isinstance(inner, dict) and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _differences(inner, item, shapes, f"{place}[]")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_writes_what_is_declared(name, capsys):
    declared, arguments = COMMANDS[name]
    run([*arguments, "--format", "json", "--quiet"])
    assert differences(json.loads(capsys.readouterr().out), declared) == set()


FAILURES = """
failures: {mtbf: 995 h, mttr: 5 h, target: 99 %}
offload: {share: 50 %, round_trip: 40 ms, up: 1 Mbit/s, down: 40 Mbit/s, loss: 1 %, timeout: 200 ms,
  request: 10 kB, answer: 1 kB, service: 20 ms, price_per_million: 10 USD}
"""
NEW_MODEL = """simulation:
  events:
    update: {at: 30 s, interruption: 4 s, first: 25 %, soak: 30 s, roll_back_p99: 500 ms}
"""


def test_what_a_scenario_asks_of_its_rack_is_written_as_declared(tmp_path, capsys):
    text = (scenarios_dir() / "article-dvfs.yaml").read_text()
    path = tmp_path / "life.yaml"
    path.write_text(text + FAILURES)
    run(["simulate", str(path), "--replications", "2", "--format", "json", "--quiet"])
    record = json.loads(capsys.readouterr().out)
    assert {"failures", "offload", "clock_scaling"} <= set(record)
    assert differences(record, SimulateRecord) == set()


def test_a_new_model_is_written_as_declared(tmp_path, capsys):
    text = (scenarios_dir() / "theory-md1.yaml").read_text().replace("simulation:\n", NEW_MODEL)
    path = tmp_path / "roll.yaml"
    path.write_text(text.replace("count: 1\n  synthetic", "count: 4\n  synthetic"))
    run(["simulate", str(path), "--replications", "2", "--format", "json", "--quiet"])
    record = json.loads(capsys.readouterr().out)
    assert "new_model" in record
    assert differences(record, SimulateRecord) == set()


def test_no_rack_is_written_as_declared(line):
    study = run_study(line(("power_limit: 1200 W", "power_limit: 30 W"), devices="jetson-orin-nano-8"))
    assert differences(infeasible_record(study), NoRackRecord) == set()


@pytest.mark.parametrize(
    "replaced",
    [(), (("power_limit: 1200 W", "power_limit: 30 W"),)],
    ids=["feasible", "infeasible"],
)
def test_a_study_writes_what_is_declared(line, replaced):
    study = run_study(line(*replaced, devices="jetson-orin-nano-8"))
    assert differences(study_record(study), StudyRecord) == set()


def test_sizing_writes_what_is_declared(line):
    sizing = size_scenario(line(devices="jetson-orin-nano-8"))
    assert differences(sizing_record(sizing), SizingRecord) == set()


def test_costs_are_written_as_declared(line):
    study = cost_study(line(devices="jetson-orin-nano-8"), draws=16)
    assert differences(cost_record(study), CostRecord) == set()


def test_the_walk_finds_both_kinds_of_difference():
    limit = {"devices": 1, "reason": ""}
    assert "DensityLimitRecord" in str(TypeAdapter(DensityRecord).json_schema()["$defs"])
    schema = TypeAdapter(DensityRecord).json_schema()
    found = set(_differences(schema, {"limit": limit | {"more": 1}}, schema["$defs"], ""))
    assert ".limit.more is not declared" in found
    assert ".rows is not written" in found
