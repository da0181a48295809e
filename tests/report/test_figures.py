import re
import xml.etree.ElementTree as ET

import pytest

from planner.report.figures.elevation import elevation
from planner.report.figures.ladder import ladder
from planner.report.figures.latency import latency_bars, rival_name
from planner.report.figures.rack import latency_histogram, rack_over_time
from planner.report.figures.roofline import placed_share, roofline
from planner.report.figures.time_bars import time_bars
from planner.report.figures.tradeoff import tradeoff
from planner.report.selection import compared
from planner.wording.message import Wording

ENGLISH = Wording("en")


def drawings(record):
    options = record["options"]
    return {
        "tradeoff": tradeoff(compared(options), options, ENGLISH).svg,
        "roofline": roofline(record["roofline"][0], ENGLISH),
        "time": time_bars(record["roofline"][0], ENGLISH),
        "latency": latency_bars(record["rivals"], ENGLISH),
        "ladder": ladder(record["ladder"], ENGLISH),
        "rack": rack_over_time(record["rack"], ENGLISH),
        "histogram": latency_histogram(record["rack"], ENGLISH),
    }


def words(svg):
    root = ET.fromstring(svg)  # noqa: S314 - drawn here a moment ago
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("}text")]


def test_the_same_record_gives_the_same_bytes(sample):
    assert drawings(sample.study()) == drawings(sample.study())


def test_text_stays_text_in_the_face_of_the_page(sample):
    for svg in drawings(sample.study()).values():
        assert words(svg)
        assert not re.search(rb"<text[^>]*STIX", svg)
        assert b"<dc:date>" not in svg


def test_every_line_has_ink(sample):
    for svg in drawings(sample.study()).values():
        assert not re.search(rb"stroke-dasharray: *[;\"]", svg)


def test_names_are_never_markup(sample):
    record = sample.study()
    hostile = [
        "$x^2$",
        "a\x00b\x1bc",
        "<script>",
        "_hidden",
        "a\\b & \"c\" 'd'",
        "%d {x} #f",
        "مرحبا",
        "日本",
    ]
    for place, name in enumerate(hostile):
        record["rivals"][place]["name"] = name
        record["roofline"][0]["kernels"][place].update(name=name, op_class=name, share=0.2 - place / 100)
    shown = drawings(record)
    for name in [*hostile[:1], *hostile[2:], "a\ufffdb\ufffdc"]:
        assert any(text.startswith(name) for text in words(shown["latency"]))
        assert name in words(shown["time"])
    assert {"$x^2$", "<script>", " _hidden"} <= set(words(shown["roofline"]))


def test_nothing_known_gives_no_drawing(sample):
    record = sample.study()
    rack = record["rack"]
    rack["latency_histogram"] = []
    rack["series"] = {key: [] for key in rack["series"]}
    entry = record["roofline"][0] | {"kernels": []}
    assert latency_histogram(rack, ENGLISH) is None
    assert rack_over_time(rack, ENGLISH) is None
    assert roofline(entry, ENGLISH) is None
    assert time_bars(entry, ENGLISH) is None
    assert latency_bars([], ENGLISH) is None
    assert ladder([rung | {"latency_s": None} for rung in record["ladder"]], ENGLISH) is None
    assert tradeoff(compared([]), [], ENGLISH) is None


def test_unknown_prices_leave_power_and_latency(sample):
    options = sample.study()["options"]
    for option in options:
        option["total_cost"] = option["capital"] = None
    drawing = tradeoff(compared(options), options, ENGLISH)
    assert drawing.missing == 0
    assert "power of the rack" in words(drawing.svg)
    assert not any("cost" in text for text in words(drawing.svg))


def test_missing_prices_are_counted(sample):
    options = sample.study()["options"]
    drawing = tradeoff(compared(options), options, ENGLISH)
    assert drawing.missing == sum(option["total_cost"] is None for option in options) > 0


def test_a_series_with_gaps_is_drawn(sample):
    rack = sample.study()["rack"]
    rack["series"]["temperature_max_c"] = [None] * len(rack["series"]["time_s"])
    rack["series"]["queue"][::2] = [None] * len(rack["series"]["queue"][::2])
    rack["throttle_c"] = None
    shown = words(rack_over_time(rack, ENGLISH))
    assert "hottest device" not in shown
    assert "mean of the devices" in shown


def test_kernels_without_work_are_said_to_be_missing(sample):
    kernels = sample.kernels()
    idle = sum(kernel["share"] for kernel in kernels if kernel["flops"] == 0)
    assert placed_share(kernels) == pytest.approx(1 - idle)


def elevation_of(carriers, rack_units):
    rack = {
        "count": 2 * carriers,
        "spares": 0,
        "slots": 2,
        "carriers": carriers,
        "carrier_units": 1.0,
        "rack_units": rack_units,
    }
    slots = {"time_s": [1.0], "temperature_c": [[50.0] * 2 * carriers]}
    return elevation(rack, slots, 90.0, Wording("en")).decode()


def test_a_rack_that_is_mostly_free_is_cut_and_says_so():
    cut, whole = elevation_of(7, 42.0), elevation_of(7, 12.0)
    assert "35 U free, not drawn to scale" in cut
    assert "42 U" in cut
    assert "10 U" not in cut
    assert "5 U free" in whole
    assert "not drawn to scale" not in whole


def test_a_long_name_loses_its_brackets_only_where_it_stays_its_own():
    def rivals(*names):
        return [{"name": name} for name in names]

    long, other = "Intel Xeon Platinum 8380 (one socket)", "Intel Xeon Platinum 8380 (two sockets)"
    alone, pair = rivals(long), rivals(long, other)
    assert rival_name(alone[0], alone) == "Intel Xeon Platinum 8380"
    assert rival_name(pair[0], pair) != rival_name(pair[1], pair)
