"""Streams of video and their chains: how they are written, and every way in which they do not fit."""

from __future__ import annotations

import re

import pytest

from planner.errors import InputError
from planner.schema.reading.strict import StrictModel
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.streams import Stream
from planner.schema.scenario.video import step_names


class Streams(StrictModel):
    """A file that has streams alone."""

    streams: list[Stream]


def read(stream: str) -> Stream:
    head = "streams:\n  - name: lot\n    count: 40\n    arrivals: periodic\n    slo: {latency: 200 ms}\n"
    text = head + "".join(f"    {line}\n" for line in stream.strip().splitlines())
    return validate(parse_document(text, "test.yaml"), Streams).streams[0]


def refused(stream: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InputError) as error:
        read(stream)
    return [(problem.line, problem.where, problem.got) for problem in error.value.problems]


PLATES = """
rate: 15 FPS
video: {codec: H.265, size: 1080p, rate: 25 FPS, bitrate: 4 Mbps}
chain:
  - decode
  - convert: gpu
    to: 640x640
  - network: zoo:yolov5s
    name: vehicles
    every: 3
  - track
  - network: zoo:yolov5s
    per_item: {mean: 2.5, most: 8}
  - network: zoo:resnet18
    per_item: {mean: 1, distribution: fixed}
  - encode: hevc
    after: decode
"""


def test_a_chain_reads_as_it_is_written():
    stream = read(PLATES)
    assert [step.kind for step in stream.chain] == [
        "decode", "convert", "network", "track", "network", "network", "encode",
    ]  # fmt: skip
    assert step_names(stream.chain) == [
        "decode", "convert", "vehicles", "track", "yolov5s", "resnet18", "encode",
    ]  # fmt: skip
    assert stream.video is not None
    assert (stream.video.codec, str(stream.video.size), stream.video.rate_per_s) == ("h265", "1920x1080", 25)
    assert stream.video.bitrate_bytes_per_s == 0.5e6
    assert stream.model == "zoo:yolov5s"
    assert stream.models == ("zoo:yolov5s", "zoo:resnet18")
    assert stream.chained


@pytest.mark.parametrize("text", ["h265 1080p", "hevc 1920x1080", "x265 1080p"])
def test_codec_and_size_in_two_words(text):
    video = read(f"rate: 15 FPS\nmodel: zoo:yolov5s\nvideo: {text}").video
    assert video is not None
    assert (video.codec, video.size.pixels) == ("h265", 1920 * 1080)


def test_streams_of_one_network_stay_as_they_are():
    stream = read("rate: 15 FPS\nmodel: zoo:yolov5s")
    assert (stream.video, stream.chain, stream.models) == (None, [], ("zoo:yolov5s",))
    assert not stream.chained


@pytest.mark.parametrize(
    ("chain", "line", "where", "got"),
    [
        ("- decode\n  - network: zoo:a\n    after: crop", 11, "chain[1].after", "'crop'"),
        ("- decode\n  - network: zoo:a\n    after: a", 11, "chain[1].after", "'a', itself"),
        (
            "- decode\n    after: a\n  - network: zoo:a",
            10,
            "chain[0].after",
            "'a', which is below",
        ),
        ("- decode\n  - network: zoo:a\n    per_item: {mean: 2}", 11, "chain[1].per_item", "none before 'a'"),
        ("- decode\n  - network: zoo:a\n    rate: 30 FPS", 11, "chain[1].rate", "30 /s"),
        ("- network: zoo:a\n    rate: 5 FPS\n    every: 2", 11, "chain[0].every", "both"),
        ("- network: zoo:a\n  - network: zoo:b\n    name: a", 11, "chain[1].name", "'a' again"),
        ("- network: zoo:a\n    to: 640x640", 10, "chain[0].to", "it with network"),
        ("- resize\n  - network: zoo:a", 9, "chain[0].resize", None),
        ("- network: zoo:a\n    convert: gpu", None, "chain[0]", None),
        ("- network: zoo:a\n  - network: zoo:b\n    per_item: {mean: 0}", 11, "chain[1].per_item.mean", None),
        (
            "- network: zoo:a\n  - network: zoo:b\n    per_item: {mean: 1.5, distribution: fixed}",
            11,
            "chain[1].per_item",
            None,
        ),
        ("- decode", None, "chain", "no network"),
        ("- decode\n    unit: dla\n  - network: zoo:a", 10, "chain[0].unit", "it with decode"),
        ("- decode\n  - network: zoo:a\n    unit: dla", 11, "chain[1].unit", "dla"),
        ("- network: zoo:a\n  - network: zoo:b\n    unit: vpu", 11, "chain[1].unit", None),
    ],
)
def test_what_does_not_fit_is_one_message_with_its_line(chain, line, where, got):
    model = "" if "network" in chain else "model: zoo:a\n"
    chain = re.sub(r"- decode\n    (after|unit)", r"- decode: auto\n    \1", chain)
    found = refused(f"rate: 15 FPS\n{model}video: h265 1080p\nchain:\n  {chain}")
    assert len(found) == 1, found
    assert found[0][1] == f"streams[0].{where}"
    if line is not None:
        assert found[0][0] == line
    if got is not None:
        assert found[0][2] == got


def test_frames_faster_than_the_camera_sends_are_refused():
    found = refused("rate: 15 FPS\nmodel: zoo:a\nvideo: {codec: h264, size: 720p, rate: 10 FPS}")
    assert found == [(6, "streams[0].rate", "15 /s")]


def test_decoding_needs_video_and_the_first_network_is_the_streams():
    assert refused("rate: 15 FPS\nchain:\n  - decode\n  - network: zoo:a") == [
        (8, "streams[0].chain[0].decode", "none")
    ]
    assert refused("rate: 15 FPS\nmodel: zoo:b\nchain:\n  - network: zoo:a") == [
        (8, "streams[0].chain", "zoo:a")
    ]


def test_a_wrong_codec_does_not_hide_what_is_wrong_with_the_chain():
    found = refused(
        "rate: 15 FPS\nvideo: divx 1080p\nchain:\n  - decode\n  - network: zoo:a\n    after: crop"
    )
    assert [item[1] for item in found] == ["streams[0].video", "streams[0].chain[1].after"]
