"""Tests see the shipped parts alone, whatever parts of their own the person running them has."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from planner import data_files
from planner.collector import collect_seldom

settings.register_profile("planner", deadline=None)  # no test is timed; machines are shared
settings.load_profile("planner")

collect_seldom()  # as the command line does; a session keeps millions of objects, walked for nothing


def pytest_collection_finish() -> None:
    """What collecting made lasts as long as the session: it is not searched for cycles again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def shipped_parts_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Also in the processes that tests start: there the platform's own variables lead to an empty folder."""
    nowhere: Path = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_CONFIG_HOME", "APPDATA"):
            patch.setenv(variable, str(nowhere))
        if sys.platform == "darwin":
            patch.setenv("HOME", str(nowhere))
        patch.delenv(data_files.HARDWARE_VARIABLE, raising=False)
        yield
