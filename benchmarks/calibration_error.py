"""How well a calibration predicts networks that it has never seen, on this machine.

Calibrates within the budget, then measures each network of a folder and of the zoo and puts the prediction,
the roofline and the sum of the network's own measured kernels beside. No network takes part in a fit: probes
are random. Let nothing else run. Run:
python benchmarks/calibration_error.py FOLDER ENGINE [THREADS] [PRECISION]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from planner.errors import PlannerError
from planner.workload.workload import Workload
from planner.zoo.registry import names
from planner.zoo.source import read_model

MOST_MACS, MOST_WEIGHT_BYTES = 25e9, 6e8
RUNNABLE = {"float", "int64", "int32", "bool"}


def main(folder: Path, engine: str, threads: str = "1", precision: str = "fp32") -> None:
    """Prints the three rows of figures and the ten worst networks."""
    setting = ["--engine", engine, "--threads", threads, "--precision", precision]
    with tempfile.TemporaryDirectory() as scratch:
        calibration, answer = Path(scratch) / "calibration.yaml", Path(scratch) / "answer.json"
        run("calibrate", *setting, "--budget", "5min", "-o", str(calibration))
        models = [*map(str, sorted(folder.glob("*.onnx"))), *(f"zoo:{name}" for name in names())]
        chosen = [model for model in models if is_small_enough(model)]
        run(
            "validate", *chosen, *setting, "--calibration", str(calibration), "--time", "1s",
            "--format", "json", "-o", str(answer),
        )  # fmt: skip
        found = json.loads(answer.read_text())
    parts = (("calibrated", found), ("roofline", found["roofline"]), ("own kernels", found["floor"]))
    for name, part in parts:
        print(
            f"{name:12s} MAPE {part['mape']:6.1%}  p90 {part['p90_error']:6.1%}  "
            f"within 10 % {part['within_10_percent']:6.1%}"
        )
    print(
        f"{len(found['rows'])} networks; band of 90 % holds {found['coverage']:.1%}, half-width "
        f"{found['half_width']:.1%}; Spearman {found['spearman']:.3f}"
    )
    for row in sorted(found["rows"], key=lambda row: -abs(row["error"]))[:10]:
        print(f"  {row['model']:36s} {row['measured_s'] * 1e3:9.2f} ms  {row['error']:+.1%}")
    for refused in found["refused"]:
        print(f"  not run: {refused['model']}: {refused['reason']}")


def is_small_enough(model: str) -> bool:
    """Whether a network of floats can be run in a few seconds."""
    try:
        workload: Workload = read_model(model, batch=1)
    except PlannerError:
        return False
    kinds = {tensor.dtype for tensor in workload.tensors.values()}
    return workload.macs <= MOST_MACS and workload.weight_bytes <= MOST_WEIGHT_BYTES and kinds <= RUNNABLE


def run(*arguments: str) -> None:
    """One command of the planner installed beside this Python."""
    subprocess.run([str(Path(sys.executable).with_name("planner")), *arguments], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
