"""The zoo's networks that find objects and class pixels."""

from __future__ import annotations

from functools import partial

from planner.zoo.detection import ppocr
from planner.zoo.detection.blazeface import blazeface
from planner.zoo.detection.mobile_detectors import fastestdet, nanodet_m, yolo_fastest, yolo_fastest_v2
from planner.zoo.detection.mobile_yolo import mobilenet_v1_yolo, mobilenet_v2_yolov3
from planner.zoo.detection.queries import dfine, hgnet, rfdetr, rtdetr
from planner.zoo.detection.segmentation import deeplabv3plus_mobilenet, unet
from planner.zoo.detection.ssd import squeezenet_ssd, ssd_mobilenet_v1, ssd_resnet34
from planner.zoo.image.resnet import ResNetLayout
from planner.zoo.reference import Entry, ReferenceNetwork
from planner.zoo.yolos import detector

_NCNN = "ncnn benchmark/{}.param: sizes of weights and biases, and MACs from them and the shapes"
_VOC = "object detection, 20 classes of Pascal VOC"


_MOBILE = (
    detector("ssd_mobilenet_v1", "SSD-MobileNet V1", 6_807_000, 1.235e9, ssd_mobilenet_v1,
              "Open Model Zoo, ssd_mobilenet_v1_coco (parameters, batch norm folded); Reddi et al. 2020, "
              "arXiv:1911.02549, table I (half the operations)", side=300),
    detector("ssd_resnet34", "SSD-ResNet34", 20_058_000, 216.7055e9, ssd_resnet34,
              "Open Model Zoo, ssd-resnet34-1200-onnx (parameters, half its FLOPs)", side=1200,
              remark="MLPerf's table I prints 36.3 M parameters; its reference code has 20.0 M"),
    detector("squeezenet_ssd", "SqueezeNet-SSD", 5_525_600, 1_175_969_984, squeezenet_ssd,
              _NCNN.format("squeezenet_ssd"), side=300, task=_VOC),
    detector("blazeface", "BlazeFace", 88_470, 29_368_320, blazeface, _NCNN.format("blazeface"), side=128,
              task="features for face detection", remark="without the heads, as ncnn times it"),
    detector("mobilenet_v1_yolo", "MobileNet-YOLO", 5_058_938, 2_605_271_552, mobilenet_v1_yolo,
              _NCNN.format("mobilenet_yolo"), side=416, task=_VOC),
    detector("mobilenet_v2_yolov3", "MobileNetV2-YOLOv3", 3_720_822, 1_182_555_264, mobilenet_v2_yolov3,
              _NCNN.format("mobilenetv2_yolov3"), side=352, task=_VOC),
    detector("nanodet_m", "NanoDet-m", 941_818, 342_223_200, nanodet_m, _NCNN.format("nanodet_m"), side=320),
    detector("yolo_fastest_1.1", "Yolo-Fastest 1.1", 326_166, 125_437_600, yolo_fastest,
              _NCNN.format("yolo-fastest-1.1"), side=320),
    detector("yolo_fastest_v2", "Yolo-FastestV2", 245_782, 106_382_232, yolo_fastest_v2,
              _NCNN.format("yolo-fastestv2"), side=352),
    detector("fastestdet", "FastestDet", 240_301, 121_491_744, fastestdet, _NCNN.format("FastestDet"),
              side=352),
)  # fmt: skip

_SEGMENTERS = (
    detector("deeplabv3plus_mobilenet", "DeepLabV3+ on MobileNet V2", 5_800_000, 26_937_170_752,
              deeplabv3plus_mobilenet,
              "Qualcomm AI Hub, DeepLabV3-Plus-MobileNet (parameters); PyTorch's FlopCounterMode on the same "
              "layers of torchvision's MobileNet V2 (MACs)", side=513,
              task="segmentation, 21 classes of Pascal VOC"),
    detector("unet", "U-Net", 31_037_698, 36_881_367_040, partial(unet, side=224),
              "milesial/Pytorch-UNet (parameters); PyTorch's FlopCounterMode on the same layers (MACs)",
              side=224, task="segmentation, two classes"),
)  # fmt: skip

_RTDETR = (
    "Ultralytics 8.4: {}, fused, without what only training runs (parameters); PyTorch's FlopCounterMode on "
    "it, less the product that makes fixed places (MACs)"
)
_QUERIES = (
    detector("rtdetr_l", "RT-DETR-L", 32_024_092, 52_801_945_600,
             partial(rtdetr.rtdetr_hgnet, layout=hgnet.LARGE, channels=256), _RTDETR.format("rtdetr-l.yaml")),
    detector("rtdetr_x", "RT-DETR-X", 65_507_788, 112_491_417_600,
             partial(rtdetr.rtdetr_hgnet, layout=hgnet.EXTRA_LARGE, channels=384),
             _RTDETR.format("rtdetr-x.yaml")),
    detector("rtdetr_r50", "RT-DETR on ResNet-50", 41_975_036, 63_897_702_400,
             partial(rtdetr.rtdetr_resnet, layout=ResNetLayout((3, 4, 6, 3))),
             _RTDETR.format("rtdetr-resnet50.yaml"),
             remark="its authors' own ResNet-50 has three 3x3 convolutions in place of the first: 68 GMAC"),
)  # fmt: skip

