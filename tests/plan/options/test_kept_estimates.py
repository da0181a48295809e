"""Estimates kept between questions: those made anew, by part and setting, never those of a measurement."""

from dataclasses import replace

from planner.hardware.catalog import read_device
from planner.latency.evidence import Evidence
from planner.plan.options.estimator import Estimator
from planner.plan.options.kept_estimates import forget_estimates
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model

MODEL = "zoo:squeezenet_v1.1"


def asked(device, batch=1, **evidence):
    """By an estimator of its own, as each question has one."""
    estimator = Estimator({MODEL: read_model(MODEL, batch=1)}, Evidence(**evidence))
    mode, unit = device.modes[0].id, next(iter(device.units))
    return estimator.estimate(MODEL, device, unit=unit, mode=mode, precision=Precision.FP16, batch=batch)


def test_a_second_question_takes_what_the_first_found():
    device = read_device("jetson-orin-nano-8")
    forget_estimates()
    first = asked(device)
    assert asked(device) is first
    forget_estimates()
    anew = asked(device)
    assert anew is not first
    assert anew == first


def test_another_setting_part_or_kind_of_evidence_is_another_estimate():
    device = read_device("jetson-orin-nano-8")
    found = asked(device)
    assert asked(device, batch=2).latency_s.mid > found.latency_s.mid
    assert asked(device, kept=False).latency_s != found.latency_s
    slower = device.model_copy(deep=True)
    assert asked(slower) is not found
    assert asked(read_device("raspberry-pi-5")).device == "raspberry-pi-5"


def test_a_network_of_the_zoo_is_read_once_and_at_other_batches_is_another():
    assert read_model(MODEL, batch=1) is read_model(MODEL, batch=1)
    assert read_model(MODEL, batch=2).batch == 2
    shapes = {name: (1, *tensor.shape[1:]) for name, tensor in read_model(MODEL, batch=1).inputs.items()}
    assert replace(read_model(MODEL, shapes=shapes)).model == "squeezenet_v1.1"
