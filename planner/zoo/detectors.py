"""The zoo's networks that find objects and class pixels."""

from __future__ import annotations

from functools import partial

from planner.zoo.detection import yolo11, yolo_blocks
from planner.zoo.detection.blazeface import blazeface
from planner.zoo.detection.mobile_detectors import fastestdet, nanodet_m, yolo_fastest, yolo_fastest_v2
from planner.zoo.detection.mobile_yolo import mobilenet_v1_yolo, mobilenet_v2_yolov3
from planner.zoo.detection.segmentation import deeplabv3plus_mobilenet, unet
from planner.zoo.detection.ssd import squeezenet_ssd, ssd_mobilenet_v1, ssd_resnet34
from planner.zoo.detection.yolo_tiny import yolov3_tiny, yolov4_tiny, yolov7_tiny
from planner.zoo.detection.yolov5 import yolov5, yolov5_trimmed
from planner.zoo.detection.yolov8 import yolov8
from planner.zoo.detection.yolox import yolox
from planner.zoo.reference import COCO, Builder, Entry, ReferenceNetwork, image

_YOLOV5 = "Ultralytics YOLOv5 7.0: summary of the unfused network (parameters), README (half its FLOPs)"
_ULTRALYTICS = "Ultralytics 8.4: {}, unfused (parameters); PyTorch's FlopCounterMode on it (MACs)"
_NCNN = "ncnn benchmark/{}.param: sizes of weights and biases, and MACs from them and the shapes"
_YOLOX = "Megvii YOLOX, table of models in its README (parameters, half the FLOPs)"
_VOC = "object detection, 20 classes of Pascal VOC"


def _detector(
    name: str, title: str, parameters: int, macs: float, builder: Builder, source: str, *, side: int = 640,
    task: str = COCO, remark: str = "",
) -> Entry:  # fmt: skip
    return ReferenceNetwork(name, title, task, image(side), parameters, macs, source, remark), builder


_V8 = _ULTRALYTICS.format("yolov8.yaml")
_V11 = _ULTRALYTICS.format("yolo11.yaml")

_YOLOS = (
    _detector("yolov5n", "YOLOv5 nano", 1_872_157, 2.25e9, partial(yolov5, scale=yolo_blocks.NANO), _YOLOV5),
    _detector("yolov5s", "YOLOv5 small", 7_235_389, 8.25e9, partial(yolov5, scale=yolo_blocks.SMALL),
              _YOLOV5),
    _detector("yolov5s_trimmed", "YOLOv5 small, raw outputs", 7_235_389, 8.25e9 * (672 / 640) ** 2,
              partial(yolov5_trimmed, scale=yolo_blocks.SMALL, side=672), _YOLOV5, side=672,
              remark="at the size and without the decoding of NVIDIA's cuDLA sample; YOLOv5s by area"),
    _detector("yolov5m", "YOLOv5 medium", 21_190_557, 24.5e9, partial(yolov5, scale=yolo_blocks.MEDIUM),
              _YOLOV5),
    _detector("yolov5l", "YOLOv5 large", 46_563_709, 54.55e9, partial(yolov5, scale=yolo_blocks.LARGE),
              _YOLOV5),
    _detector("yolov5x", "YOLOv5 extra large", 86_749_405, 102.85e9,
              partial(yolov5, scale=yolo_blocks.EXTRA_LARGE), _YOLOV5),
    _detector("yolov8n", "YOLOv8 nano", 3_157_200, 4_371_993_600,
              partial(yolov8, scale=yolo_blocks.NANO), _V8),
    _detector("yolov8s", "YOLOv8 small", 11_166_560, 14_301_312_000,
              partial(yolov8, scale=yolo_blocks.SMALL), _V8),
    _detector("yolov8m", "YOLOv8 medium", 25_902_640, 39_468_364_800,
              partial(yolov8, scale=yolo_blocks.YoloScale(0.67, 0.75, 768)), _V8),
    _detector("yolov8l", "YOLOv8 large", 43_691_520, 82_574_259_200,
              partial(yolov8, scale=yolo_blocks.YoloScale(1.0, 1.0, 512)), _V8),
    _detector("yolov8x", "YOLOv8 extra large", 68_229_648, 128_902_169_600,
              partial(yolov8, scale=yolo_blocks.YoloScale(1.0, 1.25, 512)), _V8),
    _detector("yolov10n", "YOLOv10 nano", 2_300_000, 3_378_720_000, yolo11.yolov10n,
              "Wang et al. 2024, arXiv:2405.14458, table 1 (parameters); Ultralytics 8.4, fused network, "
              "PyTorch's FlopCounterMode on it (MACs)",
              remark="the choice of the 300 best boxes, which exports may carry, is left out"),
    *(
        _detector(f"yolo11{letter}", f"YOLO11 {size}", parameters, macs, partial(yolo11.yolo11, scale=scale),
                  _V11)
        for letter, size, parameters, macs, scale in (
            ("n", "nano", 2_624_080, 3_271_251_200, yolo11.NANO),
            ("s", "small", 9_458_752, 10_794_880_000, yolo11.SMALL),
            ("m", "medium", 20_114_688, 34_052_224_000, yolo11.MEDIUM),
            ("l", "large", 25_372_160, 43_577_984_000, yolo11.LARGE),
            ("x", "extra large", 56_966_176, 97_636_224_000, yolo11.EXTRA_LARGE),
        )
    ),
    _detector("yolo11n_dla", "YOLO11 nano for a DLA", 2_615_696, 3_236_716_800, yolo11.yolo11_dla,
              "IntelligentSystemsLabUTV/yolo11_dla, docs/MODEL_PATCH.md (parameters, unfused); MACs of "
              "YOLO11n, less 43,827,200 of attention and 537,600 of decoding, and 9,830,400 in their stead",
              remark="attention replaced, raw outputs of three levels, as its authors timed it on a DLA"),
    _detector("yolov3_tiny", "YOLOv3-tiny", 8_852_366, 2.7855e9, yolov3_tiny,
              "Darknet: its weight file holds 8,858,734 numbers, 6,368 of them running statistics; "
              "yolov3-tiny.cfg prints 5.571 BFLOPs (half)", side=416),
    _detector("yolov4_tiny", "YOLOv4-tiny", 6_060_000, 3.455e9, yolov4_tiny,
              "Darknet: its weight file holds 6.06 M numbers; yolov4-tiny.cfg prints 6.910 BFLOPs (half)",
              side=416),
    _detector("yolov7_tiny", "YOLOv7-tiny", 6_200_000, 6.9e9, yolov7_tiny,
              "Wang et al. 2023, arXiv:2207.02696, table 1 (parameters, half the FLOPs)"),
    _detector("yolox_s", "YOLOX-s", 9_000_000, 13.4e9, partial(yolox, scale=yolo_blocks.SMALL),
              "Ge et al. 2021, arXiv:2107.08430, table 3 (parameters, half the FLOPs)"),
    _detector("yolox_tiny", "YOLOX-tiny", 5_060_000, 3.225e9,
              partial(yolox, scale=yolo_blocks.YoloScale(0.33, 0.375), side=416), _YOLOX, side=416),
    _detector("yolox_m", "YOLOX-m", 25_300_000, 36.9e9, partial(yolox, scale=yolo_blocks.MEDIUM), _YOLOX),
    _detector("yolox_l", "YOLOX-l", 54_200_000, 77.8e9, partial(yolox, scale=yolo_blocks.LARGE), _YOLOX),
    _detector("yolox_x", "YOLOX-x", 99_100_000, 140.95e9, partial(yolox, scale=yolo_blocks.EXTRA_LARGE),
              _YOLOX),
)  # fmt: skip

