"""Which edge-AI hardware to buy, how many, how dense to rack it, what it will draw and cost - before buying.

Networks: `read_onnx`. Parts: `read_device`. Answers: `estimate`, `compare`, `size`, `simulate`, `cost`,
`sweep`, `lint`, `write_report`, `what_if`, `split`.
Each name is imported when it is first used, so that `import planner` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.api import (
        compare,
        cost,
        estimate,
        lint,
        read_device,
        read_onnx,
        read_scenario,
        simulate,
        size,
        split,
        sweep,
        what_if,
        write_report,
    )
    from planner.errors import PlannerError
    from planner.latency.result import Estimate
    from planner.workload.workload import Workload

_HOME = {
    "read_onnx": "planner.api",
    "read_device": "planner.api",
    "read_scenario": "planner.api",
    "estimate": "planner.api",
    "lint": "planner.api",
    "compare": "planner.api",
    "cost": "planner.api",
    "simulate": "planner.api",
    "size": "planner.api",
    "split": "planner.api",
    "sweep": "planner.api",
    "what_if": "planner.api",
    "write_report": "planner.api",
    "Estimate": "planner.latency.result",
    "Workload": "planner.workload.workload",
    "PlannerError": "planner.errors",
}

__all__ = [
    "Estimate",
    "PlannerError",
    "Workload",
    "compare",
    "cost",
    "estimate",
    "lint",
    "read_device",
    "read_onnx",
    "read_scenario",
    "simulate",
    "size",
    "split",
    "sweep",
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
