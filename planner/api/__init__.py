"""Everything that the commands do, as Python calls: names and ids in, plain values out.

`networks` and `alternatives` ask about one network, `checks` puts it beside a baseline, `language` asks about
a language model, `plans` about cameras in one line, `scenarios`, `racks` and `reports` about a scenario,
`chains` about all that its frames go through, `fleets` about many sites, `engines` and `machine.llama` about
this machine, `database` about what is shipped. Each name is imported when it is first used.

In: names, ids, paths and plain numbers in SI units.
Out: frozen values, or an `InputError` with all that is wrong at once.
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
    from planner.api.chains import chain_text, measure_chain, predict_chain
    from planner.api.checks import check, check_files, read_baseline, write_check, write_overlay
    from planner.api.database.parts import (
        check_database,
        device_ids,
        device_label,
        device_links,
        device_numbers,
        device_schema,
        device_template,
        device_video,
        list_devices,
        own_part_notes,
        own_parts,
        part_file,
        precision_named,
        precision_names,
        read_device,
        write_devices_page,
    )
    from planner.api.database.shipped import (
        AppliedCorrection,
        copy_scenario,
        engine_ids,
        export_network,
        list_corrections,
        list_measurements,
        list_networks,
        list_scenarios,
        scenario_text,
    )
    from planner.api.engines import (
        HEAT_LOG_TOOLS,
        PROFILE_TOOLS,
        SEVERAL_FILES,
        calibrate,
        calibrate_serving,
        import_heat,
        import_profile,
        measure,
        measure_beside,
        register_calibration,
        serving_record,
        validate,
        validate_plan,
        validate_published,
        validate_serving,
    )
    from planner.api.fleets import fleet, write_fleet
    from planner.api.language import (
        capacities,
        converse,
        has_conversations,
        is_language_model,
        language_models,
        list_token_rates,
        plan_conversations,
        read_language_model,
        serve,
        write_conversations,
    )
    from planner.api.machine.llama import calibrate_llama, measure_llama, register_llama, validate_llama
    from planner.api.machine.tokens import TOKEN_TOOLS, import_tokens, write_anchors
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
    from planner.api.options import host_text, margin_text
    from planner.api.plans import (
        check_network,
        check_question,
        plain_text,
        plan,
        plan_template,
        short_question,
        usual_site,
        write_plan,
    )
    from planner.api.plots import (
        PICTURE_ENDINGS,
        picture_kind,
        plot_comparison,
        plot_curve,
        plot_estimate,
        plot_served,
    )
    from planner.api.racks import (
        Claims,
        ClockSaving,
        RackAnswers,
        claims,
        rack_answers,
        soak,
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
        allow_files_outside,
        check_log,
        cost,
        density,
        evidence,
        lint,
        linted,
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
    "chains": ("chain_text", "measure_chain", "predict_chain"),
    "checks": ("check", "check_files", "read_baseline", "write_check", "write_overlay"),
    "database.parts": (
        "check_database", "device_ids", "device_label", "device_numbers", "device_schema",
        "device_links", "device_template", "device_video", "list_devices", "own_part_notes", "own_parts",
        "part_file",
        "precision_named", "precision_names", "read_device", "write_devices_page",
    ),
    "database.shipped": (
        "AppliedCorrection", "copy_scenario", "engine_ids", "export_network", "list_corrections",
        "list_measurements", "list_networks", "list_scenarios", "scenario_text",
    ),
    "engines": (
        "HEAT_LOG_TOOLS", "PROFILE_TOOLS", "SEVERAL_FILES", "calibrate", "calibrate_serving", "import_heat",
        "import_profile", "measure", "measure_beside", "register_calibration", "serving_record", "validate",
        "validate_plan", "validate_published", "validate_serving",
    ),
    "fleets": ("fleet", "write_fleet"),
    "language": (
        "capacities", "converse", "has_conversations", "is_language_model", "language_models",
        "list_token_rates", "plan_conversations", "read_language_model", "serve", "write_conversations",
    ),
    "machine.llama": ("calibrate_llama", "measure_llama", "register_llama", "validate_llama"),
    "machine.tokens": ("TOKEN_TOOLS", "import_tokens", "write_anchors"),
    "networks": (
        "Inspection", "asked", "compare", "estimate", "estimate_units", "inspect", "read_onnx",
        "refuse_beside_auto",
    ),
    "options": ("host_text", "margin_text"),
    "plans": (
        "check_network", "check_question", "plain_text", "plan", "plan_template", "short_question",
        "usual_site", "write_plan",
    ),
    "plots": (
        "PICTURE_ENDINGS", "picture_kind", "plot_comparison", "plot_curve", "plot_estimate", "plot_served",
    ),
    "racks": ("Claims", "ClockSaving", "RackAnswers", "claims", "rack_answers", "soak", "theory_beside"),
    "reports": ("CHANGES_ENDINGS", "ReportChanges", "compare_reports", "report_schema", "write_report"),
    "scenarios": (
        "SimulatedScenario", "allow_files_outside", "check_log", "cost", "density", "evidence", "lint",
        "linted", "read_scenario", "simulate", "simulate_scenario", "size", "sweep", "with_evidence",
        "write_log",
    ),
}  # fmt: skip

__all__ = [
    "CHANGES_ENDINGS",
    "HEAT_LOG_TOOLS",
    "PICTURE_ENDINGS",
    "PROFILE_TOOLS",
    "SEVERAL_FILES",
    "TOKEN_TOOLS",
    "AppliedCorrection",
    "Claims",
    "ClockSaving",
    "Inspection",
    "LinkedSplit",
    "RackAnswers",
    "ReportChanges",
    "SimulatedScenario",
    "UnitCurve",
    "allow_files_outside",
    "asked",
    "baseline",
    "calibrate",
    "calibrate_llama",
    "calibrate_serving",
    "capacities",
    "chain_text",
    "check",
    "check_database",
    "check_files",
    "check_log",
    "check_network",
    "check_question",
    "claims",
    "compare",
    "compare_reports",
    "converse",
    "copy_scenario",
    "cost",
    "curve",
    "density",
    "device_ids",
    "device_label",
    "device_links",
    "device_numbers",
    "device_schema",
    "device_template",
    "device_video",
    "engine_ids",
    "estimate",
    "estimate_units",
    "evidence",
    "export_network",
    "fleet",
    "has_conversations",
    "host_text",
    "import_heat",
    "import_profile",
    "import_tokens",
    "inspect",
    "is_language_model",
    "language_models",
    "linked_split",
    "lint",
    "linted",
    "list_corrections",
    "list_devices",
    "list_measurements",
    "list_networks",
    "list_scenarios",
    "list_token_rates",
    "margin_text",
    "measure",
    "measure_beside",
    "measure_chain",
    "measure_llama",
    "own_part_notes",
    "own_parts",
    "part_file",
    "picture_kind",
    "plain_text",
    "plan",
    "plan_conversations",
    "plan_template",
    "plot_comparison",
    "plot_curve",
    "plot_estimate",
    "plot_served",
    "precision_named",
    "precision_names",
    "predict_chain",
    "rack_answers",
    "read_baseline",
    "read_device",
    "read_language_model",
    "read_onnx",
    "read_scenario",
    "refuse_beside_auto",
    "register_calibration",
    "register_llama",
    "report_schema",
    "scenario_text",
    "serve",
    "serving_record",
    "short_question",
    "simulate",
    "simulate_scenario",
    "size",
    "soak",
    "split",
    "sweep",
    "theory_beside",
    "usual_site",
    "validate",
    "validate_llama",
    "validate_plan",
    "validate_published",
    "validate_serving",
    "what_if",
    "with_evidence",
    "write_anchors",
    "write_check",
    "write_conversations",
    "write_devices_page",
    "write_fleet",
    "write_log",
    "write_overlay",
    "write_plan",
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