_DFINE = tuple(
    detector(f"dfine_{letter}", f"D-FINE {letter.upper()}", parameters + 33,
             macs + layout.decoder.layers * 39_600, partial(dfine.dfine, layout=layout),
             "LibreYOLO 1.6, deployed and batch norm fused, and the 33 places of a side (parameters); "
             "PyTorch's FlopCounterMode on it, and 300 x 4 x 33 a layer for means of places (MACs)")
    for letter, parameters, macs, layout in (
        ("n", 3_737_037, 3_656_886_400, dfine.NANO),
        ("s", 10_209_849, 12_748_537_600, dfine.SMALL),
        ("m", 19_213_335, 28_517_369_600, dfine.MEDIUM),
        ("l", 30_725_537, 45_801_465_600, dfine.D_LARGE),
        ("x", 61_625_937, 101_538_144_000, dfine.D_EXTRA_LARGE),
    )
)  # fmt: skip

_RFDETR_EXTRA = 26_649_600
"""Of the code of transformers: 300 x 256 x 91 for scores of the chosen cells, which only training reads, and
300 x 256 x 256 for the first layer's values of the queries, which follow from weights alone."""
_RFDETR = tuple(
    detector(f"rfdetr_{size}", f"RF-DETR {size}", parameters, macs - _RFDETR_EXTRA,
             partial(rfdetr.rfdetr, layout=layout),
             "transformers 5.24, RfDetrForObjectDetection with one group of queries and places at this size "
             "(parameters); PyTorch's FlopCounterMode on it less what training or weights alone need (MACs)",
             side=layout.side, remark=remark)
    for size, parameters, macs, layout, remark in (
        ("nano", 26_863_278, 15_920_231_424, rfdetr.NANO, ""),
        ("small", 28_507_150, 29_806_679_040, rfdetr.SMALL, ""),
        ("medium", 30_083_438, 39_272_580_096, rfdetr.MEDIUM, ""),
        ("base", 26_883_982, 43_321_497_600, rfdetr.BASE, ""),
        ("large", 30_329_198, 62_643_536_896, rfdetr.LARGE,
         "the one of 704 x 704; the first large one was on DINOv2-B at 560 x 560"),
    )
)  # fmt: skip

_FINDS, _READS = "finds lines of text", "reads a line of text, {} characters"
_IN_PACKAGE = (
    "its ONNX file in rapidocr-onnxruntime 1.4 as read here, with the numbers of its elementwise operators "
    "(parameters, MACs)"
)
_SERVER = "LibreYOLO 1.6 (parameters); PyTorch's FlopCounterMode on it{} (MACs)"
_OCR: tuple[Entry, ...] = (
    *(
        detector(f"ppocr_v{version}_mobile_det", f"PP-OCRv{version} mobile, finds lines", 1_171_593,
                 2_301_935_744, ppocr.mobile_finder, _IN_PACKAGE, task=_FINDS, remark=remark)
        for version, remark in ((4, ""), (5, "the layers of version 4"))
    ),
    *(
        (ReferenceNetwork(f"ppocr_v{version}_mobile_rec", f"PP-OCRv{version} mobile, reads a line",
                          _READS.format(characters), "batch x 3 x 48 x 320", parameters, macs, source),
         partial(ppocr.mobile_reader, characters=characters))
        for version, characters, parameters, macs, source in (
            (4, 6625, 2_688_509, 702_469_440, _IN_PACKAGE),
            (5, 18385, 2_688_509 + 121 * 11_760, 702_469_440 + 40 * 120 * 11_760,
             "version 4 with 11,760 characters more (parameters, MACs)"),
        )
    ),
    detector("ppocr_v5_server_det", "PP-OCRv5 server, finds lines", 21_933_090, 104_942_694_400,
             ppocr.server_finder, _SERVER.format(""), task=_FINDS),
    (ReferenceNetwork("ppocr_v5_server_rec", "PP-OCRv5 server, reads a line", _READS.format(18385),
                      "batch x 3 x 48 x 320", 21_043_161, 5_882_255_040 + 2 * 2 * 40 * 40 * 120,
                      _SERVER.format(" and the products of attention, which it leaves out")),
     partial(ppocr.server_reader, characters=18385)),
)  # fmt: skip

ENTRIES: tuple[Entry, ...] = (*_MOBILE, *_SEGMENTERS, *_QUERIES, *_DFINE, *_RFDETR, *_OCR)
