"""What the plan's money depends on: one input at a time, for all sites together.

Latency, power, part price, electricity and growth are moved at every site at once to the ends of the bands
that `planner cost` gives them there, at today's prices: sites that err alike, which is the widest that they
can. The fleet's own inputs have assumed ranges: prices that do not fall or fall twice as fast, failures half
and twice as often (shelf and visits), and half to one and a half times what a kind costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.plan.fleet.choices import FleetChoice, FleetChooser
from planner.plan.fleet.money import discount, money_of, rate_of, visits_of
from planner.plan.fleet.result import FleetSwing
from planner.plan.fleet.site_answer import PartAnswer, SiteAnswer
from planner.schema.fleet.fleet import FleetSpec

FALLING_PRICES, FAILURES, KINDS = "falling prices", "failures", "cost of a kind"
_FAILURES_OFF = (0.5, 2.0)
_KINDS_OFF = 0.5


@dataclass(slots=True)
class Swings:
    """Differences to the plan, added up while the classes of sites come by."""

    spec: FleetSpec
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)

    def add(self, answer: SiteAnswer, part: PartAnswer, opens: int, sites: int) -> None:
        """So many sites with this part."""
        if part["bill_total"] is None:
            return
        weight = sites * rate_of(self.spec, answer["currency"]) * (1 + answer["discount_rate"]) ** (1 - opens)
        for name, low, high in part["swings"]:
            self._put(name, (low - part["bill_total"]) * weight, (high - part["bill_total"]) * weight)
        if self.spec.falling_prices_ratio:
            planned = money_of(self.spec, answer, part, opens).present_value
            ends = [
                money_of(self._falling(times), answer, part, opens).present_value - planned
                for times in (0.0, 2.0)
            ]
            self._put(FALLING_PRICES, ends[0] * sites, ends[1] * sites)
        if self.spec.visits is not None:
            price = self.spec.visits.price_money.amount
            once = visits_of(self.spec, answer, part)
            more = visits_of(self.spec, answer, part, failures=2.0)
            value = sum(
                (twice - planned) * price * discount(self.spec, opens + year)
                for year, (planned, twice) in enumerate(zip(once, more, strict=True))
            )
            self._put(FAILURES, -0.5 * value * sites, value * sites)

    def _falling(self, times: float) -> FleetSpec:
        ratio = min(0.99, self.spec.falling_prices_ratio * times)
        return self.spec.model_copy(update={"falling_prices_ratio": ratio})

    def _put(self, name: str, low: float, high: float) -> None:
        self.low[name] = self.low.get(name, 0.0) + low
        self.high[name] = self.high.get(name, 0.0) + high

    def all_of(self, chooser: FleetChooser, plan: FleetChoice) -> tuple[FleetSwing, ...]:
        """Every input that moves the sum, the widest first."""
        if self.spec.spares is not None:
            ends = [chooser.pool_cost(plan, factor) - plan.pool_cost for factor in _FAILURES_OFF]
            self._put(FAILURES, *ends)
        if plan.kinds_cost:
            self._put(KINDS, -_KINDS_OFF * plan.kinds_cost, _KINDS_OFF * plan.kinds_cost)
        found = [
            FleetSwing(name, plan.total + self.low[name], plan.total + self.high[name]) for name in self.low
        ]
        return tuple(sorted((swing for swing in found if swing.width), key=_widest))


def _widest(swing: FleetSwing) -> tuple[float, str]:
    return -swing.width, swing.input
