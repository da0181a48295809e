"""Student's quantile for whole degrees of freedom, without SciPy, whose import takes longer than a short run.

For n degrees of freedom and theta = atan(t / sqrt(n)) the probability of (-t, t) is a finite sum (Abramowitz
and Stegun 26.7.3 and 26.7.4): with s = sin(theta) and c = cos(theta)

    n even:  s (1 + 1/2 c^2 + (1 3)/(2 4) c^4 + ... up to c^(n - 2))
    n odd:   2/pi (theta + s (c + 2/3 c^3 + (2 4)/(3 5) c^5 + ... up to c^(n - 2)))

All terms are positive, so nothing cancels; what it leaves to one is known to 1e-16 of one.
"""

from __future__ import annotations

import math
from functools import lru_cache

from planner.formulas import formula

_ROUNDS = 200
_ENOUGH = 1e-14


@formula("student_interval")
@lru_cache(maxsize=256)
def student_quantile(freedom: int, probability: float) -> float:
    """The t that Student's variable exceeds with 1 - probability; probability from one half to below one."""
    if freedom < 1 or not 0.5 <= probability < 1.0:
        raise ValueError(f"expected freedom of 1 or more and 0.5 to 1, got {freedom} and {probability}")
    inside = 2.0 * probability - 1.0
    low, high = 0.0, math.pi / 2
    # In theta the bracket is finite however far out t lies.
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if high - low <= _ENOUGH * (math.pi / 2 - middle) or middle in (low, high):
            break
        low, high = (middle, high) if _inside(freedom, middle) < inside else (low, middle)
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _inside(freedom: int, theta: float) -> float:
    """The probability of (-t, t) at t = sqrt(freedom) tan(theta)."""
    sine, cosine = math.sin(theta), math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0 if freedom == 1 else term
    # From one power of the cosine to the next but one.
    for power in range(2 + odd, freedom - 1, 2):
        term *= (power - 1) / power * cosine**2
        total += term
    return (theta + sine * total) * 2.0 / math.pi if odd else sine * total
