"""Whether one part or engine holds together: its sources, engines, physics and plausibility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.hardware.families.part import family_conflicts
from planner.hardware.physics import physics_conflicts
from planner.hardware.plausibility import plausibility_conflicts
from planner.schema.hardware.device import ComputeUnit, Device
from planner.schema.hardware.engine import Engine
from planner.schema.reading.quantity import numbers_in
from planner.schema.reading.strict import Conflict


def device_conflicts(device: Device, engines: Mapping[str, Engine]) -> Iterator[Conflict]:
    """What is wrong with a part that could be read; `engines` are all that the database knows."""
    yield from orphan_sources(device)
    for unit_id, unit in device.units.items():
        yield from _engines(unit_id, unit, engines)
    yield from physics_conflicts(device)
    yield from plausibility_conflicts(device)
    yield from family_conflicts(device)


def orphan_sources(entry: Device | Engine) -> Iterator[Conflict]:
    """Sources that no number names."""
    used = {item.number.source for item in numbers_in(entry)}
    if isinstance(entry, Device):
        used |= {other.source for item in entry.contradictions for other in item.others}
        if entry.order_code is not None:
            used.add(entry.order_code.source)
        if entry.link is not None and entry.link.source is not None:
            used.add(entry.link.source)
    if isinstance(entry, Engine):
        used |= {costs.support.source for costs in entry.units.values() if costs.support}
        used |= {form.source for costs in entry.units.values() for form in costs.integer_forms}
        used |= {form.source for costs in entry.units.values() for form in costs.runs_as}
        used |= {costs.pipeline.source for costs in entry.units.values() if costs.pipeline}
        used |= {costs.kept_in_floats.source for costs in entry.units.values() if costs.kept_in_floats}
        used |= {version.source for version in entry.versions}
        used |= {rule.source for rule in entry.fused_where}
        if entry.channel_blocks is not None:
            used.add(entry.channel_blocks.source)
    for source in entry.sources:
        if source not in used:
            yield Conflict(("sources", source), "a source that a number names", "no use of it", "remove it")


def _engines(unit_id: str, unit: ComputeUnit, engines: Mapping[str, Engine]) -> Iterator[Conflict]:
    path = ("units", unit_id, "engines")
    for i, engine_id in enumerate(unit.engines):
        if engine_id in unit.engines[:i]:
            yield Conflict(path, "each engine once", f"{engine_id} again")
        elif engine_id not in engines:
            yield Conflict(path, f"one of {', '.join(engines)}", engine_id, "add the engine's file")
        elif unit.kind not in engines[engine_id].units:
            advice = f"add `{unit.kind}` to engines/{engine_id}.yaml"
            yield Conflict(path, f"an engine with costs on a {unit.kind}", engine_id, advice)
