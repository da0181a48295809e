"""Each key of a scenario with values that are none: refused in a sentence, or answered with numbers alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest
import yaml

from planner.cli.main import run
from planner.data_files import scenarios_dir

ODD = [float("nan"), 1e300, 1e-300, -1, 2**53 + 1, "inf s", "٣", "3 parsec", True, None, [], {}]
QUICK = {"duration": "4 s", "warmup": "1 s", "replications": 2}


def places(tree: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def with_value(tree: dict, path: tuple[str | int, ...], value: object) -> dict:
    tree = copy.deepcopy(tree)
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return tree


def no_number(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize("first", range(2))
def test_every_key_of_a_scenario(tmp_path, monkeypatch, capsys, first):
    """Two of the odd values for each key, others for the next key."""
    monkeypatch.chdir(tmp_path)
    scenario = yaml.safe_load((scenarios_dir() / "theory-md1.yaml").read_text())
    scenario["simulation"] = {**scenario["simulation"], **QUICK}
    for number, path in enumerate(places(scenario)):
        value = ODD[(number * 5 + first * 3) % len(ODD)]
        (tmp_path / "s.yaml").write_text(
            yaml.safe_dump(with_value(scenario, path, value), allow_unicode=True)
        )
        status = run(["simulate", "s.yaml", "--format", "json", "--quiet"])
        said = capsys.readouterr()
        assert status in (0, 2, 3), (path, value, said.err)
        if status == 2:
            assert said.err.startswith("planner: s.yaml"), (path, value, said.err)
        else:
            json.loads(said.out, parse_constant=no_number)
