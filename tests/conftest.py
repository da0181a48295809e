"""Tests see the shipped parts alone, whatever parts of their own the person running them has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from planner import data_files

settings.register_profile("planner", deadline=None)  # no test is timed; machines are shared
settings.load_profile("planner")


@pytest.fixture(scope="session", autouse=True)
def shipped_parts_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    nowhere: Path = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "config_dir", lambda: nowhere)
        patch.delenv(data_files.HARDWARE_VARIABLE, raising=False)
        yield
