"""The one record that the PDF, the page and the data file are made from.

Keys follow the command contract: SI floats with the unit in the key. An absent value is `None` (null), never
zero. More keys than these are allowed and kept.
"""

from planner.report.record.formulas import Formula
from planner.report.record.latency import Ceiling, Footprint, Kernel, Rival, Roofline, Rung
from planner.report.record.money import Spending, SpendingLine, Swing, Tornado
from planner.report.record.options import Answer, Band, Constraint, Option
from planner.report.record.question import (
    Assumption,
    Digest,
    Network,
    Scenario,
    Source,
    Stream,
    Tool,
    Unresolved,
    Value,
)
from planner.report.record.rack import (
    Density,
    DensityLimit,
    DensityRow,
    Elevation,
    Histogram,
    Hour,
    Rack,
    RackDevices,
    Series,
    Slots,
    StreamLatency,
    StreamResult,
    Temperature,
)
from planner.report.record.study import SCHEMA, Study, canonical_json, read_study
from planner.report.record.trust import Pitfall, Validation
from planner.report.record.turning import WhatIf

__all__ = [
    "SCHEMA",
    "Answer",
    "Assumption",
    "Band",
    "Ceiling",
    "Constraint",
    "Density",
    "DensityLimit",
    "DensityRow",
    "Digest",
    "Elevation",
    "Footprint",
    "Formula",
    "Histogram",
    "Hour",
    "Kernel",
    "Network",
    "Option",
    "Pitfall",
    "Rack",
    "RackDevices",
    "Rival",
    "Roofline",
    "Rung",
    "Scenario",
    "Series",
    "Slots",
    "Source",
    "Spending",
    "SpendingLine",
    "Stream",
    "StreamLatency",
    "StreamResult",
    "Study",
    "Swing",
    "Temperature",
    "Tool",
    "Tornado",
    "Unresolved",
    "Validation",
    "Value",
    "WhatIf",
    "canonical_json",
    "read_study",
]
