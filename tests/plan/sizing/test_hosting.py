"""Parts that are no computer in a plan: a named default, one of the scenario's, or a refusal."""

from __future__ import annotations

import pytest

from planner.errors import UnknownIdError
from planner.plan.money.economics import carrier_of
from planner.plan.options.estimator import Estimator
from planner.plan.options.hosting import hosting_text
from planner.plan.rack.rack_model import fixed_power_w
from planner.plan.record.options import host_record
from planner.plan.scenario.file import read_workloads
from planner.plan.sizing.closed_form import size

MODULE = "    module: {slots: 1"
INT8 = ("precisions: [int8, fp16]", "precisions: [int8]")


def sized(source):
    return size(source.scenario, Estimator(read_workloads(source)))


def site(line, text):
    return line(("  supply: 30 degC\n", "  supply: 30 degC\n" + text), devices="hailo-8")


def test_a_plan_without_a_host_is_completed_with_a_named_one(line):
    """As many Raspberry Pis as modules: 115 + 110 USD and 5 W each, on one lane of the second generation."""
    source = line(devices="hailo-8")
    option = sized(source).options[0]
    hosting, installed = option.hosting, option.count + option.spares
    assert hosting is not None
    assert (hosting.chosen, hosting.host.id, hosting.link) == ("default", "raspberry-pi-5-hat", "PCIe 2.0 x1")
    assert option.cost.capital == pytest.approx(installed * (110 + 115))
    assert fixed_power_w(source.scenario, option.part, option.mode, option.count) == pytest.approx(
        25 + installed * 5 + option.spares * 1.0 / 0.9
    )
    height = next(margin for margin in option.margins if margin.name == "height")
    assert height.value == 0.5 * installed
    assert "Raspberry Pi 5" in hosting_text(hosting, option.part.needs_host, option.device)
    record = host_record(option.hosting, option.count + option.spares)
    assert record is not None
    assert (record["count"], record["link_bytes_per_s"], record["status"]) == (installed, 0.5e9, "assumed")


def test_requests_share_the_lane(line):
    """The busier direction of all requests over one lane; on four of a later generation fewer do."""
    one = sized(line(devices="hailo-8")).options[0]
    four = sized(site(line, "  hosts: {m2: mini-pc-n100}\n")).options
    same = next(o for o in four if (o.mode, o.batch) == (one.mode, one.batch))
    used = [next(m for m in option.margins if m.name == "link") for option in (one, same)]
    assert one.count * used[0].value == pytest.approx(same.count * used[1].value)
    assert used[0].value > 0
    assert same.count < one.count, "a frame waits for its turn on the one lane"
    assert (used[0].limit, used[1].limit) == (0.5e9, 4 * 0.985e9)
    assert same.hosting is not None
    assert same.hosting.chosen == "named"
    each = [option.cost.capital / (option.count + option.spares) for option in (one, same)]
    assert each[1] - each[0] == pytest.approx(180 - 115)


def test_a_scenario_may_describe_its_own_computer(line):
    own = line((MODULE, "    module: {computer: true, slots: 1"), devices="hailo-8")
    option = sized(own).options[0]
    assert option.hosting is None
    assert host_record(option.hosting, option.count + option.spares) is None
    assert carrier_of(own.scenario, option.part) is own.scenario.site.carriers["module"]


def test_a_computer_on_a_module_needs_none(line):
    assert all(option.hosting is None for option in sized(line(devices="jetson-orin-nano-8")).options)


def test_a_card_sits_in_the_host_of_the_scenario(line):
    assert all(option.hosting is None for option in sized(line(devices="atlas-300i-pro")).options)


def test_what_no_computer_takes_is_refused_and_the_others_are_planned(line):
    found = sized(line(INT8, devices="qualcomm-aic100-dm2e, jetson-orin-nano-8"))
    (refusal,) = [item for item in found.refusals if item.device == "qualcomm-aic100-dm2e"]
    assert "2 slots" in refusal.reason
    assert "site.hosts.m2" in refusal.reason
    assert {option.device for option in found.options} == {"jetson-orin-nano-8"}


def test_a_host_that_does_not_exist_is_refused(line):
    with pytest.raises(UnknownIdError, match="mini-pc-n100"):
        sized(site(line, "  hosts: {m2: mini-pc-n1000}\n"))