_MOBILE = (
    _detector("ssd_mobilenet_v1", "SSD-MobileNet V1", 6_807_000, 1.235e9, ssd_mobilenet_v1,
              "Open Model Zoo, ssd_mobilenet_v1_coco (parameters, batch norm folded); Reddi et al. 2020, "
              "arXiv:1911.02549, table I (half the operations)", side=300),
    _detector("ssd_resnet34", "SSD-ResNet34", 20_058_000, 216.7055e9, ssd_resnet34,
              "Open Model Zoo, ssd-resnet34-1200-onnx (parameters, half its FLOPs)", side=1200,
              remark="MLPerf's table I prints 36.3 M parameters; its reference code has 20.0 M"),
    _detector("squeezenet_ssd", "SqueezeNet-SSD", 5_525_600, 1_175_969_984, squeezenet_ssd,
              _NCNN.format("squeezenet_ssd"), side=300, task=_VOC),
    _detector("blazeface", "BlazeFace", 88_470, 29_368_320, blazeface, _NCNN.format("blazeface"), side=128,
              task="features for face detection", remark="without the heads, as ncnn times it"),
    _detector("mobilenet_v1_yolo", "MobileNet-YOLO", 5_058_938, 2_605_271_552, mobilenet_v1_yolo,
              _NCNN.format("mobilenet_yolo"), side=416, task=_VOC),
    _detector("mobilenet_v2_yolov3", "MobileNetV2-YOLOv3", 3_720_822, 1_182_555_264, mobilenet_v2_yolov3,
              _NCNN.format("mobilenetv2_yolov3"), side=352, task=_VOC),
    _detector("nanodet_m", "NanoDet-m", 941_818, 342_223_200, nanodet_m, _NCNN.format("nanodet_m"), side=320),
    _detector("yolo_fastest_1.1", "Yolo-Fastest 1.1", 326_166, 125_437_600, yolo_fastest,
              _NCNN.format("yolo-fastest-1.1"), side=320),
    _detector("yolo_fastest_v2", "Yolo-FastestV2", 245_782, 106_382_232, yolo_fastest_v2,
              _NCNN.format("yolo-fastestv2"), side=352),
    _detector("fastestdet", "FastestDet", 240_301, 121_491_744, fastestdet, _NCNN.format("FastestDet"),
              side=352),
)  # fmt: skip

_SEGMENTERS = (
    _detector("deeplabv3plus_mobilenet", "DeepLabV3+ on MobileNet V2", 5_800_000, 26_937_170_752,
              deeplabv3plus_mobilenet,
              "Qualcomm AI Hub, DeepLabV3-Plus-MobileNet (parameters); PyTorch's FlopCounterMode on the same "
              "layers of torchvision's MobileNet V2 (MACs)", side=513,
              task="segmentation, 21 classes of Pascal VOC"),
    _detector("unet", "U-Net", 31_037_698, 36_881_367_040, partial(unet, side=224),
              "milesial/Pytorch-UNet (parameters); PyTorch's FlopCounterMode on the same layers (MACs)",
              side=224, task="segmentation, two classes"),
)  # fmt: skip

ENTRIES = (*_YOLOS, *_MOBILE, *_SEGMENTERS)
