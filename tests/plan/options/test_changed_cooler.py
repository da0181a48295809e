"""The example of docs/heat.md: two lines of a shipped scenario, and what the answer becomes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planner.data_files import scenarios_dir
from planner.plan.scenario.file import read_scenario
from planner.plan.sizing.result import SizedOption
from planner.plan.sizing.sized import size_scenario

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "heat.md").read_text()
NANO = "jetson-orin-nano-8"


def changed(text: str) -> str:
    """The scenario with the lines of the guide's block in place of those that it takes out."""
    (block,) = re.findall(r"```diff\n(.*?)```", GUIDE, flags=re.DOTALL)
    lines = block.splitlines()
    assert [line[0] for line in lines] == ["-", "+", "-", "+"]
    for old, new in zip(lines[::2], lines[1::2], strict=True):
        assert text.count(f"{old[1:]}\n") == 1
        text = text.replace(old[1:], new[1:])
    return text


def sized(path: Path) -> SizedOption:
    """The best setting of the one part, simulated."""
    return size_scenario(read_scenario(path)).options[0]


def row(item: SizedOption) -> list[str]:
    """The cells of the guide's table after the first, but the two figures that move with every latency."""
    option = item.option
    resistance = option.part.thermal.resistance_k_per_w
    return [
        f"{option.part.thermal.cooler}, {resistance.value:.3g} K/W {resistance.status.value}",
        str(option.count),
        option.mode,
        f"{option.part.thermal.throttle_c.value:g} °C",
    ]


def test_two_lines_ask_for_the_box_without_a_fan_in_the_sun(tmp_path):
    text = (scenarios_dir() / "traffic-cabinet.yaml").read_text()
    alone = re.sub(r"  devices: \[.*\]", f"  devices: [{NANO}]", text)
    lines = re.findall(
        r"^\| (?:as it is shipped|without fan, in the sun) \| (.*) \|$", GUIDE, flags=re.MULTILINE
    )
    for name, said, line in zip(("shipped", "changed"), (alone, changed(alone)), lines, strict=True):
        path = tmp_path / f"{name}.yaml"
        path.write_text(said)
        found, (cooler, count, mode, hottest, limit, _) = sized(path), line.split(" | ")
        assert row(found) == [cooler, count, mode, limit]
        assert found.option.heat.temperature_c == pytest.approx(float(hottest.split()[0]), abs=2.0)
        assert (found.option.throttle_probability or 0.0) < 0.05


def test_a_part_without_a_price_that_throttles_does_not_wait_for_its_price(tmp_path):
    """Under its passive sink in the sun an RK3568 throttles at any price."""
    text = changed((scenarios_dir() / "traffic-cabinet.yaml").read_text())
    path = tmp_path / "hot.yaml"
    path.write_text(re.sub(r"  devices: \[.*\]", "  devices: [rk3568]", text))
    found = sized(path)
    assert found.option.cost.capital is None
    assert found.verdict.value == "FAIL"
    assert "it throttles at 70 °C" in found.verdict_reason
    assert found.would_decide == ()
