"""What is bought and spent over the years as JSON."""

from __future__ import annotations

from planner.plan.cost.sensitivity import Swing, Tornado
from planner.plan.cost.spending import Spending
from planner.plan.study.purchase import PurchaseLine
from planner.schema.record import PurchaseLineRecord, SpendingRecord, SwingRecord, TornadoRecord


def purchase_record(line: PurchaseLine, currency: str) -> PurchaseLineRecord:
    """One line of the bill of materials."""
    return {
        "kind": line.kind,
        "name": line.name,
        "order_code": line.order_code,
        "count": line.count,
        "price": line.price,
        "amount": line.amount,
        "currency": currency,
        "date": line.date,
        "source": line.source,
        "status": line.status.value,
    }


def spending_record(found: Spending) -> SpendingRecord:
    """Capital and what follows year by year, and the tornado around the chosen option."""
    return {
        "currency": found.currency,
        "horizon_years": found.horizon_years,
        "years": list(found.years),
        "lines": [
            {
                "device": line.option.device,
                "name": line.option.device_name,
                "count": line.option.count,
                "capital": line.option.cost.capital,
                "running_cost_per_year": line.option.cost.running_per_year,
                "spent": list(line.spent),
            }
            for line in found.lines
        ],
        "tornado": tornado_record(found.tornado) if found.tornado else None,
    }


def tornado_record(found: Tornado) -> TornadoRecord:
    """Every input's swing."""
    return {
        "currency": found.currency,
        "total_cost": found.total_cost,
        "swings": [swing_record(swing) for swing in found.swings],
    }


def swing_record(swing: Swing) -> SwingRecord:
    """One input moved from end to end of its band."""
    return {
        "input": swing.input,
        "unit": swing.unit,
        "low": swing.low,
        "planned": swing.planned,
        "high": swing.high,
        "basis": swing.basis,
        "total_cost_at_low": swing.total_cost_at_low,
        "total_cost_at_high": swing.total_cost_at_high,
        "cost_per_thousand_at_low": swing.cost_per_thousand_at_low,
        "cost_per_thousand_at_high": swing.cost_per_thousand_at_high,
        "count_at_low": swing.count_at_low,
        "count_at_high": swing.count_at_high,
        "hottest_c_at_low": swing.hottest_c_at_low,
        "hottest_c_at_high": swing.hottest_c_at_high,
    }
