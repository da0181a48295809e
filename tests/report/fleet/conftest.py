"""A fleet's record by hand: two groups, a site without a part, a name that is no markup."""

from typing import Any

import pytest

HOSTILE = "</script><b>#panic $x$"


def totals(name: str, sites: int, served: int) -> dict[str, Any]:
    return {
        "name": name,
        "sites": sites,
        "served": served,
        "open": 1,
        "devices": 3,
        "spares": 0,
        "capital": 1500.0,
        "running_cost_per_year": 60.0,
        "total_cost": 1700.0,
        "present_value": 1700.0,
        "power_w": 80.0,
        "energy_j": 7.2e9,
        "carbon_kg": None,
        "visits": 2.5,
        "parts": {"jetson-orin-nano-8": 3},
    }


def site(name: str, device: str | None, headroom: float | None, **more: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "site": name,
        "group": "north",
        "verdict": "NONE" if device is None else "PASS",
        "device": device,
        "count": None if device is None else 2,
        "spares": 0,
        "sources": 9,
        "headroom": headroom,
        "temperature_c": 61.5,
        "power_w": 40.0,
        "capital": 500.0,
        "present_value": 800.0,
        "opens": 1,
        "latitude": 50.0,
        "longitude": 5.0 + len(name),
        "best_device": device,
        "best_count": 2,
        "extra_value": 0.0,
        "reason": "cameras: late",
    }
    return {**row, **more}


def choice(*parts: str, total: float = 1700.0) -> dict[str, Any]:
    return {
        "parts": list(parts),
        "served": 2,
        "open": 1,
        "unserved": 1,
        "devices": 3,
        "sites_cost": total,
        "visits_cost": 0.0,
        "kinds_cost": 0.0,
        "pool_cost": 0.0,
        "total": total,
    }


@pytest.fixture
def record() -> dict[str, Any]:
    rows = [site("alpha", "jetson-orin-nano-8", 0.4), site(HOSTILE, "jetson-orin-nano-8", 0.1)]
    rows.append(site("gamma", None, None, group="south"))
    year = {"year": 1, "sites": 2, "devices": 3, "capital": 1500.0, "running": 60.0, "energy_cost": 60.0}
    year |= {"energy_j": 7.2e9, "carbon_kg": None, "visits": 2.5, "visits_cost": 0.0}
    order = {"year": 1, "device": "jetson-orin-nano-8", "name": "Orin Nano", "for_sites": 3, "for_shelf": 1}
    shelf = {"shelf": "fleet", "device": "jetson-orin-nano-8", "devices": 3, "failures_per_year": 0.5}
    shelf |= {"stock": 1, "in_repair": 0.1, "waits": 0.09, "backorders": 0.004}
    wave = {"share": 1.0, "sites": 3, "begins_s": 0.0, "nearly_all_s": 86400.0}
    update = {"way": "full", "bytes_per_site": 3e7, "total_bytes": 9e7, "bytes_per_year": 9e7}
    return {
        "fleet": "shops",
        "title": "Three shops",
        "question": "One box for all?",
        "date": "2026-11-30",
        "currency": "USD",
        "feasible": True,
        "questions": 2,
        "plan": choice("jetson-orin-nano-8"),
        "best_at_each": choice("jetson-orin-nano-8"),
        "by_group": choice("jetson-orin-nano-8"),
        "group_standards": {"north": "jetson-orin-nano-8", "south": None},
        "few": [],
        "singles": [choice("jetson-orin-nano-8")],
        "standard_extra": 0.0,
        "part_names": {"jetson-orin-nano-8": "Orin Nano"},
        "totals": totals("fleet", 3, 2),
        "groups": [totals("north", 2, 2), totals("south", 1, 0)],
        "years": [{**year, "kinds_cost": 0.0, "spares_cost": 300.0}],
        "orders": [{**order, "price": 300.0, "amount": 1200.0}],
        "pool": [{**shelf, "mean_wait_s": 7200.0, "mean_down_s": 93600.0}],
        "updates": [{**update, "nearly_all_s": 86400.0, "waves": [wave]}],
        "swings": [{"input": "latency", "low": 1500.0, "high": 1900.0}],
        "worst": list(reversed(rows)),
        "headroom": [0.1, 0.4],
        "roundings": [
            {"column": "aisles", "step": 4.0, "changed": 1, "largest_ratio": 0.3, "mean_ratio": 0.1}
        ],
        "unpriced": {"rk3588": 2},
        "kinds_note": None,
        "notes": ["Shops are invented."],
        "faults": {},
        "rows": rows,
    }
