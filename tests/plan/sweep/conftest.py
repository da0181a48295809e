from __future__ import annotations

from pathlib import Path

import pytest

from planner.data_files import scenarios_dir

QUICK = {
    "duration: 420 s": "duration: 30 s",
    "warmup: 20 s": "warmup: 5 s",
    "replications: 10": "replications: 2",
}


@pytest.fixture
def queue(tmp_path) -> Path:
    """One device given by numbers and Poisson requests: a point of a few hundredths of a second."""
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    for old, new in QUICK.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "queue.yaml"
    path.write_text(text)
    return path
