"""Costs of llama.cpp from timed passes: least squares on logarithms, with priors of what is thought before.

Everything is fitted as a logarithm. Residuals are logarithms of predicted over measured time over `_NOISE`,
and the distance of each parameter from its prior over its spread; single passes that were disturbed count
less (soft absolute loss). Types of blocks share a law and differ from it by `_TYPE_SPREAD`: one that no probe
has is predicted by the law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from planner.language.calibrated.model import (
    Column,
    PromptCosts,
    SmallCosts,
    StepCosts,
    TypeCosts,
    prompt_columns,
    step_columns,
)
from planner.language.calibrated.work import TokenWork

_NOISE = 0.04
_TYPE_SPREAD = 0.25
_LAW = {"number_s": (2e-10, 2.0), "bits_power": (0.5, 0.5), "blocks_of_256": (1.0, 0.3), "floats": (1.0, 0.3),
        "bits_apart": (1.0, 0.3)}  # fmt: skip
"""Prior and spread: a kernel that unpacks and multiplies 5 numbers a nanosecond."""
_SMALL = {
    "pass_s": (2e-5, 1.0), "node_s": (1e-6, 1.0), "element_s": (2e-10, 1.0), "attention_mac_s": (5e-11, 1.0),
    "attention_byte_s": (5e-11, 1.0), "attention_token_s": (4e-9, 1.0),
}  # fmt: skip
"""Priors: a barrier between threads takes a microsecond, a small kernel 5 numbers a nanosecond."""
_STEP = {
    "bandwidth_bytes_per_s": (2e10, 0.7), "cache_bytes": (1.6e7, 0.7), "overlap": (3.0, 0.4),
    "sharpness": (2.0, 0.5), "last_factor": (1.0, 0.3), "repacked_factor": (1.0, 0.3),
    "unshared_factor": (1.0, 0.5),
}  # fmt: skip
_PROMPT = {"step_share": (1.0, 0.5)}
_FASTER_IN_PROMPTS = 4.0
"""Times that a number of a prompt is faster than one of a step: what was unpacked serves many tokens."""


@dataclass(frozen=True, slots=True)
class PassObservation:
    """One timed pass of one model on one number of threads; `group` is its architecture and its format."""

    group: tuple[str, str]
    work: TokenWork
    kind: str
    tokens: int
    seconds: float


@dataclass(slots=True)
class _Parameters:
    """Names with priors and spreads, in the order of the vector that is fitted: logarithms."""

    priors: dict[str, float] = field(default_factory=dict)
    spreads: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, prior: float, spread: float) -> None:
        self.priors[name], self.spreads[name] = math.log(prior), spread

    def values(self, vector: NDArray[np.float64]) -> dict[str, float]:
        return {name: math.exp(value) for name, value in zip(self.priors, vector, strict=True)}


def fit_steps(observations: Sequence[PassObservation]) -> StepCosts:
    """Costs of steps; deterministic."""
    own = [item for item in observations if item.kind == "step"]
    types = sorted({kind for item in own for kind in item.work.types})
    parameters = _parameters(types, _STEP, 1.0)

    def costs(values: Mapping[str, float]) -> StepCosts:
        rest = {name: values[name] for name in _STEP}
        return StepCosts(_type_costs(values, types), _small_costs(values), **rest)

    columns = step_columns([(item.work, item.tokens) for item in own])

    def predict(values: Mapping[str, float]) -> Column:
        return costs(values).times(columns)

    return costs(_fitted(parameters, predict, own))


def fit_prompts(observations: Sequence[PassObservation], step: StepCosts) -> PromptCosts:
    """Costs of prompts beside those of steps."""
    own = [item for item in observations if item.kind == "prompt"]
    types = sorted({kind for item in own for kind in item.work.prompt_numbers})
    parameters = _parameters(types, _PROMPT, _FASTER_IN_PROMPTS)

    def costs(values: Mapping[str, float]) -> PromptCosts:
        return PromptCosts(_type_costs(values, types), _small_costs(values), values["step_share"])

    columns = prompt_columns([(item.work, item.tokens) for item in own])

    def predict(values: Mapping[str, float]) -> Column:
        return costs(values).times(columns, step)

    return costs(_fitted(parameters, predict, own))


def _parameters(types: Sequence[str], more: Mapping[str, tuple[float, float]], faster: float) -> _Parameters:
    found = _Parameters()
    for name, (prior, spread) in _LAW.items():
        # The power of bits is a plain number: its exponential is fitted.
        found.add(name, math.exp(prior) if name == "bits_power" else prior, spread)
    found.priors["number_s"] -= math.log(faster)
    for name, (prior, spread) in (_SMALL | dict(more)).items():
        found.add(name, prior, spread)
    for kind in types:
        found.add(f"own.{kind}", 1.0, _TYPE_SPREAD)
    return found


def _type_costs(values: Mapping[str, float], types: Sequence[str]) -> TypeCosts:
    return TypeCosts(
        values["number_s"], math.log(values["bits_power"]), values["blocks_of_256"], values["floats"],
        values["bits_apart"],
        {kind: math.log(values[f"own.{kind}"]) for kind in types},
    )  # fmt: skip


def _small_costs(values: Mapping[str, float]) -> SmallCosts:
    return SmallCosts(**{name: values[name] for name in _SMALL})


def _fitted(
    parameters: _Parameters,
    predict: Callable[[Mapping[str, float]], Column],
    own: Sequence[PassObservation],
) -> dict[str, float]:
    prior = np.array(list(parameters.priors.values()))
    spread = np.array(list(parameters.spreads.values()))
    measured = np.log([item.seconds for item in own])

    def residuals(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        errors = np.log(predict(parameters.values(vector))) - measured
        # 1 + |error| for large ones in place of its square, so that a disturbed pass does not bend the fit.
        scaled = errors / _NOISE
        soft = np.sign(scaled) * np.sqrt(2.0 * (np.sqrt(1.0 + scaled**2 / 9.0) - 1.0)) * 3.0
        result: NDArray[np.float64] = np.concatenate([soft, (vector - prior) / spread])
        return result

    found = least_squares(residuals, prior, method="trf", x_scale=spread, max_nfev=200, ftol=1e-6, xtol=1e-6)
    return parameters.values(found.x)
