"""The networks of the zoo by name: what each is, what was published about it, and its graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from planner.errors import UnknownIdError
from planner.workload.graph import Graph
from planner.zoo import yolo_blocks
from planner.zoo.bert import LARGE, bert_squad
from planner.zoo.efficientnet import efficientnet_b0
from planner.zoo.mobilenet import mobilenet_v1, mobilenet_v2, mobilenet_v3
from planner.zoo.resnet import resnet18, resnet50
from planner.zoo.shufflenet import shufflenet_v2
from planner.zoo.squeezenet import squeezenet_v1_1
from planner.zoo.vgg import vgg16
from planner.zoo.yolov5 import yolov5
from planner.zoo.yolov8 import yolov8


@dataclass(frozen=True, slots=True)
class ReferenceNetwork:
    """One network of the zoo and the counts that others published for it.

    `parameters` are learned weights: batch norm's scale and shift count, its running statistics do not.
    `macs` are multiply-accumulates at batch one, to the digits that `source` prints.
    """

    name: str
    title: str
    task: str
    input_shape: str
    parameters: int
    macs: float
    source: str


def names() -> tuple[str, ...]:
    """Names of all networks, families together."""
    return tuple(_NETWORKS)


def describe(name: str) -> ReferenceNetwork:
    """What is known of one network; `UnknownIdError` with the nearest names for any other."""
    return _entry(name)[0]


def build(name: str) -> Graph:
    """The graph of one network (opset 17, symbolic batch); `UnknownIdError` for any other name."""
    return _entry(name)[1](name)


Builder = Callable[[str], Graph]
"""Makes the graph of a network, given the name that the graph shall carry."""

_TORCHVISION = "torchvision 0.15, metadata of the weights (num_params, _ops)"
_MOBILENET_V1 = "imgclsmob table of models (parameters); Howard et al. 2017, table 6 (mult-adds)"
_MOBILENET_V2 = (
    "TensorFlow research/slim, table of MobileNetV2 checkpoints (mult-adds; its parameters leave out batch "
    "norm's scales and shifts, which are added here)"
)
_YOLOV5 = "Ultralytics YOLOv5 7.0: summary of the unfused network (parameters), README (half its FLOPs)"
_YOLOV8 = (
    "Ultralytics YOLOv8: yolov8.yaml (parameters of the unfused network), documentation (half its FLOPs)"
)
_BERT = (
    "Hugging Face BertForQuestionAnswering of bert-large-uncased (parameters); Open Model Zoo, "
    "bert-large-uncased-whole-word-masking-squad-0001 (half its FLOPs, which count elementwise work too)"
)


_IMAGENET = ("image classification, 1000 classes of ImageNet", "batch x 3 x 224 x 224")
_COCO = ("object detection, 80 classes of COCO", "batch x 3 x 640 x 640")
_SQUAD = ("answers to questions as spans of a text (SQuAD)", "batch x 384 tokens")


def _network(
    name: str, title: str, kind: tuple[str, str], parameters: int, macs: float, source: str, builder: Builder
) -> tuple[ReferenceNetwork, Builder]:
    return ReferenceNetwork(name, title, *kind, parameters, macs, source), builder


_ENTRIES = (
    _network("resnet50_v1.5", "ResNet-50 v1.5", _IMAGENET, 25_557_032, 4.089e9, _TORCHVISION,
     partial(resnet50, stride_in_3x3=True)),
    _network("resnet50", "ResNet-50", _IMAGENET, 25_557_032, 3.8e9,
     "torchvision 0.15 (parameters, equal to v1.5); He et al. 2016, table 1 (mult-adds)",
     partial(resnet50, stride_in_3x3=False)),
    _network("resnet18", "ResNet-18", _IMAGENET, 11_689_512, 1.814e9, _TORCHVISION, resnet18),
    _network("mobilenet_v1_1.0", "MobileNet V1", _IMAGENET, 4_231_976, 569e6, _MOBILENET_V1,
     partial(mobilenet_v1, width=1.0)),
    _network("mobilenet_v1_0.75", "MobileNet V1, width 0.75", _IMAGENET, 2_585_560, 325e6, _MOBILENET_V1,
     partial(mobilenet_v1, width=0.75)),
    _network("mobilenet_v1_0.5", "MobileNet V1, width 0.5", _IMAGENET, 1_331_592, 149e6, _MOBILENET_V1,
     partial(mobilenet_v1, width=0.5)),
    _network("mobilenet_v1_0.25", "MobileNet V1, width 0.25", _IMAGENET, 470_072, 41e6, _MOBILENET_V1,
     partial(mobilenet_v1, width=0.25)),
    _network("mobilenet_v2_1.0", "MobileNet V2", _IMAGENET, 3_504_872, 0.301e9, _TORCHVISION,
     partial(mobilenet_v2, width=1.0)),
    _network("mobilenet_v2_0.75", "MobileNet V2, width 0.75", _IMAGENET, 2_636_424, 209e6, _MOBILENET_V2,
     partial(mobilenet_v2, width=0.75)),
    _network("mobilenet_v2_0.5", "MobileNet V2, width 0.5", _IMAGENET, 1_968_680, 97e6, _MOBILENET_V2,
     partial(mobilenet_v2, width=0.5)),
    _network("mobilenet_v2_0.35", "MobileNet V2, width 0.35", _IMAGENET, 1_677_128, 59e6, _MOBILENET_V2,
     partial(mobilenet_v2, width=0.35)),
    _network("mobilenet_v3_large", "MobileNet V3 large", _IMAGENET, 5_483_032, 0.217e9, _TORCHVISION,
     partial(mobilenet_v3, variant="large")),
    _network("mobilenet_v3_small", "MobileNet V3 small", _IMAGENET, 2_542_856, 0.057e9, _TORCHVISION,
     partial(mobilenet_v3, variant="small")),
    _network("efficientnet_b0", "EfficientNet-B0", _IMAGENET, 5_288_548, 0.386e9, _TORCHVISION,
     efficientnet_b0),
    _network("shufflenet_v2", "ShuffleNet V2", _IMAGENET, 2_278_604, 0.145e9, _TORCHVISION,
     shufflenet_v2),
    _network("squeezenet_v1.1", "SqueezeNet 1.1", _IMAGENET, 1_235_496, 0.349e9, _TORCHVISION,
     squeezenet_v1_1),
    _network("vgg16", "VGG-16", _IMAGENET, 138_357_544, 15.47e9, _TORCHVISION,
     vgg16),
    _network("yolov5n", "YOLOv5 nano", _COCO, 1_872_157, 2.25e9, _YOLOV5,
     partial(yolov5, scale=yolo_blocks.NANO)),
    _network("yolov5s", "YOLOv5 small", _COCO, 7_235_389, 8.25e9, _YOLOV5,
     partial(yolov5, scale=yolo_blocks.SMALL)),
    _network("yolov8n", "YOLOv8 nano", _COCO, 3_157_200, 4.35e9, _YOLOV8,
     partial(yolov8, scale=yolo_blocks.NANO)),
    _network("yolov8s", "YOLOv8 small", _COCO, 11_166_560, 14.3e9, _YOLOV8,
     partial(yolov8, scale=yolo_blocks.SMALL)),
    _network("bert_large_squad", "BERT-Large for SQuAD", _SQUAD, 334_094_338, 123.465e9, _BERT,
     partial(bert_squad, size=LARGE, sequence=384)),
)  # fmt: skip

_NETWORKS = {network.name: (network, builder) for network, builder in _ENTRIES}


def _entry(name: str) -> tuple[ReferenceNetwork, Builder]:
    try:
        return _NETWORKS[name]
    except KeyError:
        raise UnknownIdError("network", name, _NETWORKS, "`planner zoo list` shows all") from None
