"""Networks of the zoo on images of another size: built for it, or refused with the reason."""

import pytest

from planner.errors import InputError, PlannerError
from planner.zoo.registry import build, names
from planner.zoo.source import read_model


@pytest.mark.parametrize(
    "name", ["yolov8n", "yolov9t", "yolo11n", "yolov5s", "yolox_s", "yolov7_tiny", "yolov7_x", "yolov6m_3.0"]
)
def test_fully_convolutional_detectors_grow_with_the_area(name):
    """A quarter of the area has a quarter of the MACs; attention over cells (yolo11) has less."""
    whole, half = read_model(f"zoo:{name}"), read_model(f"zoo:{name}@size=320")
    assert half.parameters == whole.parameters
    if name == "yolo11n":
        assert whole.macs / 4.2 < half.macs < whole.macs / 4
    else:
        assert 4 * half.macs == whole.macs
    assert read_model(f"zoo:{name}", shapes={next(iter(half.inputs)): (1, 3, 320, 320)}).macs == half.macs


def test_height_by_width_and_the_cells_of_both():
    """192 x 320 has 24 x 40 cells at stride 8, and a quarter and a sixteenth of them behind: 1,260."""
    found = read_model("zoo:yolov8n@size=192x320")
    assert found.inputs["images"].shape == (1, 3, 192, 320)
    assert found.results[found.outputs[0]].shape == (1, 84, 24 * 40 * 21 // 16)


def test_patches_of_a_vision_transformer():
    assert (
        read_model("zoo:vit_b_16@size=384").parameters - read_model("zoo:vit_b_16").parameters
        == (576 - 196) * 768
    )


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("vgg16@size=320", "such as 224 x 224, got 320 x 320: its fully connected layers"),
        ("yolov8n@size=100", "got 100 x 100"),
        ("unet@size=100", "do not join"),
        ("bert_base@size=320", "it reads no images"),
        ("llama_1b_decode@size=320", "it reads no images"),
        ("yolov8n@size=0", "@size=320 or @size=192x320"),
        ("swin_tiny@size=320", "are not whole windows of 7 x 7"),
        ("dinov2_small@size=320", "are not whole patches of 14 x 14"),
        ("rfdetr_nano@size=400", "25 x 25 patches are not whole windows, 2 along a side"),
        ("whisper_turbo_start@size=320", "it reads no images"),
        ("whisper_tiny_encoder@size=320", "it reads no images"),
        ("yolov8n@320", "@size=320 or @size=192x320"),
    ],
)
def test_sizes_that_a_network_does_not_take(asked, reason):
    with pytest.raises(InputError, match=reason):
        read_model(f"zoo:{asked}")


def sized(name):
    try:
        return "lost" if read_model(f"zoo:{name}@size=416").unresolved else "whole"
    except PlannerError as error:
        return str(error)


@pytest.mark.parametrize("each", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_every_network_is_resized_or_refused_by_its_size(each):
    images = [
        name
        for name in names()[::each]
        if any(len(spec.shape) == 4 and spec.shape[1] == 3 for spec in build(name).inputs.values())
    ]
    answers = {name: sized(name) for name in images}
    assert {name: a for name, a in answers.items() if a != "whole" and "size: expected" not in a} == {}
    assert sum(answer == "whole" for answer in answers.values()) > 0.9 * len(images)


def test_encoders_at_other_sizes():
    """Patches grow with the area; learned places with them, and places inside windows not at all."""
    whole, half = read_model("zoo:dinov2_small"), read_model("zoo:dinov2_small@size=224")
    assert whole.parameters - half.parameters == (37**2 - 16**2) * 384
    assert read_model("zoo:swin_tiny@size=448").parameters == read_model("zoo:swin_tiny").parameters
    assert read_model("zoo:depth_anything_v2_small@size=266x378").results  # 19 x 27 patches


@pytest.mark.parametrize(
    ("network", "shape"),
    [("dfine_n@size=320x480", (1, 300, 4)), ("rfdetr_nano@size=256", (1, 256, 4))],
)
def test_queries_at_other_sizes(network, shape):
    """As many as asked, but no more than cells: 256 patches of 16 x 16 in 256 x 256 pixels."""
    found = read_model(f"zoo:{network}")
    assert found.results[found.outputs[0]].shape == shape


def test_a_line_of_text_of_twice_the_width_is_read_at_twice_the_places():
    found = read_model("zoo:ppocr_v4_mobile_rec@size=48x640")
    assert found.results[found.outputs[0]].shape == (1, 80, 6625)
