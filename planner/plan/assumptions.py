"""What a study takes for granted, in words a buyer can question."""

from __future__ import annotations

from planner.latency.power import ACTIVITY
from planner.plan.study import Study
from planner.schema.scenario import Site
from planner.units import format_percent


def assumptions(study: Study) -> list[dict[str, str]]:
    """Topic, text and status of each assumption; `stated` ones come from the scenario."""
    scenario = study.source.scenario
    site = scenario.site
    rows = [
        _row(
            "latency",
            "derived",
            "Time per kernel is the roofline of its fused operators at datasheet peaks: from perfect overlap "
            "of "
            "arithmetic and memory traffic to none. The band is that of an ideal machine and holds no "
            "probability.",
        ),
        *_shortfall_rows(study),
        _row(
            "power",
            "derived",
            f"A part that serves draws idle power plus {format_percent(ACTIVITY.low)} to "
            f"{format_percent(ACTIVITY.high)} (middle {format_percent(ACTIVITY.mid)}) of the "
            f"way to the limit of its power mode; the plan is {scenario.planning.plan_for}.",
        ),
        _row(
            "heat",
            "derived",
            "Each device is one heat store behind one thermal resistance to its inlet air. "
            f"{_air_text(site)}",
        ),
        _row(
            "queues",
            "derived",
            f"{scenario.simulation.replications} runs of {scenario.simulation.duration_s:g} s, the first "
            f"{scenario.simulation.warmup_s:g} s not counted; camera phases are drawn anew for each run. "
            f"Spares "
            "are out of service in the runs.",
        ),
        _row(
            "money",
            "derived",
            "Capital is parts and carriers; running cost is energy at the tariff, times the PUE of "
            f"{site.pue:g}. Space, labour, maintenance, uplink and discounting are not in it.",
        ),
    ]
    for form, carrier in site.carriers.items():
        rows.append(
            _row(
                f"carrier of a {form}",
                "stated",
                f"{carrier.note}: {carrier.slots} per carrier, {carrier.power_w:g} W, "
                f"{carrier.price_money.amount:g} {carrier.price_money.currency}, {carrier.rack_units:g} rack "
                f"units.",
            )
        )
    for currency, rate in scenario.money.exchange_rates.items():
        rows.append(_row("exchange rate", "stated", f"1 {currency} = {rate:g} {scenario.money.currency}."))
    rows += [_row("scenario", "stated", note) for note in scenario.notes]
    return rows


def _shortfall_rows(study: Study) -> list[dict[str, str]]:
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for option in study.options:
        correction = option.slowest.shortfall
        text = (
            f"{option.engine} on this kind of unit is planned with {correction.median:.2g} (typical) to "
            f"{correction.p90:.2g} (cautious) times the middle of the band"
        )
        text += ", figures of all engines for want of any of its own" if correction.borrowed else ""
        seen.setdefault(
            (option.engine, option.unit),
            _row(f"{option.engine}, {option.unit}", "derived", f"{text}. {correction.note}"),
        )
    return list(seen.values())


def _row(topic: str, status: str, text: str) -> dict[str, str]:
    return {"topic": topic, "text": text, "status": status}


def _air_text(site: Site) -> str:
    """What the devices breathe, in words."""
    if site.sealed is not None:
        return (
            f"The cabinet is closed: all breathe its air, which loses {site.sealed.loss_w_per_k:g} W/K to "
            f"surroundings at {site.supply_c:g} °C and gains {site.sealed.solar_w:g} W from the sun."
        )
    if site.rising_exhaust is not None:
        rising = site.rising_exhaust
        return (
            f"Supply air is at {site.supply_c:g} °C; {format_percent(rising.own_ratio)} of an exhaust "
            f"returns to its own inlet and up to {format_percent(rising.above_ratio)} to inlets above."
        )
    return (
        f"All inlets are alike: supply air at {site.supply_c:g} °C plus "
        f"{format_percent(site.recirculation_ratio)} of the rise of the exhaust."
    )
