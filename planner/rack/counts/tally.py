"""One run counted: what statistics and self-checks need of it, of a size that does not grow with its length.

The compiled engine counts while it runs; the records of the reference engine are counted afterwards by
`tally_records`. Both end here, so that one answer is made from either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.arrivals.merged import draw_arrivals
from planner.rack.counts.epochs import EpochAccounts, EpochTally
from planner.rack.counts.latencies import ExactLatencies, Latencies
from planner.rack.counts.one_run import block_ends
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.load.topology import NONE
from planner.rack.run.records import Outcome, Records
from planner.rack.run.rolling_update import TrialOutcome

Accounts = Mapping[str, tuple[float, float]]
"""For each law, the two accounts that must agree; see `planner.rack.counts.invariants`."""


@dataclass(frozen=True, slots=True, eq=False)
class StreamTally:
    """Requests of one stream group that arrived in the counted window.

    `overdue` are those unfinished ones that are older than their SLO when the run ends.
    """

    served: int
    dropped: int
    unfinished: int
    overdue: int
    latencies: Latencies


@dataclass(frozen=True, slots=True)
class RequestAccounts:
    """Sums over the requests and batches of a run, within its counted window.

    Time that requests spent in the rack and waiting, time and energy above idle that batches took; requests
    drawn for the whole run, gone by its end, and still there by the engine's own count.
    """

    spent_s: float
    waited_s: float
    served_s: float
    served_j: float
    drawn: int
    gone: int
    in_system: int


@dataclass(frozen=True, slots=True, eq=False)
class RunTally:
    """One replication. `completed` were served within the counted window; `batches` began in it and held
    `batched` requests; `trial` is what was measured of a new model. `blocks` are the streams in consecutive
    parts of the window, where there is but one run (`planner.rack.counts.one_run`).
    """

    replication: int
    streams: tuple[StreamTally, ...]
    completed: int
    batches: int
    batched: int
    epochs: EpochTally
    accounts: Accounts
    trial: TrialOutcome | None = None
    blocks: tuple[tuple[StreamTally, ...], ...] = ()


@formula("little", "utilisation_law", "energy_balance")
def law_accounts(rack: Rack, epochs: EpochAccounts, requests: RequestAccounts) -> Accounts:
    """Each law's two accounts: one from the epochs, one from requests and batches."""
    fans_j = rack.fan_w * epochs.length_s
    # What the supply loses is no part of the devices' accounts; the air carries it off with their heat.
    lost_j = rack.supply_loss * epochs.drawn_j
    parts_j = epochs.idle_j + epochs.leaked_j + epochs.own_fan_j + requests.served_j
    return {
        "little": (epochs.in_system_s, requests.spent_s),
        "little_queue": (epochs.waiting_s, requests.waited_s),
        "utilisation": (epochs.busy_s + epochs.host_busy_s + epochs.copy_busy_s, requests.served_s),
        "energy": (epochs.drawn_j + fans_j, parts_j + fans_j),
        "first_law": (epochs.drawn_j + lost_j + fans_j, epochs.carried_j + epochs.stored_j),
        "conservation": (float(requests.drawn), float(requests.gone + requests.in_system)),
    }


def tally_records(rack: Rack, run: Records) -> RunTally:
    """The records of one replication, counted; the warm-up is cut by arrival for requests."""
    window = counted_window(rack, run)
    epochs = EpochTally(rack)
    epochs.add_records(run)
    requests, batches = run.requests, run.batches
    served_s = window.overlap_s(batches.start_s, batches.end_s)
    done = RequestAccounts(
        spent_s=float(window.overlap_s(requests.arrival_s, requests.departure_s).sum()),
        waited_s=float(window.overlap_s(run.waits.start_s, run.waits.end_s).sum()),
        served_s=float(served_s.sum()),
        served_j=float(served_s @ batches.dynamic_w),
        drawn=draw_arrivals(rack, run.replication).time_s.size,
        gone=int(np.count_nonzero(requests.outcome != Outcome.IN_SYSTEM)),
        in_system=run.in_system,
    )
    # Throughput counts answers within the window; `_stream` counts requests that arrived in it.
    served = (requests.outcome == Outcome.SERVED) & (requests.departure_s >= window.start_s)
    begun = (batches.start_s >= window.start_s) & (batches.network != NONE)
    return RunTally(
        replication=run.replication,
        streams=tuple(_stream(group, index, run, window) for index, group in enumerate(rack.streams)),
        completed=int(np.count_nonzero(served)),
        batches=int(np.count_nonzero(begun)),
        batched=int(batches.size[begun].sum()),
        epochs=epochs,
        accounts=law_accounts(rack, epochs.accounts, done),
        trial=run.trial,
        blocks=_blocks(rack, run, window),
    )


def _blocks(rack: Rack, run: Records, window: Window) -> tuple[tuple[StreamTally, ...], ...]:
    """The streams by the part of the window in which their requests left; unfinished ones are in the last."""
    ends_s = [float(run.epochs.end_s[last - 1]) for last in block_ends(rack)]
    left_s = run.requests.departure_s
    blocks = []
    for number, end_s in enumerate(ends_s):
        inside = left_s < end_s if number < len(ends_s) - 1 else np.ones(left_s.size, dtype=np.bool_)
        inside |= np.isnan(left_s) & (number == len(ends_s) - 1)
        if number:
            inside &= ~(left_s < ends_s[number - 1])
        own = replace(run, requests=run.requests.of(inside))
        blocks.append(tuple(_stream(group, index, own, window) for index, group in enumerate(rack.streams)))
    return tuple(blocks)


def _stream(group: StreamGroup, index: int, run: Records, window: Window) -> StreamTally:
    requests = run.requests
    counted = (requests.stream == index) & (requests.arrival_s >= window.start_s)
    outcome, arrival_s = requests.outcome[counted], requests.arrival_s[counted]
    served = outcome == Outcome.SERVED
    unfinished = outcome == Outcome.IN_SYSTEM
    return StreamTally(
        served=int(np.count_nonzero(served)),
        dropped=int(np.count_nonzero(outcome == Outcome.DROPPED)),
        unfinished=int(np.count_nonzero(unfinished)),
        overdue=int(np.count_nonzero(unfinished & (window.end_s - arrival_s > group.slo_s))),
        latencies=ExactLatencies(np.sort(requests.departure_s[counted][served] - arrival_s[served])),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """From the end of one epoch to the end of another; `epochs` selects its rows, with lengths `epoch_s`."""

    start_s: float
    end_s: float
    epochs: slice
    epoch_s: Floats

    @property
    def length_s(self) -> float:
        """Length of the window."""
        return self.end_s - self.start_s

    def overlap_s(self, start_s: Floats, end_s: Floats) -> Floats:
        """Time that each interval spends in the window; an end that is NaN is past the end of the run."""
        # `fmin` passes over NaN, so that what never ended ends with the window.
        last_s = np.fmin(end_s, self.end_s)
        return np.asarray(np.maximum(last_s - np.maximum(start_s, self.start_s), 0.0))


def counted_window(rack: Rack, records: Records) -> Window:
    """The window of one replication."""
    edges_s = np.concatenate(([0.0], records.epochs.end_s))
    first = rack.warmup_epochs
    return Window(
        float(edges_s[first]), float(edges_s[-1]), slice(first, None), np.asarray(np.diff(edges_s)[first:])
    )
