"""Do other versions of the libraries give other numbers? Answers of many commands, written and compared.

    python -m benchmarks.version_numbers write FILE        # with each set of versions
    python -m benchmarks.version_numbers compare A B

The commands are those of `tests/regression/cases.yaml` that print JSON, and the record of a report. Written
are all numbers in full. Two numbers are equal where they differ by at most 1e-9 of the larger; words, and
which keys there are, have to be the same. `make check-versions` does this with the oldest and the newest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from click.testing import CliRunner

from planner.cli.main import planner
from planner.plan.record.study import study_record
from planner.plan.scenario.file import read_scenario
from planner.plan.study.study import run_study
from tests.regression.summary import FOLDER, UNSTEADY, cases

TOLERANCE = 1e-9
LIBRARIES = ("numpy", "scipy", "numba", "pandas", "matplotlib", "onnx", "pydantic", "simpy")
Place = tuple[str, ...]


def written(path: Path) -> None:
    """Every answer as JSON, and the versions that gave it."""
    answers: dict[str, object] = {}
    for name, command in cases().items():
        if not name.endswith("-text"):
            done = CliRunner().invoke(planner, [*command.split(), "--format", "json"])
            if done.exit_code not in (0, 3):
                sys.exit(f"{name}: exit status {done.exit_code}: {done.output}")
            answers[name] = json.loads(done.stdout)
    answers["report"] = study_record(run_study(read_scenario(FOLDER / "scenarios" / "line.yaml")), "en")
    versions = {name: version(name) for name in LIBRARIES}
    path.write_text(json.dumps({"versions": versions, "answers": answers}))


def leaves(value: object, place: Place) -> Iterator[tuple[Place, object]]:
    """What is at the ends of a record, with the way there; digests and versions left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in UNSTEADY:
                yield from leaves(inner, (*place, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*place, str(number)))
    else:
        yield place, value


def compared(before: Path, after: Path) -> int:
    """Print what differs, and by how much at most; 1 where anything does beyond the tolerance."""
    first, second = (json.loads(path.read_text()) for path in (before, after))
    for found in (first, second):
        print(", ".join(f"{name} {number}" for name, number in found["versions"].items()))
    one, other = (dict(leaves(found["answers"], ())) for found in (first, second))
    bad = [f"{'.'.join(place)}: only one has it" for place in one.keys() ^ other.keys()]
    numbers, worst, exact = 0, (0.0, ()), 0
    for place in one.keys() & other.keys():
        old, new = one[place], other[place]
        if isinstance(old, int | float) and isinstance(new, int | float):
            numbers += 1
            exact += old == new
            apart = 0.0 if old == new else abs(old - new) / max(abs(old), abs(new))
            worst = max(worst, (apart, place))
            if not apart <= TOLERANCE:
                bad.append(f"{'.'.join(place)}: {old!r} and {new!r}, {apart:.1e} apart")
        elif old != new:
            bad.append(f"{'.'.join(place)}: {old!r} and {new!r}")
    print(f"{numbers} numbers of {len(first['answers'])} answers: {exact} equal to the bit")
    print(f"the worst are {worst[0]:.1e} apart ({'.'.join(worst[1]) or 'none'})")
    print("\n".join(sorted(bad)[:40]) or "no other difference")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        written(Path(sys.argv[2]))
    else:
        sys.exit(compared(Path(sys.argv[2]), Path(sys.argv[3])))
