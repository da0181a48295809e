"""A new model over the uplinks of a fleet: waves, how long until nearly all have it, and how many bytes.

A site receives at the rate that its link may give, less where the server has to share what it sends: all that
are not limited by their own link then get the same (max-min fairness, Bertsekas and Gallager, Data Networks,
2nd ed., section 6.5). The server's share only grows as sites finish, so that they end in the order of their
links. A site that cannot be reached on a day begins on the next; links are used in a
window of each day alone. Loss, retries within a day and the time to load the model are not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from planner.schema.fleet.fleet import FleetUpdates

_DAY_S = 86400.0
_NEARLY_ALL = 0.99
_MOST_DAYS = 60
"""Days after which the few that could never be reached are not looked at."""


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: the share of sites that have it afterwards, when it begins, and when 99 % of it have it."""

    share: float
    sites: int
    begins_s: float
    nearly_all_s: float


@dataclass(frozen=True, slots=True)
class UpdateWay:
    """An update sent whole, or as a difference: its waves, and what the fleet sends in a year."""

    way: str
    bytes_per_site: float
    total_bytes: float
    waves: tuple[Wave, ...]
    nearly_all_s: float
    """From the beginning of the first wave until 99 % of all sites have it."""
    bytes_per_year: float


def update_ways(spec: FleetUpdates, links_bytes_per_s: Sequence[float]) -> tuple[UpdateWay, ...]:
    """Both ways, or the whole alone where no difference is stated; links are those of the sites in order."""
    sizes = {"full": spec.full_bytes}
    if spec.delta_bytes is not None:
        sizes["delta"] = spec.delta_bytes
    return tuple(_way(spec, way, size, links_bytes_per_s) for way, size in sizes.items())


def _way(spec: FleetUpdates, way: str, size: float, links: Sequence[float]) -> UpdateWay:
    waves: list[Wave] = []
    done: list[tuple[float, float]] = []
    begins_s, first = 0.0, 0
    for share in spec.waves_ratio:
        last = max(first, round(share * len(links)))
        ends = [(begins_s + end_s, sites) for end_s, sites in _ends(spec, size, links[first:last])]
        nearly_s = _quantile(ends) if ends else begins_s
        waves.append(Wave(share, last - first, begins_s, nearly_s))
        done += ends
        # The next wave begins when this one has been watched, at the beginning of a day's window.
        days = -(-(nearly_s + spec.watch_s) // _DAY_S) if spec.window_s < _DAY_S else None
        begins_s = nearly_s + spec.watch_s if days is None else days * _DAY_S
        first = last
    total = size * len(links)
    return UpdateWay(way, size, total, tuple(waves), _quantile(done), total * spec.per_year)


def _ends(spec: FleetUpdates, size: float, links: Sequence[float]) -> list[tuple[float, float]]:
    """When sites of one wave have it, after it began, and how many: as means over who can be reached."""
    finished = finish_times_s(size, [link * spec.link_ratio for link in links], spec.origin_bytes_per_s)
    found: list[tuple[float, float]] = []
    for busy_s, sites in sorted(Counter(finished).items()):
        days, rest_s = divmod(busy_s, spec.window_s)
        if days and rest_s == 0.0:
            days, rest_s = days - 1, spec.window_s
        at_s = days * _DAY_S + rest_s
        reached, waiting = 1.0 - spec.offline_ratio, 1.0
        for day in range(_MOST_DAYS if spec.offline_ratio else 1):
            found.append((at_s + day * _DAY_S, sites * waiting * reached))
            waiting *= spec.offline_ratio
    return found


def finish_times_s(size: float, rates: Sequence[float], origin: float | None) -> list[float]:
    """How long each site takes to receive this much when all begin together; `origin` is shared by all."""
    if origin is None or sum(rates) <= origin:
        return [size / rate for rate in rates]
    finish: dict[float, float] = {}
    left = Counter(rates)
    now_s = 0.0
    received = dict.fromkeys(left, 0.0)
    while left:
        level = _share_of(left, origin)
        speed = {rate: min(rate, level) for rate in left}
        step_s = min((size - received[rate]) / speed[rate] for rate in left)
        now_s += step_s
        ended = []
        for rate in left:
            received[rate] += speed[rate] * step_s
            if received[rate] >= size * (1 - 1e-12):
                finish[rate] = now_s
                ended.append(rate)
        for rate in ended:
            del left[rate]
    return [finish[rate] for rate in rates]


def _share_of(links: Counter[float], origin: float) -> float:
    """The rate up to which every link is filled: max-min fair, all of the origin used where it can be."""
    remaining, sites = origin, sum(links.values())
    for rate in sorted(links):
        if rate * sites >= remaining:
            return remaining / sites
        remaining -= rate * links[rate]
        sites -= links[rate]
    return max(links)


def _quantile(ends: Sequence[tuple[float, float]]) -> float:
    """When 99 % of these have it."""
    whole = sum(sites for _, sites in ends)
    so_far = 0.0
    for end_s, sites in sorted(ends):
        so_far += sites
        if so_far >= _NEARLY_ALL * whole * (1 - 1e-12):
            return end_s
    return max((end_s for end_s, _ in ends), default=0.0)
