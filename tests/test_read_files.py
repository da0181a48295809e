"""Files that somebody else made: too large, nested too deep, no text; each refused in a sentence."""

import os
from contextlib import suppress

import pytest

from planner.api.engines import import_profile
from planner.errors import InputError
from planner.language.sources.hf_config import read_config
from planner.language.sources.safetensors_header import read_shards, read_tensors
from planner.latency.anchoring.file import read_anchors
from planner.read_files import read_bounded, read_bounded_json
from planner.report.changes import read_record

DEEP = "[" * 100_000 + "]" * 100_000
BAD_JSON = {
    "deep": (DEEP, "nested"),
    "nan": ('{"a": NaN}', "NaN, which JSON does not have"),
    "infinity": ("[-Infinity]", "-Infinity"),
    "digits": ("9" * 10_000, "got "),
    "half": ('{"a": ', "line 1"),
    "bytes": ("\udcff\udcfe", "UTF-8"),
}


@pytest.mark.parametrize("read", [read_bounded_json, read_config, read_record, read_shards])
@pytest.mark.parametrize("kind", BAD_JSON)
def test_damaged_json_is_one_sentence(tmp_path, read, kind):
    text, said = BAD_JSON[kind]
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=said):
        read(path)


def test_a_deep_header_of_weights(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(DEEP).to_bytes(8, "little") + DEEP.encode() + b"\0" * 64)
    with pytest.raises(InputError, match="nested"):
        read_tensors(path)


@pytest.mark.parametrize("name", ["anchors.csv", "anchors.yaml"])
def test_an_anchor_file_of_a_gigabyte_is_not_read(tmp_path, name):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(2**30)  # sparse: no disk is used, and none of it is read beyond the limit
    with pytest.raises(InputError, match=r"at most 1,?000,?000 bytes"):
        read_anchors(path)


@pytest.mark.parametrize("value", ["inf ms", "nan ms", "-5 ms", "0 ms", "1e308 s", "1e-300 s", "", "fast"])
def test_latencies_of_anchors_that_are_none(tmp_path, value):
    path = tmp_path / "anchors.csv"
    path.write_text(f"network,latency\nzoo:resnet50_v1.5,{value}\n")
    with pytest.raises(InputError, match=r"line 2, measurements\[0\]"):
        read_anchors(path)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none", tmp_path / ("x" * 5000), tmp_path / "a\0b"):
        with pytest.raises(InputError, match="expected"):
            read_bounded(path)


@pytest.mark.parametrize("damage", ["x" * 140_000, 'a"\r\rb', "\0"], ids=["long", "returns", "zero"])
def test_tables_that_csv_refuses(tmp_path, damage):
    """A field beyond the limit of the library, a return within a line: a sentence of each reader."""
    anchors, counters = tmp_path / "a.csv", tmp_path / "c.csv"
    anchors.write_bytes(f"network,latency\nzoo:resnet18,{damage} ms\n".encode())
    counters.write_bytes(f"layerName;execStatus;layerType;execType;realTime (ms)\na;{damage}\n".encode())
    with pytest.raises(InputError, match="expected"):
        read_anchors(anchors)
    with suppress(InputError):  # a layer of another status did not run, and that is all
        import_profile("openvino", [counters])


@pytest.mark.parametrize("text", ["²", "1" * 5000, "٣"])
def test_digits_that_are_no_number_are_text(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(f"network,latency,batch\nzoo:resnet18,5 ms,{text}\n")
    if text == "٣":
        assert read_anchors(path)[0].batch == 3
    else:
        with pytest.raises(InputError, match="batch"):
            read_anchors(path)
