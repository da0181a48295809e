"""The parameters of the power model by least squares on the logarithm of watts, and their left-out errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from scipy.optimize import least_squares

from planner.arrays import Floats
from planner.calibration.power.rows import PowerRow
from planner.calibration.transfer.validate import weighted_quantile
from planner.latency.power.law import dynamic_w, part_power_w
from planner.latency.power.model import clock_key
from planner.latency.power.supply import BOARD, board_input_w, module_at_wall_w, wall_w
from planner.schema.fitted.power_model import PowerModel, PowerResiduals
from planner.schema.fitted.transfer import FittedRows, Parameter

NOISE = 0.15
"""Standard deviation of a row's logarithm: runs of one network on one kit, two rounds apart, differ so."""
LEAST_WIDTH = 0.1
ENOUGH_DEVICES = 6
"""From which on the ends of a family rest on its own devices alone."""


@dataclass(frozen=True, slots=True)
class LeftOutPower:
    """One run predicted by a fit that saw nothing of its device."""

    row: PowerRow
    predicted_w: float

    @property
    def log_error(self) -> float:
        """Logarithm of measured over predicted."""
        return float(np.log(self.row.power_w / self.predicted_w))


def metered_power_w(row: PowerRow, values: Mapping[str, float], model: PowerModel) -> float:
    """Watts of a run where its meter was, not yet limited."""
    part_w = part_power_w(row.point, row.activity, row.family, values)
    part_w += sum(dynamic_w(point, row.beside_family, values) for point in row.beside)
    return at_meter_w(row, part_w, values, model)


def at_meter_w(row: PowerRow, part_w: float, values: Mapping[str, float], model: PowerModel) -> float:
    """Watts where the meter of a run was, for those of its part."""
    family = next(item for item in model.families if item.name == row.family)
    if family.host:
        return wall_w(part_w, row.point.limit_top_w) + values["host_w"]
    if row.boundary == "module" or not family.whole:
        return part_w
    if row.point.form == BOARD:
        return wall_w(part_w, row.point.limit_top_w) if row.boundary == "wall" else part_w
    if row.boundary == "wall":
        return module_at_wall_w(row.point, part_w, values)
    return board_input_w(part_w, values)


def predicted_w(row: PowerRow, values: Mapping[str, float], model: PowerModel) -> float:
    """As the product says it: the part within the limit of its mode."""
    part_w = part_power_w(row.point, row.activity, row.family, values)
    part_w += sum(dynamic_w(point, row.beside_family, values) for point in row.beside)
    return at_meter_w(row, min(part_w, row.point.power_limit_w), values, model)


def fit_power(model: PowerModel, rows: Sequence[PowerRow]) -> dict[str, float]:
    """Name -> fitted value of every parameter; one that no row tells of stays at its prior.

    Every device weighs alike in a family however many rows it has, so that forty runs of one board are not
    forty boards.
    """
    priors = _priors(model)
    names = list(priors)
    means = np.log([priors[name].prior for name in names])
    spreads = np.array([priors[name].spread for name in names])
    weights = _weights(rows)

    def residuals(logs: Floats) -> Floats:
        values = dict(zip(names, np.exp(logs).tolist(), strict=True))
        return _residuals(model, rows, weights, values)

    solved = least_squares(residuals, means, loss="soft_l1", x_scale=spreads)
    return {name: float(np.exp(log)) for name, log in zip(names, solved.x, strict=True)}


def cost(model: PowerModel, rows: Sequence[PowerRow], values: Mapping[str, float]) -> float:
    """What the fit makes least: half the sum of softened squares of rows and priors."""
    squares = np.square(_residuals(model, rows, _weights(rows), values))
    return float(np.sum(np.sqrt(1.0 + squares) - 1.0))


def _residuals(
    model: PowerModel, rows: Sequence[PowerRow], weights: Floats, values: Mapping[str, float]
) -> Floats:
    predicted = np.log([metered_power_w(row, values, model) for row in rows])
    measured = np.log([row.power_w for row in rows])
    # Logarithms, as errors of power are ratios. A prior is one more row: how far a parameter is from what was
    # thought before, in its spread. If errors are normal, the least squares of all rows are the most probable
    # parameters.
    priors = [np.log(values[name] / item.prior) / item.spread for name, item in _priors(model).items()]
    return np.concatenate([(predicted - measured) * weights / NOISE, np.array(priors)])


def _priors(model: PowerModel) -> dict[str, Parameter]:
    shares = {family.name: family.share for family in model.families}
    clocks = {clock_key(clock.part): clock.factor for clock in model.clocks}
    return {**{str(name): item for name, item in model.parameters.items()}, **clocks, **shares}


def _weights(rows: Sequence[PowerRow]) -> Floats:
    groups = [(row.device, row.family, row.publisher) for row in rows]
    # Squared, as residuals are, the weights of a group add up to nine, however many rows it has.
    return np.array([3.0 / np.sqrt(groups.count(group)) for group in groups])


