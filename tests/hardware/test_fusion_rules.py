"""Rules of engines: inheritance, groups, the register table, and what stays apart."""

import pytest
from pydantic import ValidationError

from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import engine_ids, read_device, read_engine
from planner.hardware.fusion_rules import fusing, longest_generated, version_of, worked_out
from planner.schema.hardware.device import Precision
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


@pytest.mark.parametrize("key", ["anchor", "absorbs", "requires"])
def test_an_operator_has_a_name(key):
    with pytest.raises(ValidationError, match="at least 1 character"):
        engine(fusion=[{"name": "a", "anchor": ["Conv"], "absorbs": [], key: [""]}])


def test_a_group_does_not_name_itself():
    groups = {"some": ["more"], "more": ["Relu", "some"]}
    with pytest.raises(InputError, match="some: expected operators and other groups, got itself"):
        worked_out(
            engine(operator_groups=groups, fusion=[{"name": "a", "anchor": ["some"], "absorbs": []}]), None
        )


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


VERSIONED = engine(
    sources={"s": {"title": "S"}},
    units={"gpu": {"launch": "1 us", "fixed": "1 us", "source": "s", "status": "assumed", "note": "n"}},
    versions=[
        {"version": "1.5", "words": ["*old*"], "source": "s", "why": "w"},
        {"version": "2.1", "source": "s", "why": "w"},
    ],
    fusion=[{"name": "joint", "anchor": ["MatMul"], "absorbs": ["Softmax"]}],
    fused_where=[
        {
            "rules": ["joint"],
            "since": "2.0.1",
            "before": "3",
            "precisions": ["fp16"],
            "source": "s",
            "says": "x",
        },
        {"rules": ["joint"], "words": ["*old*"], "fused": False, "source": "s", "says": "x"},
        {"rules": ["joint"], "before": "1.10", "source": "s", "says": "x"},
    ],
)


@pytest.mark.parametrize(
    ("version", "unit", "precision", "holds"),
    [
        ("2.0.1", "new", "fp16", True),
        ("2.0", "new", "fp16", False),
        ("2.10", "old", "fp16", True),  # the first entry that fits decides, and 2.10 is after 2.1
        ("3.0", "new", "fp16", False),  # a rule that is named and that no entry fits does not apply
        ("2.1", "new", "fp32", False),
        ("1.9", "new", "fp32", True),
        ("1.9", "old", "fp32", False),
        ("1.10", "new", "fp32", False),
    ],
)
def test_the_first_entry_that_fits_decides_whether_a_rule_holds(version, unit, precision, holds):
    gpu = read_device("t4").units["gpu"].model_copy(update={"name": unit})
    found = fusing(VERSIONED, version, gpu, "", Precision(precision))
    assert ("joint" not in found.apart) is holds


def test_the_usual_version_is_that_of_the_unit():
    assert version_of(VERSIONED, "an old unit", "", None) == "1.5"
    assert version_of(VERSIONED, "a new unit", "", None) == "2.1"
    assert version_of(VERSIONED, "a new unit", "", "7") == "7"
    assert version_of(BASE, "any", "", None) == ""


def test_entries_that_name_no_rule_or_no_version_are_refused():
    entry, sources = {"rules": ["joined"], "source": "s", "says": "x"}, {"s": {"title": "S"}}
    unknown = engine(sources=sources, fused_where=[entry])
    with pytest.raises(UnknownIdError, match="fusion rule 'joined'"):
        worked_out(unknown, BASE)
    with pytest.raises(ValueError, match="pattern"):
        engine(sources=sources, fused_where=[{**entry, "since": "8.x"}])


@pytest.mark.parametrize("engine_id", ["acl", "onnxruntime", "openvino", "tensorrt"])
def test_every_entry_of_attention_names_a_document_that_can_be_opened(engine_id):
    found = read_engine(engine_id)
    assert found.fused_where
    for entry in found.fused_where:
        assert (found.sources[entry.source].url or "").startswith("https://")
        assert len(entry.says) > 20
