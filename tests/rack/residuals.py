"""The laws of a run, checked on records that the reference engine keeps."""

from planner.rack.counts.invariants import worst_residuals
from planner.rack.counts.tally import tally_records


def check_invariants(rack, records):
    """The worst relative residual of each law over the replications."""
    return worst_residuals(tally_records(rack, run).accounts for run in records)
