"""One count, load, power, temperature and sum of one scenario, whichever command prints it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from planner.plan.cost.study import cost_study
from planner.plan.density.study import rack_of
from planner.plan.record.cost import cost_record
from planner.plan.record.simulated import rack_record
from planner.plan.record.sizing import sizing_record
from planner.plan.record.study import study_record
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.sized import size_scenario
from planner.plan.study.study import run_study

NAMES = {
    "count", "power_w", "capital", "running_cost_per_year", "total_cost", "utilisation", "temperature_c",
    "verdict", "p99", "mode", "precision", "batch", "unit", "engine",
}  # fmt: skip
OF_THE_ANSWER = {
    "",
    "chosen",
    "rack",
    "rack.devices",
    "rack.streams[0].latency_s",
    "spending.tornado",
    "answer",
}
"""Where the study names the answer; elsewhere are other options, hours, densities and ends of bands."""

CASES = {
    "the line": ({"devices": "jetson-orin-nano-8"}, ()),
    "two parts": (
        {"devices": "jetson-orin-nano-8, jetson-agx-orin-64"},
        (("utilisation_limit: 70 %", "utilisation_limit: 60 %"),),
    ),
    "growing": ({"devices": "jetson-agx-orin-64", "extra": "growth: {per_year: 20 %}\n"}, ()),
    "spares": ({"devices": "jetson-orin-nano-8"}, (("spares: 1", "spares: 2\n  standby: cold"),)),
    "a given rack": (
        {"devices": "jetson-orin-nano-8",
         "extra": "deployment: {device: jetson-orin-nano-8, count: 5, mode: 25W, precision: int8}\n"}, (),
    ),
    "typical": ({"devices": "jetson-agx-orin-64"}, (("plan_for: cautious", "plan_for: typical"),)),
}  # fmt: skip


def numbers(record: object, place: str = "") -> Iterator[tuple[str, str, object]]:
    """Place, name and value of every number and word of these names, of the first item of lists."""
    if isinstance(record, dict):
        for name, value in record.items():
            if name in NAMES and not isinstance(value, dict | list):
                yield place, name, value
            yield from numbers(value, f"{place}.{name}" if place else name)
    elif isinstance(record, list):
        for value in record[:1]:
            yield from numbers(value, f"{place}[0]")


def answered(source: ScenarioFile) -> list[tuple[str, str, object]]:
    """What every command says of the answer: where, name, value."""
    sizing = sizing_record(size_scenario(source))
    best = {name: value for name, value in sizing["options"][0].items() if name in NAMES}
    study = run_study(source)
    assert study.simulated is not None
    rack = rack_record(study.simulated.rack, study.simulated.result)
    cost = cost_record(cost_study(source, draws=2))
    found = [("size", name, value) for name, value in best.items()]
    for place, name, value in numbers(study_record(study)):
        if place in OF_THE_ANSWER:
            found.append((f"report {place}", name, value))
    for place, name, value in numbers(rack):
        if place in ("", "devices"):
            found.append((f"simulate {place}", name, value))
    found += [("cost", name, value) for name, value in (cost["chosen"] or {}).items() if name in NAMES]
    _, option = rack_of(source)
    return [*found, ("density", "count", option.count), ("density", "mode", option.mode)]


FAST = ("the line", "a given rack", "typical")


@pytest.mark.parametrize(
    "case", [case if case in FAST else pytest.param(case, marks=pytest.mark.slow) for case in CASES]
)
def test_commands_agree_on_every_number_of_one_name(line, case):
    given, edits = CASES[case]
    source = line(*edits, **given)
    source = replace(source, sha256="0" * 64)
    named: dict[str, dict[object, list[str]]] = {}
    for place, name, value in answered(source):
        # What a fleet costs over its life has growth in it, which an option's own sum is without.
        if case == "growing" and name in ("capital", "running_cost_per_year", "total_cost"):
            continue
        key = round(value, 9 - len(str(int(abs(value))))) if isinstance(value, float) else value
        named.setdefault(name, {}).setdefault(key, []).append(place)
    assert {name: values for name, values in named.items() if len(values) > 1} == {}
    assert len(named["count"]) == 1
    assert sum(map(len, named["power_w"].values())) >= 4
