"""For all tests of calibration: the engine made of a formula, and the published rows of TensorRT on GPUs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from planner.calibration.transfer.join import Join, join
from planner.calibration.transfer.observations import Observation
from planner.calibration.transfer.refit import observed
from planner.calibration.transfer.validate import LeftOut, leave_out
from planner.latency.transfer.store import transfer_named
from planner.schema.fitted.transfer import Transfer

TENSORRT = transfer_named("tensorrt-gpu")


def _load(name: str) -> ModuleType:
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"calibration_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SYNTHETIC = _load("synthetic")


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    return SYNTHETIC


@pytest.fixture(scope="session")
def results() -> list[object]:
    return [SYNTHETIC.probe_result(seed) for seed in range(90)]


@pytest.fixture(scope="session")
def calibration(results: list[object]) -> object:
    from planner.calibration.calibrate import fitted

    return fitted(SYNTHETIC.SETUP, results, "1.0")


@pytest.fixture(scope="session")
def joined() -> Join:
    return join()


@pytest.fixture(scope="session")
def found(joined: Join) -> tuple[Observation, ...]:
    return observed(TENSORRT, joined)


@pytest.fixture(scope="session", params=["rknn-npu", pytest.param("tensorrt-gpu", marks=pytest.mark.slow)])
def transfer(request: pytest.FixtureRequest) -> Transfer:
    """A model of few rows for each run, that of most for long ones: the same code leaves devices out."""
    return transfer_named(request.param)


@pytest.fixture(scope="session")
def observations_of_it(transfer: Transfer, joined: Join) -> tuple[Observation, ...]:
    return observed(transfer, joined)


@pytest.fixture(scope="session")
def left_out(transfer: Transfer, observations_of_it: tuple[Observation, ...]) -> tuple[LeftOut, ...]:
    """Every device predicted by a model fitted without it and its siblings."""
    return leave_out(transfer, observations_of_it, "device")
