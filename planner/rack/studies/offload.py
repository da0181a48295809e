"""Sending a share of the requests to a cloud: the time and the money of one request over a link.

latency = RTT + lost packets + bytes up / rate up + service + bytes down / rate down. A lost message is sent
again after a timeout, so that k tries happen with probability loss ** (k - 1) (1 - loss): the mean adds
loss / (1 - loss) timeouts, and the 99 % quantile as many as its share of tries asks. Requests do not queue
for the link: it holds while the traffic stays well below its rate, which is checked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.rack.description.checks import Checks

_BUSIEST = 0.8


@dataclass(frozen=True, slots=True)
class OffloadLink:
    """A link to a cloud; `loss` is the share of messages that have to be sent again after `timeout_s`."""

    round_trip_s: float
    up_bytes_per_s: float
    down_bytes_per_s: float
    loss: float
    timeout_s: float

    def __post_init__(self) -> None:
        checks = Checks("link")
        checks.non_negative(round_trip_s=self.round_trip_s, timeout_s=self.timeout_s)
        checks.positive(up_bytes_per_s=self.up_bytes_per_s, down_bytes_per_s=self.down_bytes_per_s)
        checks.require(0 <= self.loss < 1, "loss", "a share from 0 to below 1", self.loss)
        checks.finish()


@dataclass(frozen=True, slots=True)
class CloudRequest:
    """One request to a cloud: what goes up and comes back, how long it is served, what it costs."""

    up_bytes: float
    down_bytes: float
    service_s: float
    price: float

    def __post_init__(self) -> None:
        checks = Checks("cloud request")
        checks.non_negative(
            up_bytes=self.up_bytes, down_bytes=self.down_bytes, service_s=self.service_s, price=self.price
        )
        checks.finish()


@dataclass(frozen=True, slots=True)
class Offloaded:
    """What sending a share away means for those requests and for the link."""

    mean_latency_s: float
    p99_latency_s: float
    sent_per_s: float
    link_utilisation: float
    price_per_s: float
    link_holds: bool
    """Whether the traffic leaves the link free enough for the latency to hold."""


def offload(link: OffloadLink, request: CloudRequest, rate_per_s: float, share: float) -> Offloaded:
    """A share of requests that arrive at this rate, sent over the link; the rest stays on the rack."""
    checks = Checks("offload")
    checks.non_negative(rate_per_s=rate_per_s)
    checks.between(0, 1, share=share)
    checks.finish()
    sent_per_s = rate_per_s * share
    tries = 1.0 / (1.0 - link.loss)
    once_s = (
        link.round_trip_s
        + request.up_bytes / link.up_bytes_per_s
        + request.down_bytes / link.down_bytes_per_s
        + request.service_s
    )
    # More than k tries happen with probability loss^k; the first k that brings this to 1 % is the quantile.
    resent = max(0, math.ceil(math.log(0.01) / math.log(link.loss)) - 1) if link.loss > 0 else 0
    busy = (
        sent_per_s
        * tries
        * max(request.up_bytes / link.up_bytes_per_s, request.down_bytes / link.down_bytes_per_s)
    )
    return Offloaded(
        mean_latency_s=once_s + (tries - 1.0) * link.timeout_s,
        p99_latency_s=once_s + resent * link.timeout_s,
        sent_per_s=sent_per_s,
        link_utilisation=busy,
        price_per_s=sent_per_s * request.price,
        link_holds=busy <= _BUSIEST,
    )


def largest_share(link: OffloadLink, request: CloudRequest, rate_per_s: float) -> float:
    """The largest share that the link carries without queueing mattering."""
    whole = offload(link, request, rate_per_s, 1.0).link_utilisation
    return min(1.0, _BUSIEST / whole) if whole > 0 else 1.0
