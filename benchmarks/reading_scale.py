"""How reading grows: processor time and memory over the nodes, embedded weights, a graph beyond the limit.

    python benchmarks/reading_scale.py

Each network is written to a temporary folder and read in a process of its own. Weights are holes in a sparse
file, so that the disk stays empty.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from onnx import TensorProto, helper

READ = """
import json, re, sys, time
from pathlib import Path
from planner.errors import PlannerError
from planner.workload.workload import read_workload

def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024

before, started = peak(), time.process_time()
try:
    workload = read_workload(Path(sys.argv[1]))
    outcome = f"{len(workload.operators)} operators, {workload.parameters} parameters"
except PlannerError as error:
    outcome = f"refused: {error.problems[0]}"
print(json.dumps([time.process_time() - started, before, peak(), outcome]))
"""
SIZES = (1_000, 10_000, 100_000, 400_000)
TOO_MANY = 10_000_000
WEIGHTS = (500 * 10**6, 14 * 10**9)


def field(number: int, content: bytes, length: int | None = None) -> bytes:
    """A field of the protobuf wire format; with `length` it announces more bytes than are given."""
    left = len(content) if length is None else length
    header = bytearray([number << 3 | 2])
    while left > 127:
        header.append(left & 127 | 128)
        left >>= 7
    header.append(left)
    return bytes(header) + content


def head(last: str, weight: str = "") -> bytes:
    """A model with an input t0 and one output, its nodes still to come."""
    shape = [1, 1000]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["t0", weight], [last])] if weight else [],
        "g",
        [helper.make_tensor_value_info("t0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def write_chain(path: Path, nodes: int) -> None:
    """Nodes one after the other."""
    kinds = (b"Relu", b"Sigmoid", b"Neg")
    body = b"".join(
        field(1, field(1, b"t%d" % place) + field(2, b"t%d" % (place + 1)) + field(4, kinds[place % 3]))
        for place in range(nodes)
    )
    path.write_bytes(head(f"t{nodes}") + field(7, body))


def write_weights(path: Path, size: int) -> None:
    """One product with a weight of this many bytes, all of them in the file."""
    rows, columns = 1000, size // 4000
    spec = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[rows, columns]).SerializeToString()
    values = field(9, b"", rows * columns * 4)
    tensor = field(5, spec + values, len(spec) + len(values) + rows * columns * 4)
    start = head("y", "w") + field(7, tensor, len(tensor) + rows * columns * 4)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + rows * columns * 4)


def networks(folder: Path) -> Iterator[tuple[str, Path]]:
    """Writes the networks one by one."""
    path = folder / "network.onnx"
    for nodes in (*SIZES, TOO_MANY):
        write_chain(path, nodes)
        yield f"{nodes} nodes", path
    for size in WEIGHTS:
        write_weights(path, size)
        yield f"{size / 1e9} GB of weights in the file", path


def main() -> None:
    """Prints a line per network."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in networks(Path(folder)):
            result = subprocess.run(  # the interpreter that runs this script
                [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
            )
            seconds, before, after, outcome = json.loads(result.stdout)
            memory = f"{before / 1e6:.0f} -> {after / 1e6:.0f} MB"
            print(f"{name:38} {seconds:7.2f} s  {memory:18} {outcome}", flush=True)


if __name__ == "__main__":
    main()
