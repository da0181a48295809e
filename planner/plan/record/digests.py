"""What an answer rests on, by the digests of the files it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.hardware.catalog import device_digest
from planner.latency.transfer.store import transfer_digest
from planner.plan.options.option import Option
from planner.plan.scenario.file import ScenarioFile
from planner.schema.record import DigestRecord
from planner.wording.message import message
from planner.workload.workload import Workload


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
