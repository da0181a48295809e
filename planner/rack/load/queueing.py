"""Queues in closed form, to set beside the simulation and to bound what it should find.

Service time `service_s` is the mean, `rate_per_s` the arrivals of the whole queue, utilisation rho = rate *
service / servers. All hold in the steady state and need rho < 1. Sources: Kleinrock, Queueing Systems I
(1975) for M/M/1, M/M/c and Pollaczek-Khinchine; Erlang (1909) and Franx, A simple solution for the M/D/c
waiting time distribution, Oper. Res. Lett. 29 (2001) for M/D/1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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


def erlang_b(servers: int, offered: float) -> float:
    """Share lost by `servers` without a queue, offered load in erlang; by recursion, without overflow."""
    _check(servers, offered)
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Share that waits for `servers` with one endless queue; needs offered < servers."""
    _check(servers, offered)
    _stable(offered / servers)
    blocked = erlang_b(servers, offered)
    return blocked / (1.0 - offered / servers * (1.0 - blocked))


def mmc(servers: int, rate_per_s: float, service_s: float) -> Queue:
    """Poisson arrivals, exponential service, one queue for all servers; M/M/1 with one."""
    from scipy.optimize import brentq

    offered = rate_per_s * service_s
    waiting = erlang_c(servers, offered)
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
        p99_latency_s=float(brentq(lambda t: longer(t) - 0.01, 0.0, 100.0 * latency_s, xtol=1e-15)),
        mean_in_system=rate_per_s * latency_s,
    )


def _mmc_latency_tail(waiting: float, drain_per_s: float, service_per_s: float, time_s: float) -> float:
    """P(wait + service > t) with an exponential service and, at this probability, an exponential wait."""
    served = math.exp(-service_per_s * time_s)
    if math.isclose(drain_per_s, service_per_s, rel_tol=1e-9):
        return served * (1.0 + waiting * service_per_s * time_s)
    drained = math.exp(-drain_per_s * time_s)
    both = (service_per_s * drained - drain_per_s * served) / (service_per_s - drain_per_s)
    return (1.0 - waiting) * served + waiting * both


def md1(rate_per_s: float, service_s: float) -> Queue:
    """Poisson arrivals, constant service, one server."""
    from scipy.optimize import brentq

    utilisation = rate_per_s * service_s
    wait_s = mg1_wait_s(rate_per_s, service_s, 0.0)
    latency_s = wait_s + service_s
    longest_s = service_s * (10.0 + 10.0 / (1.0 - utilisation))
    quantile_s = 0.0
    if utilisation > 0.01:
        quantile_s = float(
            brentq(lambda t: md1_wait_within(rate_per_s, service_s, t) - 0.99, 0.0, longest_s, xtol=1e-12)
        )
    return Queue(
        model="M/D/1",
        utilisation=utilisation,
        waiting_probability=utilisation,
        mean_wait_s=wait_s,
        mean_latency_s=latency_s,
        p99_latency_s=quantile_s + service_s,
        mean_in_system=rate_per_s * latency_s,
    )


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
        states.append(max(0.0, (states[number] - inflow) / arrivals[0]))
    return [states[0] + states[1], *states[2:]][: longest + 1]


def mg1_wait_s(rate_per_s: float, service_s: float, squared_variation: float) -> float:
    """Mean wait of M/G/1 (Pollaczek-Khinchine) from the squared coefficient of variation of service."""
    utilisation = rate_per_s * service_s
    _stable(utilisation)
    return utilisation * service_s * (1.0 + squared_variation) / (2.0 * (1.0 - utilisation))


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
