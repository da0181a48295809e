"""The fitted model as shipped: rates of an engine on a unit, and the band that left-out rows earned it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from planner.data_files import database_dir
from planner.language.rates.model import (
    ENGINE_PRIORS,
    PassTime,
    PassWork,
    UnitRates,
    clock_factor,
    parameter,
    pass_time,
)
from planner.language.rates.unit import UnitCeilings
from planner.latency.band import Band
from planner.provenance import Provenance
from planner.schema.language.rates import BlindErrors, RateKind, RatesModel
from planner.schema.reading.yaml_file import read_model

UNFITTED_POWER = 1.5
"""An engine without rows of its own on a kind of unit: the class's band, its logarithm so much wider."""


@functools.cache
def rates_model() -> RatesModel:
    """The model as shipped."""
    return read_model(database_dir() / "language" / "rates.yaml", RatesModel)


@dataclass(frozen=True, slots=True)
class Ends:
    """The band of a kind of rate as factors on the middle, and whether it holds a probability."""

    low: float
    high: float
    level: float | None

    def around(self, mid: float) -> Band:
        """The band around a middle."""
        return Band(mid * self.low, mid, mid * self.high, self.level)


@dataclass(frozen=True, slots=True)
class Reached:
    """Rates and fixed times of `planner.language.rates.model` with their shares taken."""

    bandwidth_bytes_per_s: float
    matrix_ops_per_s: float
    half_tokens: float
    vector_ops_per_s: float
    layer_s: float
    prompt_layer_s: float
    pass_s: float


@dataclass(frozen=True, slots=True)
class EngineRates:
    """What one engine reaches on one unit."""

    engine: str
    unit: UnitCeilings
    fitted: bool

    @property
    def provenance(self) -> Provenance:
        """Transferred where the engine has rows on this kind of unit, else what a datasheet gives."""
        return Provenance.TRANSFERRED if self.fitted else Provenance.DATASHEET

    def time(self, work: PassWork, *, prompt: bool) -> PassTime:
        """Time of a pass."""
        return pass_time(work, _unit_rates(self.engine, self.unit, prompt=prompt))

    def reached(self) -> Reached:
        """What the engine reaches of the unit, in numbers, for steps and for prompts."""
        step = _unit_rates(self.engine, self.unit, prompt=False)
        prompt = _unit_rates(self.engine, self.unit, prompt=True)
        return Reached(
            bandwidth_bytes_per_s=float((step.bandwidth_bytes_per_s * step.bandwidth_share)[0]),
            matrix_ops_per_s=float((step.peak_ops_per_s * step.arithmetic_share)[0]),
            half_tokens=float(step.half_tokens[0]),
            vector_ops_per_s=float((step.vector_ops_per_s * step.vector_share)[0]),
            layer_s=float(step.layer_s[0]),
            prompt_layer_s=float(prompt.layer_s[0]),
            pass_s=float(step.pass_s[0]),
        )

    @property
    def clock_power(self) -> float:
        """Power of the clock by which overheads shrink; zero of units of which no law is known."""
        return parameter(_values(), "gpu", self.engine, "clock_power") if self.unit.kind == "gpu" else 0.0

    def ends(self, kind: RateKind) -> Ends:
        """The band of a kind of rate on this kind of unit."""
        model = rates_model()
        own = _blind(model, kind, self.unit.kind)
        if self.fitted:
            return Ends(own.low, own.high, model.level)
        # Without a row of its own nobody knows how often the band holds: wider, and without a level.
        return Ends(own.low**UNFITTED_POWER, own.high**UNFITTED_POWER, None)


def engine_rates(engine: str, unit: UnitCeilings) -> EngineRates:
    """The rates of an engine on a unit."""
    return EngineRates(engine, unit, unit.kind in rates_model().engines.get(engine, []))


def _blind(model: RatesModel, kind: RateKind, unit_kind: str) -> BlindErrors:
    """Errors of a kind of rate on a kind of unit; of several users those of steps where nobody timed them."""
    found = {(item.kind, item.unit_kind): item for item in model.blind}
    for wanted in (kind, "decode"):
        for (own, unit), item in found.items():
            if own == wanted and unit == unit_kind:
                return item
    return max((item for item in model.blind if item.kind == kind), key=lambda item: item.high / item.low)


@functools.cache
def _values() -> dict[str, float]:
    fitted = {name: item.value for name, item in rates_model().parameters.items()}
    return {**ENGINE_PRIORS, **fitted}


def _unit_rates(engine: str, unit: UnitCeilings, *, prompt: bool) -> UnitRates:
    def own(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([parameter(_values(), unit.kind, engine, name)])

    slower = clock_factor(unit.kind, np.array([unit.clock_ghz]), own("clock_power"))
    return UnitRates(
        bandwidth_bytes_per_s=np.array([unit.bandwidth_bytes_per_s]),
        peak_ops_per_s=np.array([unit.peak_ops_per_s]),
        vector_ops_per_s=np.array([unit.vector_ops_per_s]),
        vector_share=own("vector"),
        bandwidth_share=own("bandwidth"),
        arithmetic_share=own("arithmetic"),
        half_tokens=own("half_tokens"),
        layer_s=1e-6 * own("prompt_layer_us" if prompt else "layer_us") * slower,
        pass_s=1e-6 * own("pass_us"),
    )
