"""Laws that every run obeys whatever its parameters, each checked between two separate accounts of the run.

Residuals are relative to the larger account; `planner.rack.counts.tally` makes both. The counted window cuts
requests and batches exactly where it begins and ends, so nothing but rounding is left over.

- `little`: the integral of the number in the system (the engine's clock) against the time that requests
  spend in it (Little 1961, L = lambda W).
- `little_queue`: the same for the requests that wait, up to service or loss.
- `utilisation`: busy time by epoch against the service times of the batches (U = X S).
- `energy`: power by epoch against idle time, leakage, devices' own fans and each batch's own energy.
- `first_law`: heat in (power by epoch) against heat carried out by the air and heat stored in the devices.
- `conservation`: requests drawn against requests served, dropped and, by the engine's count, still in the
  system.
"""

from __future__ import annotations

from collections.abc import Iterable

from planner.rack.counts.tally import Accounts


def worst_residuals(runs: Iterable[Accounts]) -> dict[str, float]:
    """The worst relative residual of each law over the runs' accounts."""
    worst: dict[str, float] = {}
    for accounts in runs:
        for law, (one, other) in accounts.items():
            worst[law] = max(worst.get(law, 0.0), _residual(one, other))
    return worst


def _residual(one: float, other: float) -> float:
    # Relative to the larger account; two accounts of nothing agree.
    scale = max(abs(one), abs(other))
    return abs(one - other) / scale if scale > 0 else 0.0
