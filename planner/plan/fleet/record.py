"""`planner fleet` as JSON; the same bytes for any number of workers."""

from __future__ import annotations

import json
import math

from planner.plan.fleet.choices import FleetChoice
from planner.plan.fleet.result import Fleet, PoolRow, Totals
from planner.plan.fleet.updates import UpdateWay
from planner.schema.record.fleet.record import (
    FleetChoiceRecord,
    FleetRecord,
    FleetShelfRecord,
    FleetTotalsRecord,
    FleetUpdateRecord,
)


def fleet_record(fleet: Fleet) -> FleetRecord:
    """The answer whole."""
    spec = fleet.spec
    return {
        "fleet": spec.id,
        "title": spec.title,
        "question": spec.question.strip(),
        "date": spec.date,
        "currency": spec.currency,
        "feasible": fleet.feasible,
        "questions": fleet.questions,
        "plan": _choice(fleet.plan),
        "best_at_each": _choice(fleet.best_at_each),
        "by_group": _choice(fleet.by_group),
        "group_standards": dict(fleet.group_standards),
        "few": [_choice(item) for item in fleet.few],
        "singles": [_choice(item) for item in fleet.singles],
        "standard_extra": standard_extra(fleet),
        "part_names": dict(fleet.part_names),
        "totals": _totals(fleet.totals),
        "groups": [_totals(item) for item in fleet.groups],
        "years": [
            {
                "year": year.year,
                "sites": year.sites,
                "devices": year.devices,
                "capital": year.capital,
                "running": year.running,
                "energy_cost": year.energy_cost,
                "energy_j": year.energy_j,
                "carbon_kg": year.carbon_kg,
                "visits": year.visits,
                "visits_cost": year.visits_cost,
                "kinds_cost": year.kinds_cost,
                "spares_cost": year.spares_cost,
            }
            for year in fleet.years
        ],
        "orders": [
            {
                "year": order.year,
                "device": order.device,
                "name": order.name,
                "for_sites": order.for_sites,
                "for_shelf": order.for_shelf,
                "price": order.price,
                "amount": order.amount,
            }
            for order in fleet.orders
        ],
        "pool": [_shelf(row, fleet) for row in fleet.pool],
        "updates": [_update(way) for way in fleet.updates],
        "swings": [{"input": s.input, "low": s.low, "high": s.high} for s in fleet.swings],
        "worst": [dict(row) for row in fleet.worst],
        "headroom": sorted(value for row in fleet.rows if isinstance(value := row["headroom"], float)),
        "roundings": [
            {
                "column": item.column,
                "step": item.step,
                "changed": item.changed,
                "largest_ratio": item.largest_ratio,
                "mean_ratio": item.mean_ratio,
            }
            for item in fleet.roundings
        ],
        "unpriced": dict(fleet.unpriced),
        "kinds_note": None if spec.kinds is None else spec.kinds.note,
        "notes": list(spec.notes),
        "faults": dict(fleet.faults),
        "rows": [dict(row) for row in fleet.rows],
    }


def standard_extra(fleet: Fleet) -> float | None:
    """What the best standard part costs at the sites beyond the best part at each, spares and kinds apart.

    None where it does not serve the same sites.
    """
    if not fleet.singles or fleet.singles[0].served != fleet.best_at_each.served:
        return None
    one, each = fleet.singles[0], fleet.best_at_each
    return (one.sites_cost + one.visits_cost) - (each.sites_cost + each.visits_cost)


def _choice(item: FleetChoice) -> FleetChoiceRecord:
    return {
        "parts": list(item.parts),
        "served": item.served,
        "open": item.open,
        "unserved": item.unserved,
        "devices": item.devices,
        "sites_cost": item.sites_cost,
        "visits_cost": item.visits_cost,
        "kinds_cost": item.kinds_cost,
        "pool_cost": item.pool_cost,
        "total": item.total,
    }


def _totals(item: Totals) -> FleetTotalsRecord:
    return {
        "name": item.name,
        "sites": item.sites,
        "served": item.served,
        "open": item.open,
        "devices": item.devices,
        "spares": item.spares,
        "capital": item.capital,
        "running_cost_per_year": item.running_cost_per_year,
        "total_cost": item.total_cost,
        "present_value": item.present_value,
        "power_w": item.power_w,
        "energy_j": item.energy_j,
        "carbon_kg": item.carbon_kg,
        "visits": item.visits,
        "parts": dict(item.parts),
    }


def _shelf(row: PoolRow, fleet: Fleet) -> FleetShelfRecord:
    transport_s = 0.0 if fleet.spec.spares is None else fleet.spec.spares.transport_s
    return {
        "shelf": row.shelf,
        "device": row.device,
        "devices": row.devices,
        "failures_per_year": row.failures_per_year,
        "stock": row.found.stock,
        "in_repair": row.found.in_repair,
        "waits": row.found.waits,
        "backorders": row.found.backorders,
        "mean_wait_s": row.found.mean_wait_s,
        "mean_down_s": row.found.mean_wait_s + transport_s,
    }


def _update(way: UpdateWay) -> FleetUpdateRecord:
    return {
        "way": way.way,
        "bytes_per_site": way.bytes_per_site,
        "total_bytes": way.total_bytes,
        "bytes_per_year": way.bytes_per_year,
        "nearly_all_s": way.nearly_all_s,
        "waves": [
            {
                "share": wave.share,
                "sites": wave.sites,
                "begins_s": wave.begins_s,
                "nearly_all_s": wave.nearly_all_s,
            }
            for wave in way.waves
        ],
    }


def fleet_json(record: FleetRecord) -> bytes:
    """The record as the file `fleet.json`; a number that is not finite is null."""
    return (json.dumps(_finite(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value
