"""The engine made of a formula, for all tests of calibration."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


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
