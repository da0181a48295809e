"""The parts that are no plain layers: decoded boxes and masked attention, against their formulae."""

import numpy as np
import pytest

from planner.zoo.attention import Width
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.head import Head, decode, detect, plain_class_branch
from planner.zoo.detection.yolo.yolov5 import detect as detect_v5
from planner.zoo.sequence.bert import BertSize, bert_squad
from planner.zoo.transformers import swin
from planner.zoo.transformers.clip import clip_text


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_yolov5_boxes_follow_the_published_decoding(run):
    net = NetworkBuilder("head")
    net.input("images", ("batch", 3, 640, 640))
    levels = tuple(net.input(f"p{i}", ("batch", 4, side, side)) for i, side in enumerate((80, 40, 20)))
    feeds = {f"p{i}": np.zeros((1, 4, side, side), np.float32) for i, side in enumerate((80, 40, 20))}
    feeds["images"] = np.zeros((1, 3, 640, 640), np.float32)
    (boxes,), weights = run(net.finish(detect_v5(net, levels)), feeds)
    assert boxes.shape == (1, 25200, 85)

    # Features of zero leave the bias alone, the same in every cell. Second level, anchor 1, row 3, column 7.
    raw = sigmoid(weights["m.1.bias"].reshape(3, 85)[1])
    row = 3 * 80 * 80 + 1 * 40 * 40 + 3 * 40 + 7
    centre = (2 * raw[:2] - 0.5 + np.array([7, 3])) * 16
    size = (2 * raw[2:4]) ** 2 * np.array([62, 45])
    np.testing.assert_allclose(boxes[0, row], [*centre, *size, *raw[4:]], rtol=1e-5)


def test_yolov8_boxes_follow_the_published_decoding(run, random):
    net = NetworkBuilder("head")
    net.input("images", ("batch", 3, 640, 640))
    out = decode(net, net.input("sides", ("batch", 64, 8400)))
    sides = random.standard_normal((2, 64, 8400)).astype(np.float32)
    (boxes,), weights = run(
        net.finish(out), {"sides": sides, "images": np.zeros((2, 3, 640, 640), np.float32)}
    )
    assert boxes.shape == (2, 4, 8400)

    # Third level (stride 32, 20 x 20 cells), row 5, column 11.
    cell = 80 * 80 + 40 * 40 + 5 * 20 + 11
    spread = np.exp(sides[1, :, cell].reshape(4, 16))
    left, top, right, bottom = spread / spread.sum(axis=1, keepdims=True) @ weights["dfl.conv.weight"].ravel()
    low, high = np.array([11.5 - left, 5.5 - top]), np.array([11.5 + right, 5.5 + bottom])
    np.testing.assert_allclose(
        boxes[1, :, cell], 32 * np.array([*(low + high) / 2, *(high - low)]), rtol=1e-4
    )


def head_alone(head, run, *raw):
    """A head on features of zero at 64 x 64: its answer, and the numbers that it decodes, by their names."""
    net = NetworkBuilder("head")
    net.input("images", ("batch", 3, 64, 64))
    levels = tuple(net.input(f"p{i}", ("batch", 8, side, side)) for i, side in enumerate((8, 4, 2)))
    feeds = {f"p{i}": np.zeros((1, 8, side, side), np.float32) for i, side in enumerate((8, 4, 2))}
    feeds["images"] = np.zeros((1, 3, 64, 64), np.float32)
    return run(net.finish(*detect(net, levels, head), *raw), feeds)[0]


def test_corners_are_distances_from_the_centre_where_there_is_one_bin(run):
    head = Head(plain_class_branch, classes=2, bins=1, corners=True)
    found, sides, classes = head_alone(head, run, "cv2.2.2", "cv3.2.2")
    assert found.shape == (1, 6, 84)
    # Third level (stride 32), row 1, column 0: the centre is at 0.5, 1.5 cells.
    left, top, right, bottom = sides[0, :, 1, 0]
    expected = 32 * np.array([0.5 - left, 1.5 - top, 0.5 + right, 1.5 + bottom])
    np.testing.assert_allclose(found[0, :4, 80 + 2], expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found[0, 4:, 82], sigmoid(classes[0, :, 1, 0]), rtol=1e-5)


def test_turned_boxes_follow_the_published_decoding(run):
    """The offset of the middle is turned by the angle, which lies between -45 and 135 degrees."""
    head = Head(plain_class_branch, classes=2, bins=1, task="turned")
    found, sides, numbers = head_alone(head, run, "cv2.0.2", "cv4.0.2")
    row, column = 3, 5
    left, top, right, bottom = sides[0, :, row, column]
    angle = (sigmoid(numbers[0, 0, row, column]) - 0.25) * np.pi
    x, y = (right - left) / 2, (bottom - top) / 2
    centre = np.array([
        x * np.cos(angle) - y * np.sin(angle) + column + 0.5,
        x * np.sin(angle) + y * np.cos(angle) + row + 0.5,
    ])  # fmt: skip
    expected = 8 * np.array([*centre, left + right, top + bottom])
    cell = 8 * row + column
    np.testing.assert_allclose(found[0, :4, cell], expected, rtol=1e-4, atol=1e-3)
    assert found[0, -1, cell] == pytest.approx(angle, rel=1e-4)


