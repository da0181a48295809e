"""The example of docs/heat.md: two lines of a shipped scenario, and what the answer becomes."""

from __future__ import annotations

import re
from pathlib import Path

from planner.data_files import scenarios_dir
from planner.plan.scenario.file import read_scenario
from planner.plan.sizing.result import SizedOption
from planner.plan.sizing.sized import size_scenario
from planner.units import format_probability

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
    """The cells of the guide's table after the first."""
    option = item.option
    resistance = option.part.thermal.resistance_k_per_w
    chance = option.throttle_probability
    assert chance is not None
    return [
        f"{option.part.thermal.cooler}, {resistance.value:.3g} K/W {resistance.status.value}",
        str(option.count),
        option.mode,
        f"{option.heat.temperature_c:.0f} °C",
        f"{option.part.thermal.throttle_c.value:g} °C",
        format_probability(chance),
    ]


def test_two_lines_ask_for_the_box_without_a_fan_in_the_sun(tmp_path):
    text = (scenarios_dir() / "traffic-cabinet.yaml").read_text()
    alone = re.sub(r"  devices: \[.*\]", f"  devices: [{NANO}]", text)
    found = []
    for name, said in (("shipped", alone), ("changed", changed(alone))):
        path = tmp_path / f"{name}.yaml"
        path.write_text(said)
        found.append(row(sized(path)))
    lines = re.findall(
        r"^\| (?:as it is shipped|without fan, in the sun) \| (.*) \|$", GUIDE, flags=re.MULTILINE
    )
    assert found == [line.split(" | ") for line in lines]
