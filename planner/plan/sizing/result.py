"""What sizing answers: each part's best setting with its verdict, and all of them, best first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.data_files import scenarios_dir
from planner.plan.compare.candidate import Refusal
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.options.value_of_measuring import Rival
from planner.plan.options.what_to_measure import ToMeasure, by_worth, to_measure
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.growth import YearCount
from planner.plan.sizing.latency_span import StreamSpan, stream_spans
from planner.plan.sizing.redundancy import SpareRow
from planner.provenance import Provenance
from planner.rack.counts.results import Verdict
from planner.shown import Shown
from planner.wording.message import key_of
from planner.workload.workload import Workload

if TYPE_CHECKING:
    import pandas as pd

VERDICT_ORDER = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, Verdict.FAIL: 2}
"""Best first."""
LEAST_CHANCE = 0.02
"""Below which a measurement is not worth naming."""


@dataclass(frozen=True, slots=True)
class SizedOption:
    """One part's best setting, how many of it, and whether they hold.

    `count` keeps the service levels and the utilisation limit. `count_for_service` keeps the service levels
    with nothing to spare (found by simulation), and with fewer than `count_at_saturation` queues would grow
    without end (closed form; None where sources are pinned). An option that was not simulated has no rack and
    no count for service.
    """

    option: Option
    verdict: Verdict
    verdict_reason: str
    would_decide: tuple[str, ...]
    count_at_saturation: int | None
    count_for_service: int | None
    simulated: Simulated | None
    years: tuple[YearCount, ...] = ()
    spares: tuple[SpareRow, ...] = ()
    needed: int | None = None
    """The least devices that keep every promise; looked for where failures are stated."""

    def to_measure(self, source: ScenarioFile) -> tuple[ToMeasure, ...]:
        """What to measure on one unit, and how, where that would decide an open verdict."""
        if not self.open_for_latency:
            return ()
        return to_measure(source.scenario, self.option, path_of(source))

    @property
    def open_for_latency(self) -> bool:
        """Whether the ends of the latency band disagree about the verdict."""
        return any(key_of(text) == "decides.calibration" for text in self.would_decide)

    @property
    def streams(self) -> tuple[StreamSpan, ...]:
        """Each stream's p99 over replications and latency band; none for an option not simulated."""
        return stream_spans(self.simulated) if self.simulated else ()

    @property
    def tightest(self) -> StreamSpan | None:
        """The stream that comes nearest to its SLO, or goes farthest past it."""
        return max(self.streams, key=lambda stream: stream.tightness, default=None)


@dataclass(frozen=True, slots=True, repr=False)
class Sizing(Shown):
    """The options of a scenario, best first: those that pass by cost, then the open ones, then the rest."""

    source: ScenarioFile
    options: tuple[SizedOption, ...]
    refusals: tuple[Refusal, ...]
    considered: int
    """Settings (part, mode, precision, batch) that were sized in closed form."""
    workloads: Mapping[str, Workload]
    closed: tuple[Option, ...] = ()
    """All settings as the closed form has them, best first."""
    trials: tuple[Simulated, ...] = ()
    """Every rack that was simulated on the way, in order."""
    notes: tuple[str, ...] = ()
    """Measurements that were not used, with the reason, and what else there is to say of the others."""
    contradiction: str | None = None
    """Where every setting breaks a limit: the fewest limits that leave nothing, and what shows it."""

    @property
    def best(self) -> SizedOption | None:
        """The first option whose rack was simulated; None where every one breaks a limit."""
        first = self.options[0] if self.options else None
        return first if first is not None and first.simulated is not None else None

    def to_measure(self, plan: str | None = None) -> tuple[ToMeasure, ...]:
        """What to measure before ordering, over all parts, in the order of what it is worth.

        Commands call the scenario `plan`, by its path from here unless given. Left out is what was measured
        already, and what could change neither count, part nor verdict.
        """
        able = [item for item in self.options if item.option.feasible or item.open_for_latency]
        found: list[ToMeasure] = []
        for item in able:
            others = [other for other in able if other is not item]
            instead = min(others, key=lambda other: _price(other.option), default=None)
            rival = instead if item is able[0] else able[0]
            found += to_measure(
                self.source.scenario,
                item.option,
                plan or path_of(self.source),
                None if rival is None else Rival(rival.option.cost.capital, first=item is able[0]),
                open_verdict=item.open_for_latency,
            )
        measured = {
            (item.option.device, item.option.mode, network.model)
            for item in able
            for network in item.option.networks
            if network.estimate.provenance is Provenance.MEASURED
        }
        return tuple(
            item
            for item in sorted(found, key=by_worth)
            if item.worth.chance >= LEAST_CHANCE and (item.device, item.mode, item.network) not in measured
        )

    @property
    def feasible(self) -> bool:
        """Whether any option keeps the limits as planned, and its simulated rack did not fail."""
        return any(item.option.feasible and item.verdict is not Verdict.FAIL for item in self.options)

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        best = self.options[0] if self.options else None
        found = f"{best.option.count} x {best.option.device}, {best.verdict}" if best else "no option"
        return f"of {self.source.scenario.id}: {found}; {len(self.options)} parts"

    def to_frame(self) -> pd.DataFrame:
        """One row per option, best first; units are in the column names."""
        import pandas as pd

        return pd.DataFrame([_row(item) for item in self.options])


def path_of(source: ScenarioFile) -> str:
    """The scenario as a command names it: a shipped one by its name, another by its path from here."""
    if source.folder == scenarios_dir():
        return Path(source.file).stem
    path = (source.folder / source.file).resolve()
    here = Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _price(option: Option) -> float:
    return math.inf if option.cost.capital is None else option.cost.capital


def _row(item: SizedOption) -> dict[str, object]:
    option, tightest = item.option, item.tightest
    return {
        "device": option.device,
        "mode": option.mode,
        "unit": option.unit,
        "units": option.instances,
        "engine": option.engine,
        "precision": str(option.precision),
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "racks": option.racks,
        "count_for_service": item.count_for_service,
        "count_at_saturation": item.count_at_saturation,
        "utilisation": option.utilisation,
        "latency_provenance": option.latency_provenance.value,
        "p99_low_s": tightest.low_s if tightest else None,
        "p99_mid_s": tightest.mid_s if tightest else None,
        "p99_high_s": tightest.high_s if tightest else None,
        "p99_worst_s": tightest.worst_s if tightest else None,
        "installations_broken": tightest.installations_broken if tightest else None,
        "verdict": item.verdict.value,
        "power_w": option.heat.power_w,
        "capital": option.cost.capital,
        "running_cost_per_year": option.cost.running_per_year,
        "total_cost": option.cost.total,
        "currency": option.cost.currency,
        "reason": item.verdict_reason,
    }
