"""Links in plans: what the host's slot gives, what a scenario states, and both engines on the same times."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.plan.options.estimator import Estimator
from planner.plan.options.hosting import hosting_of
from planner.plan.options.planned_part import planned_part
from planner.plan.rack.rack_model import build_rack, services_of
from planner.plan.scenario.file import read_workloads
from planner.plan.scenario.known_names import require_known_names
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.tally import tally_records
from planner.rack.reference import engine as simpy_engine
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import parse_document

MODES = "  modes: "


def stated(line, text, device="hailo-8"):
    return line((MODES, text + MODES), devices=device)


def link_of(scenario, device_id):
    return planned_part(scenario, device_id).link.delivered


def test_a_plan_takes_what_the_slot_of_the_host_gives(line):
    """A Hailo-8 of four lanes on a Raspberry Pi 5: one lane of Gen 2.0; the HAT sets Gen 3.0."""
    scenario = line(devices="hailo-8").scenario
    assert link_of(scenario, "hailo-8") == "pcie2x1"
    assert link_of(scenario, "raspberry-pi-ai-hat-plus-26") == "pcie3x1"
    hat = hosting_of(scenario, planned_part(scenario, "raspberry-pi-ai-hat-plus-26"))
    assert hat.link == "PCIe 3.0 x1"


def test_a_link_that_is_stated_goes_before_the_slot(line):
    scenario = stated(line, "  links: {hailo-8: pcie3x1}\n").scenario
    part = planned_part(scenario, "hailo-8")
    assert part.link.delivered == "pcie3x1"
    assert hosting_of(scenario, part).link == "PCIe 3.0 x1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  links: {hailo-8: usb2}\n", "pcie3x4"),
        ("  links: {hailo-8: 5G}\n", "pcie3x4"),
        ("  links: {toaster: usb2}\n", "a part"),
        ("  links: {rk3588: usb2}\n", "attached to no host"),
    ],
)
def test_links_that_a_part_lacks_are_refused_with_the_file(line, text, expected):
    scenario = stated(line, text).scenario
    with pytest.raises(InputError) as caught:
        require_known_names(scenario, parse_document("candidates:\n" + text, "own.yaml"))
    assert len(caught.value.problems) == 1
    assert expected in caught.value.problems[0].expected
    assert "links" in caught.value.problems[0].where


def test_both_engines_run_the_interval_and_the_latency_over_the_link(line):
    """Services are those of the estimate over the link, and both engines agree bit by bit."""
    source = stated(line, "  links: {hailo-8: pcie1x1}\n")
    scenario = source.scenario
    estimator = Estimator(read_workloads(source))
    part = planned_part(scenario, "hailo-8")
    networks = estimator.on_part(part, "default", Precision.INT8, 1)
    services = services_of(scenario, estimator, part, networks, "mid")
    for service, item in zip(services, networks, strict=True):
        found = item.estimate
        assert found.link.link.id == "pcie1x1"
        assert service.batch_s[0] == pytest.approx(found.latency_s.mid)
        assert service.tail_s == pytest.approx(found.through_s.mid - found.latency_s.mid)
    rack = build_rack(scenario, part, "default", 1, services, 40)
    fast = compiled_engine.run_replication(rack, 0)
    slow = tally_records(rack, simpy_engine.run_replication(rack, 0))
    assert sum(stream.served for stream in fast.streams) > 0
    for one, other in zip(fast.streams, slow.streams, strict=True):
        assert (one.served, one.dropped, one.unfinished) == (other.served, other.dropped, other.unfinished)
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
