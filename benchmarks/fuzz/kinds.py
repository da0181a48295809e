"""The kinds of hostile input: each makes one attempt from a source of chance and the corpus."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.networks import mutation
from benchmarks.fuzz.odd import odd_bytes, odd_json, odd_table, odd_tree, odd_value

JSON = ("--format", "json")
PART = "jetson-orin-nano-8"
_PROFILES = {
    "onnxruntime": ("onnxruntime_profile.json",),
    "openvino": ("openvino_counters.csv",),
    "trtexec": ("trtexec_profile.json", "trtexec_times.json", "trtexec_layers.json"),
    "msprof": ("op_summary.csv",),
    "tegrastats": ("tegrastats_orin.log", "tegrastats_nano.log"),
}
_SCENARIO_COMMANDS = ("size", "simulate", "density", "cost", "lint")
_QUICK_SCENARIOS = ("theory-md1", "theory-mmc", "article-density", "article-dvfs", "article-knee",
                    "article-update",
                    "article-scheduler")  # fmt: skip
"""Of devices given by numbers: a run takes a fraction of a second."""


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> Any:  # noqa: ANN401
    text = _text(path)
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)


@cache
def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.iterdir()))


def _as_yaml(tree: object, chance: random.Random) -> bytes:
    text = yaml.safe_dump(
        odd_tree(tree, chance), allow_unicode=chance.random() < 0.7, default_flow_style=None
    )
    content = text.encode("utf-8", "surrogatepass")
    return odd_bytes(content, chance) if chance.random() < 0.1 else content


def network(chance: random.Random, corpus: Path) -> Attempt:
    """An ONNX file, its bytes or the fields of its message damaged."""
    content = mutation(list(_files(corpus / "networks")), chance.getrandbits(60))
    asked = chance.choice(
        (("inspect", "n.onnx"), ("estimate", "n.onnx", "--device", chance.choice((PART, "nvidia-l4"))))
    )
    return Attempt((*asked, *JSON), {"n.onnx": content})


def profile(chance: random.Random, corpus: Path) -> Attempt:
    """A profile of a tool, with odd values, or given as that of another tool."""
    tool = chance.choice(list(_PROFILES))
    name = chance.choice(_PROFILES[tool])
    text = _text(corpus / "profiles" / name)
    if name.endswith(".json"):
        content = odd_json(_thinned(_tree(corpus / "profiles" / name), chance), chance)
    elif name.endswith(".csv"):
        content = odd_table(text, chance)
    else:
        content = odd_bytes(text.encode(), chance)
    asked = chance.choice(list(_PROFILES)) if chance.random() < 0.05 else tool
    return Attempt(("import", asked, name, *JSON), {name: content})


def _thinned(tree: Any, chance: random.Random) -> Any:  # noqa: ANN401
    """A few of the entries of a long list: what is odd among them then decides."""
    if isinstance(tree, list) and len(tree) > 6:
        return [tree[n] for n in sorted(chance.sample(range(len(tree)), 6))]
    return tree


def scenario(chance: random.Random, corpus: Path) -> Attempt:
    """A scenario with odd values, asked by one of the commands."""
    every = [path for path in _files(corpus / "scenarios") if path.suffix == ".yaml"]
    quick = [path for path in every if path.stem in _QUICK_SCENARIOS]
    path = chance.choice(quick if chance.random() < 0.9 else every)
    command = chance.choice(_SCENARIO_COMMANDS)
    return Attempt((command, "s.yaml", *JSON), {"s.yaml": _as_yaml(_tree(path), chance)})


def anchors(chance: random.Random, corpus: Path) -> Attempt:  # noqa: ARG001
    """A file of measurements, as CSV or YAML."""
    row = {
        "network": chance.choice(("zoo:resnet18", "zoo:squeezenet_v1.1")),
        "latency": f"{chance.randrange(1, 100)} ms",
        "engine": "tensorrt", "precision": "fp16", "batch": 1, "device": PART,
    }  # fmt: skip
    keys = chance.sample(list(row), chance.randrange(2, len(row) + 1))
    rows = [{key: row[key] for key in keys} for _ in range(chance.randrange(1, 4))]
    if chance.random() < 0.5:
        text = io.StringIO()
        writer = csv.DictWriter(text, keys, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        name, content = "a.csv", odd_table(text.getvalue(), chance)
    else:
        name, content = "a.yaml", _as_yaml({"measurements": rows}, chance)
    option = chance.choice(("--anchor", "--measured"))
    asked = ("estimate", "zoo:squeezenet_v1.1", "--device", PART, option, name)
    return Attempt((*asked, *JSON), {name: content})


def calibration(chance: random.Random, corpus: Path) -> Attempt:
    """A calibration with odd values in its file or in its table, whose digest then fits again."""
    folder = corpus / "calibrations"
    tree, table = _tree(folder / "calibration.yaml"), _text(folder / "calibration.csv").encode()
    lines = _text(folder / "calibration.csv").splitlines()
    if chance.random() < 0.5:
        kept = [lines[0], *chance.sample(lines[1:], min(40, len(lines) - 1))]
        table = odd_table("\n".join(kept), chance)
        tree = {**tree, "table": {**tree["table"], "sha256": hashlib.sha256(table).hexdigest()}}
        content = yaml.safe_dump(tree).encode()
    else:
        content = _as_yaml(tree, chance)
    files = {
        "calibration.yaml": content, "calibration.csv": table,
        "hw/this-machine.yaml": _text(folder / "this-machine.yaml").encode(),
    }  # fmt: skip
    asked = ("estimate", "zoo:squeezenet_v1.1", "--device", "this-machine", "--hardware", "hw")
    return Attempt((*asked, "--precision", "fp32", "--calibration", "calibration.yaml", *JSON), files)


def part(chance: random.Random, corpus: Path) -> Attempt:
    """A part of one's own with odd values."""
    path = chance.choice(_files(corpus / "parts"))
    files = {f"hw/{path.name}": _as_yaml(_tree(path), chance)}
    asked = ("estimate", "zoo:squeezenet_v1.1", "--device", path.stem, "--hardware", "hw", *JSON)
    return Attempt(asked, files)


