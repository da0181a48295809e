"""What anchors are compared with: a fitted model, or the roofline of the datasheet where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.errors import MissingDataError
from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.prepared import Prepared
from planner.latency.network_time import by_roofline
from planner.latency.transfer.prediction import predict
from planner.latency.transfer.store import covers, roofline_anchoring
from planner.schema.fitted.transfer import Anchoring, Transfer


@dataclass(frozen=True, slots=True)
class Basis:
    """A way to predict any setting of an engine on a kind of unit, and how its errors hang together."""

    transfer: Transfer | None
    """None: the roofline."""
    unit_kind: str
    anchoring: Anchoring
    log_shift: float
    """What has to be added to the logarithm of the prediction before any anchor speaks."""

    def predicted_s(self, prepared: Prepared, point: OperatingPoint) -> float:
        """Seconds of the engine alone, without host overhead."""
        if self.transfer is not None:
            return predict(prepared, point, self.transfer, "").band.mid
        return by_roofline(prepared, point).band.mid * math.exp(self.log_shift)

    def covers(self, point: OperatingPoint) -> bool:
        """Whether the model covers the unit."""
        if self.transfer is not None:
            return covers(self.transfer, point)
        return point.unit_kind == self.unit_kind


def basis_for(point: OperatingPoint, transfer: Transfer | None) -> Basis:
    """The model with its effects, else the roofline with those of all published rows.

    Raises `MissingDataError` for a model that has no effects yet.
    """
    if transfer is None:
        found = roofline_anchoring()
        return Basis(None, point.unit_kind, found.anchoring, math.log(found.median_over_roofline))
    if transfer.anchoring is None:
        raise MissingDataError(
            f"hardware_db/transfers/{transfer.id}.yaml: no effects to blend measurements by; "
            "write them with `python benchmarks/transfer_error.py --fit`"
        )
    return Basis(transfer, point.unit_kind, transfer.anchoring, 0.0)
