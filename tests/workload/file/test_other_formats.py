"""Files that are dropped by mistake: named, with the command that makes an ONNX of them."""

import zipfile

import pytest

from planner.errors import InputError
from planner.workload.file.onnx_file import read_graph


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        (
            "m.tflite",
            b"\x1c\0\0\0TFL3" + b"\0" * 40,
            "TensorFlow Lite.*tf2onnx.convert --tflite m.tflite --output m.onnx",
        ),
        ("m.onnx", b"\x1c\0\0\0TFL3" + b"\0" * 40, "TensorFlow Lite"),  # renamed
        ("m.pt", b"\x80\x02}q", "yolo export model=m.pt format=onnx"),
        ("m.engine", b"\x12\x34\0\0{", "engine of TensorRT.*compiled from"),
        ("m.rknn", b"RKNN\0\0", "RKNN"),
        ("m.om", b"IMOD\0\0", "Ascend"),
        ("m.hef", b"\x01HEF\0\0", "Hailo"),
        ("m.xml", b'<?xml version="1.0"?><net name="m">', "OpenVINO.*ovc"),
        ("m.bin", b"\xff" * 80, "the .onnx file itself"),
        ("m.h5", b"\x89HDF\r\n", "--keras m.h5"),
        (
            "m.onnx",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "git lfs pull --include m.onnx",
        ),
        ("m.onnx", b"<!DOCTYPE html><html>", "a web page"),
        ("m.pdmodel", b"\xff" * 80, "paddle2onnx.*m.pdmodel"),
        ("m.gguf", b"GGUF\3\0", "optimum-cli"),
    ],
)
def test_another_format_is_named(tmp_path, name, content, what):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"expected an ONNX model, got .*{what}"):
        read_graph(path)


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("m/data.pkl", "a file of PyTorch"),
        ("net/a.onnx", "unpack it and give net/a.onnx"),
        ("x.txt", "a zip archive"),
    ],
)
def test_archives_by_what_they_hold(tmp_path, inside, what):
    path = tmp_path / "m.onnx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inside, "content")
    with pytest.raises(InputError, match=what):
        read_graph(path)


def test_a_folder_of_tensorflow(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(InputError, match=r"tf2onnx\.convert --saved-model"):
        read_graph(tmp_path)


def test_a_large_file_of_another_format(tmp_path):
    path = tmp_path / "m.engine"
    path.write_bytes(b"\xff" * (2**20 + 1))
    with pytest.raises(InputError, match="engine of TensorRT"):
        read_graph(path)
