"""The zoo's networks of the YOLO line with heads for masks, key points and turned boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from planner.workload.graph import Graph
from planner.zoo.detection.yolo import blocks, yolo11, yolo12, yolo26
from planner.zoo.detection.yolo.head import ClassBranch, Head, plain_class_branch, separable_class_branch
from planner.zoo.detection.yolo.yolov8 import yolov8
from planner.zoo.reference import Entry
from planner.zoo.yolos import FUSED, NO_CHOICE, ULTRALYTICS, detector

_SIZES = {"n": "nano", "s": "small", "m": "medium", "l": "large", "x": "extra large"}
Counts = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Parameters and MACs with a head for masks, key points and turned boxes."""


class HeadedBuild(Protocol):
    """Makes a network of a scale, with a head, for square images."""

    def __call__(self, name: str, scale: blocks.YoloScale, head: Head, side: int) -> Graph:
        """The network of that name."""


@dataclass(frozen=True, slots=True)
class YoloLine:
    """A line of networks: what makes it of a scale and a head, its scales, and its counts by size."""

    name: str
    title: str
    branch: ClassBranch
    build: HeadedBuild
    scales: tuple[blocks.YoloScale, ...]
    counts: tuple[Counts, ...]
    later: bool = False
    """As YOLO26: distances without bins, counted fused."""


def _entries(line: YoloLine) -> tuple[Entry, ...]:
    """Of every size with every head."""
    return tuple(
        entry
        for letter, scale, counts in zip(_SIZES, line.scales, line.counts, strict=True)
        for entry in _of_size(line, letter, scale, counts)
    )


def _of_size(line: YoloLine, letter: str, scale: blocks.YoloScale, counts: Counts) -> tuple[Entry, ...]:
    head = partial(Head, line.branch, bins=1 if line.later else 16, later=line.later)
    heads = (
        (
            "seg",
            "instance segmentation, 80 classes of COCO",
            head(task="masks", width=scale.width, corners=line.later),
            640,
        ),
        ("pose", "key points of persons, 17 of COCO", head(classes=1, task="pose", corners=line.later), 640),
        ("obb", "detection of turned objects, 15 classes of DOTA", head(classes=15, task="turned"), 1024),
    )
    return tuple(
        detector(f"{line.name}{letter}_{kind}", f"{line.title} {_SIZES[letter]}, {kind}", *count,
                 partial(line.build, scale=scale, head=made, side=side),
                 (FUSED if line.later else ULTRALYTICS).format(f"{line.name}-{kind}.yaml"), side=side,
                 task=task, remark=NO_CHOICE if line.later else "")
        for (kind, task, made, side), count in zip(heads, counts, strict=True)
    )  # fmt: skip


def _yolo12(name: str, scale: blocks.YoloScale, head: Head, side: int) -> Graph:
    return yolo12.yolo12(name, yolo12.V12Layout(scale, added=scale.depth == 1.0), head, side)


_YOLOV8: tuple[Counts, ...] = (
    ((3_409_968, 6_001_382_400), (3_295_470, 4_588_864_800), (3_085_440, 10_679_304_192)),
    ((11_821_056, 20_043_084_800), (11_626_046, 15_092_877_600), (11_427_584, 37_688_279_040)),
    ((27_285_968, 52_269_081_600), (26_464_462, 40_511_220_000), (26_425_600, 103_510_818_816)),
    ((45_997_728, 105_196_467_200), (44_489_196, 84_274_995_200), (44_490_240, 215_752_245_248)),
    ((71_827_888, 164_178_457_600), (69_491_724, 131_604_089_600), (69_493_056, 336_916_791_296)),
)  # fmt: skip
_YOLO11: tuple[Counts, ...] = (
    ((2_876_848, 4_900_640_000), (2_874_462, 3_733_492_000), (2_664_432, 8_612_233_216)),
    ((10_113_248, 16_536_652_800), (9_918_238, 11_586_445_600), (9_719_776, 28_957_179_904)),
    ((22_420_896, 56_674_432_000), (20_912_364, 35_752_960_000), (20_913_408, 91_781_201_920)),
    ((27_678_368, 66_200_192_000), (26_169_836, 45_278_720_000), (26_170_880, 116_412_514_304)),
    ((62_142_656, 148_366_003_200), (58_798_636, 101_569_728_000), (58_800_256, 260_766_990_336)),
)  # fmt: skip
_YOLO12: tuple[Counts, ...] = (
    ((2_855_056, 5_364_870_400), (2_852_670, 4_197_722_400), (2_642_640, 11_640_913_920)),
    ((9_938_592, 17_412_684_800), (9_743_582, 12_462_477_600), (9_545_120, 34_880_323_584)),
    ((22_505_376, 57_983_820_800), (20_996_844, 37_062_348_800), (20_997_888, 101_430_984_704)),
    ((28_756_992, 70_337_766_400), (27_248_460, 49_416_294_400), (27_249_504, 139_600_199_680)),
    ((64_387_264, 155_154_816_000), (61_043_244, 108_358_540_800), (61_044_864, 297_039_593_472)),
)  # fmt: skip
_YOLO26: tuple[Counts, ...] = (
    ((2_722_980, 4_625_132_800), (2_926_494, 3_785_875_200), (2_449_332, 7_375_306_752)),
    ((10_396_300, 17_230_745_600), (10_359_750, 12_060_998_400), (9_756_972, 28_362_178_560)),
    ((23_569_148, 60_872_089_600), (21_538_166, 36_662_342_400), (21_209_468, 92_437_807_104)),
    ((27_965_436, 70_057_062_400), (25_934_454, 45_847_315_200), (25_605_756, 116_196_704_256)),
    ((62_819_132, 157_022_054_400), (57_557_832, 101_142_489_600), (57_559_452, 260_041_310_208)),
)  # fmt: skip

_V8_SCALES = (
    blocks.NANO,
    blocks.SMALL,
    blocks.YoloScale(0.67, 0.75, 768),
    blocks.YoloScale(1.0, 1.0, 512),
    blocks.YoloScale(1.0, 1.25, 512),
)
_SCALES = (yolo11.NANO, yolo11.SMALL, yolo11.MEDIUM, yolo11.LARGE, yolo11.EXTRA_LARGE)

ENTRIES: tuple[Entry, ...] = (
    *_entries(YoloLine("yolov8", "YOLOv8", plain_class_branch, yolov8, _V8_SCALES, _YOLOV8)),
    *_entries(YoloLine("yolo11", "YOLO11", separable_class_branch, yolo11.yolo11, _SCALES, _YOLO11)),
    *_entries(YoloLine("yolo12", "YOLO12", separable_class_branch, _yolo12, _SCALES, _YOLO12)),
    *_entries(
        YoloLine("yolo26", "YOLO26", separable_class_branch, yolo26.yolo26, _SCALES, _YOLO26, later=True)
    ),
)
