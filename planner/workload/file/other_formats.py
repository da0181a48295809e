"""Files given for an ONNX file by mistake: what they are, and the command that makes an ONNX of them.

They are known by their first bytes, else by the ending of the name. A compiled network holds machine code of
one device or one engine, so that nothing makes an ONNX of it again: there the file that it was compiled from
is named.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.read_files import open_file

_HEAD = 64

_NO_WAY_BACK = "nothing turns it back; give the ONNX file that it was compiled from"
_PYTORCH = (
    "a file of PyTorch",
    "write its ONNX: yolo export model={name} format=onnx for a YOLO, else torch.onnx.export(model, inputs, "
    "'{stem}.onnx')",
)
_LFS = ("a pointer of Git LFS, not the network itself", "fetch it: git lfs pull --include {name}")


@dataclass(frozen=True, slots=True)
class _Mark:
    """Bytes at a place near the start of a file."""

    content: bytes
    place: int = 0

    def is_in(self, head: bytes) -> bool:
        """Whether the first bytes of a file have this mark."""
        return head[self.place :].startswith(self.content)


_BY_CONTENT: tuple[tuple[_Mark, tuple[str, str]], ...] = (
    (_Mark(b"version https://git-lfs"), _LFS),
    (
        _Mark(b"TFL3", 4),
        (
            "a network of TensorFlow Lite",
            "convert it: python -m tf2onnx.convert --tflite {name} --output {stem}.onnx",
        ),
    ),
    (
        _Mark(b"\x89HDF"),
        (
            "a file of Keras (HDF5)",
            "convert it: python -m tf2onnx.convert --keras {name} --output {stem}.onnx",
        ),
    ),
    (_Mark(b"RKNN"), ("a network compiled by RKNN", _NO_WAY_BACK)),
    (_Mark(b"\x01HEF"), ("a network compiled for Hailo", _NO_WAY_BACK)),
    (_Mark(b"IMOD"), ("a network compiled for Ascend", _NO_WAY_BACK)),
    (_Mark(b"ftrt"), ("an engine of TensorRT", _NO_WAY_BACK)),
    (
        _Mark(b"GGUF"),
        ("weights in GGUF", "export the model that they are of: optimum-cli export onnx --model NAME {stem}"),
    ),
    (_Mark(b'<?xml version="1.0"'), ("a network of OpenVINO", "give the ONNX file that ovc was given")),
    (_Mark(b"7767517"), ("a network of ncnn", "give the ONNX file that pnnx was given")),
    (_Mark(b"\x80\x02"), _PYTORCH),
    (_Mark(b"\x1f\x8b"), ("a compressed file", "unpack it: gunzip {name}")),
    (_Mark(b"<!DOCTYPE"), ("a web page", "download the file itself")),
    (_Mark(b"<html"), ("a web page", "download the file itself")),
)

_BY_ENDING: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys((".pt", ".pth", ".torchscript", ".pt2"), _PYTORCH),
    **dict.fromkeys((".engine", ".plan", ".trt"), ("an engine of TensorRT", _NO_WAY_BACK)),
    ".xml": ("a network of OpenVINO", "give the ONNX file that ovc was given"),
    ".bin": ("weights beside a network", "give the .onnx file itself"),
    ".om": ("a network compiled for Ascend", _NO_WAY_BACK),
    ".hef": ("a network compiled for Hailo", _NO_WAY_BACK),
    ".har": ("a network of Hailo's compiler", _NO_WAY_BACK),
    ".rknn": ("a network compiled by RKNN", _NO_WAY_BACK),
    ".dlc": ("a network compiled for Qualcomm", _NO_WAY_BACK),
    ".param": ("a network of ncnn", "give the ONNX file that pnnx was given"),
    ".pb": (
        "a graph of TensorFlow",
        "convert it: python -m tf2onnx.convert --saved-model FOLDER --output {stem}.onnx",
    ),
    ".tflite": (
        "a network of TensorFlow Lite",
        "convert it: python -m tf2onnx.convert --tflite {name} --output {stem}.onnx",
    ),
    **dict.fromkeys(
        (".pdmodel", ".pdiparams"),
        (
            "a network of Paddle",
            "convert it: paddle2onnx --model_dir . --model_filename {stem}.pdmodel --params_filename "
            "{stem}.pdiparams --save_file {stem}.onnx",
        ),
    ),
    ".safetensors": ("weights alone", "export the model: optimum-cli export onnx --model FOLDER {stem}"),
    ".mlmodel": ("a network of Core ML", "give the file that it was converted from"),
    ".caffemodel": ("a network of Caffe", "give its ONNX; caffe2onnx makes one of it and its .prototxt"),
}


def other_format(path: Path, *, by_ending: bool) -> tuple[str, str] | None:
    """What a file is and what to do with it, where it is known to be no ONNX; `by_ending` trusts its name.

    Raises `OSError` where it cannot be read.
    """
    with open_file(path) as file:
        head = file.read(_HEAD)
    known = next((answer for mark, answer in _BY_CONTENT if mark.is_in(head)), None)
    if known is None and head.startswith(b"PK\x03\x04"):
        known = _archive(path)
    if known is None and by_ending:
        known = _BY_ENDING.get(path.suffix.lower())
    return None if known is None else (known[0], known[1].format(name=path.name, stem=path.stem))


def _archive(path: Path) -> tuple[str, str]:
    """PyTorch and Keras keep their files in zip archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        names = []
    ends: Callable[[str], bool] = lambda ending: any(name.endswith(ending) for name in names)  # noqa: E731
    if ends("data.pkl") or ends("model.json") or path.suffix.lower() in (".pt", ".pth", ".pt2"):
        return _PYTORCH
    if ends("model.weights.h5"):
        return (
            "a file of Keras",
            "convert it: python -m tf2onnx.convert --keras {name} --output {stem}.onnx",
        )
    inside = next((name for name in names if name.endswith(".onnx")), None)
    return "a zip archive", "unpack it" + (f" and give {inside.replace('{', '')}" if inside else "")
