"""How service times scatter: drawn from a process with memory, or replayed from a measurement in their order.

Service times of a server are not independent: what slows one inference down (a neighbour on the machine, a
clock, a cache) slows the next ones down too. The same times in another order make shorter queues. Both
descriptions give a factor of mean one, so the times of a service stay its means.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from planner.errors import InputError, Problem
from planner.rack.description.checks import Checks

_ROUNDS = 200
_NEAR = 1e-9
_CLOSE = 0.05
_SHORT, _MIDDLE, _LONG = 1, 10, 100
"""Lags, in batches of one server, that a process is described by."""


@dataclass(frozen=True, slots=True)
class Variation:
    """The logarithm of the factor on a service time as a Gaussian process over the batches of one server.

    `cv` is the coefficient of variation without outliers. The log is the sum of a slow and a fast
    autoregressive process of first order, which have these shares of its variance and correlations from one
    batch to the next, and of independent noise for the rest. Beside it a share `outlier_share` of the batches
    takes `outlier_ratio` times as long; the one behind such a batch does with the chance `outlier_next`,
    where None means that outliers are independent (a Markov chain of two states); their sizes are log-normal
    with the coefficient of variation `outlier_cv`. The whole is divided by its mean.

    Every unit has a process of its own, but for `shared_share` of the variance of the logarithm, which all
    units of a device have in common: what slows a machine down slows all that runs on it. It is
    autoregressive too, with `shared_correlation` over as many batches of the device as it has units. Memory
    is counted in batches and not in seconds: a disturbance that lasts while a server idles is not in it.
    """

    cv: float
    slow_share: float = 0.0
    slow_correlation: float = 0.0
    fast_share: float = 0.0
    fast_correlation: float = 0.0
    outlier_share: float = 0.0
    outlier_ratio: float = 1.0
    outlier_next: float | None = None
    outlier_cv: float = 0.0
    shared_share: float = 0.0
    shared_correlation: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("variation")
        checks.non_negative(cv=self.cv, outlier_cv=self.outlier_cv)
        for name in ("slow_share", "fast_share", "shared_share", "outlier_share"):
            checks.between(0, 1, **{name: getattr(self, name)})
        for name in ("slow_correlation", "fast_correlation", "shared_correlation"):
            value = getattr(self, name)
            checks.require(0 <= value < 1, name, "a correlation of 0 or more and below 1", value)
        together = self.slow_share + self.fast_share + self.shared_share
        names = "slow_share, fast_share, shared_share"
        checks.require(together <= 1 + _NEAR, names, "at most 1 together", together)
        checks.require(self.outlier_ratio >= 1, "outlier_ratio", "1 or more", self.outlier_ratio)
        checks.require(self.outlier_share < 1, "outlier_share", "below 1", self.outlier_share)
        checks.require(
            0 <= self.outlier_enters <= 1 and 0 <= self.outlier_stays < 1,
            "outlier_next",
            "a chance that such a share of outliers can have",
            self.outlier_next,
        )
        checks.finish()

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm, outliers not counted (log-normal: cv^2 = exp(sigma^2) - 1)."""
        return math.sqrt(math.log1p(self.cv**2))

    @property
    def noise_share(self) -> float:
        """The share of the variance of the logarithm that has no memory."""
        return max(0.0, 1.0 - self.slow_share - self.fast_share - self.shared_share)

    @property
    def outlier_stays(self) -> float:
        """The chance that the batch behind an outlier is one."""
        return self.outlier_share if self.outlier_next is None else self.outlier_next

    @property
    def outlier_enters(self) -> float:
        """The chance that the batch behind another is an outlier: with it the long run has their share."""
        return self.outlier_share * (1.0 - self.outlier_stays) / (1.0 - min(self.outlier_share, 0.999999))

    @property
    def outlier_mean(self) -> float:
        """What outliers multiply the mean by, before it is divided out."""
        return 1.0 + self.outlier_share * (self.outlier_ratio - 1.0)

    @property
    def squared_cv(self) -> float:
        """Squared coefficient of variation of the factor, outliers among it.

        The body and the outliers are independent: the mean of the square is the product of their means.
        """
        square = 1.0 + self.outlier_share * (self.outlier_ratio**2 * (1.0 + self.outlier_cv**2) - 1.0)
        return (1.0 + self.cv**2) * square / self.outlier_mean**2 - 1.0

    @property
    def remembers(self) -> bool:
        """Whether one batch says anything of the next."""
        clusters = self.outlier_share > 0 and self.outlier_stays != self.outlier_share
        return clusters or self.correlation(1) > 0

    def correlation(self, lag: int) -> float:
        """Correlation of the logarithm over so many batches of one server, outliers not counted.

        That of the shared part is that of units which are equally busy.
        """
        if lag == 0:
            return 1.0
        return float(
            self.slow_share * self.slow_correlation**lag
            + self.fast_share * self.fast_correlation**lag
            + self.shared_share * self.shared_correlation**lag
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """Factors of mean one, taken in their order by the batches of a network, whichever server begins them.

    Behind the last one the first follows. The first replication begins at the first, the others each at a
    place of its own.
    """

    factors: tuple[float, ...]

    def __post_init__(self) -> None:
        checks = Checks("replayed service times")
        checks.require(self.factors, "factors", "one or more", "none")
        wrong = [value for value in self.factors if not (math.isfinite(value) and value > 0)]
        checks.require(not wrong, "factors", "numbers above 0", wrong[:3])
        checks.finish()

    @property
    def squared_cv(self) -> float:
        """Squared coefficient of variation of the factors."""
        mean = sum(self.factors) / len(self.factors)
        return sum((value - mean) ** 2 for value in self.factors) / len(self.factors) / mean**2


def varying(
    cv: float,
    *,
    next_one: float = 0.0,
    over_ten: float = 0.0,
    over_hundred: float | None = None,
    outlier_share: float = 0.0,
    outlier_ratio: float = 1.0,
    outlier_next: float | None = None,
    outlier_cv: float = 0.0,
) -> Variation:
    """The process with these correlations of log service over one batch, ten and (where known) a hundred.

    Two correlations give one autoregressive process and noise: the correlation falls as
    share * memory^lag, so memory = (over_ten / next_one)^(1/9). Three give a slow and a fast process.
    Raises `InputError` for correlations that no such process has.
    """
    for name, value in (("next", next_one), ("over_ten", over_ten), ("over_hundred", over_hundred or 0.0)):
        if not 0 <= value < 1:
            raise _impossible(name, "a correlation of 0 or more and below 1", value)
    if over_ten > next_one or (over_hundred or 0.0) > over_ten:
        raise _impossible("correlations", "ones that fall with distance", (next_one, over_ten, over_hundred))
    if over_hundred is None:
        parts = (*_one_part(next_one, over_ten), 0.0, 0.0)
    else:
        parts = _two_parts(next_one, over_ten, over_hundred)
    found = Variation(cv, *parts, outlier_share, outlier_ratio, outlier_next, outlier_cv)
    asked = {_SHORT: next_one, _MIDDLE: over_ten, _LONG: over_hundred}
    for lag, wanted in asked.items():
        if wanted is not None and abs(found.correlation(lag) - wanted) > _CLOSE:
            got = f"{wanted:g} over {lag} beside {next_one:g} over one"
            expected = (
                f"about {found.correlation(lag):.2f} there, the nearest that a process of this kind has"
            )
            raise _impossible("correlations", expected, got)
    return found


def sharing(given: Variation, together: float) -> Variation:
    """The process with a part that all units of a device have in common, of units that correlate so much.

    It is taken from the slow process, and what that does not have from the fast one, with the mean of their
    memories: the correlation of each unit's own batches stays as it was, but for that mean.
    """
    share = min(max(0.0, together), given.slow_share + given.fast_share)
    if share == 0:
        return given
    slow = min(share, given.slow_share)
    memory = (slow * given.slow_correlation + (share - slow) * given.fast_correlation) / share
    return replace(
        given,
        slow_share=given.slow_share - slow,
        fast_share=max(0.0, given.fast_share - (share - slow)),
        shared_share=share,
        shared_correlation=memory,
    )


def _one_part(next_one: float, over_ten: float) -> tuple[float, float]:
    """Share and memory of the one process that has two correlations."""
    # Faster than any share can explain: the process alone, without noise, has the least correlation over ten.
    if over_ten <= next_one**_MIDDLE:
        return (1.0, next_one) if next_one > 0 else (0.0, 0.0)
    memory = (over_ten / next_one) ** (1.0 / (_MIDDLE - _SHORT))
    # A correlation that does not fall at all would never be forgotten; no measurement can show that.
    memory = min(memory, 1.0 - _NEAR)
    return min(1.0, next_one / memory), memory


def _two_parts(next_one: float, over_ten: float, over_hundred: float) -> tuple[float, float, float, float]:
    """Shares and memories of a slow and a fast process that have three correlations.

    The fast one is all that the slow one is not; what it leaves over ten batches is taken from the slow one
    in rounds, which settle at once because it is small.
    """
    fast_memory = 0.0
    share, memory = 0.0, 0.0
    for _ in range(_ROUNDS):
        left = over_ten - (1.0 - share) * fast_memory**_MIDDLE
        if left <= over_hundred:
            memory = 1.0 - _NEAR
        else:
            memory = (max(over_hundred, 1e-6 * left) / left) ** (1.0 / (_LONG - _MIDDLE))
        share = min(1.0, max(0.0, left) / memory**_MIDDLE)
        rest = next_one - share * memory
        fast_memory = min(0.999, max(0.0, rest / (1.0 - share))) if share < 1 else 0.0
        fast_memory = min(fast_memory, memory)
    return share, memory, max(0.0, 1.0 - share), fast_memory


def _impossible(where: str, expected: str, got: object) -> InputError:
    return InputError("variation", [Problem(where, expected, str(got))])
