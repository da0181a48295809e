"""The shipped model of system power is what its fit gives for today's rows."""

import pytest

from planner.calibration.power.fit import fit_power
from planner.calibration.power.rows import power_rows
from planner.latency.power import power_model


def test_the_fit_gives_the_shipped_parameters():
    model = power_model()
    rows, _ = power_rows()
    found = fit_power(model, rows)
    shipped = {str(name): item.value for name, item in model.parameters.items()}
    shipped |= {family.name: family.share.value for family in model.families}
    assert found == pytest.approx(shipped, rel=0.01)
