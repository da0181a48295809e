"""What a simulation answers; field names are those of the JSON output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.shown import Shown
from planner.units import format_number

if TYPE_CHECKING:
    import pandas as pd


class Verdict(StrEnum):
    """Whether a stream's promise is kept, as far as the interval across replications can tell."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class LatencyStatistics:
    """Seconds from arrival to completion over all served requests of all replications.

    `p99_low` and `p99_high` are the 95 % t-interval of the p99 of single replications, each with camera
    phases of its own; `p99_worst` is the highest of them, for a rack that drew its phases badly. None where
    nothing was served, and for the interval where there is only one replication.
    """

    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None
    p99_worst: float | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Served requests by latency: `counts[i]` lie from `edges_s[i]` up to `edges_s[i + 1]`."""

    edges_s: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AtBound:
    """One stream at one end of the band of its service latency, or in its middle.

    Times as in `LatencyStatistics` and `StreamResult`; both are None where more is asked than can be served.
    """

    p99: float | None
    slo_latency_s: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StreamBounds:
    """One stream with every network at the low end of its latency band, in the middle and at the high end."""

    low: AtBound
    mid: AtBound
    high: AtBound


@dataclass(frozen=True, slots=True)
class StreamResult:
    """One stream group; counts are of requests that arrived in the counted window, over all replications.

    `unfinished` ones were still in the system when the run ended; requests are served, dropped or unfinished.
    """

    name: str
    requests: int
    served: int
    dropped: int
    unfinished: int
    latency_s: LatencyStatistics
    slo_latency_s: float | None
    """Time within which the promised share of all requests was answered; None where that share never was."""
    histogram: Histogram
    verdict: Verdict
    verdict_reason: str
    bounds: StreamBounds | None = None
    """Where the service latency is a band; the verdict then holds over all of it."""
    installations_broken: float | None = None
    """Share of the replications that break the promise. Periodic sources keep their phases for life, and each
    replication has phases of its own, as each installation has; None of other sources, whose replications
    differ by chance alone."""
    too_short: bool = False
    """Whether the run shows too little of the stream to judge it; more devices do not help."""


@dataclass(frozen=True, slots=True)
class Temperature:
    """Device temperature at epoch ends: mean over devices and time, and the highest anywhere, C."""

    mean: float
    max: float


@dataclass(frozen=True, slots=True)
class DevicesResult:
    """All devices of the rack over the counted window: shares of device-time, and shutdowns a replication.

    `utilisation` is over the devices that serve while none has failed, the others over spares as well.

    `mean_batch` is requests per batch started in the window; None where none was. `open_changes` is how
    often, a replication, a policy changed which devices take new requests. `out_share` of device-time was out
    of service, and a replication had `outages` of single devices, whatever the reason. `runaway_margin` is
    one less the gain of leakage through the temperature that it makes, at the hottest moment; None where
    leakage is unknown.
    """

    utilisation: float
    throttled_share: float
    temperature_c: Temperature
    shutdowns: float
    mean_batch: float | None
    open_changes: float
    runaway_margin: float | None = None
    out_share: float = 0.0
    outages: float = 0.0
    host_utilisation: float | None = None


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What was measured of a new model while its first devices were watched, over all replications.

    `rolled_back_share` of the replications went back to the old model; of `answered` requests `late_share`
    took longer than the p99 allowed, and `failed_share` came to nothing (None where nothing was answered).
    Replications that ended before the soak did are not counted in `replications`.
    """

    replications: int
    rolled_back_share: float
    answered: int
    late_share: float | None
    failed_share: float | None


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Replication 0 from its beginning, one value an epoch (at its end, or the mean over it), for figures.

    A run of more than 4,096 epochs has means of several epochs instead (of `temperature_max_c` the highest).
    `queue_length` is requests waiting in the rack; `power_w` includes the fans; `inlet_c` is the mean inlet.
    """

    time_s: tuple[float, ...]
    queue_length: tuple[float, ...]
    temperature_mean_c: tuple[float, ...]
    temperature_max_c: tuple[float, ...]
    inlet_c: tuple[float, ...]
    exhaust_c: tuple[float, ...]
    power_w: tuple[float, ...]
    throttled_share: tuple[float, ...]
    utilisation: tuple[float, ...]
    out_share: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotTemperatures:
    """Replication 0, device by device: one row an instant, one column a device in the order of its slots."""

    time_s: tuple[float, ...]
    temperature_c: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class RackResult(Shown):
    """The answer of a simulation; energy is the mean of one replication's counted window, fans included.

    `energy_per_request_j` is energy over the requests completed in the window, None where there were none.
    `invariants` are relative residuals of conservation laws, the worst of all replications.
    """

    streams: tuple[StreamResult, ...]
    devices: DevicesResult
    power_w: float
    energy_j: float
    energy_per_request_j: float | None
    throughput_per_s: float
    offered_utilisation: float
    invariants: Mapping[str, float]
    seed: int
    replications: int
    series: TimeSeries
    slots: SlotTemperatures
    warnings: tuple[str, ...]
    partial: bool = False
    """Whether the run was interrupted: all figures are of the replications that were finished."""
    update: UpdateResult | None = None
    """None without an update that is measured, or where it was never decided."""

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        streams = ", ".join(f"{stream.name} {stream.verdict}" for stream in self.streams)
        return f"of {self.replications} runs: {streams}; {format_number(self.power_w, 4)} W"

    def to_frame(self) -> pd.DataFrame:
        """One row a stream group, latency flattened to columns `latency_s.mean`, `latency_s.p50`, ..."""
        import pandas as pd

        rows: list[dict[str, object]] = []
        for stream in self.streams:
            row: dict[str, object] = asdict(stream)
            row.pop("latency_s")
            row.pop("histogram")
            row.pop("bounds")
            row["verdict"] = str(stream.verdict)
            row.update({f"latency_s.{name}": value for name, value in asdict(stream.latency_s).items()})
            rows.append(row)
        return pd.DataFrame(rows)
