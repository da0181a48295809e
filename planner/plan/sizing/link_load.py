"""What the requests of a scenario send over the links between hosts and parts."""

from __future__ import annotations

from collections.abc import Sequence

from planner.hardware.physics import BITS
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart
from planner.schema.scenario.scenario import Scenario


def link_load(scenario: Scenario, estimator: Estimator, networks: Sequence[NetworkOnPart]) -> float:
    """Bytes a second of all streams in the busier direction, in the precision that is run.

    Both kinds of links carry both directions at once. Weights are taken to stay on the part, and results to
    be sent as the network gives them.
    """
    sent = returned = 0.0
    for item in networks:
        workload = estimator.workloads[item.model]
        each_bytes = BITS[item.estimate.precision] / 8 / workload.batch
        per_s = sum(
            stream.count * stream.rate_per_s for stream in scenario.streams if stream.model == item.model
        )
        outputs = (workload.tensors[name] for name in workload.outputs if name in workload.tensors)
        sent += per_s * each_bytes * sum(tensor.elements for tensor in workload.inputs.values())
        returned += per_s * each_bytes * sum(tensor.elements for tensor in outputs)
    return max(sent, returned)
