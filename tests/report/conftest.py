import pytest

from tests.report.sample import record as records


@pytest.fixture(scope="session")
def sample():
    """The module `sample.py` beside this file: builders of whole records."""
    return records
