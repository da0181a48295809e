"""An option's bill as a function of what is not known: latency, power, prices, growth.

The rack is sized again in closed form for each set of inputs (`planner.plan.sizing.closed_form`): the least
devices that keep the utilisation limit, the power they then draw, what that costs over the horizon. An input
is a quantile of its band: 0 is its low end, 0.5 its middle, 1 its high end, with straight lines between.
Latency is taken at nine quantiles, growth at five and the cooler's resistance at three above its middle, the
nearest ones. A cooler that would let devices throttle takes more of them
(`planner.plan.cost.cool_enough`). How service scatters moves the count through the promises alone, and is
simulated at its two ends (`planner.plan.cost.service_variation`). Else the service level is not looked at
again: where latency comes out higher than planned, sizing and simulation say whether the rack still holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.errors import InputError
from planner.latency.band import Band, BandEnd
from planner.plan.cost.cool_enough import at_slowest_clock, cool_enough, hottest_c
from planner.plan.cost.service_variation import SPREAD, at_end, band_of, least_devices
from planner.plan.money.bill import Bill, Year, bill_of
from planner.plan.money.economics import years
from planner.plan.money.prices import QuotedPrice, missing_price, price_of
from planner.plan.money.tariff import price_by_hour
from planner.plan.options.coolers import resistance_band
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Draw, Option
from planner.plan.rack.rack_model import services_of, stream_groups
from planner.plan.scenario.growth import scenario_in_year
from planner.plan.sizing.closed_form import sized_option
from planner.rack.description.rack import Service
from planner.schema.reading.quantity import EnergyPrice
from planner.schema.scenario.scenario import Growth, Scenario
from planner.wording.message import message, word

ASSUMED_ELECTRICITY_SPREAD = 0.25
"""How far the tariff may move over the horizon, either way, where the scenario does not say (assumed).

In the EU, prices for other than households in the second half of 2023 went from 0.089 EUR/kWh in Finland to
0.276 in Cyprus (Eurostat), around a mean of 0.19 in 2025: between countries the spread is twice as wide.
"""
ASSUMED_GROWTH_SPREAD = 0.5
"""How much of a stated growth may be wrong, either way, where the scenario does not say (assumed)."""

_LATENCY_STEPS, _GROWTH_STEPS, _COOLER_STEPS = 8, 4, 4
_J_PER_KWH = 3.6e6

LATENCY, POWER, PRICE, ELECTRICITY, GROWTH = "latency", "power", "price of the part", "electricity", "growth"
COOLER = "thermal resistance"
SERVICE = "service variation"
SHARED = (ELECTRICITY, GROWTH)
"""Inputs that are the same for every part; the others are each part's own."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input with its band, the quantile that the plan takes, and what the band rests on."""

    name: str
    unit: str
    band: Band
    planned: float
    basis: str

    def at(self, quantile: float) -> float:
        """The value at a quantile of the band."""
        return between(self.band.low, self.band.mid, self.band.high, quantile)


