"""Puts small faults into copies of the code, one at a time, and counts which of them the tests catch.

.venv/bin/python -m benchmarks.code_mutations --seed 1 --count 100
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import yaml

from benchmarks.code_mutations.mutants import ROOT, Mutant, sample
from benchmarks.code_mutations.record import Record, read_record
from benchmarks.code_mutations.recorder import FOLDER_VARIABLE, WATCHED
from benchmarks.code_mutations.trial import MutantTrial, copied, tried

LEAST_CAUGHT = 0.9

REVIEWED = Path(__file__).with_name("equivalent.yaml")


def main() -> int:
    """Record, draw, try and print; 1 where fewer than nine of ten are caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--record", type=Path, help="folder of a record for these faults; made if empty")
    parser.add_argument("--only", default="", help="try only faults of files whose path starts so")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="code-mutations-") as name:
        folder = asked.record or Path(name) / "record"
        mutants = sample(asked.count, asked.seed, sorted((ROOT / "planner").rglob("*.py")))
        mutants = tuple(item for item in mutants if item.path.startswith(asked.only))
        if not any(folder.glob("*.json")):
            recorded(folder, asked.workers, watched(mutants))
        unseen = {item.path for item in mutants} - set((folder / WATCHED).read_text().split("\n"))
        if unseen:
            parser.error(f"expected a record of these faults' files, got none of {', '.join(sorted(unseen))}")
        trials = tried_all(mutants, read_record(folder), Path(name), asked.workers)
    return printed(trials, reviewed())


def watched(mutants: Sequence[Mutant]) -> tuple[str, ...]:
    """Files whose lines are recorded: those with a fault. To watch all would take three times as long.

    Of a file that is compiled to machine code no line is seen; the tests that use its folder are tried.
    """
    chosen = {item.path for item in mutants}
    folders = {Path(path).parent for path in chosen if "compiled.jit" in (ROOT / path).read_text()}
    beside = {str(file.relative_to(ROOT)) for folder in folders for file in (ROOT / folder).glob("*.py")}
    return tuple(sorted(chosen | beside))


def recorded(folder: Path, workers: int, files: Sequence[str]) -> None:
    """Run all tests once and note which lines of some files each executes."""
    folder.mkdir(parents=True, exist_ok=True)
    watch = folder.resolve() / WATCHED
    watch.write_text("\n".join(files))
    command = [
        sys.executable, "-m", "pytest", "-p", "benchmarks.code_mutations.recorder", "-n", str(workers),
        "--dist", "loadfile",
    ]  # fmt: skip
    env = os.environ | {FOLDER_VARIABLE: str(folder.resolve()), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def tried_all(mutants: Sequence[Mutant], record: Record, folder: Path, workers: int) -> list[MutantTrial]:
    """Each fault in the copy of a worker that is free; a line as each is done."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for worker in range(workers):
        place = folder / f"copy{worker}"
        place.mkdir()
        copies.put(copied(place))

    def one(mutant: Mutant) -> MutantTrial:
        copy = copies.get()
        tests = record.tests(mutant.path, range(mutant.statement, mutant.line + 1))
        try:
            found = tried(mutant, tests, copy, sum(record.seconds[test] for test in tests))
        finally:
            copies.put(copy)
        said = found.caught_by or f"survived {found.tried} tests"
        print(f"{found.seconds:6.1f} s  {mutant.path}:{mutant.line} {mutant.operator}: {said}", flush=True)
        return found

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, mutants))


def reviewed() -> dict[tuple[str, str, str], str]:
    """Faults that change nothing that anybody could see, each with the reason."""
    rows = yaml.safe_load(REVIEWED.read_text()) or []
    return {(row["file"], row["before"], row["after"]): row["reason"] for row in rows}


def printed(trials: Sequence[MutantTrial], harmless: dict[tuple[str, str, str], str]) -> int:
    """Figures by room, what survived, and what was judged to be no fault."""
    equal = [trial for trial in trials if not trial.caught and trial.mutant.change in harmless]
    counted = [trial for trial in trials if trial not in equal]
    survived = [trial for trial in counted if not trial.caught]
    print(f"\n{'room':14}{'tried':>7}{'caught':>8}{'equal':>7}")
    for room in sorted({trial.mutant.room for trial in trials}):
        own = [trial for trial in trials if trial.mutant.room == room]
        same = sum(trial in equal for trial in own)
        print(f"{room:14}{len(own):7}{sum(trial.caught for trial in own):8}{same:7}")
    caught = len(counted) - len(survived)
    print(f"{'all':14}{len(trials):7}{caught:8}{len(equal):7}")
    print(f"{caught / max(len(counted), 1):.1%} of {len(counted)} caught")
    for trial in equal:
        print(f"\nno fault: {harmless[trial.mutant.change]}\n{trial.mutant.diff}")
    for trial in survived:
        print(f"\nsurvived {trial.tried} tests\n{trial.mutant.diff}")
    return int(caught < LEAST_CAUGHT * len(counted))


if __name__ == "__main__":
    sys.exit(main())
