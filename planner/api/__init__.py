"""Everything that the commands do, as Python calls: names and ids in, plain values out.

`networks` and `alternatives` ask about one network, `language` about a language model, `scenarios`, `racks`
and `reports` about a scenario, `engines` about this machine, `database` about what is shipped. Each
name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.api.alternatives import (
        LinkedSplit,
        UnitCurve,
        baseline,
        curve,
        linked_split,
        split,
        what_if,
    )
    from planner.api.database import (
        AppliedCorrection,
        check_database,
        copy_scenario,
        device_ids,
        device_label,
        device_numbers,
        device_schema,
        device_template,
        engine_ids,
        export_network,
        list_corrections,
        list_devices,
        list_measurements,
        list_networks,
        list_scenarios,
        own_part_notes,
        part_file,
        precision_named,
        precision_names,
        read_device,
        scenario_text,
        write_devices_page,
    )
    from planner.api.engines import (
        PROFILE_TOOLS,
        SEVERAL_FILES,
        calibrate,
        import_profile,
        measure,
        register_calibration,
        validate,
    )
    from planner.api.language import (
        is_language_model,
        language_models,
        list_token_rates,
        read_language_model,
        serve,
    )
    from planner.api.networks import (
        Inspection,
        asked,
        compare,
        estimate,
        estimate_units,
        inspect,
        read_onnx,
        refuse_beside_auto,
    )
    from planner.api.racks import (
        Claims,
        ClockSaving,
        RackAnswers,
        claims,
        rack_answers,
        theory_beside,
    )
    from planner.api.reports import (
        CHANGES_ENDINGS,
        ReportChanges,
        compare_reports,
        report_schema,
        write_report,
    )
    from planner.api.scenarios import (
        SimulatedScenario,
        check_log,
        cost,
        density,
        evidence,
        host_text,
        lint,
        margin_text,
        read_scenario,
        simulate,
        simulate_scenario,
        size,
        sweep,
        with_evidence,
        write_log,
    )

_HOME = {
    "alternatives": ("LinkedSplit", "UnitCurve", "baseline", "curve", "linked_split", "split", "what_if"),
    "database": (
        "AppliedCorrection",
        "check_database",
        "copy_scenario",
        "device_ids",
        "device_label",
        "device_numbers",
        "device_schema",
        "device_template",
        "engine_ids",
        "export_network",
        "list_corrections",
        "list_devices",
        "list_measurements",
        "list_networks",
        "list_scenarios",
        "own_part_notes",
        "part_file",
        "precision_named",
        "precision_names",
        "read_device",
        "scenario_text",
        "write_devices_page",
    ),
    "engines": (
        "PROFILE_TOOLS",
        "SEVERAL_FILES",
        "calibrate",
        "import_profile",
        "measure",
        "register_calibration",
        "validate",
    ),
    "language": (
        "is_language_model",
        "language_models",
        "list_token_rates",
        "read_language_model",
        "serve",
    ),
    "networks": (
        "Inspection",
        "asked",
        "compare",
        "estimate",
        "estimate_units",
        "inspect",
        "read_onnx",
        "refuse_beside_auto",
    ),
    "racks": ("Claims", "ClockSaving", "RackAnswers", "claims", "rack_answers", "theory_beside"),
    "reports": ("CHANGES_ENDINGS", "ReportChanges", "compare_reports", "report_schema", "write_report"),
    "scenarios": (
        "SimulatedScenario",
        "check_log",
        "cost",
        "density",
        "evidence",
        "host_text",
        "lint",
        "margin_text",
        "read_scenario",
        "simulate",
        "simulate_scenario",
        "size",
        "sweep",
        "with_evidence",
        "write_log",
    ),
}

__all__ = [
    "CHANGES_ENDINGS",
    "PROFILE_TOOLS",
    "SEVERAL_FILES",
    "AppliedCorrection",
    "Claims",
    "ClockSaving",
    "Inspection",
    "LinkedSplit",
    "RackAnswers",
    "ReportChanges",
    "SimulatedScenario",
    "UnitCurve",
    "asked",
    "baseline",
    "calibrate",
    "check_database",
    "check_log",
    "claims",
    "compare",
    "compare_reports",
    "copy_scenario",
    "cost",
    "curve",
    "density",
    "device_ids",
    "device_label",
    "device_numbers",
    "device_schema",
    "device_template",
    "engine_ids",
    "estimate",
    "estimate_units",
    "evidence",
    "export_network",
    "host_text",
    "import_profile",
    "inspect",
    "is_language_model",
    "language_models",
    "linked_split",
    "lint",
    "list_corrections",
    "list_devices",
    "list_measurements",
    "list_networks",
    "list_scenarios",
    "list_token_rates",
    "margin_text",
    "measure",
    "own_part_notes",
    "part_file",
    "precision_named",
    "precision_names",
    "rack_answers",
    "read_device",
    "read_language_model",
    "read_onnx",
    "read_scenario",
    "refuse_beside_auto",
    "register_calibration",
    "report_schema",
    "scenario_text",
    "serve",
    "simulate",
    "simulate_scenario",
    "size",
    "split",
    "sweep",
    "theory_beside",
    "validate",
    "what_if",
    "with_evidence",
    "write_devices_page",
    "write_log",
    "write_report",
]

_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'planner.api' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"planner.api.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
