"""Queues in closed form, to set beside the simulation and to bound what it should find.

Service time `service_s` is the mean, `rate_per_s` the arrivals of the whole queue, utilisation rho = rate *
service / servers. All hold in the steady state and need rho < 1. Sources: Kleinrock, Queueing Systems I
(1975) for M/M/1, M/M/c, M/M/c/K and Pollaczek-Khinchine; Erlang (1909) and Franx, A simple solution for the
M/D/c waiting time distribution, Oper. Res. Lett. 29 (2001) for M/D/1; Roberts and Virtamo, The superposition
of periodic cell arrival streams in an ATM multiplexer, IEEE Trans. Commun. 39 (1991) for the sum of D/D/1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planner.formulas import formula
from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class Queue:
    """What theory says of a queue in the steady state; a quantile that has no closed form is None."""

    model: str
    utilisation: float
    waiting_probability: float
    mean_wait_s: float
    mean_latency_s: float
    p99_latency_s: float | None
    mean_in_system: float


@formula("erlang")
def erlang_b(servers: int, offered: float) -> float:
    """Share lost by `servers` without a queue, offered load in erlang; by recursion, without overflow."""
    _check(servers, offered)
    blocked = 1.0
    for server in range(1, servers + 1):
        # From no server, where all is lost, one server more at a time; factorials would overflow beyond 170
        # servers.
        blocked = offered * blocked / (server + offered * blocked)
    return blocked


@formula("erlang")
def erlang_c(servers: int, offered: float) -> float:
    """Share that waits for `servers` with one endless queue; needs offered < servers."""
    _check(servers, offered)
    _stable(offered / servers)
    blocked = erlang_b(servers, offered)
    return blocked / (1.0 - offered / servers * (1.0 - blocked))


@formula("erlang")
def mmc(servers: int, rate_per_s: float, service_s: float) -> Queue:
    """Poisson arrivals, exponential service, one queue for all servers; M/M/1 with one."""
    offered = rate_per_s * service_s
    waiting = erlang_c(servers, offered)
    # With all servers busy the queue drains at c / S - rate; who waits, waits an exponential time of this
    # rate.
    drain_per_s = (servers - offered) / service_s
    wait_s = waiting / drain_per_s
    latency_s = wait_s + service_s

    def longer(time_s: float) -> float:
        return _mmc_latency_tail(waiting, drain_per_s, 1.0 / service_s, time_s)

    return Queue(
        model=f"M/M/{servers}",
        utilisation=offered / servers,
        waiting_probability=waiting,
        mean_wait_s=wait_s,
        mean_latency_s=latency_s,
        # The tail falls from one to far below 1 % within a hundred mean latencies, so the bracket holds the
        # quantile.
        p99_latency_s=_crossing(lambda t: 0.01 - longer(t), 0.0, 100.0 * latency_s),
        mean_in_system=rate_per_s * latency_s,
    )


def _mmc_latency_tail(waiting: float, drain_per_s: float, service_per_s: float, time_s: float) -> float:
    """P(wait + service > t) with an exponential service and, at this probability, an exponential wait."""
    served = math.exp(-service_per_s * time_s)
    # Equal rates: the sum of two exponentials becomes an Erlang variable, and the general form 0 / 0.
    if math.isclose(drain_per_s, service_per_s, rel_tol=1e-9):
        return served * (1.0 + waiting * service_per_s * time_s)
    drained = math.exp(-drain_per_s * time_s)
    both = (service_per_s * drained - drain_per_s * served) / (service_per_s - drain_per_s)
    return (1.0 - waiting) * served + waiting * both


def md1(rate_per_s: float, service_s: float) -> Queue:
    """Poisson arrivals, constant service, one server."""
    utilisation = rate_per_s * service_s
    wait_s = mg1_wait_s(rate_per_s, service_s, 0.0)
    latency_s = wait_s + service_s
    # The tail of M/D/1 falls roughly as exp(-2 (1 - rho) t / S) under load, so this lies far behind the 99 %.
    longest_s = service_s * (10.0 + 10.0 / (1.0 - utilisation))
    quantile_s = 0.0
    # At most 1 % of the requests wait at all: the 99 % quantile of the wait is zero.
    if utilisation > 0.01:
        quantile_s = _crossing(lambda t: md1_wait_within(rate_per_s, service_s, t) - 0.99, 0.0, longest_s)
    return Queue(
        model="M/D/1",
        utilisation=utilisation,
        waiting_probability=utilisation,
        mean_wait_s=wait_s,
        mean_latency_s=latency_s,
        p99_latency_s=quantile_s + service_s,
        mean_in_system=rate_per_s * latency_s,
    )


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function passes zero, to the last bit: halving, for SciPy takes longer to import."""
    middle = (low + high) / 2
    while low < middle < high:
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
        middle = (low + high) / 2
    return middle


