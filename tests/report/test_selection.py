import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.report.selection import (
    COMPARED_FEASIBLE,
    PER_DEVICE,
    compared,
    drawn_kernels,
    envelope,
    shares_by,
)
from planner.wording.message import Wording


def test_every_device_is_compared_once_at_least(sample):
    options = sample.study()["options"]
    shown = compared(options)
    assert {option["device"] for option in shown.rows} == {option["device"] for option in options}
    assert all(option["feasible"] for option in shown.feasible)
    assert len(shown.feasible) <= COMPARED_FEASIBLE
    assert [options.index(option) for option in shown.feasible] == sorted(map(options.index, shown.feasible))
    devices = [option["device"] for option in shown.feasible]
    assert max(map(devices.count, devices)) <= PER_DEVICE
    assert shown.feasible_left_out == sum(option["feasible"] for option in options) - len(shown.feasible)


def test_a_loser_stands_with_its_best_option(sample):
    options = sample.infeasible()["options"]
    shown = compared(options)
    assert shown.feasible == ()
    for option in shown.losing:
        assert option is next(one for one in options if one["device"] == option["device"])


@given(st.integers(1, 60), st.integers(1, 20))
def test_merging_kernels_loses_no_time_and_no_work(number, limit):
    kernels = [
        {
            "name": str(place),
            "op_types": ["Conv"],
            "op_class": ("conv", "pool", "copy")[place % 3],
            "macs": float(place),
            "flops": 2.0 * place,
            "bytes": place + 1.0,
            "latency_s": 1e-6 * ((7 * place) % 13 + 1),
            "share": 1 / number,
            "bound": "memory",
        }
        for place in range(number)
    ]
    drawn = drawn_kernels(kernels, Wording("en"), limit)
    everything = [*drawn.single, *drawn.merged]
    for key in ("macs", "flops", "bytes", "latency_s", "share"):
        assert sum(kernel[key] for kernel in everything) == pytest.approx(sum(k[key] for k in kernels))
    assert len(drawn.single) + drawn.merged_count == number
    longest_hidden = max((k["latency_s"] for k in kernels if k not in drawn.single), default=0.0)
    assert min(kernel["latency_s"] for kernel in drawn.single) >= longest_hidden


def test_shares_are_ordered_and_complete(sample):
    kernels = sample.kernels()
    shares = shares_by(kernels, lambda kernel: kernel["bound"])
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert sum(shares.values()) == pytest.approx(1.0)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=200), st.integers(1, 50))
def test_envelope_keeps_the_extremes(values, limit):
    result = envelope([float(place) for place in range(len(values))], values, limit)
    known = [value for value in values if value is not None]
    if not known:
        assert result is None
        return
    assert len(result.mean) <= limit
    assert result.low.min() == min(known)
    assert result.high.max() == max(known)
    assert (result.low <= result.mean + 1e-6).all()
    assert (result.mean <= result.high + 1e-6).all()
