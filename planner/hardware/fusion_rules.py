"""An engine's fusion rules worked out: some taken from another engine, groups spelled out, lengths cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from planner.errors import InputError, Problem, UnknownIdError
from planner.schema.hardware.device import ComputeUnit, Precision
from planner.schema.hardware.engine import Engine, FusedWhere, FusionRuleSpec, KeptApart, RegisterPressure

Groups = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Heads:
    """Sizes of attention's heads and lengths of its sequences that a rule takes."""

    least: int
    most: int
    multiple: int
    longest: int


@dataclass(frozen=True, slots=True)
class Fusing:
    """Which of an engine's rules hold in one version, on one unit and in one number format."""

    apart: frozenset[str] = frozenset()
    """Names of the rules that do not."""
    heads: tuple[tuple[str, Heads], ...] = ()
    """What rules that hold ask of attention."""
    floats: str = ""
    """Number format of what does not run in 8 bits where these are asked for; empty where all does."""
    floats_of: frozenset[str] = frozenset()
    """Operators that do not."""
    floats_of_products: bool = False
    """Whether products of two activations do not."""


ALL_RULES = Fusing()
"""An engine whose rules hold everywhere, or a program that brings kernels of its own for all of them."""

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}")


def version_of(engine: Engine, unit_name: str, architecture: str, asked: str | None) -> str:
    """The version asked for, or the engine's usual one on this unit; empty where versions make no difference.

    Raises `InputError` for a version of an engine whose versions are all alike here, and for one that is no
    number.
    """
    if not engine.versions:
        if asked is None:
            return ""
        expected = f"none: no difference between versions of {engine.id} is known"
        raise InputError("estimate", [Problem("engine_version", expected, repr(asked), "leave it out")])
    if asked is None:
        return next(
            item.version for item in engine.versions if fits_unit(item.words, unit_name, architecture)
        )
    if not _VERSION.fullmatch(asked):
        problem = Problem("engine_version", "numbers with points between, as 8.6.1", repr(asked[:40]))
        raise InputError("estimate", [problem])
    return asked


def fusing(
    engine: Engine, version: str, unit: ComputeUnit, architecture: str, precision: Precision
) -> Fusing:
    """What of an engine's rules holds, by its table `fused_where`."""
    deciding: dict[str, FusedWhere | None] = {}
    for entry in engine.fused_where:
        fits = (
            (not entry.unit_kinds or unit.kind in entry.unit_kinds)
            and _within(version, entry.since, entry.before)
            and (not entry.precisions or precision in entry.precisions)
            and fits_unit(entry.words, unit.name, architecture)
        )
        for rule in entry.rules:
            # The first entry that fits decides; a rule that none fits stays None: it does not apply.
            deciding[rule] = deciding.get(rule) or (entry if fits else None)
    kept = engine.units[unit.kind].kept_in_floats if precision is Precision.INT8 else None
    return Fusing(
        apart=frozenset(rule for rule, entry in deciding.items() if entry is None or not entry.fused),
        heads=tuple(
            (rule, Heads(limit.least, limit.most, limit.multiple, limit.longest))
            for rule, entry in deciding.items()
            if entry is not None and entry.fused and (limit := entry.heads) is not None
        ),
        floats=kept.runs if kept else "",
        floats_of=frozenset(kept.operators if kept else ()),
        floats_of_products=kept.products if kept else False,
    )


def _within(version: str, since: str | None, before: str | None) -> bool:
    if not version:
        return True
    own = _numbers(version)
    return (since is None or own >= _numbers(since)) and (before is None or own < _numbers(before))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def fits_unit(words: Iterable[str], unit_name: str, architecture: str = "") -> bool:
    """Whether any of the shell patterns is of the unit; all units where there are none."""
    patterns = list(words)
    return not patterns or any(
        fnmatchcase(text, word) for word in patterns for text in (unit_name, architecture)
    )


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
    all_rules = {*known, *(rule.name for rule in full)}
    for name in (name for entry in engine.fused_where for name in entry.rules if name not in all_rules):
        raise UnknownIdError("fusion rule", name, all_rules)
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


def _spelt_out(names: Iterable[str], groups: Groups, inside: tuple[str, ...] = ()) -> list[str]:
    """Operators in the order named, each once; a group may name others, but not those that it is `inside`."""
    found: dict[str, None] = {}
    for name in names:
        if name[0].isupper() or ":" in name:
            found[name] = None
        elif name in inside:
            raise InputError(
                "operator groups", [Problem(name, "operators and other groups", "itself", "take it out")]
            )
        elif name in groups:
            found.update(dict.fromkeys(_spelt_out(groups[name], groups, (*inside, name))))
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
