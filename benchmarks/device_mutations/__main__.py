"""Corrupts copies of every shipped part in every way and at every place, and counts what the checks catch.

Writes hardware_db/checks/mutations.json, which the page of all parts shows. Run after every change of a part
or a check, then write the page anew:
.venv/bin/python -m benchmarks.device_mutations && .venv/bin/planner devices page -o docs/devices.md
"""

from __future__ import annotations

import json

from benchmarks.device_mutations.score import score
from planner.data_files import database_dir
from planner.files import write_bytes
from planner.hardware.catalog import engine_ids, read_engine


def main() -> None:
    """Count, print and write."""
    files = {path.name: path.read_text() for path in sorted((database_dir() / "devices").glob("*.yaml"))}
    scores = score(files, {engine_id: read_engine(engine_id) for engine_id in engine_ids()}, None)
    for item in scores:
        print(f"{item.kind:30} {item.tried:6} {item.caught:6} {item.caught / item.tried:7.1%}")
    tried, caught = sum(item.tried for item in scores), sum(item.caught for item in scores)
    print(f"{'all':30} {tried:6} {caught:6} {caught / tried:7.1%}")
    record = {
        "files": len(files),
        "kinds": [{"kind": item.kind, "tried": item.tried, "caught": item.caught} for item in scores],
    }
    path = database_dir() / "checks" / "mutations.json"
    path.parent.mkdir(exist_ok=True)
    write_bytes(path, (json.dumps(record, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
