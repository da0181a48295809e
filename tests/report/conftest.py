import pytest

from tests.report.sample import record as records


@pytest.fixture(scope="session")
def sample():
    """The module `sample.py` beside this file: builders of whole records."""
    return records


@pytest.fixture
def without_drawings(monkeypatch):
    """Reports whose text alone is looked at: each drawing is an empty one, which takes no time."""
    empty = b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50"></svg>'
    monkeypatch.setattr("planner.report.figures.style._saved", lambda *_: empty)
