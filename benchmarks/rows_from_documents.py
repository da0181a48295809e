"""Copies published figures out of tables in public repositories, as rows of hardware_db/later.

Facts are copied with their source and nothing else. Each reader takes a Git directory of the repository (a
clone without a work tree will do) and yields one row a figure:
    python benchmarks/rows_from_documents.py paddleclas|hailo|aihub GIT_DIRECTORY > rows.csv
Networks keep the publisher's names; hardware_db/later/names.yaml says which of the zoo they are.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

COLUMNS = (
    "id,device,unit,mode,model,input,precision,batch,threads,engine,metric,value,statistic,source,note,trust"
)
Row = dict[str, str]


def main() -> None:
    """Prints the rows of one repository."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("publisher", choices=list(READERS))
    parser.add_argument("repository", type=Path)
    given = parser.parse_args()
    writer = csv.DictWriter(sys.stdout, COLUMNS.split(","), lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(READERS[given.publisher](Repository(given.repository)), 1):
        writer.writerow({"id": f"{given.publisher}-{number:05d}", **row})


class Repository:
    """Files of a repository at its head."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.revision = self._git("rev-parse", "--short=8", "HEAD").strip()

    def files(self, start: str, end: str) -> list[str]:
        """Paths that begin and end so."""
        listed = self._git("ls-tree", "-r", "--name-only", "HEAD").splitlines()
        return [path for path in listed if path.startswith(start) and path.endswith(end)]

    def read(self, path: str) -> str:
        """The text of a file."""
        return self._git("show", f"HEAD:{path}")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self._folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def paddleclas(repository: Repository) -> Iterator[Row]:
    """Tables of latency on V100 (FP32) and T4 (FP16 and FP32), batches 1, 4 and 8."""
    for path in repository.files("docs/zh_CN/models/ImageNet1k/", ".md"):
        part, head = "", []
        for line in repository.read(path).splitlines():
            if line.startswith("#"):
                part = "v100-pcie-32" if "V100 GPU" in line else "t4" if "T4 GPU" in line else ""
            if not line.startswith("|"):
                head = []
                continue
            cells = [re.sub(r"<br ?/?>", " ", cell).strip() for cell in line.strip().strip("|").split("|")]
            if not head:
                head = cells
            elif part:
                table = dict(zip(head, cells, strict=False))
                where = f"{path}@{repository.revision}"
                yield from _paddle_row(table, cells[0].replace(" ", ""), part, where)


def _paddle_row(table: Mapping[str, str], model: str, part: str, path: str) -> Iterator[Row]:
    side = next((cell for name, cell in table.items() if name.lower().startswith("size")), "")
    for name, cell in table.items():
        batch = re.search(r"bs=(\d+)", name)
        stated = "FP16" in name or "FP32" in name or part != "t4"
        if batch is None or not stated or not re.fullmatch(r"\d+(\.\d+)?", cell):
            continue
        yield {
            "device": part, "unit": "gpu", "model": model, "input": side if side.isdecimal() else "224",
            "precision": "fp16" if "FP16" in name else "fp32", "batch": batch[1], "engine": "tensorrt",
            "metric": "latency_ms", "value": cell, "statistic": "mean",
            "source": f"PaddlePaddle/PaddleClas {path}",
            "note": "TensorRT 8.0.3 behind Paddle Inference", "trust": "B",
        }  # fmt: skip


def hailo(repository: Repository) -> Iterator[Row]:
    """Rates of compiled networks at batches 1 and 8, of all chips."""
    for path in repository.files("docs/public_models/", ".rst"):
        chip = path.split("/")[2].lower().replace("hailo", "hailo-")
        for items in _list_rows(repository.read(path)):
            head, cells = items
            table = dict(zip(head, cells, strict=False))
            size = next((cell for name, cell in table.items() if name.startswith("Input Res")), "")
            for name, cell in table.items():
                batch = re.search(r"FPS \(Batch Size=(\d+)\)", name)
                if batch and re.fullmatch(r"\d+(\.\d+)?", cell) and float(cell) > 0:
                    square = re.fullmatch(r"(\d+)x(\d+)x\d+", size)
                    yield {
                        "device": chip, "unit": "npu", "model": _plain(cells[0]),
                        "input": square[1] if square and square[1] == square[2] else "",
                        "precision": "int8", "batch": batch[1], "engine": "hailort",
                        "metric": "throughput_fps", "value": cell, "statistic": "mean",
                        "source": f"hailo-ai/hailo_model_zoo {path}@{repository.revision}",
                        "note": f"vendor figure; input {size}", "trust": "B",
                    }  # fmt: skip


def _plain(name: str) -> str:
    """A network without the marks (|star|, |rocket|) behind it."""
    return re.sub(r"\|\w+\||[^\w.+-]", "", name)


def _list_rows(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Rows of list-tables of reStructuredText, each with the head of its table."""
    head: list[str] = []
    cells: list[str] = []
    for line in [*text.splitlines(), "   * - "]:
        first, later = re.match(r"\s+\* - ?(.*)", line), re.match(r"\s+- ?(.*)", line)
        if "list-table" in line:
            if head and cells:
                yield head, cells
            head, cells = [], []
        elif first:
            if cells and not head:
                head = cells
            elif cells:
                yield head, cells
            cells = [first[1].strip()]
        elif later and cells:
            cells.append(later[1].strip())


CHIPS = {
    "Snapdragon X Elite CRD": "snapdragon-x-elite", "Dragonwing RB3 Gen 2 Vision Kit": "qualcomm-qcs6490",
    "QCS8550 (Proxy)": "qualcomm-qcs8550", "SA8775P ADP": "qualcomm-sa8775p",
    "QCS8275 (Proxy)": "qualcomm-qcs8275", "Dragonwing IQ-9075 EVK": "qualcomm-iq9075",
    "SA7255P ADP": "qualcomm-sa7255p", "SA8295P ADP": "qualcomm-sa8295p",
    "QCS8450 (Proxy)": "qualcomm-qcs8450", "Samsung Galaxy S24": "snapdragon-8-gen3",
    "Samsung Galaxy S25": "snapdragon-8-elite", "Samsung Galaxy S23": "snapdragon-8-gen2",
    "Snapdragon 8 Elite Gen 5 QRD": "snapdragon-8-elite-gen5", "Snapdragon 8 Elite QRD": "snapdragon-8-elite",
    "Snapdragon X Plus 8-Core CRD": "snapdragon-x-plus-8-core", "Snapdragon 7 Gen 4 QRD": "snapdragon-7-gen4",
    "Dragonwing Q-6690 MTP": "qualcomm-qcm6690", "XR2 Gen 2 (Proxy)": "snapdragon-xr2-gen2",
    "Samsung Galaxy S22 5G": "snapdragon-8-gen1", "Samsung Galaxy S21": "snapdragon-888",
    "Snapdragon X2 Elite CRD": "snapdragon-x2-elite",
}  # fmt: skip
RUNTIMES = {"tflite": "tflite-qnn", "qnn_dlc": "qnn-dlc", "onnx": "onnxruntime-qnn",
            "qnn_context_binary": "qnn-context", "precompiled_qnn_onnx": "onnxruntime-qnn"}  # fmt: skip
FORMATS = {"float": "fp16", "w8a8": "int8"}


def aihub(repository: Repository) -> Iterator[Row]:
    """Latencies of Qualcomm AI Hub, of networks in one piece and of the pieces of others."""
    for path in repository.files("qai_hub_models/models/", "/perf.yaml"):
        record = yaml.safe_load(repository.read(path))
        for precision, own in (record.get("precisions") or {}).items():
            for piece, component in (own.get("components") or {}).items():
                for chip, runtimes in (component.get("performance_metrics") or {}).items():
                    for runtime, found in runtimes.items():
                        value = found.get("inference_time_milliseconds")
                        if value is None or chip not in CHIPS:
                            continue
                        layers = found.get("layer_counts") or {}
                        counts = {unit: int(layers.get(unit) or 0) for unit in ("npu", "gpu", "cpu")}
                        whole = [unit for unit, count in counts.items() if count]
                        yield {
                            "device": CHIPS[chip], "unit": whole[0] if len(whole) == 1 else "",
                            "model": path.split("/")[2] + (f":{piece}" if len(own["components"]) > 1 else ""),
                            "precision": FORMATS.get(precision, precision), "batch": "1",
                            "engine": RUNTIMES.get(runtime, runtime), "metric": "latency_ms",
                            "value": f"{value:g}", "statistic": "reported",
                            "source": f"quic/ai-hub-models {path}@{repository.revision}",
                            "note": f"job {found.get('job_id', '?')} on {chip}; layers "
                            + " ".join(f"{unit}={count}" for unit, count in counts.items()),
                            "trust": "B",
                        }  # fmt: skip


READERS = {"paddleclas": paddleclas, "hailo": hailo, "aihub": aihub}

if __name__ == "__main__":
    main()
