"""The zoo's detectors of the YOLO line."""

from __future__ import annotations

from functools import partial

from planner.zoo.detection.yolo import (
    blocks,
    ppyoloe,
    yolo11,
    yolo12,
    yolo26,
    yolonas,
    yolov6,
    yolov7,
    yolov9,
    yolov10,
)
from planner.zoo.detection.yolo.tiny import yolov3_tiny, yolov4_tiny, yolov7_tiny
from planner.zoo.detection.yolo.yolov5 import yolov5, yolov5_trimmed
from planner.zoo.detection.yolo.yolov8 import yolov8
from planner.zoo.detection.yolo.yolox import yolox
from planner.zoo.reference import COCO, Builder, Entry, ReferenceNetwork, image

_YOLOV5 = "Ultralytics YOLOv5 7.0: summary of the unfused network (parameters), README (half its FLOPs)"
ULTRALYTICS = "Ultralytics 8.4: {}, unfused (parameters); PyTorch's FlopCounterMode on it (MACs)"
FUSED = "Ultralytics 8.4: {}, fused (parameters); PyTorch's FlopCounterMode on it (MACs)"
_YOLOX = "Megvii YOLOX, table of models in its README (parameters, half the FLOPs)"
NO_CHOICE = "the choice of the 300 best boxes, which exports may carry, is left out"


def detector(
    name: str, title: str, parameters: int, macs: float, builder: Builder, source: str, *, side: int = 640,
    task: str = COCO, remark: str = "",
) -> Entry:  # fmt: skip
    """An entry on square images."""
    return ReferenceNetwork(name, title, task, image(side), parameters, macs, source, remark), builder


_V8 = ULTRALYTICS.format("yolov8.yaml")
_V11 = ULTRALYTICS.format("yolo11.yaml")

_YOLOS = (
    detector("yolov5n", "YOLOv5 nano", 1_872_157, 2.25e9, partial(yolov5, scale=blocks.NANO), _YOLOV5),
    detector("yolov5s", "YOLOv5 small", 7_235_389, 8.25e9, partial(yolov5, scale=blocks.SMALL),
              _YOLOV5),
    detector("yolov5s_trimmed", "YOLOv5 small, raw outputs", 7_235_389, 8.25e9 * (672 / 640) ** 2,
              partial(yolov5_trimmed, scale=blocks.SMALL, side=672), _YOLOV5, side=672,
              remark="at the size and without the decoding of NVIDIA's cuDLA sample; YOLOv5s by area"),
    detector("yolov5m", "YOLOv5 medium", 21_190_557, 24.5e9, partial(yolov5, scale=blocks.MEDIUM),
              _YOLOV5),
    detector("yolov5l", "YOLOv5 large", 46_563_709, 54.55e9, partial(yolov5, scale=blocks.LARGE),
              _YOLOV5),
    detector("yolov5x", "YOLOv5 extra large", 86_749_405, 102.85e9,
              partial(yolov5, scale=blocks.EXTRA_LARGE), _YOLOV5),
    detector("yolov8n", "YOLOv8 nano", 3_157_200, 4_371_993_600,
              partial(yolov8, scale=blocks.NANO), _V8),
    detector("yolov8s", "YOLOv8 small", 11_166_560, 14_301_312_000,
              partial(yolov8, scale=blocks.SMALL), _V8),
    detector("yolov8m", "YOLOv8 medium", 25_902_640, 39_468_364_800,
              partial(yolov8, scale=blocks.YoloScale(0.67, 0.75, 768)), _V8),
    detector("yolov8l", "YOLOv8 large", 43_691_520, 82_574_259_200,
              partial(yolov8, scale=blocks.YoloScale(1.0, 1.0, 512)), _V8),
    detector("yolov8x", "YOLOv8 extra large", 68_229_648, 128_902_169_600,
              partial(yolov8, scale=blocks.YoloScale(1.0, 1.25, 512)), _V8),
    *(
        detector(f"yolo11{letter}", f"YOLO11 {size}", parameters, macs, partial(yolo11.yolo11, scale=scale),
                  _V11)
        for letter, size, parameters, macs, scale in (
            ("n", "nano", 2_624_080, 3_271_251_200, yolo11.NANO),
            ("s", "small", 9_458_752, 10_794_880_000, yolo11.SMALL),
            ("m", "medium", 20_114_688, 34_052_224_000, yolo11.MEDIUM),
            ("l", "large", 25_372_160, 43_577_984_000, yolo11.LARGE),
            ("x", "extra large", 56_966_176, 97_636_224_000, yolo11.EXTRA_LARGE),
        )
    ),
    detector("yolo11n_dla", "YOLO11 nano for a DLA", 2_615_696, 3_236_716_800, yolo11.yolo11_dla,
              "IntelligentSystemsLabUTV/yolo11_dla, docs/MODEL_PATCH.md (parameters, unfused); MACs of "
              "YOLO11n, less 43,827,200 of attention and 537,600 of decoding, and 9,830,400 in their stead",
              remark="attention replaced, raw outputs of three levels, as its authors timed it on a DLA"),
    detector("yolov3_tiny", "YOLOv3-tiny", 8_852_366, 2.7855e9, yolov3_tiny,
              "Darknet: its weight file holds 8,858,734 numbers, 6,368 of them running statistics; "
              "yolov3-tiny.cfg prints 5.571 BFLOPs (half)", side=416),
    detector("yolov4_tiny", "YOLOv4-tiny", 6_060_000, 3.455e9, yolov4_tiny,
              "Darknet: its weight file holds 6.06 M numbers; yolov4-tiny.cfg prints 6.910 BFLOPs (half)",
              side=416),
    detector("yolov7_tiny", "YOLOv7-tiny", 6_200_000, 6.9e9, yolov7_tiny,
              "Wang et al. 2023, arXiv:2207.02696, table 1 (parameters, half the FLOPs)"),
    detector("yolox_s", "YOLOX-s", 9_000_000, 13.4e9, partial(yolox, scale=blocks.SMALL),
              "Ge et al. 2021, arXiv:2107.08430, table 3 (parameters, half the FLOPs)"),
    detector("yolox_tiny", "YOLOX-tiny", 5_060_000, 3.225e9,
              partial(yolox, scale=blocks.YoloScale(0.33, 0.375), side=416), _YOLOX, side=416),
    detector("yolox_m", "YOLOX-m", 25_300_000, 36.9e9, partial(yolox, scale=blocks.MEDIUM), _YOLOX),
    detector("yolox_l", "YOLOX-l", 54_200_000, 77.8e9, partial(yolox, scale=blocks.LARGE), _YOLOX),
    detector("yolox_x", "YOLOX-x", 99_100_000, 140.95e9, partial(yolox, scale=blocks.EXTRA_LARGE),
              _YOLOX),
)  # fmt: skip