@formula("md1_wait")
def md1_wait_within(rate_per_s: float, service_s: float, time_s: float) -> float:
    """P(wait <= t) of M/D/1: with t = k S - u, the sum over j < k + 1 of Q_j Poisson terms (Franx 2001).

    Q_j is the probability of at most j in the system behind the one in service; all terms are positive, so
    nothing cancels.
    """
    utilisation = rate_per_s * service_s
    _stable(utilisation)
    whole = math.floor(time_s / service_s)
    left = (whole + 1) * service_s - time_s
    queue = _md1_queue_probabilities(utilisation, whole)
    cumulative, total = 0.0, []
    for probability in queue:
        cumulative += probability
        total.append(cumulative)
    mean = rate_per_s * left
    poisson, within = math.exp(-mean), 0.0
    for behind in range(whole + 1):
        within += total[whole - behind] * poisson
        # The next Poisson term from the last: no factorial, no large number.
        poisson *= mean / (behind + 1)
    return within


def _md1_queue_probabilities(utilisation: float, longest: int) -> list[float]:
    """P(0 or 1 in the system), P(2), P(3), ...: probabilities of j waiting, up to `longest`.

    In the embedded chain p_{n} = (p_0 + p_1) a_n + sum_{i=2}^{n+1} p_i a_{n+1-i} with a_k Poisson(rho).
    """
    arrivals = [math.exp(-utilisation)]
    for count in range(1, longest + 3):
        arrivals.append(arrivals[-1] * utilisation / count)
    states = [1.0 - utilisation]
    for number in range(longest + 2):
        inflow = states[0] * arrivals[number] + sum(
            states[i] * arrivals[number + 1 - i] for i in range(1, number + 1)
        )
        # Deep in the tail the difference is rounding alone and may fall below zero, which no probability
        # does.
        states.append(max(0.0, (states[number] - inflow) / arrivals[0]))
    return [states[0] + states[1], *states[2:]][: longest + 1]


@formula("pollaczek_khinchine")
def mg1_wait_s(rate_per_s: float, service_s: float, squared_variation: float) -> float:
    """Mean wait of M/G/1 (Pollaczek-Khinchine) from the squared coefficient of variation of service."""
    utilisation = rate_per_s * service_s
    _stable(utilisation)
    return utilisation * service_s * (1.0 + squared_variation) / (2.0 * (1.0 - utilisation))


def mg1(rate_per_s: float, service_s: float, squared_variation: float) -> Queue:
    """Poisson arrivals, independent service times of any distribution, one server; means alone."""
    utilisation = rate_per_s * service_s
    wait_s = mg1_wait_s(rate_per_s, service_s, squared_variation)
    latency_s = wait_s + service_s
    return Queue("M/G/1", utilisation, utilisation, wait_s, latency_s, None, rate_per_s * latency_s)


@formula("kingman")
def gg1_wait_bound_s(
    rate_per_s: float, service_s: float, arrival_squared_variation: float, squared_variation: float
) -> float:
    """Upper bound on the mean wait of G/G/1: rate * (sum of variances) / (2 (1 - rho)) (Kingman 1962)."""
    utilisation = rate_per_s * service_s
    _stable(utilisation)
    variance = arrival_squared_variation / rate_per_s**2 + squared_variation * service_s**2
    return rate_per_s * variance / (2.0 * (1.0 - utilisation))


@formula("allen_cunneen")
def ggc_wait_s(
    servers: int,
    rate_per_s: float,
    service_s: float,
    arrival_squared_variation: float,
    squared_variation: float,
) -> float:
    """Mean wait of G/G/c, approximately: M/M/c times the mean of the two variations (Allen and Cunneen)."""
    scale = (arrival_squared_variation + squared_variation) / 2.0
    return scale * mmc(servers, rate_per_s, service_s).mean_wait_s


@formula("erlang")
def mmck_loss(servers: int, capacity: int, rate_per_s: float, service_s: float) -> float:
    """Share lost by M/M/c/K with at most K requests in the system, in service and waiting; Erlang B where K =
    c.
    """
    checks = Checks("queue")
    checks.require(capacity >= servers, "capacity", f"at least the {servers} servers", capacity)
    checks.finish()
    offered = rate_per_s * service_s
    _check(servers, offered)
    weight, total = 1.0, 1.0
    for number in range(1, capacity + 1):
        # Balance of states n - 1 and n: arrivals up, as many servers at work down.
        weight *= offered / min(number, servers)
        total += weight
    return weight / total


@formula("periodic_sum")
def periodic_wait_longer(cameras: int, period_s: float, service_s: float, time_s: float) -> float:
    """P(wait > t) of one of `cameras` of equal period and random phase on one server (sum of D/D/1)."""
    _stable(cameras * service_s / period_s)
    others, period, wait = cameras - 1, period_s / service_s, time_s / service_s
    return sum(
        math.comb(others, n)
        * ((n - wait) / period) ** n
        * (1.0 - (n - wait) / period) ** (others - n)
        * (period - others + wait)
        / (period - n + wait)
        # Term n: just n others came within the last n - t services, and over no longer time did work exceed
        # its time by t; the last factor is the probability of that.
        for n in range(math.floor(wait) + 1, others + 1)
    )


def _check(servers: int, offered: float) -> None:
    checks = Checks("queue")
    checks.require(servers >= 1, "servers", "one or more", servers)
    checks.non_negative(offered=offered)
    checks.finish()


def _stable(utilisation: float) -> None:
    checks = Checks("queue")
    checks.require(
        0 <= utilisation < 1,
        "utilisation",
        "below 1",
        f"{utilisation:g}",
        "more arrives than can be served: there is no steady state",
    )
    checks.finish()