class CostModel:
    """One option of a scenario, ready to be costed anywhere in the bands of its inputs.

    Raises `InputError` where the price of the part, or an exchange rate, is missing.
    """

    def __init__(
        self, scenario: Scenario, estimator: Estimator, option: Option, counts: Sequence[int] = ()
    ) -> None:
        """`counts` are the devices of each year as they were sized; the option's own unless given."""
        self.scenario, self.option = scenario, option
        self.device = option.part
        price = price_of(scenario, self.device)
        if price is None:
            missing = missing_price(scenario, self.device)
            raise InputError(f"scenario {scenario.id}", [missing] if missing else [])
        self.price: QuotedPrice = price
        self._estimator = estimator
        bounds: tuple[BandEnd, ...] = ("low", "mid", "high")
        self._services = tuple(
            services_of(scenario, estimator, self.device, option.networks, bound) for bound in bounds
        )
        self._resistance = resistance_band(self.device.thermal)
        self._lives: dict[tuple[int, int, float, int], tuple[Year, ...]] = {}
        self._plans: dict[tuple[int, int, float], tuple[Option, ...]] = {}
        found = tuple(item for item in self._all_inputs() if item.band.low < item.band.high)
        self._planned = {item.name: item.planned for item in self._all_inputs()} | {SERVICE: 0.5}
        self._more_at: dict[float, int] = {}
        self._seen_over_closed = self._power_seen()
        # What simulation found to be needed beyond the closed form is kept at every quantile: the form alone
        # is too low.
        self._more = tuple(self._beyond_closed_form(counts or (option.count,)))
        moves = self._life(self._planned) != self._life({**self._planned, COOLER: 1.0})
        self.inputs = tuple(item for item in found if item.name != COOLER or moves)
        self.still = tuple(item for item in found if item.name == COOLER and not moves)
        """Inputs that move the temperature and not the bill."""
        self.simulated = tuple(self._service_input(counts or (option.count,)))
        """Inputs whose ends have to be simulated; too slow to be drawn many times."""

    def _service_input(self, counts: Sequence[int]) -> Iterator[Input]:
        """How service scatters, where it does and the count is open."""
        kind = self.scenario.variation if isinstance(self.scenario.variation, str) else "stated"
        band = band_of(self.option.services, kind) if kind in SPREAD else None
        if band is None or self.scenario.deployment is not None or self.option.chain is not None:
            return
        basis = message("cost_basis.service_variation", share=f"{SPREAD[kind] * 100:g} %")
        self._first_count = counts[0]
        yield Input(SERVICE, "%", Band(100 * band.low, 100 * band.mid, 100 * band.high), 0.5, basis)

    def _more_for_service(self, quantile: float) -> int:
        """Devices more, or fewer, at an end of how service scatters: simulated in the first year."""
        if quantile == self._planned[SERVICE]:
            return 0
        if quantile not in self._more_at:
            (item,) = self.simulated
            services = at_end(self.option.services, item.at(quantile) / item.band.mid)
            start = self._sized(self.scenario, services, at_least=1)
            found = least_devices(self.scenario, self._estimator, start)
            self._more_at[quantile] = 0 if found is None else found - self._first_count
        return self._more_at[quantile]

    def _power_seen(self) -> float:
        """What follows the load as the rack was seen to draw it, over what the closed form expects."""
        closed_w = self._sized(self.scenario, self.option.services, exactly=self.option.count).draw.load_w
        return self.option.draw.load_w / closed_w if closed_w > 0 else 1.0

    def _beyond_closed_form(self, counts: Sequence[int]) -> Iterator[int]:
        if self.scenario.deployment is not None:
            return
        services, count = self._services_at(self._planned), 1
        for year, sized in enumerate(counts):
            count = self._count(scenario_in_year(self.scenario, year), services, count)
            yield max(0, sized - count)

    def bill(self, quantiles: Mapping[str, float] | None = None) -> Bill:
        """The bill at these quantiles of the inputs, the others as planned."""
        at = {**self._planned, **(quantiles or {})}
        price = replace(self.price, mid=between(self.price.low, self.price.mid, self.price.high, at[PRICE]))
        spread = electricity_spread(self.scenario)
        scenario = with_energy_price(self.scenario, 1.0 + spread * (2.0 * at[ELECTRICITY] - 1.0))
        return bill_of(scenario, self.device, price, self._life(at))

    def life(self) -> tuple[Year, ...]:
        """The years as planned: what `bill` without quantiles is worked out from."""
        return self._life(self._planned)

    def count(self, quantiles: Mapping[str, float] | None = None) -> int:
        """Devices that carry the load of the last year, spares not among them."""
        return self._life({**self._planned, **(quantiles or {})})[-1].count

    def hottest_c(self, quantiles: Mapping[str, float] | None = None) -> float:
        """The hottest device of the last year at these quantiles, as many as are planned."""
        at = {**self._planned, **(quantiles or {})}
        planned_w = self._busy_w(self._planned[POWER])
        busy = self._busy_w(at[POWER]) / planned_w if planned_w else 1.0
        services = tuple(replace(item, busy_w=busy * item.busy_w) for item in self._services_at(at))
        scenario = scenario_in_year(self._growing(at), len(years(self.scenario)) - 1)
        last = self._sized(scenario, services, exactly=self._life(self._planned)[-1].count)
        return hottest_c(last, self._resistance_ratio(at))

    def _all_inputs(self) -> tuple[Input, ...]:
        money, slowest = self.scenario.money, self.option.slowest
        planned = 1.0 if self.option.plan_for == "cautious" else 0.5
        latency, power, price = slowest.planning_latency_s, slowest.estimate.part_power_w, self.price
        hourly = price_by_hour(money).mean() * _J_PER_KWH
        spread = electricity_spread(self.scenario)
        whose_price = whose(money.uncertainty.electricity_ratio)
        growth, off = self._growth(), self._growth_spread()
        whose_growth = whose(money.uncertainty.growth_ratio)
        provenance = message(f"provenance.{self.option.latency_provenance.value}")
        return (
            Input(LATENCY, "s", latency, planned, message("cost_basis.latency", provenance=provenance)),
            Input(POWER, "W", power, planned, message("cost_basis.power")),
            Input(
                COOLER,
                "K/W",
                Band(
                    self._resistance.low_k_per_w, self._resistance.mid_k_per_w, self._resistance.high_k_per_w
                ),
                0.5,
                message(
                    "cost_basis.cooler",
                    cooler=word("cooler", self.device.thermal.cooler),
                    status=word("status", self._resistance.status.value),
                ),
            ),
            Input(PRICE, money.currency, Band(price.low, price.mid, price.high), 0.5, price.range_from),
            Input(
                ELECTRICITY,
                f"{money.currency}/kWh",
                Band(hourly * (1 - spread), hourly, hourly * (1 + spread)),
                0.5,
                message("cost_basis.over_horizon", share=f"{spread * 100:g} %", whose=whose_price),
            ),
            Input(
                GROWTH,
                message("cost_basis.percent_a_year"),
                Band(100 * max(0.0, growth - off), 100 * growth, 100 * (growth + off)),
                0.5,
                message("cost_basis.points", points=f"{off * 100:g}", whose=whose_growth),
            ),
        )

    def _growth(self) -> float:
        return 0.0 if self.scenario.growth is None else self.scenario.growth.per_year_ratio

    def _growth_spread(self) -> float:
        stated = self.scenario.money.uncertainty.growth_ratio
        return ASSUMED_GROWTH_SPREAD * self._growth() if stated is None else stated

    def _life(self, at: Mapping[str, float]) -> tuple[Year, ...]:
        """The years at these quantiles; power follows at once, latency and growth in steps that are kept."""
        # Sizing a rack takes most of the time and moves in whole devices: a few places are sized and kept.
        sized = (round(at[LATENCY] * _LATENCY_STEPS), round(at[GROWTH] * _GROWTH_STEPS), at[SERVICE])
        # A cooler that is better than planned saves no device.
        key = (*sized, max(_COOLER_STEPS // 2, round(at[COOLER] * _COOLER_STEPS)))
        if key not in self._lives:
            near = {**at, LATENCY: key[0] / _LATENCY_STEPS, GROWTH: key[1] / _GROWTH_STEPS}
            if sized not in self._plans:
                self._plans[sized] = self._sized_years(near)
            self._lives[key] = self._cooled_years(
                {**near, COOLER: key[3] / _COOLER_STEPS}, self._plans[sized]
            )
        planned_w = self._busy_w(self._planned[POWER])
        busy = self._busy_w(at[POWER]) / planned_w if planned_w else 1.0
        return tuple(
            replace(year, draw=Draw(year.draw.fixed_w, year.draw.load_w * busy)) for year in self._lives[key]
        )

    def _resistance_ratio(self, at: Mapping[str, float]) -> float:
        """The cooler's resistance at a quantile, over what its file says."""
        band = self._resistance
        return between(band.low_k_per_w, band.mid_k_per_w, band.high_k_per_w, at[COOLER]) / band.mid_k_per_w

    def _growing(self, at: Mapping[str, float]) -> Scenario:
        growth, off = self._growth(), self._growth_spread()
        per_year = between(max(0.0, growth - off), growth, growth + off, at[GROWTH])
        return self.scenario.model_copy(update={"growth": Growth.model_construct(per_year_ratio=per_year)})

    def _cooled_years(self, at: Mapping[str, float], planned: tuple[Option, ...]) -> tuple[Year, ...]:
        """The years with as many devices as the cooler takes; those that are given stay as many."""
        ratio, growing, found = self._resistance_ratio(at), self._growing(at), list[Year]()
        least = 1
        for number, option in enumerate(planned):
            scenario = scenario_in_year(growing, number)
            if scenario.deployment is None and ratio > 1.0:
                option = self._cool_enough(scenario, self._services_at(at), option, ratio)  # noqa: PLW2901
                if option.count < least:
                    option = self._sized(scenario, self._services_at(at), exactly=least)  # noqa: PLW2901
                least = option.count
            found.append(self._year(scenario, option))
        return tuple(found)

    def _cool_enough(
        self, scenario: Scenario, services: tuple[Service, ...], option: Option, ratio: float
    ) -> Option:
        slow = at_slowest_clock(services, self.device.thermal.throttled_clock_ratio.value)
        return cool_enough(
            option,
            ratio,
            lambda count: self._sized(scenario, services, exactly=count),
            lambda: self._sized(scenario, slow, at_least=option.count),
        )

    def _sized_years(self, at: Mapping[str, float]) -> tuple[Option, ...]:
        """The option year by year; devices are added and never given back."""
        services, growing = self._services_at(at), self._growing(at)
        found: list[Option] = []
        count = 1
        for number in range(len(years(self.scenario))):
            # Without growth one year is like the next.
            if found and growing.growth is not None and growing.growth.per_year_ratio == 0.0:
                found.append(found[0])
                continue
            scenario = scenario_in_year(growing, number)
            if scenario.deployment is None:
                count = self._count(scenario, services, count)
                more = self._more[min(number, len(self._more) - 1)] + self._more_for_service(at[SERVICE])
                option = self._sized(scenario, services, exactly=count + max(0, more))
            else:
                option = self._sized(scenario, services, exactly=self.option.count)
            found.append(option)
        return tuple(found)

    def _sized(
        self,
        scenario: Scenario,
        services: tuple[Service, ...],
        *,
        at_least: int = 1,
        exactly: int | None = None,
    ) -> Option:
        return sized_option(
            scenario,
            self._estimator,
            self.device,
            self.option.networks,
            at_least=at_least,
            exactly=exactly,
            services=services,
        )

    def _count(self, scenario: Scenario, services: tuple[Service, ...], at_least: int) -> int:
        return self._sized(scenario, services, at_least=at_least).count

    def _year(self, scenario: Scenario, option: Option) -> Year:
        installed = option.count + option.spares
        return Year(
            count=option.count,
            installed=installed,
            requests_per_s=sum(group.offered_per_s for group in stream_groups(scenario)),
            absorbed=min(1.0, option.mean_offered_utilisation) * option.count / installed,
            # What follows the load over the day, apart from what does not: a tariff by the hour weighs them
            # differently.
            draw=Draw(option.draw.fixed_w, option.draw.load_w * self._seen_over_closed),
        )

    def _services_at(self, at: Mapping[str, float]) -> tuple[Service, ...]:
        """Service times at a quantile of the latency band; power while serving as planned."""
        planned = self._services[2 if self.option.plan_for == "cautious" else 1]
        return tuple(
            replace(
                plan,
                batch_s=tuple(
                    between(*times, at[LATENCY])
                    for times in zip(low.batch_s, mid.batch_s, high.batch_s, strict=True)
                ),
            )
            for plan, low, mid, high in zip(planned, *self._services, strict=True)
        )

    def _busy_w(self, quantile: float) -> float:
        """Power above idle while the slowest network is served."""
        power_w = self.option.slowest.estimate.part_power_w
        idle_w = self.option.power_mode.idle_w.value
        return between(power_w.low, power_w.mid, power_w.high, quantile) - idle_w


def between(low: float, mid: float, high: float, quantile: float) -> float:
    """The value at a quantile of a band: its low end at 0, its middle at 0.5, its high end at 1."""
    return low + (mid - low) * 2 * quantile if quantile <= 0.5 else mid + (high - mid) * (2 * quantile - 1)


def electricity_spread(scenario: Scenario) -> float:
    """How far the tariff may move either way, as stated or assumed."""
    stated = scenario.money.uncertainty.electricity_ratio
    return ASSUMED_ELECTRICITY_SPREAD if stated is None else stated


def whose(stated: float | None) -> str:
    """Whether somebody stated a spread."""
    return message("cost_basis.assumed" if stated is None else "cost_basis.stated")


def with_energy_price(scenario: Scenario, factor: float) -> Scenario:
    """The scenario with every price of energy times a factor."""
    money = scenario.money

    def scaled(price: EnergyPrice) -> EnergyPrice:
        return price.model_copy(update={"amount_per_joule": price.amount_per_joule * factor})

    changes: dict[str, object] = {
        "tariff": [
            entry.model_copy(update={"price_money_per_j": scaled(entry.price_money_per_j)})
            for entry in money.tariff
        ]
    }
    if money.electricity_money_per_j is not None:
        changes["electricity_money_per_j"] = scaled(money.electricity_money_per_j)
    return scenario.model_copy(update={"money": money.model_copy(update=changes)})
