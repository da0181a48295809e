"""Networks on the engines of this machine: small ones really run; engines that refuse, crash and hang."""

import json

import numpy as np
import pytest

from planner.engines import measure as measuring
from planner.engines.measure import measure
from planner.engines.session import EngineError
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.errors import InputError, UnknownIdError
from planner.workload.file.external_data import has_weights
from planner.zoo.source import export, read_model

SMALL = "zoo:mobilenet_v1_0.25"


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_small_network_runs_and_is_timed(engine):
    pytest.importorskip(engine)
    found = measure(read_model(SMALL), engine, seconds=0.2)
    assert found.reason is None
    assert found.finite
    assert found.timing.median_s > 0
    assert found.load_s > 0
    assert found.first_s > 0
    assert found.peak_memory_bytes > 470_072 * 4
    assert json.dumps(found.record())


def test_a_file_with_its_weights_is_run_as_it_is(tmp_path):
    pytest.importorskip("onnxruntime")
    full, bare = tmp_path / "full.onnx", tmp_path / "bare.onnx"
    export("mobilenet_v1_0.25", full, weights="random")
    export("mobilenet_v1_0.25", bare, weights="none")
    assert has_weights(full)
    assert not has_weights(bare)
    assert measure(read_model(full), "onnxruntime", file=full, seconds=0.1).timing
    assert measure(read_model(bare), "onnxruntime", file=bare, seconds=0.1).timing


def test_weights_outside_the_folder_are_refused(tmp_path):
    bare = tmp_path / "bare.onnx"
    export("mobilenet_v1_0.25", bare, weights="none")
    import onnx

    model = onnx.load(str(bare), load_external_data=False)
    entry = next(e for e in model.graph.initializer[0].external_data if e.key == "location")
    entry.value = "../../etc/passwd"
    bare.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="outside"):
        has_weights(bare)


def engine_of_ours(tmp_path, monkeypatch, body: str) -> None:
    (tmp_path / "engine_of_ours.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(measuring.ENGINES, "ours", ("engine_of_ours", ()))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "from planner.engines.session import EngineError\n"
            "def open_session(setup):\n    raise EngineError('no layer Foo')",
            "no layer Foo",
        ),
        ("import os, signal\ndef open_session(setup):\n    os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
        ("import time\ndef open_session(setup):\n    time.sleep(60)", "did not finish within 3 s"),
        ("def open_session(setup):\n    raise ValueError('odd')", "ended with status 1: ValueError: odd"),
    ],
    ids=["refuses", "crashes", "hangs", "breaks"],
)
def test_what_an_engine_does_wrong_is_an_answer(tmp_path, monkeypatch, body, reason):
    engine_of_ours(tmp_path, monkeypatch, body)
    found = measure(read_model(SMALL), "ours", limit_s=3.0)
    assert found.timing is None
    assert reason in found.reason


def test_unknown_and_missing_engines_say_what_to_do(monkeypatch):
    with pytest.raises(UnknownIdError, match="onnxruntime"):
        measure(read_model(SMALL), "onnxruntme")
    monkeypatch.setitem(measuring.ENGINES, "ours", ("engine_of_ours", ("no_such_package",)))
    with pytest.raises(EngineError, match=r"pip install 'edge-ai-planner\[engines\]'"):
        measure(read_model(SMALL), "ours")


def test_inputs_have_the_types_shapes_and_ranges_of_the_network():
    feeds = synthetic_inputs(read_model("zoo:bert_large_squad", batch=2))
    assert {value.dtype for value in feeds.values()} <= {np.dtype("int64"), np.dtype("float32")}
    assert {value.shape for value in feeds.values()} == {(2, 384)}
    assert all(value.min() >= 0 and value.max() < 30_522 for value in feeds.values())
    again = synthetic_inputs(read_model("zoo:bert_large_squad", batch=2))
    assert all((feeds[name] == again[name]).all() for name in feeds)
