"""The report sets what was measured on the plan's own parts beside what was predicted."""

import pytest
import yaml

from planner import api
from planner.data_files import scenarios_dir
from planner.plan.record.study import study_record
from planner.plan.study.study import run_study
from planner.report.blocks import Bullets, Heading, Table
from planner.report.sections.measuring import measuring
from planner.wording.message import Wording

NANO = "jetson-orin-nano-8"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    values["streams"] = [{**values["streams"][0], "model": "zoo:resnet18"}]
    values["streams"][0]["slo"] = {"latency": "100 ms", "quantile": "90 %"}
    values["candidates"] |= {"devices": [NANO], "modes": ["25W"], "precisions": ["int8"], "max_batch": 1}
    values["candidates"].pop("coolers")
    values["networks"] = {}
    values["simulation"] |= {"duration": "10 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def record_of(plan, tmp_path, *entries):
    file = tmp_path / "own.yaml"
    setting = {"network": "zoo:resnet18", "device": NANO, "mode": "25W", "precision": "int8", "batch": 1}
    file.write_text(yaml.safe_dump({"measurements": [{**setting, **entry} for entry in entries]}))
    evidence = api.evidence(measured=[str(file)]) if entries else {}
    return study_record(run_study(api.with_evidence(plan, evidence)))


def texts(blocks, kind):
    return [block for block in blocks if isinstance(block, kind)]


def test_measured_against_predicted_has_a_row_for_each_measurement(plan, tmp_path):
    before = api.estimate("zoo:resnet18", NANO, mode="25W", precision="int8")
    record = record_of(plan, tmp_path, {"latency": "8 ms", "power": "12 W"})
    latency, power = record["measured_here"]
    assert latency["predicted"]["mid"] == pytest.approx(before.latency_s.mid)
    assert (latency["quantity"], latency["inside"]) == ("latency", False)
    assert power["ratio"] == pytest.approx(12.0 / before.part_power_w.mid)
    blocks = measuring(record, Wording("en"))
    (table,) = texts(blocks, Table)[:1]
    assert [row[0].text for row in table.rows] == [latency["name"], NANO]
    assert "8 ms" in latency["name"]
    assert "0 of 2" in blocks[1].text or "1 of 2" in blocks[1].text


def test_nothing_is_shown_where_nothing_was_measured_and_nothing_is_worth_it(plan, tmp_path):
    record = record_of(plan, tmp_path)
    assert record["measured_here"] == []
    assert measuring({**record, "to_measure": []}, Wording("en")) == []


def test_what_to_measure_stands_in_the_report_with_its_commands(plan, tmp_path):
    values = yaml.safe_load(plan.read_text())
    values["streams"][0]["count"] = 72
    larger = plan.with_name("larger.yaml")
    larger.write_text(yaml.safe_dump(values))
    record = record_of(larger, tmp_path)
    assert record["to_measure"], "a band of this width turns the count"
    for language in ("en", "zh"):
        blocks = measuring(record, Wording(language))
        assert texts(blocks, Heading)
        (steps,) = texts(blocks, Bullets)
        assert any(item.startswith("trtexec ") for item in steps.items)
        assert steps.items[-1].startswith("planner size larger.yaml --measured")


def test_what_was_measured_is_not_asked_for_again(plan, tmp_path):
    record = record_of(plan, tmp_path, {"latency": "3 ms"})
    assert record["to_measure"] == []
