"""A study lists the formulas that it rests on, by what it contains."""

import pytest

from planner.formulas import FORMULAS
from planner.plan.record.study import study_record
from planner.plan.study.study import run_study
from planner.report.sections.formulas import formulas
from planner.wording.message import Wording


@pytest.fixture(scope="module")
def study(line):
    return run_study(line(devices="jetson-orin-nano-8"))


def keys(study):
    return [found.key for found in study.formulas]


def test_a_simulated_study_names_its_models_in_the_order_of_the_table(study):
    found = keys(study)
    assert found == [key for key in FORMULAS if key in found]
    assert {"transferred_time", "thermal_ladder", "student_interval", "mser5", "present_value"} <= set(found)
    absent = {"cross_interference", "fan_curve", "sealed_cabinet", "kernel_process", "air_density"}
    assert not absent & set(found)


def test_another_site_names_other_formulas(line):
    limit = ("power_limit: 1200 W", "power_limit: 40 W")
    found = keys(run_study(line(limit, devices="jetson-orin-nano-8")))
    assert "thermal_ladder" not in found  # nothing was simulated
    assert {"utilisation", "present_value"} <= set(found)


def test_a_high_site_names_the_density_of_its_air(line):
    found = keys(
        run_study(
            line(("rack_units: 12", "rack_units: 12\n  altitude: 1500 m"), devices="jetson-orin-nano-8")
        )
    )
    assert {"air_density", "thermal_ladder"} <= set(found)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_shows_each_with_its_source(study, language):
    record, say = study_record(study, language), Wording(language)
    heading, table = formulas(record, say)
    assert heading.text == say("basis.formulas")
    assert [row[2].text for row in table.rows] == [FORMULAS[key].source for key in keys(study)]
    assert (table.rows[0][0].text == FORMULAS[keys(study)[0]].title) == (language == "en")


def test_a_record_of_before_has_no_such_section(study):
    record = {key: value for key, value in study_record(study).items() if key != "formulas"}
    assert formulas(record, Wording("en")) == []
