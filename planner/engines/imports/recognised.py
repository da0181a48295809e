"""Which tool wrote a file, by marks in its content: for refusals that say what to do instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from planner.read_files import open_file

_HEAD_BYTES = 200_000

_READ: Mapping[str, re.Pattern[str]] = {
    "onnxruntime": re.compile(r'"cat"\s*:\s*"(Node|Session)"'),
    "trtexec": re.compile(r'TensorRT\.trtexec|"(computeMs|averageMs)"|^\s*\{\s*"Layers"\s*:'),
    "openvino": re.compile(
        r'layerName[;,]execStatus|"(detailed_performance|avg_performance|execution_results)"|realTime \(ms\):'
    ),
    "msprof": re.compile(r"Task Duration\(us\)"),
    "tegrastats": re.compile(r"\bRAM \d+/\d+MB .*\b(GR3D|EMC)"),
}
_NAMED: Mapping[str, tuple[re.Pattern[str], str]] = {
    "a trace of PyTorch or Chrome": (
        re.compile(r'"traceEvents"\s*:'),
        "profile the ONNX file with ONNX Runtime instead",
    ),
    "a report of Nsight Systems": (
        re.compile(r"NVIDIA Nsight|CUDA GPU Kernel Summary|^SQLite format 3"),
        "run trtexec --exportProfile for times of layers",
    ),
    "a log of TensorFlow Lite's benchmark_model": (
        re.compile(r"Inference timings in us|Number of nodes executed"),
        "nothing here reads it; write its latency as a measurement",
    ),
    "a profile of RKNN": (
        re.compile(r"Operator Time Consuming Ranking|rknn_perf|Total Operator Elapsed Per Frame"),
        "nothing here reads it; write its latency as a measurement",
    ),
    "a log of hailortcli": (
        re.compile(r"hailortcli|HailoRT"),
        "nothing here reads it; write its latency as a measurement",
    ),
    "a zip archive": (re.compile(r"^PK\x03\x04"), "unpack it first"),
    "a pointer of Git LFS": (re.compile(r"^version https://git-lfs"), "fetch the file with git lfs pull"),
}


def other_tool(path: Path, asked: str) -> tuple[str, str] | None:
    """What a file is and what to do with it, where it is known and not of the tool that was asked for."""
    if not path.is_file():
        return None
    try:
        with open_file(path) as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    for tool, mark in _READ.items():
        if mark.search(head):
            return None if tool == asked else (f"a profile of {tool}", f"planner import {tool} {path.name}")
    for what, (mark, advice) in _NAMED.items():
        if mark.search(head):
            return what, advice
    return None