_V6 = tuple(
    detector(f"yolov6{letter}_3.0", f"YOLOv6 3.0 {size}", parameters, macs,
             partial(yolov6.yolov6, layout=layout),
             "meituan/YOLOv6 0.4, table of its README (parameters, half the FLOPs)")
    for letter, size, parameters, macs, layout in (
        ("n", "nano", 4_700_000, 5.7e9, yolov6.NANO), ("s", "small", 18_500_000, 22.65e9, yolov6.SMALL),
        ("m", "medium", 34_900_000, 42.9e9, yolov6.MEDIUM), ("l", "large", 59_600_000, 75.35e9, yolov6.LARGE),
    )
)  # fmt: skip

_V7 = (
    detector("yolov7", "YOLOv7", 36_900_000, 52.35e9, partial(yolov7.yolov7, layout=yolov7.PLAIN),
             "Wang et al. 2023, arXiv:2207.02696, table 1 (parameters, half the FLOPs)"),
    *(
        detector(f"yolov7_{kind}", f"YOLOv7-{kind.upper()}", parameters, macs,
                 partial(yolov7.yolov7, layout=layout),
                 f"WongKinYiu/yolov7, cfg/deploy/{file} (parameters); PyTorch's FlopCounterMode on it (MACs)",
                 side=side, remark=remark)
        for kind, file, parameters, macs, layout, side, remark in (
            ("x", "yolov7x.yaml", 71_344_389, 94_836_838_400, yolov7.X, 640, ""),
            ("w6", "yolov7-w6.yaml", 70_426_236, 179_858_636_800, yolov7.W6, 1280, ""),
            ("e6", "yolov7-e6.yaml", 97_246_652, 257_212_825_600, yolov7.E6, 1280, ""),
            ("d6", "yolov7-d6.yaml", 133_810_044, 350_869_094_400, yolov7.D6, 1280,
             "its paper prints 154.7 M parameters and 806.8 GFLOPs, the published layers have fewer"),
            ("e6e", "yolov7-e6e.yaml", 151_757_244, 421_092_147_200, yolov7.E6E, 1280, ""),
        )
    ),
)  # fmt: skip

_PPYOLOE = tuple(
    detector(f"ppyoloe_{letter}", f"PP-YOLOE {letter.upper()}", parameters, macs,
             partial(ppyoloe.ppyoloe, scale=scale),
             "PaddleDetection, table of PP-YOLOE's models (parameters, half the FLOPs)")
    for letter, parameters, macs, scale in (
        ("s", 7_930_000, 8.68e9, ppyoloe.SMALL),
        ("m", 23_430_000, 24.955e9, ppyoloe.MEDIUM),
        ("l", 52_200_000, 55.035e9, ppyoloe.LARGE),
        ("x", 98_420_000, 103.295e9, ppyoloe.EXTRA_LARGE),
    )
)  # fmt: skip

