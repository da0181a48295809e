"""Rules of engines: inheritance, groups, the register table, and what stays apart."""

import pytest

from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import engine_ids, read_engine
from planner.hardware.fusion_rules import longest_generated, worked_out
from planner.schema.hardware.engine import Engine, RegisterPressure


def engine(**parts: object) -> Engine:
    return Engine.model_validate({"schema": 1, "id": "x", "name": "X", "sources": {}, "units": {}, **parts})


BASE = engine(
    operator_groups={"small": ["Relu"], "all": ["small", "Tanh"]},
    register_pressure=[{"operators": 4, "registers": 100, "verdict": "apart"}],
    fusion=[
        {"name": "convolution", "anchor": ["Conv"], "absorbs": ["all"]},
        {"name": "chain", "anchor": ["all"], "absorbs": ["all"], "generated": True},
    ],
)


def test_an_engine_has_the_rules_that_it_takes_and_its_own_with_groups_spelled_out():
    own = {"name": "product", "anchor": ["MatMul"], "absorbs": ["small", "Add"]}
    rules = worked_out(engine(extends="base", takes=["convolution"], fusion=[own]), BASE).fusion
    assert [rule.name for rule in rules] == ["convolution", "product"]
    assert [rule.absorbs for rule in rules] == [["Relu", "Tanh"], ["Relu", "Add"]]


def test_registers_limit_generated_kernels_alone():
    rules = {rule.name: rule for rule in worked_out(BASE, None).fusion}
    assert rules["chain"].max_nodes == 3
    assert rules["convolution"].max_nodes == 12


def test_a_rule_that_joins_what_is_kept_apart_is_refused():
    apart = {"anchor": ["Conv"], "operators": ["small"], "reason": "none such"}
    with pytest.raises(InputError, match=r"kept apart \(none such\), got Relu"):
        worked_out(engine(extends="base", takes=["convolution"], kept_apart=[apart]), BASE)


def test_unknown_rules_and_groups_are_refused():
    with pytest.raises(UnknownIdError, match="fusion rule 'convolutions'"):
        worked_out(engine(extends="base", takes=["convolutions"]), BASE)
    with pytest.raises(UnknownIdError, match="operator group 'smal'"):
        worked_out(engine(fusion=[{"name": "a", "anchor": ["smal"], "absorbs": []}]), BASE)


def test_the_register_table_lets_seven_operators_fuse():
    """Published table of a kernel generator: 2 operators 32 registers, 5 the edge, 8 do not pay."""
    table = read_engine("generic").register_pressure
    assert [(row.operators, row.registers) for row in table] == [(2, 32), (5, 96), (8, 140)]
    assert longest_generated(table) == 7
    assert longest_generated([RegisterPressure(operators=9, registers=9, verdict="edge")]) is None


@pytest.mark.parametrize("engine_id", engine_ids())
def test_every_engine_says_what_it_joins_and_what_it_keeps_apart(engine_id):
    found = read_engine(engine_id)
    assert any("Conv" in rule.anchor for rule in found.fusion)
    assert any("Conv" in entry.anchor and entry.reason for entry in found.kept_apart)
