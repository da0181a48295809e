"""A changed network beside its baseline, and what other tools read of an estimate.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.api.database.parts import own_part_notes, precision_named, read_device
from planner.api.networks import counted_network
from planner.errors import InputError, OutputError, Problem
from planner.files import require_writable, write_bytes
from planner.read_files import read_bounded_text

if TYPE_CHECKING:
    from planner.latency.result import Estimate
    from planner.plan.check.check import Check
    from planner.schema.record.changed.check import BaselineRecord
    from planner.wording.catalog import Language
    from planner.workload.workload import Workload

USUAL_INCREASE = 0.05
"""By how much a middle value may grow over the baseline's where nobody says otherwise."""


def check(
    workload: Workload | str | Path,
    devices: Sequence[str] = (),
    *,
    against: str | Path | None = None,
    unit: str | None = None,
    mode: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    max_latency_s: float | None = None,
    max_memory_bytes: float | None = None,
    max_energy_j: float | None = None,
    max_increase: float | None = USUAL_INCREASE,
    plan_for: Literal["typical", "cautious"] = "cautious",
    progress: Callable[[str], None] = lambda _: None,
) -> Check:
    """A network on parts, beside the baseline in the file `against`: what changed and whether it is allowed.

    No `devices` are those of the baseline, and what is None of `unit`, `mode`, `precision`, `batch` and
    `engine` is as the baseline was asked. `max_increase` is the share by which the middle of latency, memory
    or energy may grow; the other limits are of the network as it is, and of the latency that a plan counts
    on. Raises `InputError` for a file that is no baseline, or of none of the parts, and where there is
    neither a part nor a baseline; `UnknownIdError` for unknown names.

    >>> check("zoo:resnet18", ["t4"], max_latency_s=0.01).passed
    True
    """
    from planner.plan.check.check import CheckOptions
    from planner.plan.check.check import check as checked
    from planner.plan.check.limits import CheckLimits

    baseline = None if against is None else (str(against), read_baseline(against))
    ids = list(dict.fromkeys(devices))
    if not ids and baseline is not None:
        ids = [row["device"] for row in baseline[1]["rows"]]
    if not ids:
        problem = Problem("--device", "a part, or a baseline that has parts", "neither", "name parts")
        raise InputError("check", [problem])
    kept = None if baseline is None else baseline[1]["asked"]
    asked = CheckOptions(
        unit if unit is not None or kept is None else kept["unit"],
        mode if mode is not None or kept is None else kept["mode"],
        precision_named(precision if precision is not None or kept is None else kept["precision"]),
        engine if engine is not None or kept is None else kept["engine"],
        batch if batch is not None or kept is None else kept["batch"],
    )
    limits = CheckLimits(max_latency_s, max_memory_bytes, max_energy_j, max_increase, plan_for)
    parts = [read_device(device_id) for device_id in ids]
    found = checked(counted_network(workload), parts, asked, limits, baseline, progress)
    found.record["notes"].extend(own_part_notes(ids))
    return found


def read_baseline(path: str | Path) -> BaselineRecord:
    """The baseline in a file. Raises `InputError` for one that is missing or holds none.

    >>> written = write_check(check("zoo:resnet18", ["t4"]), baseline="baseline.json")
    >>> read_baseline("baseline.json")["model"]
    'resnet18'
    """
    from planner.schema.record.changed.baseline import read_baseline as read

    return read(read_bounded_text(Path(path)), str(path))


def write_check(
    found: Check,
    *,
    baseline: str | Path | None = None,
    markdown: str | Path | None = None,
    junit: str | Path | None = None,
    language: Language = "en",
) -> tuple[Path, ...]:
    """Write the baseline of the network as it is now, the Markdown, the JUnit XML; the files written.

    Raises `OutputError` for files that cannot be written or are the same, before any is written.

    >>> write_check(check("zoo:resnet18", ["t4"]), baseline="baseline.json")
    (PosixPath('baseline.json'),)
    """
    import json

    from planner.report.check_result import check_junit, check_markdown
    from planner.wording.message import Wording

    say = Wording(language)
    files = check_files(baseline, markdown, junit)
    if baseline is not None:
        text = json.dumps(found.baseline, indent=1, ensure_ascii=False, allow_nan=False)
        write_bytes(Path(baseline), f"{text}\n".encode())
    if markdown is not None:
        write_bytes(Path(markdown), check_markdown(found.record, say).encode())
    if junit is not None:
        write_bytes(Path(junit), check_junit(found.record, say))
    return files


def check_files(*paths: str | Path | None) -> tuple[Path, ...]:
    """The files that are named, once each can be written and all are apart; `OutputError` otherwise.

    >>> check_files(None, "check.md")
    (PosixPath('check.md'),)
    """
    files = tuple(Path(path) for path in paths if path is not None)
    for path in files:
        require_writable(path)
    if len({path.resolve() for path in files}) < len(files):
        raise OutputError(f"expected another file for each, got {', '.join(map(str, files))}")
    return files


def write_overlay(
    model: str | Path, workload: Workload, estimate: Estimate, path: str | Path
) -> dict[str, object]:
    """Write an estimate as node data for Model Explorer, each node of the file once; what was written.

    `model` is where the workload was read from: its file has the nodes as Model Explorer shows them. Raises
    `InputError` for an estimate without a latency, and `OutputError` where the file cannot be written.

    >>> from planner.api import estimate, read_onnx
    >>> network = read_onnx("zoo:resnet18")
    >>> written = write_overlay("zoo:resnet18", network, estimate(network, "t4"), "t4.json")
    >>> Path("t4.json").exists()
    True
    """
    import json

    from planner.report.overlay import node_data
    from planner.workload.file.node_keys import node_keys

    require_writable(Path(path))
    file = Path(model)
    keys = None if str(model).startswith("zoo:") or not file.is_file() else node_keys(file)
    found = node_data(workload, estimate, keys)
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes(Path(path), f"{text}\n".encode())
    return found