def test_key_points_follow_the_published_decoding(run):
    found, numbers = head_alone(Head(plain_class_branch, classes=1, task="pose"), run, "cv4.1.2")
    assert found.shape == (1, 4 + 1 + 51, 84)
    x, y, seen = numbers[0, 6:9, 2, 1]  # third point
    # Second level (stride 16), row 2, column 1.
    cell = 64 + 4 * 2 + 1
    expected = [(2 * x + 1) * 16, (2 * y + 2) * 16, sigmoid(seen)]
    np.testing.assert_allclose(found[0, 5 + 6 : 5 + 9, cell], expected, rtol=1e-4, atol=1e-3)


def test_later_heads_take_angles_and_key_points_as_they_are(run):
    """YOLO26: no sigmoid on the angle; points from the centre of the cell, by the number and not twice it."""
    head = Head(plain_class_branch, classes=2, bins=1, task="turned", later=True)
    found, numbers = head_alone(head, run, "cv4.0.2")
    assert found[0, -1, 8 * 3 + 5] == pytest.approx(numbers[0, 0, 3, 5], rel=1e-5)

    head = Head(plain_class_branch, classes=1, bins=1, corners=True, task="pose", later=True)
    found, numbers = head_alone(head, run, "cv4.1.2")
    x, y, seen = numbers[0, 6:9, 2, 1]  # third point; second level (stride 16), row 2, column 1
    expected = [(x + 1.5) * 16, (y + 2.5) * 16, sigmoid(seen)]
    np.testing.assert_allclose(found[0, 11:14, 64 + 4 * 2 + 1], expected, rtol=1e-4, atol=1e-3)


@pytest.fixture
def small_bert():
    return bert_squad("bert", BertSize(layers=2, hidden=16, heads=4, feed_forward=32), sequence=6)


def tokens(ids, mask):
    feeds = {"input_ids": [ids], "attention_mask": [mask], "token_type_ids": [[0] * len(ids)]}
    return {name: np.array(values, dtype=np.int64) for name, values in feeds.items()}


def test_padding_does_not_change_the_answer(run, small_bert):
    mask = [1, 1, 1, 1, 0, 0]
    (start, end), _ = run(small_bert, tokens([11, 12, 13, 14, 21, 22], mask))
    (other_start, other_end), _ = run(small_bert, tokens([11, 12, 13, 14, 305, 7], mask))
    np.testing.assert_allclose(start[:, :4], other_start[:, :4], atol=1e-6)
    np.testing.assert_allclose(end[:, :4], other_end[:, :4], atol=1e-6)


def test_real_tokens_change_each_others_scores(run, small_bert):
    mask = [1] * 6
    (start, _), _ = run(small_bert, tokens([11, 12, 13, 14, 21, 22], mask))
    (other, _), _ = run(small_bert, tokens([11, 12, 13, 14, 21, 305], mask))
    assert np.abs(start[:, :4] - other[:, :4]).min() > 1e-6


def test_shifted_windows_see_no_cells_that_the_shift_brought_together(run, random):
    """Of two stages: the corner's windows join cells of opposite edges, which the mask keeps apart."""
    net = NetworkBuilder("mask")
    x = net.input("x", ("batch", 1, 1, 1))
    (mask, _), _ = run(
        net.finish(swin.shift_mask(net, 14, 14), net.relu(x)), {"x": np.zeros((1, 1, 1, 1), np.float32)}
    )
    assert mask.shape == (1, 4, 1, 49, 49)
    apart = mask[0, :, 0] < -1
    assert not apart[0].any(), "the first window is whole"
    # In the last window three rows and columns came from the other edge: cell 0 and cell 48 were never near.
    assert apart[3, 0, 48]
    assert not apart[3, 0, 1]
    assert apart[3, 0, 4]


def test_relative_places_are_numbered_once_each(run):
    net = NetworkBuilder("places")
    x = net.input("x", ("batch", 1, 1, 1))
    feeds = {"x": np.zeros((1, 1, 1, 1), np.float32)}
    (found, count, _), _ = run(net.finish(net.relative_rows(3, 4), net.count(1500), net.relu(x)), feeds)
    assert found.shape == (12, 12)
    assert len(np.unique(found)) == 5 * 7
    assert (found.diagonal() == found[0, 0]).all()
    assert found.min() == 0
    assert found.max() == 34
    np.testing.assert_array_equal(count, np.arange(1500))


def test_clip_takes_the_last_token(run, random):
    """Tokens behind the largest one change nothing: they are masked for it, and it alone is read."""
    network = clip_text("text", Width(2, 16, 2), 8)
    ids = random.integers(1, 1000, (1, 77))
    ids[0, 10] = 49407
    (first,), _ = run(network, {"input_ids": ids.astype(np.int64)})
    ids[0, 20:] = 5
    (second,), _ = run(network, {"input_ids": ids.astype(np.int64)})
    ids[0, 3] = 7
    (third,), _ = run(network, {"input_ids": ids.astype(np.int64)})
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert np.abs(first - third).max() > 1e-6