def leave_out_devices(model: PowerModel, rows: Sequence[PowerRow]) -> tuple[LeftOutPower, ...]:
    """Every run predicted with its device left out of the fit."""
    return _left_out(model, rows, lambda row: row.device)


def leave_out_publishers(model: PowerModel, rows: Sequence[PowerRow]) -> tuple[LeftOutPower, ...]:
    """Every run predicted with its publisher left out of the fit."""
    return _left_out(model, rows, lambda row: row.publisher)


def _left_out(
    model: PowerModel, rows: Sequence[PowerRow], key: Callable[[PowerRow], str]
) -> tuple[LeftOutPower, ...]:
    found = []
    for name in sorted({key(row) for row in rows}):
        values = fit_power(model, [row for row in rows if key(row) != name])
        found += [LeftOutPower(row, predicted_w(row, values, model)) for row in rows if key(row) == name]
    return tuple(found)


def residuals_of(left_out: Sequence[LeftOutPower], family: str, level: float) -> PowerResiduals | None:
    """Ends of a band that holds the share `level` of a family's left-out runs.

    Every device weighs alike. A family of fewer than six devices takes the wider of its own ends and those of
    all families together, for five devices say little of the one in ten that lies furthest off.
    """
    own = [item for item in left_out if family in (item.row.family, item.row.beside_family)]
    if not own:
        return None
    devices = len({item.row.device for item in own})
    low, high = _ends(own, level)
    if devices < ENOUGH_DEVICES:
        all_low, all_high = _ends(left_out, level)
        low, high = min(low, all_low), max(high, all_high)
    return PowerResiduals(
        observations=len(own),
        devices=devices,
        low=round(float(np.exp(low)), 4),
        high=round(float(np.exp(high)), 4),
    )


def _anywhere(left_out: Sequence[LeftOutPower], level: float) -> PowerResiduals:
    """The band of all families: the widest of any and of all together, so that no family has a wider one."""
    names = sorted({item.row.family for item in left_out})
    ends = [_ends(left_out, level)]
    ends += [_ends([item for item in left_out if item.row.family == name], level) for name in names]
    return PowerResiduals(
        observations=len(left_out),
        devices=len({item.row.device for item in left_out}),
        low=round(float(np.exp(min(low for low, _ in ends))), 4),
        high=round(float(np.exp(max(high for _, high in ends))), 4),
    )


def _ends(items: Sequence[LeftOutPower], level: float) -> tuple[float, float]:
    errors = np.array([item.log_error for item in items])
    groups = [(item.row.device, item.row.family, item.row.publisher) for item in items]
    weights = np.array([1.0 / groups.count(group) for group in groups])
    low = weighted_quantile(errors, weights, (1 - level) / 2)
    high = weighted_quantile(errors, weights, (1 + level) / 2)
    # Logarithms: at least 10 % either way.
    return min(low, -LEAST_WIDTH), max(high, LEAST_WIDTH)


def held_band(left_out: Sequence[LeftOutPower], item: LeftOutPower, level: float) -> tuple[float, float]:
    """The band that a run would have had from the errors of other devices alone."""
    others = [other for other in left_out if other.row.device != item.row.device]
    found = residuals_of(others, item.row.family, level)
    if found is not None:
        return found.low, found.high
    low, high = _ends(others, level)
    return float(np.exp(low)), float(np.exp(high))


def refitted(model: PowerModel, rows: Sequence[PowerRow]) -> tuple[PowerModel, tuple[LeftOutPower, ...]]:
    """The model with fitted values, bands of left-out devices and its rows."""
    values = fit_power(model, rows)
    left_out = leave_out_devices(model, rows)
    families = [
        family.model_copy(
            update={
                "share": family.share.model_copy(update={"value": _rounded(values[family.name])}),
                "residuals": residuals_of(left_out, family.name, model.level),
            }
        )
        for family in model.families
    ]
    parameters = {
        name: item.model_copy(update={"value": _rounded(values[name])})
        for name, item in model.parameters.items()
    }
    clocks = [
        clock.model_copy(
            update={
                "factor": clock.factor.model_copy(update={"value": _rounded(values[clock_key(clock.part)])})
            }
        )
        for clock in model.clocks
    ]
    changed = {
        "parameters": parameters,
        "clocks": clocks,
        "families": families,
        "anywhere": _anywhere(left_out, model.level),
        "rests_on": _rests_on(rows),
    }
    return model.model_copy(update=changed), left_out


def _rests_on(rows: Sequence[PowerRow]) -> FittedRows:
    ids = sorted(row_id for row in rows for row_id in row.rows)
    return FittedRows(
        rows=len(ids),
        observations=len(rows),
        devices=sorted({row.device for row in rows}),
        networks=sorted({row.model for row in rows}),
        precisions=sorted({row.precision for row in rows}),
        sources=sorted({row_id.rpartition("-")[0] for row_id in ids}),
        sha256=sha256("\n".join(ids).encode()).hexdigest(),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
