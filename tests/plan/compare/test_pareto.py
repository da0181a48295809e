"""The Pareto front: definition, unknowns, and what adding a point may do."""

from hypothesis import given
from hypothesis import strategies as st

from planner.plan.compare.pareto import pareto_front

POINT = st.tuples(st.integers(0, 5), st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))


def test_only_the_unbeaten_stay():
    assert pareto_front([(1, 2), (2, 1), (2, 2), (1, 2)]) == (True, True, False, True)


def test_an_unknown_price_does_not_beat_a_known_one():
    assert pareto_front([(1, None), (2, 5)]) == (True, True)


def test_a_point_of_unknown_price_is_beaten_in_what_it_knows():
    assert pareto_front([(2, None), (1, 5)]) == (False, True)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_some_point_is_always_on_the_front_and_every_other_is_beaten_by_one_of_it(points):
    front = pareto_front(points)
    best = [p for p, on in zip(points, front, strict=True) if on]
    assert best
    for point, on in zip(points, front, strict=True):
        if not on:
            assert any(all(a <= b for a, b in zip(q, point, strict=True)) for q in best)