_NAS = tuple(
    detector(f"yolo_nas_{letter}", f"YOLO-NAS {letter.upper()}", parameters, macs,
             partial(yolonas.yolonas, layout=layout),
             f"LibreYOLO 1.6, kernels merged (parameters; {trained} M as trained, as super-gradients "
             "prints); PyTorch's FlopCounterMode on it (MACs)")
    for letter, parameters, macs, layout, trained in (
        ("s", 12_175_888, 15_898_624_000, yolonas.SMALL, "19.0"),
        ("m", 31_906_578, 43_879_833_600, yolonas.MEDIUM, "51.1"),
        ("l", 41_999_192, 59_917_107_200, yolonas.LARGE, "66.9"),
    )
)  # fmt: skip

_V9 = (
    detector("yolov9t", "YOLOv9 tiny", 2_094_000, 4_114_355_200, partial(yolov9.yolov9, layout=yolov9.TINY),
             FUSED.format("yolov9t.yaml"), remark="its authors' own head is smaller: 3.85 GMAC"),
    detector("yolov9s", "YOLOv9 small", 7_198_048, 13_447_705_600,
             partial(yolov9.yolov9, layout=yolov9.SMALL), FUSED.format("yolov9s.yaml")),
    detector("yolov9m", "YOLOv9 medium", 20_070_832, 38_412_800_000,
             partial(yolov9.yolov9, layout=yolov9.MEDIUM), FUSED.format("yolov9m.yaml")),
    detector("yolov9c", "YOLOv9 compact", 25_380_928, 51_326_694_400,
             partial(yolov9.yolov9, layout=yolov9.COMPACT), FUSED.format("yolov9c.yaml")),
    detector("yolov9e", "YOLOv9 extended", 57_438_080, 94_731_187_200,
             partial(yolov9.yolov9_extended, layout=yolov9.EXTENDED), FUSED.format("yolov9e.yaml")),
)  # fmt: skip

_V10 = tuple(
    detector(f"yolov10{letter}", f"YOLOv10 {size}", parameters, macs, partial(yolov10.yolov10, layout=layout),
             FUSED.format(f"yolov10{letter}.yaml"), remark=NO_CHOICE)
    for letter, size, parameters, macs, layout in (
        ("n", "nano", 2_299_264, 3_378_720_000, yolov10.NANO),
        ("s", "small", 7_248_960, 10_851_302_400, yolov10.SMALL),
        ("m", "medium", 15_359_488, 29_618_188_800, yolov10.MEDIUM),
        ("b", "balanced", 19_065_792, 46_038_348_800, yolov10.BALANCED),
        ("l", "large", 24_371_008, 60_230_988_800, yolov10.LARGE),
        ("x", "extra large", 29_473_568, 80_267_801_600, yolov10.EXTRA_LARGE),
    )
)  # fmt: skip

_V12 = tuple(
    detector(f"yolo12{letter}", f"YOLO12 {size}", parameters, macs, partial(yolo12.yolo12, layout=layout),
             ULTRALYTICS.format("yolo12.yaml"))
    for letter, size, parameters, macs, layout in (
        ("n", "nano", 2_602_288, 3_735_481_600, yolo12.NANO),
        ("s", "small", 9_284_096, 11_670_912_000, yolo12.SMALL),
        ("m", "medium", 20_199_168, 35_361_612_800, yolo12.MEDIUM),
        ("l", "large", 26_450_784, 47_715_558_400, yolo12.LARGE),
        ("x", "extra large", 59_210_784, 104_425_036_800, yolo12.EXTRA_LARGE),
    )
)  # fmt: skip

_V26 = tuple(
    detector(f"yolo26{letter}", f"YOLO26 {size}", parameters, macs, partial(yolo26.yolo26, scale=scale),
             FUSED.format("yolo26.yaml"), remark=NO_CHOICE)
    for letter, size, parameters, macs, scale in (
        ("n", "nano", 2_408_932, 2_740_153_600, yolo11.NANO),
        ("s", "small", 9_496_140, 10_466_611_200, yolo11.SMALL),
        ("m", "medium", 20_411_132, 34_212_864_000, yolo11.MEDIUM),
        ("l", "large", 24_807_420, 43_397_836_800, yolo11.LARGE),
        ("x", "extra large", 55_725_948, 97_208_985_600, yolo11.EXTRA_LARGE),
    )
)  # fmt: skip

ENTRIES: tuple[Entry, ...] = (
    *_YOLOS,
    *_V6,
    *_V7,
    *_PPYOLOE,
    *_NAS,
    *_V9,
    *_V10,
    *_V12,
    *_V26,
)