def language(chance: random.Random, corpus: Path) -> Attempt:
    """The configuration, the GGUF or the safetensors header of a language model."""
    folder = corpus / "models"
    name = chance.choice(("config.json", "model.gguf", "model.safetensors"))
    content = (folder / name).read_bytes()
    if name == "config.json":
        content = odd_json(_tree(folder / name), chance)
    elif name == "model.gguf":
        head, rest = content[:3000], content[3000:]
        content = odd_bytes(head, chance) + rest
    elif chance.random() < 0.7:
        size = int.from_bytes(content[:8], "little")
        text = odd_json(json.loads(content[8 : 8 + size]), chance)
        content = len(text).to_bytes(8, "little") + text + content[8 + size :]
    else:
        content = odd_bytes(content, chance)
    asked = chance.choice((("llm", name, "--device", "jetson-agx-orin-64"), ("inspect", name)))
    return Attempt((*asked, *JSON), {name: content})


def record(chance: random.Random, corpus: Path) -> Attempt:
    """The data of a report, compared with another one."""
    path = corpus / "records" / "study.json"
    files = {"a.json": _text(path).encode(), "b.json": odd_json(_tree(path), chance)}
    order = ("a.json", "b.json") if chance.random() < 0.5 else ("b.json", "a.json")
    return Attempt(("report", "--compare", *order), files)


def trace(chance: random.Random, corpus: Path) -> Attempt:
    """Request times with odd values."""
    values = dict(_tree(corpus / "scenarios" / "theory-md1.yaml"))
    values["streams"] = [{**values["streams"][0], "arrivals": "trace", "trace": "t.csv"}]
    text = "time_s\n" + "".join(f"{number / 40}\n" for number in range(160))
    files = {"s.yaml": yaml.safe_dump(values).encode(), "t.csv": odd_table(text, chance)}
    return Attempt(("simulate", "s.yaml", *JSON), files)


def fleet(chance: random.Random, corpus: Path) -> Attempt:
    """A fleet: its own file, its table of sites, or its template with odd values."""
    folder = corpus / "fleets"
    files = {name: _text(folder / name).encode() for name in ("fleet.yaml", "shop.yaml", "shops.csv")}
    name = chance.choices(list(files), (5, 1, 4))[0]
    if name == "shops.csv":
        files[name] = odd_table(_text(folder / name), chance)
    else:
        files[name] = _as_yaml(_tree(folder / name), chance)
    return Attempt(("fleet", "fleet.yaml", "-o", "out", "--workers", "1", *JSON), files)


_OPTIONS = 2.0
"""Of a command line, on average."""
_SERVERS = {"serve", "mcp"}
"""Which wait for visitors, or for messages on the streams of their process, until they are stopped."""
_HEAVY = {"measure", "calibrate", "validate", "sweep", "report", "plan", "init"}


def command_line(chance: random.Random, corpus: Path) -> Attempt:  # noqa: ARG001
    """A command with options of its own and odd values for them."""
    import click

    from planner.cli import main

    context = click.Context(main.planner)
    asked = [name for name in main.COMMANDS if name not in _SERVERS]
    names = [name for name in asked if name not in _HEAVY or chance.random() < 0.01]
    words, command = [chance.choice(names)], main.planner.get_command(context, "zoo")
    command = main.planner.get_command(context, words[0])
    while isinstance(command, click.Group):
        words.append(chance.choice(list(command.commands)))
        command = command.commands[words[-1]]
    for parameter in command.params if command else ():
        wanted = isinstance(parameter, click.Argument) or chance.random() < _OPTIONS / len(command.params)
        if not wanted or "--time-limit" in parameter.opts or "--memory-limit" in parameter.opts:
            continue
        if isinstance(parameter, click.Option):
            if "--debug" in parameter.opts:  # which asks for the traceback
                continue
            words.append(chance.choice(parameter.opts))
            if parameter.is_flag:
                continue
        words.append(_word(parameter, chance))
    return Attempt(tuple(word.replace("\0", "") for word in words), {"in.yaml": b"a: 1\n", "in.json": b"{}"})


_WORDS = ("zoo:squeezenet_v1.1", "zoo:nosuch", PART, "nvidia-l4", "*", "[a", "in.yaml", "in.json",
          "theory-md1", "none", ".", "fp16", "int8", "tensorrt", "ncnn", "10 ms", "5 W", "100 USD",
          "a=1", "x=1,2", "1,2", "=", "a=", "json")  # fmt: skip


def _word(parameter: Any, chance: random.Random) -> str:  # noqa: ANN401
    if any(
        name in parameter.opts for name in ("-o", "--output", "--to", "--log", "--tables", "--html", "--data")
    ):
        return chance.choice(("out.json", "out.csv", "out", "none/out", ".", "out.onnx", "out.yaml"))
    if chance.random() < 0.6:
        return chance.choice(_WORDS)
    text = str(odd_value(chance.choice(_WORDS), chance))
    return text.encode("utf-8", "replace").decode()[:2000]


KINDS: dict[str, Callable[[random.Random, Path], Attempt]] = {
    "network": network,
    "profile": profile,
    "scenario": scenario,
    "anchors": anchors,
    "calibration": calibration,
    "part": part,
    "language": language,
    "record": record,
    "trace": trace,
    "fleet": fleet,
    "command_line": command_line,
}
