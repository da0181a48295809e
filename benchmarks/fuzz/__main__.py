"""Feeds planner damaged and hostile input; reports what is neither answered nor refused in a sentence.

    python -m benchmarks.fuzz [--kinds network,profile] [--minutes 10 | --inputs 1000] [--seed 0]
        [--first 0] [--corpus FOLDER] [--keep FOLDER]

Each input is made from a seed by its structure (fields of a message, keys of a scenario, cells of a profile,
options of a command) and run as a command line in a worker process, with 30 s and 2 GiB. A worker that dies
or does not come back is an outcome too. What is found: tracebacks, hangs, more than 2 GiB, numbers that JSON
does not have, control characters shown, inputs that were written over, hidden files left behind, children
that outlive the worker. Exits with 1 where there is any. Seed, kind and number give the same input again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzz.attempt import LIMIT_S, MEMORY_BYTES, Attempt, tried
from benchmarks.fuzz.corpus import ROOT, build
from benchmarks.fuzz.kinds import KINDS

_START_S = 400.0
_WALL_S = 10.0 * LIMIT_S
_BATCH = 1500
"""Inputs of a worker, which then makes room for a fresh one."""


def attempt_of(kind: str, seed: int, number: int, corpus: Path) -> Attempt:
    """The input of a number; the same wherever it is made."""
    return KINDS[kind](random.Random(f"{kind} {seed} {number}"), corpus)  # noqa: S311 - no secret


def work(kind: str, seed: int, first: int, last: int, corpus: Path) -> None:
    """Run inputs one by one and say what became of each."""
    answers = os.fdopen(os.dup(1), "w")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    os.environ["COLUMNS"] = "120"
    with tempfile.TemporaryDirectory() as folder, open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
        sys.stdin = nothing
        for number in range(first, last):
            outcome = tried(attempt_of(kind, seed, number, corpus), Path(folder) / "case")
            answers.write(json.dumps([number, outcome.what, outcome.seconds, outcome.peak_bytes]) + "\n")
            answers.flush()


Found = tuple[int, str, float, int]


def outcomes(kind: str, seed: int, first: int, last: int, corpus: Path) -> Iterator[Found]:
    """Outcomes of a range; where a worker dies or is silent, that is one and the next takes over."""
    number = first
    while number < last:
        stop = min(last, number + _BATCH)
        numbers = [str(seed), str(number), str(stop)]
        command = [sys.executable, "-m", "benchmarks.fuzz", "--worker", kind, *numbers, str(corpus)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment()
        ) as worker:
            patience, silent = _START_S, False
            try:
                while number < stop:
                    silent = not select.select([worker.stdout], [], [], patience)[0]
                    line = "" if silent or worker.stdout is None else worker.stdout.readline()
                    if not line:
                        break
                    found = json.loads(line)
                    number, patience = found[0] + 1, _WALL_S
                    yield tuple(found)
            finally:
                if number < stop:
                    worker.kill()
        if number < stop:
            what = "HANG past its alarm" if silent else f"DIED with status {worker.returncode}"
            yield number, what, LIMIT_S, 0
            number += 1


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "2"}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What a kind has given so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    bad: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    slowest_s: float = 0.0
    peak_bytes: int = 0

    def add(self, found: Found) -> None:
        """One more outcome."""
        number, what, seconds, peak = found
        word = what.split(" ")[0]
        self.kinds[word if word.isupper() else what] += 1
        if word.isupper():
            self.bad[what.split(":")[0] + (what.split(":")[1] if word == "TRACEBACK" else "")].append(number)
        self.slowest_s, self.peak_bytes = max(self.slowest_s, seconds), max(self.peak_bytes, peak)


def orphans() -> int:
    """Processes of this package that nobody started any more."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if fields[1] == "1" and b"planner." in (path.parent / "cmdline").read_bytes():
                found += 1
    return found


def main() -> int:
    """Run the kinds in turn and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--inputs", type=int, help="of each kind, in place of a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number to begin with, to go on")
    parser.add_argument("--corpus", type=Path, help="folder to keep the corpus in between runs")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that broke something")
    arguments = parser.parse_args()
    kinds = arguments.kinds.split(",")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        corpus = arguments.corpus or Path(folder)
        if not (corpus / "parts").is_dir():
            build(corpus)
        for kind in kinds:
            tally, end = Tally(), time.monotonic() + 60.0 * arguments.minutes / len(kinds)
            last = arguments.first + (arguments.inputs or 10**9)
            with contextlib.closing(outcomes(kind, arguments.seed, arguments.first, last, corpus)) as found:
                for one in found:
                    tally.add(one)
                    if arguments.inputs is None and time.monotonic() > end:
                        break
            _say(kind, tally)
            bad += len(tally.bad)
            if arguments.keep:
                _keep(arguments.keep, kind, arguments.seed, tally, corpus)
    left = orphans()
    print(f"orphans: {left}")
    return 1 if bad or left else 0


def _say(kind: str, tally: Tally) -> None:
    counts = ", ".join(f"{times} {what}" for what, times in tally.kinds.most_common())
    print(f"{kind}: {tally.kinds.total()} inputs: {counts}; slowest {tally.slowest_s:.1f} s, "
          f"peak {tally.peak_bytes / 2**20:.0f} MiB", flush=True)  # fmt: skip
    for what, numbers in sorted(tally.bad.items(), key=lambda item: -len(item[1])):
        print(f"  {len(numbers)} x {what} (numbers {', '.join(map(str, numbers[:4]))})", flush=True)


def _keep(folder: Path, kind: str, seed: int, tally: Tally, corpus: Path) -> None:
    """The first inputs of each kind of fault, with their command line."""
    for numbers in tally.bad.values():
        for number in numbers[:2]:
            attempt = attempt_of(kind, seed, number, corpus)
            place = folder / f"{kind}-{number}"
            for name, content in attempt.files.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(content)
            (place / "command.json").write_text(json.dumps(attempt.arguments))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], *map(int, sys.argv[3:6]), Path(sys.argv[6]))
    else:
        sys.exit(main())
