"""What a command answered, in a few lines that any changed number, word or order of rows changes.

A record of thousands of numbers is kept as one line a key: how often it occurs and a sum in which each place
has a weight of its own. That tells which key changed and not how; the command itself tells the rest. Tables
are kept as they are printed. This is regression only: what is right is asserted by the tests of the rooms.
"""

from __future__ import annotations

import json
import math
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from click.testing import CliRunner

from planner.cli.main import planner

FOLDER = Path(__file__).resolve().parent
KEPT = FOLDER / "kept"
FILES = FOLDER.parent / "engines" / "files"
ROUNDING = 1e-7
"""Of a sum's size: other versions of numpy and scipy round otherwise."""
UNSTEADY = {"digests", "tool", "versions", "sha256", "digest", "planner_version", "path", "file"}
"""Keys of what differs from day to day and from machine to machine."""


def cases() -> Mapping[str, str]:
    """Commands by name."""
    read = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
    return {name: text.format(scenarios=FOLDER / "scenarios", files=FILES) for name, text in read.items()}


def answered(name: str, command: str) -> str:
    """What is kept of a case: its table where the name says text, else a line for each key of its record."""
    with tempfile.TemporaryDirectory() as out:
        return _answered(name, [word.replace("OUT", out) for word in command.split()], out)


def _answered(name: str, arguments: list[str], out: str) -> str:
    if not name.endswith("-text"):
        arguments += ["--format", "json"]
    done = CliRunner().invoke(planner, arguments, env={"COLUMNS": "110", "NO_COLOR": "1"})
    assert done.exit_code in (0, 3), done.output
    if name.endswith("-text"):
        return done.stdout.replace(str(FOLDER), "").replace(out, "OUT") + f"exit status {done.exit_code}\n"
    return "\n".join(lines_of(json.loads(done.stdout.replace(out, "OUT")))) + "\n"


def differences(kept: str, now: str) -> list[str]:
    """Lines that differ; sums only where they do by more than rounding."""
    before, after = kept.splitlines(), now.splitlines()
    if len(before) != len(after):
        return [f"{len(before)} lines kept, {len(after)} now", *sorted(set(after) ^ set(before))[:20]]
    return [f"{old}  ->  {new}" for old, new in zip(before, after, strict=True) if not _alike(old, new)]


def _alike(old: str, new: str) -> bool:
    if old == new:
        return True
    (old_key, *olds), (new_key, *news) = (line.split(" | ") for line in (old, new))
    if old_key != new_key or len(olds) != 3 or len(news) != 3 or olds[0] != news[0]:
        return False
    size = max(float(olds[2]), float(news[2]))
    return abs(float(olds[1]) - float(news[1])) <= ROUNDING * size


def lines_of(record: object) -> Iterator[str]:
    """`key | how many | weighted sum | sum of sizes` of numbers, `key | how many | checksum` of words."""
    numbers: dict[str, list[float]] = defaultdict(list)
    words: dict[str, list[str]] = defaultdict(list)
    for key, value in _leaves(record, ""):
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers[key].append(float(value))
        else:
            words[key].append(str(value))
    for key, values in sorted(numbers.items()):
        weighted = [value * _weight(place) for place, value in enumerate(values)]
        size = math.fsum(abs(value) for value in weighted)
        yield f"{key} | {len(values)} | {math.fsum(weighted):.10g} | {size:.4g}"
    for key, texts in sorted(words.items()):
        yield f"{key} | {len(texts)} | {zlib.crc32(chr(0).join(texts).encode()):08x}"


def _weight(place: int) -> float:
    """Between one and two, scattered: two values that change places change the sum."""
    return 1.0 + place * 0.6180339887498949 % 1.0


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in UNSTEADY:
                # Keys that are names of things (tensors, devices) stay: they are answers too.
                yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    else:
        yield path, value
