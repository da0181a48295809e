from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="the extra web is not installed")
pytest.importorskip("uvicorn", reason="the extra web is not installed")

from planner import api
from tests.web.client import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("visitors"), "--max-upload", "20MB")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("networks") / "mobile.onnx"
    api.export_network("mobilenet_v2_1.0", path)
    return path
