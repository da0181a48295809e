"""The nodes of an ONNX file by the keys under which Model Explorer finds them.

Its ONNX adapter (justinchuby/model-explorer-onnx) takes a node's name as its id, and the application also
finds a node by any tensor that it writes. So a node without a name, or with one that others have too, goes
by its first output. Bodies of control flow belong to their node, and a call of a local function is one node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.workload.file.onnx_file import load_proto


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """Key of each node in the order of the file, and of the node that writes a tensor."""

    keys: tuple[str, ...]
    writer: Mapping[str, str]


def node_keys(path: Path) -> NodeKeys:
    """The nodes of the main graph. Raises `InputError` for what is no ONNX file."""
    nodes = load_proto(path).graph.node
    named = Counter(node.name for node in nodes)
    keys, writer, taken = [], {}, set()
    for index, node in enumerate(nodes):
        outputs = [name for name in node.output if name]
        key = (
            node.name if node.name and named[node.name] == 1 else (outputs or [f"{node.op_type}_{index}"])[0]
        )
        while key in taken:
            key = f"{key}_{index}"
        taken.add(key)
        keys.append(key)
        writer.update(dict.fromkeys(outputs, key))
    return NodeKeys(tuple(keys), writer)
