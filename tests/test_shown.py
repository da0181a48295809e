"""Results in a notebook: a short line in place of everything in them, and the first rows of their table."""

import pytest

import planner
from planner.shown import Shown


@pytest.fixture(scope="module")
def results():
    network = planner.read_onnx("zoo:resnet18")
    return [
        network,
        planner.estimate(network, "t4"),
        planner.compare(network, ["t4", "rk3588"]),
        planner.simulate("theory-md1", replications=2),
    ]


def test_a_result_is_one_short_line(results):
    for result in results:
        assert isinstance(result, Shown)
        assert repr(result) == f"<{type(result).__name__} {result.headline}>"
        assert len(repr(result)) < 160
        assert "\n" not in repr(result)


def test_a_notebook_shows_the_line_and_a_table(results):
    for result in results:
        html = result._repr_html_()
        assert html.startswith("<p>")
        assert html.count("<tr") <= 32
        assert ("more rows" in html) == (len(result.to_frame()) > 30)


def test_letters_of_html_are_escaped():
    class OddValue(Shown):
        headline = "<b> & co"

        def to_frame(self):
            import pandas as pd

            return pd.DataFrame({"a": [1.23456, 2.0]})

    assert OddValue()._repr_html_().startswith("<p>&lt;b&gt; &amp; co</p>")
    assert "1.235" in OddValue()._repr_html_()


def test_parts_and_scenarios_are_short_too():
    assert repr(planner.read_device("t4")) == "<Device t4: NVIDIA T4>"
    assert repr(planner.read_scenario("theory-md1")).startswith("<ScenarioFile theory-md1: ")
