"""Student's quantile from its finite sums: printed tables, and the incomplete beta function."""

from __future__ import annotations

import math

import pytest
from scipy.special import betaincinv

from planner.rack.counts.student import student_quantile


@pytest.mark.parametrize(
    ("freedom", "probability", "table"),
    [
        (1, 0.975, 12.706),
        (2, 0.975, 4.303),
        (3, 0.995, 5.841),
        (4, 0.95, 2.132),
        (9, 0.975, 2.262),
        (30, 0.975, 2.042),
        (120, 0.995, 2.617),
    ],
)
def test_quantiles_of_the_printed_table(freedom, probability, table):
    """Abramowitz and Stegun, table 26.10, printed to three places."""
    assert student_quantile(freedom, probability) == pytest.approx(table, abs=5.1e-4)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 31, 99, 200, 999])
def test_quantiles_are_those_of_the_incomplete_beta_function(freedom):
    """n / (n + t^2) is the quantile 2 (1 - p) of the beta distribution of n/2 and 1/2 (there, 26.7.1).

    SciPy's own quantile of Student (`stdtrit`) is good to 1e-8 only in SciPy 1.15.
    """
    for probability in (0.6, 0.9, 0.975, 0.9995, 1 - 0.05 / 32):
        ratio = float(betaincinv(freedom / 2, 0.5, 2 * (1 - probability)))
        expected = math.sqrt(freedom * (1 - ratio) / ratio)
        assert student_quantile(freedom, probability) == pytest.approx(expected, rel=1e-11)


def test_one_degree_of_freedom_is_cauchy_and_the_middle_is_zero():
    assert student_quantile(1, 0.9) == pytest.approx(math.tan(math.pi * 0.4), rel=1e-13)
    assert student_quantile(7, 0.5) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("freedom", "probability"), [(0, 0.9), (-1, 0.9), (3, 0.4), (3, 1.0), (3, math.nan)])
def test_what_has_no_quantile_is_refused(freedom, probability):
    with pytest.raises(ValueError, match="expected freedom of 1 or more"):
        student_quantile(freedom, probability)
