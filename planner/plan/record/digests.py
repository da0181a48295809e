"""What made an answer, of which question, and what it rests on by the digests of the files."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence

from planner.distribution import VERSION
from planner.hardware.catalog import device_digest
from planner.latency.transfer.store import transfer_digest
from planner.plan.options.option import Option
from planner.plan.scenario.file import ScenarioFile
from planner.schema.record import DigestRecord
from planner.schema.record.question import ScenarioRecord, ToolRecord
from planner.wording.message import message
from planner.workload.workload import Workload


def tool_record(packages: Sequence[str]) -> ToolRecord:
    """The planner and the packages that its numbers and pages come from, with their versions."""
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"name": "planner", "version": VERSION, "packages": versions}


def question_record(source: ScenarioFile) -> ScenarioRecord:
    """The scenario as its reader wrote it."""
    scenario = source.scenario
    return {
        "id": scenario.id,
        "title": scenario.title,
        "question": scenario.question.strip(),
        "date": scenario.date,
        "file": source.file,
        "sha256": source.sha256,
        "notes": list(scenario.notes),
    }


def digests(
    source: ScenarioFile, workloads: Mapping[str, Workload], options: Sequence[Option]
) -> list[DigestRecord]:
    """SHA-256 of the scenario, of each network, part and fitted model once."""
    rows: list[DigestRecord] = [
        {"what": message("digest.scenario", name=source.file), "sha256": source.sha256}
    ]
    rows += [
        {"what": message("digest.network", name=w.model), "sha256": w.digest} for w in workloads.values()
    ]
    for device_id in dict.fromkeys(option.device for option in options):
        what = message("digest.device", name=device_id)
        rows.append({"what": what, "sha256": device_digest(device_id)})
    fitted = {item.estimate.rests_on for option in options for item in option.networks}
    for transfer_id in sorted(model for model in fitted if model):
        what = message("digest.model", name=transfer_id)
        rows.append({"what": what, "sha256": transfer_digest(transfer_id)})
    return rows
