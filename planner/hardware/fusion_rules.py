"""An engine's fusion rules worked out: some taken from another engine, groups spelled out, lengths cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planner.errors import InputError, Problem, UnknownIdError
from planner.schema.hardware.engine import Engine, FusionRuleSpec, KeptApart, RegisterPressure

Groups = Mapping[str, list[str]]


def worked_out(engine: Engine, base: Engine | None) -> Engine:
    """The engine with all of its rules in full; `base` is the engine that it extends.

    Raises `UnknownIdError` for a rule or group that does not exist, and `InputError` where a rule joins what
    the engine keeps apart.
    """
    known = {rule.name: rule for rule in base.fusion} if base else {}
    groups = {**(base.operator_groups if base else {}), **engine.operator_groups}
    pressure = engine.register_pressure or (base.register_pressure if base else [])
    for name in engine.takes:
        if name not in known:
            raise UnknownIdError("fusion rule", name, known)
    rules = [*(known[name] for name in engine.takes), *engine.fusion]
    limit = longest_generated(pressure)
    full = [_in_full(rule, groups, limit) for rule in rules]
    apart = [
        entry.model_copy(
            update={
                "anchor": _spelt_out(entry.anchor, groups),
                "operators": _spelt_out(entry.operators, groups),
            }
        )
        for entry in engine.kept_apart
    ]
    _refuse_contradictions(engine.id, full, apart)
    return engine.model_copy(update={"fusion": full, "kept_apart": apart, "register_pressure": pressure})


def longest_generated(pressure: Iterable[RegisterPressure]) -> int | None:
    """Most operators that a generated kernel may have: fewer than any that do not pay (None: no table)."""
    apart = [row.operators for row in pressure if row.verdict == "apart"]
    return min(apart) - 1 if apart else None


def _in_full(rule: FusionRuleSpec, groups: Groups, limit: int | None) -> FusionRuleSpec:
    shortened = min(rule.max_nodes, limit) if rule.generated and limit is not None else rule.max_nodes
    return rule.model_copy(
        update={
            "anchor": _spelt_out(rule.anchor, groups),
            "absorbs": _spelt_out(rule.absorbs, groups),
            "max_nodes": shortened,
        }
    )


def _spelt_out(names: Iterable[str], groups: Groups) -> list[str]:
    """Operators in the order named, each once; a group may name others."""
    found: dict[str, None] = {}
    for name in names:
        if name[0].isupper() or ":" in name:
            found[name] = None
        elif name in groups:
            found.update(dict.fromkeys(_spelt_out(groups[name], groups)))
        else:
            raise UnknownIdError("operator group", name, groups)
    return list(found)


def _refuse_contradictions(
    engine_id: str, rules: Iterable[FusionRuleSpec], apart: Iterable[KeptApart]
) -> None:
    problems = [
        Problem(
            f"fusion rule {rule.name!r}",
            f"nothing that is kept apart ({entry.reason})",
            ", ".join(sorted(joined)),
            "take the operator out of one of the two",
        )
        for rule in rules
        for entry in apart
        if set(rule.anchor) & set(entry.anchor) and (joined := set(rule.absorbs) & set(entry.operators))
    ]
    if problems:
        raise InputError(engine_id, problems)
