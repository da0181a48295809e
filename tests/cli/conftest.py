from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from planner.cli.main import run


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


@pytest.fixture
def call(capsys) -> Callable[..., Result]:
    """Run `planner` in this process with the arguments of a user."""

    def invoke(*arguments: str) -> Result:
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return invoke
