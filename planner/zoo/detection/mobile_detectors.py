"""Small detectors on the 80 classes of COCO as ncnn's benchmark has them: batch norm folded, undecoded."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import InvertedResidual, conv_bn, inverted_residual
from planner.zoo.mobile.shufflenet import body

_CLASSES = 80
_SMALL_BODY = (48, 96, 192)
_FASTEST_BLOCKS = (
    ((8, 4, 1), (8, 4, 1)), ((24, 8, 2), (32, 8, 1), (32, 8, 1)),
    ((32, 8, 2), (48, 8, 1), (48, 8, 1), (48, 16, 1), *((96, 16, 1),) * 4),
    ((96, 24, 2), *((136, 24, 1),) * 4), ((136, 48, 2), *((224, 48, 1),) * 5),
)  # fmt: skip
"""Hidden and output channels and stride of the blocks of Yolo-Fastest 1.1."""


def yolo_fastest(name: str) -> Graph:
    """Yolo-Fastest 1.1 on 320x320 (dog-qiuqiu/Yolo-Fastest): inverted residuals, three boxes a cell."""
    net = NetworkBuilder(name, folded=True)
    leaky = NetworkBuilder.leaky_relu
    x = conv_bn(net, net.input("data", ("batch", 3, 320, 320)), 8, 3, "stem", stride=2, activation=leaky)
    middle = x
    for stage, blocks in enumerate(_FASTEST_BLOCKS):
        middle = x
        for index, (hidden, channels, stride) in enumerate(blocks):
            with net.scope(f"stage{stage}.{index}"):
                block = InvertedResidual(3, hidden, channels, stride, leaky)
                x = inverted_residual(net, x, block, always_widen=True)
    pooled = [net.max_pool(x, size, stride=1, padding=size // 2) for size in (9, 5, 3)]
    x = conv_bn(net, net.concat([*pooled, x], axis=1), 96, 1, "spp", activation=leaky)
    fine = net.concat((net.upsample(x, 2), middle), axis=1)
    numbers = 3 * (_CLASSES + 5)
    heads = []
    for level, features in enumerate((x, fine)):
        y, width = features, net.extent(features, 1)
        with net.scope(f"head{level}"):
            for layer in range(2):
                y = conv_bn(net, y, width, 5, f"depthwise{layer}", groups=width, activation=leaky)
                y = conv_bn(net, y, width, 1, f"pointwise{layer}")
            heads.append(net.conv(y, numbers, bias=True, name="numbers"))
    return net.finish(*heads)


def yolo_fastest_v2(name: str) -> Graph:
    """Yolo-FastestV2 on 352x352 (dog-qiuqiu/Yolo-FastestV2): ShuffleNet V2, separate branches for boxes and
    classes, objectness from the class branch."""
    net = NetworkBuilder(name, folded=True)
    relu = NetworkBuilder.relu
    _, middle, coarse = body(net, net.input("data", ("batch", 3, 352, 352)), _SMALL_BODY, relu)
    joined = net.concat((net.upsample(coarse, 2), middle), axis=1)
    outputs = []
    for level, features in enumerate((joined, coarse)):
        with net.scope(f"level{level}"):
            x = conv_bn(net, features, 72, 1, "reduce", activation=relu)
            boxes, classes = _large_kernels(net, x, "boxes"), _large_kernels(net, x, "classes")
            parts = (
                net.sigmoid(net.conv(boxes, 12, bias=True, name="boxes.numbers")),
                net.sigmoid(net.conv(classes, 3, bias=True, name="objectness")),
                net.softmax(net.conv(classes, _CLASSES, bias=True, name="classes.numbers"), axis=1),
            )
            outputs.append(net.transpose(net.concat(parts, axis=1), (0, 2, 3, 1)))
    return net.finish(*outputs)


def fastestdet(name: str) -> Graph:
    """FastestDet on 352x352 (dog-qiuqiu/FastestDet): ShuffleNet V2, one level of features, no anchors."""
    net = NetworkBuilder(name, folded=True)
    relu = NetworkBuilder.relu
    fine, middle, coarse = body(net, net.input("data", ("batch", 3, 352, 352)), _SMALL_BODY, relu)
    halved = net.average_pool(fine, 3, stride=2, padding=1)
    x = net.concat((halved, middle, net.upsample(coarse, 2)), axis=1)
    x = conv_bn(net, x, 96, 1, "reduce", activation=relu)
    paths = []
    for depth in (1, 2, 3):
        y = x
        for layer in range(depth):
            y = conv_bn(net, y, 96, 5, f"spp.{depth}.{layer}", groups=96, activation=relu)
        paths.append(y)
    x = net.relu(net.add(x, conv_bn(net, net.concat(paths, axis=1), 96, 1, "spp.join")))
    x = conv_bn(net, x, 96, 1, "head", activation=relu)
    objectness, box, classes = (
        net.conv(conv_bn(net, x, 96, 5, f"{part}.depthwise", groups=96, activation=relu), width,
                 bias=True, name=f"{part}.numbers")
        for part, width in (("objectness", 1), ("box", 4), ("classes", _CLASSES))
    )  # fmt: skip
    return net.finish(net.concat((net.sigmoid(objectness), box, net.softmax(classes, axis=1)), axis=1))


def nanodet_m(name: str) -> Graph:
    """NanoDet-m on 320x320 (RangiLyu/nanodet 0.x): ShuffleNet V2, additions up and down three levels, one
    convolution for class scores and the spread of the four sides over eight distances."""
    net = NetworkBuilder(name, folded=True)
    leaky = NetworkBuilder.leaky_relu
    levels = body(net, net.input("data", ("batch", 3, 320, 320)), (116, 232, 464), leaky)
    fine, middle, coarse = (
        net.conv(x, 96, bias=True, name=f"lateral{level}") for level, x in enumerate(levels)
    )
    middle = net.add(middle, _resized(net, coarse, middle))
    fine = net.add(fine, _resized(net, middle, fine))
    middle = net.add(middle, _resized(net, fine, middle))
    coarse = net.add(coarse, _resized(net, middle, coarse))
    outputs = []
    for level, features in enumerate((fine, middle, coarse)):
        x = features
        with net.scope(f"head{level}"):
            for layer in range(2):
                x = conv_bn(net, x, 96, 3, f"depthwise{layer}", groups=96, activation=leaky)
                x = conv_bn(net, x, 96, 1, f"pointwise{layer}", activation=leaky)
            x = net.conv(x, _CLASSES + 4 * 8, bias=True, name="numbers")
            classes, sides = net.split(x, (_CLASSES, 4 * 8), axis=1)
            for part, width in ((net.sigmoid(classes), _CLASSES), (sides, 4 * 8)):
                outputs.append(net.transpose(net.reshape(part, (0, width, -1)), (0, 2, 1)))
    return net.finish(*outputs)


def _large_kernels(net: NetworkBuilder, x: str, name: str) -> str:
    """Twice: each channel filtered by 5x5 alone, then mixed."""
    width = net.extent(x, 1)
    with net.scope(name):
        for layer in range(2):
            x = conv_bn(net, x, width, 5, f"depthwise{layer}", groups=width, activation=NetworkBuilder.relu)
            x = conv_bn(net, x, width, 1, f"pointwise{layer}")
    return x


def _resized(net: NetworkBuilder, x: str, like: str) -> str:
    return net.resize(x, net.extent(like, 2), net.extent(like, 3))
