"""Which edge-AI hardware to buy, how many, how dense to rack it, what it will draw and cost - before buying.

Networks: `read_onnx`, `asked`, `inspect`. Parts: `read_device`, `list_devices`, `list_measurements`. One
network: `estimate`, `compare`, `what_if`, `curve`, `split`. A scenario: `size`, `simulate`, `density`,
`cost`, `lint`, `sweep`, `write_report`, `compare_reports`. This machine: `measure`, `calibrate`, `validate`.
The rest is in `planner.api`.
Each name is imported when it is first used, so that `import planner` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.api.alternatives import curve, split, what_if
    from planner.api.database.parts import check_database, device_ids, list_devices, read_device
    from planner.api.database.shipped import export_network, list_measurements, list_networks
    from planner.api.engines import calibrate, import_profile, measure, register_calibration, validate
    from planner.api.fleets import fleet
    from planner.api.networks import asked, compare, estimate, estimate_units, inspect, read_onnx
    from planner.api.reports import compare_reports, write_report
    from planner.api.scenarios import cost, density, lint, read_scenario, simulate, size, sweep
    from planner.errors import PlannerError
    from planner.latency.result import Estimate
    from planner.workload.workload import Workload

_HOME = {
    "Estimate": "planner.latency.result",
    "PlannerError": "planner.errors",
    "Workload": "planner.workload.workload",
    "asked": "planner.api.networks",
    "calibrate": "planner.api.engines",
    "check_database": "planner.api.database.parts",
    "compare": "planner.api.networks",
    "compare_reports": "planner.api.reports",
    "cost": "planner.api.scenarios",
    "curve": "planner.api.alternatives",
    "density": "planner.api.scenarios",
    "device_ids": "planner.api.database.parts",
    "estimate": "planner.api.networks",
    "estimate_units": "planner.api.networks",
    "export_network": "planner.api.database.shipped",
    "fleet": "planner.api.fleets",
    "import_profile": "planner.api.engines",
    "inspect": "planner.api.networks",
    "lint": "planner.api.scenarios",
    "list_devices": "planner.api.database.parts",
    "list_measurements": "planner.api.database.shipped",
    "list_networks": "planner.api.database.shipped",
    "measure": "planner.api.engines",
    "read_device": "planner.api.database.parts",
    "read_onnx": "planner.api.networks",
    "read_scenario": "planner.api.scenarios",
    "register_calibration": "planner.api.engines",
    "simulate": "planner.api.scenarios",
    "size": "planner.api.scenarios",
    "split": "planner.api.alternatives",
    "sweep": "planner.api.scenarios",
    "validate": "planner.api.engines",
    "what_if": "planner.api.alternatives",
    "write_report": "planner.api.reports",
}

__all__ = [
    "Estimate",
    "PlannerError",
    "Workload",
    "asked",
    "calibrate",
    "check_database",
    "compare",
    "compare_reports",
    "cost",
    "curve",
    "density",
    "device_ids",
    "estimate",
    "estimate_units",
    "export_network",
    "fleet",
    "import_profile",
    "inspect",
    "lint",
    "list_devices",
    "list_measurements",
    "list_networks",
    "measure",
    "read_device",
    "read_onnx",
    "read_scenario",
    "register_calibration",
    "simulate",
    "size",
    "split",
    "sweep",
    "validate",
    "what_if",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'planner' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
