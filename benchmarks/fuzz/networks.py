"""Reads damaged networks and reports whatever is neither counted nor refused with a message.

    python benchmarks/fuzz/networks.py --mutations 20000 [--seed 0] [--models FOLDER] [--keep FOLDER]

Networks of the zoo, models of the onnx package's backend suite and the files of a folder are damaged: bytes
changed, cut, repeated and spliced, or fields of the message set to odd values. A worker reads them one by one
with at most 2 GB of address space and 10 s each; it is replaced where it dies. Prints a table of outcomes and
exits with 1 where anything crashed, hung, ran out of memory or left a traceback.
"""

import argparse
import json
import random
import resource
import select
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
from google.protobuf.message import Message

from benchmarks.fuzz.odd import odd_bytes

MEMORY_BYTES = 2 * 10**9
LIMIT_S = 10.0
START_S = 60.0
ZOO = ("squeezenet_v1.1", "mobilenet_v2_1.0", "resnet18", "shufflenet_v2", "yolov5n", "bert_large_squad")
ODD_WHOLES = (0, 1, -1, 2, 3, 7, 64, 1023, 2**31 - 1, 2**31, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63))
ODD_FLOATS = (0.0, -1.0, 1e38, -1e38, float("inf"), float("nan"), 1e-45)


def corpus(folder: Path, models: Path | None) -> list[Path]:
    """Writes the networks to damage: whole ones, and models of one operator, which reach every rule."""
    from onnx.backend.test.case.node import collect_testcases

    from planner.workload.file.onnx_file import write_graph
    from planner.zoo.registry import build, names

    for name in sorted(set(ZOO) & set(names())):
        write_graph(build(name), folder / f"zoo-{name}.onnx", weights="none")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases[::3]:
        (folder / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
    found = sorted(folder.glob("*.onnx"))
    return found + sorted(models.glob("*.onnx") if models else ())


def changed_fields(content: bytes, chance: random.Random, _other: bytes) -> bytes:
    """One to a dozen fields of the message removed, repeated, swapped or set to an odd value."""
    model = onnx.ModelProto.FromString(content)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        message = _descend(model, chance)
        fields = message.ListFields()
        if not fields:
            continue
        field, value = chance.choice(fields)
        if field.is_repeated:
            _change_repeated(message, field, chance)
        elif isinstance(value, int | float | str | bytes) and not isinstance(value, bool):
            _set(message, field.name, _odd(value, chance))
        else:
            message.ClearField(field.name)
    return model.SerializeToString()


def _descend(model: Message, chance: random.Random) -> Message:
    """A random message inside; deeper ones are as likely as shallow ones."""
    message = model
    for _ in range(chance.randrange(1, 8)):
        inner = []
        for field, value in message.ListFields():
            if field.message_type is not None:
                inner.append(chance.choice(value) if field.is_repeated else value)
        if not inner:
            break
        message = chance.choice(inner)
    return message


def _change_repeated(message: Message, field, chance: random.Random) -> None:  # noqa: ANN001 - upb's own class
    values = getattr(message, field.name)
    place = chance.randrange(len(values))
    kind = chance.randrange(4)
    if kind == 0:
        del values[place]
    elif kind == 1 and field.message_type is not None:
        values.add().CopyFrom(values[place])
    elif kind == 1:
        values.append(values[place])
    elif field.message_type is not None:
        values[place].CopyFrom(chance.choice(values))
    elif kind == 2:
        values[place] = chance.choice(values)
    else:
        try:
            values[place] = _odd(values[place], chance)
        except (ValueError, TypeError):
            del values[place]


def _odd(value: object, chance: random.Random) -> object:
    if isinstance(value, int):
        return chance.choice((*ODD_WHOLES, value + 1, value - 1))
    if isinstance(value, float):
        return chance.choice(ODD_FLOATS)
    if isinstance(value, str):
        return chance.choice(
            ("", "x", value * 2, "Loop", "Reshape", "Resize", "Concat", "com.microsoft", "\u0000")
        )
    return chance.choice((b"", b"\xff\xfe", b"x" * 3))


def _set(message: Message, name: str, value: object) -> None:
    try:
        setattr(message, name, value)
    except (ValueError, TypeError):
        message.ClearField(name)


MUTATORS: tuple[Callable[[bytes, random.Random, bytes], bytes], ...] = (odd_bytes, changed_fields)


def mutation(files: list[Path], seed: int) -> bytes:
    """The damaged network of a seed."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    whole = [path for path in files if not path.name.startswith("test_")]
    content, other = (chance.choice(chance.choice((whole, files))).read_bytes() for _ in range(2))
    return chance.choices(MUTATORS, (1, 3))[0](content, chance, other)


def work(files: list[Path], first: int, last: int) -> None:
    """Reads mutations and prints one line for each before and after."""
    from planner.errors import PlannerError
    from planner.latency.kernels.prepared import kernels_of
    from planner.workload.record import workload_record
    from planner.workload.workload import read_workload

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.onnx"
        for seed in range(first, last):
            path.write_bytes(mutation(files, seed))
            started = time.perf_counter()
            try:
                workload = read_workload(path)
                json.dumps(workload_record(workload, kernels=len(kernels_of(workload, "generic"))))
                outcome = "counted, some unresolved" if workload.unresolved else "counted"
            except PlannerError:
                outcome = "refused"
            except MemoryError:
                outcome = "OUT OF MEMORY"
            except Exception as error:  # noqa: BLE001 - what is looked for
                outcome = f"TRACEBACK {type(error).__name__}: {error}"[:160].replace("\n", " ")
            seconds = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps([seed, outcome, seconds, peak]), flush=True)


def run(files: list[Path], first: int, last: int) -> Iterator[tuple[int, str, float, int]]:
    """Outcomes of all mutations; a worker that dies or hangs is one, and the next takes over."""
    seed = first
    while seed < last:
        command = [sys.executable, __file__, "--worker", str(seed), str(last), *map(str, files)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            patience = START_S
            while True:
                ready, _, _ = select.select([worker.stdout], [], [], patience)
                line = worker.stdout.readline() if ready and worker.stdout else ""
                if not line:
                    break
                found = json.loads(line)
                seed, patience = found[0] + 1, LIMIT_S
                yield tuple(found)
            if not ready:
                worker.kill()
        if seed < last:
            outcome = f"DIED with status {worker.returncode}" if ready else f"HUNG beyond {LIMIT_S} s"
            yield seed, outcome, LIMIT_S, 0
            seed += 1


def main() -> int:
    """Runs the mutations and prints what became of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path)
    parser.add_argument(
        "--keep", type=Path, help="folder for the networks that were neither counted nor refused"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = corpus(Path(folder), arguments.models)
        outcomes: Counter[str] = Counter()
        slowest, most, bad = 0.0, 0, 0
        for seed, outcome, seconds, peak in run(files, arguments.seed, arguments.seed + arguments.mutations):
            kind = outcome.split(" ")[0] if outcome[0].isupper() else outcome
            outcomes[kind] += 1
            slowest, most = max(slowest, seconds), max(most, peak)
            if kind.isupper():
                bad += 1
                print(f"seed {seed}: {outcome}", flush=True)
                if arguments.keep:
                    arguments.keep.mkdir(exist_ok=True, parents=True)
                    (arguments.keep / f"{seed}.onnx").write_bytes(mutation(files, seed))
    print(f"{arguments.mutations} mutations of {len(files)} networks from seed {arguments.seed}")
    for outcome, times in outcomes.most_common():
        print(f"  {outcome}: {times}")
    print(f"  slowest {slowest:.2f} s, peak memory of a worker {most / 1e6:.0f} MB")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work([Path(name) for name in sys.argv[4:]], int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main())
