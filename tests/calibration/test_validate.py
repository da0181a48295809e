"""The error of a prediction as estimated, and with the machine's drift divided out."""

import pytest

from planner.calibration.validate import CalibrationAccuracy, ValidationRow


def row(predicted_s, measured_s, drift):
    return ValidationRow("net", predicted_s, 0.85 * predicted_s, 1.15 * predicted_s, measured_s,
               predicted_s / measured_s - 1, None, drift, None, "quiet")  # fmt: skip


def test_a_machine_that_slowed_down_misleads_the_estimate_and_not_the_error_without_drift():
    record = CalibrationAccuracy((row(1.0, 1.1, 1.1), row(1.0, 1.2, 1.1)), (), ()).record()
    assert record["mape"] == pytest.approx((0.1 / 1.1 + 0.2 / 1.2) / 2)
    assert record["without_drift"]["mape"] == pytest.approx((0.0 + 0.1 / 1.2) / 2)
    assert record["coverage"] == 0.5


def test_a_rank_correlation_needs_three_networks():
    rows = (row(1.0, 1.1, 1.0), row(2.0, 2.2, 1.0), row(3.0, 2.5, 1.0))
    assert CalibrationAccuracy(rows[:2], (), ()).record()["spearman"] is None
    assert CalibrationAccuracy(rows, (), ()).record()["spearman"] == pytest.approx(1.0)
