import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample():
    """The module `sample.py` beside this file: builders of whole records."""
    place = Path(__file__).with_name("sample.py")
    spec = importlib.util.spec_from_file_location("report_sample", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
