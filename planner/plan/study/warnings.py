"""What a reader of the study has to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.hardware.catalog import part_file
from planner.wording.message import message

if TYPE_CHECKING:
    from planner.plan.study.study import Study


def warnings(study: Study) -> tuple[str, ...]:
    """Parts of one's own, what cannot run, and what estimates and the simulation warn of; each once."""
    devices = dict.fromkeys(option.device for option in study.options)
    found = [note for device_id in devices if (note := part_file(device_id).note) is not None]
    found += study.estimator.notes
    found += [
        message("warning.cannot_run", device=r.device, mode=r.mode, precision=r.precision, reason=r.reason)
        for r in study.refusals
    ]
    if study.simulated:
        for item in study.simulated.option.networks:
            model = item.estimate.model
            found += [message("warning.of_network", model=model, text=t) for t in item.estimate.warnings]
        found += list(study.simulated.result.warnings)
    return tuple(dict.fromkeys(found))
