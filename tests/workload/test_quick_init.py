"""Frozen dataclasses made in less time are the same in every other way."""

import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from planner.quick_init import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    places: tuple[int, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    places: tuple[int, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


def test_fields_defaults_and_factories():
    assert (Quick("a").name, Quick("a").places, Quick("a").notes) == ("a", (), {})
    assert Quick("a").notes is not Quick("a").notes
    assert Quick(places=(1,), name="b", notes={"x": 2}) == Quick("b", (1,), {"x": 2})
    assert repr(Quick("a", (1,))) == repr(Plain("a", (1,))).replace("Plain", "Quick")
    assert inspect.signature(Quick) == inspect.signature(Plain)


def test_it_stays_frozen_hashed_copied_and_pickled():
    made = Quick("a", (1,))
    with pytest.raises(FrozenInstanceError):
        made.name = "b"
    assert replace(made, name="b") == Quick("b", (1,))
    assert copy.copy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own bytes


@pytest.mark.parametrize("wrong", [Quick, lambda: Quick("a", unknown=1), lambda: Quick("a", (), {}, 1)])
def test_wrong_arguments_are_refused_as_ever(wrong):
    with pytest.raises(TypeError):
        wrong()
