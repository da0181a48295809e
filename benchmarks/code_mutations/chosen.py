"""A pytest plugin: of the tests found, those on a list, in its order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A list on the command line may be too long for it, and pytest would not keep its order."""
    order = {
        test: i for i, test in enumerate(Path(os.environ["CODE_MUTATIONS_CHOSEN"]).read_text().split("\n"))
    }
    left_out = [item for item in items if item.nodeid not in order]
    items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
    config.hook.pytest_deselected(items=left_out)
