"""What an answer rests on, by the digests of the files it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planner.hardware.catalog import device_digest
from planner.plan.study import ScenarioFile
from planner.wording.message import message
from planner.workload.workload import Workload


def digests(
    source: ScenarioFile, workloads: Mapping[str, Workload], device_ids: Iterable[str]
) -> list[dict[str, object]]:
    """SHA-256 of the scenario, of each network and of each part once."""
    rows: list[dict[str, object]] = [
        {"what": message("digest.scenario", name=source.file), "sha256": source.sha256}
    ]
    rows += [
        {"what": message("digest.network", name=w.model), "sha256": w.digest} for w in workloads.values()
    ]
    for device_id in dict.fromkeys(device_ids):
        what = message("digest.device", name=device_id)
        rows.append({"what": what, "sha256": device_digest(device_id)})
    return rows
