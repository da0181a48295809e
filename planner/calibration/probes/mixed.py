"""Probes that are neither plain classifiers nor transformers: decoders, heads, recurrence, large products."""

from __future__ import annotations

from planner.calibration.probes.convolutional import activate, activation
from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder


def encoder_decoder(net: NetworkBuilder, choose: Chooser) -> str:
    """Down by pools, up by transposed convolutions or enlargement, with shortcuts (Ronneberger 2015)."""
    side = choose.of((64, 96, 128, 160, 192, 256))
    x = net.input("image", (1, 3, side, side))
    width, act = choose.channels(12, 48), activation(choose)
    kept: list[str] = []
    depth = choose.whole(2, 3)
    for level in range(depth):
        x = activate(net, net.conv(x, width << level, 3, bias=True), act)
        if choose.chance(0.6):
            x = activate(net, net.conv(x, width << level, 3, bias=True), act)
        kept.append(x)
        x = net.max_pool(x, 2, stride=2)
    x = activate(net, net.conv(x, width << depth, 3, bias=True), act)
    up = choose.of(("transposed", "nearest", "linear"), (2, 2, 2))
    for short in reversed(kept):
        x = _enlarge(net, x, up, net.extent(short, 1), net.extent(short, 2))
        x = net.concat((short, x), 1) if choose.chance(0.7) else net.add(
            short, net.conv(x, net.extent(short, 1), 1, bias=True)
        )  # fmt: skip
        x = activate(net, net.conv(x, net.extent(short, 1), 3, bias=True), act)
    x = net.conv(x, choose.whole(1, 21), 1, bias=True)
    return net.sigmoid(x) if choose.chance(0.5) else net.resize(x, 2 * side, 2 * side)


def _enlarge(net: NetworkBuilder, x: str, kind: str, width: int, side: int) -> str:
    if kind == "transposed":
        return net.conv_transpose(x, width, 2, stride=2, bias=True)
    return net.upsample(x, 2) if kind == "nearest" else net.resize(x, side, side)


def detection_head(net: NetworkBuilder, choose: Chooser) -> str:
    """Maps of three sizes through a head that decodes boxes, as one-stage detectors end."""
    side, classes = choose.of((10, 13, 20, 26, 40)), choose.of((1, 20, 80))
    width = choose.channels(24, 160)
    image = net.input("image", (1, 3, side * 16, side * 16))
    x = net.silu(net.conv(image, width // 2, 6, stride=4, padding=1, bias=True))
    maps = []
    for _ in range(3):
        side = net.extent(x, 2)
        x = net.silu(net.conv(x, width, 3, stride=2, bias=True))
        maps.append(x)
    anchors, outputs = choose.of((1, 3)), 5 + classes
    found = []
    for number, level in enumerate(maps):
        rows, columns = net.extent(level, 2), net.extent(level, 3)
        y = net.conv(level, anchors * outputs, 1, bias=True)
        y = net.reshape(y, (1, anchors, outputs, rows, columns))
        y = net.sigmoid(net.transpose(y, (0, 1, 3, 4, 2)))
        centre, extent, rest = net.split(y, (2, 2, outputs - 4), 4)
        centre = net.mul(net.add(centre, net.parameter(f"grid{number}", (1, anchors, rows, columns, 2))),
                         net.constant(8.0))  # fmt: skip
        extent = net.mul(net.combine("Pow", extent, net.constant(2.0), name="square"), net.constant(4.0))
        joined = net.concat((centre, extent, rest), 4)
        found.append(net.reshape(joined, (1, anchors * rows * columns, outputs)))
    if choose.chance(0.5):
        return net.concat(found, 1)
    return _distances(net, choose, maps, classes)


def _distances(net: NetworkBuilder, choose: Chooser, maps: list[str], classes: int) -> str:
    """Box sides as a mean over bins (Li et al., "Generalized Focal Loss", 2020), classes by a sigmoid."""
    bins = choose.of((8, 16))
    flat = []
    for level in maps:
        count = net.extent(level, 2) * net.extent(level, 3)
        flat.append(
            net.reshape(net.conv(level, 4 * bins + classes, 1, bias=True), (1, 4 * bins + classes, count))
        )
    joined = net.concat(flat, 2)
    sides, scores = net.split(joined, (4 * bins, classes), 1)
    count = net.extent(joined, 2)
    weights = net.softmax(net.transpose(net.reshape(sides, (1, 4, bins, count)), (0, 2, 1, 3)), axis=1)
    boxes = net.reshape(net.conv(weights, 1, 1), (1, 4, count))
    return net.concat((boxes, net.sigmoid(scores)), 1)


def recurrent(net: NetworkBuilder, choose: Chooser) -> str:
    """One or two recurrent layers over a sequence, or over several side by side, as the rows of an image."""
    steps, width = choose.size(8, 250), choose.size(32, 400, 8)
    hidden = choose.size(32, 640, 8)
    side_by_side = choose.of((1, 8, 24, 48), (5, 1, 1, 1)) if steps * hidden < 20_000 else 1
    x = net.input("frames", (steps, side_by_side, width))
    if choose.chance(0.3):
        x = net.relu(net.linear(x, choose.size(32, 400, 8), "front"))
    for number in range(choose.whole(1, 2)):
        kind = choose.of(("lstm", "gru"), (3, 1))
        directions = choose.of((1, 2))
        x = net.recurrent(x, hidden, f"layer{number}", kind=kind.upper(), directions=directions)
    return net.softmax(net.linear(x, choose.size(16, 2000, 4), "out"))


def dense_layers(net: NetworkBuilder, choose: Chooser) -> str:
    """Products with large weights and few rows, where weights stream from memory."""
    x = net.input("rows", (choose.of((1, 1, 1, 4, 16, 64)), choose.size(64, 20000, 32)))
    for number in range(choose.whole(2, 4)):
        x = net.linear(x, choose.size(32, min(4096, 6e7 / net.extent(x, 1)), 8), f"fc{number}")
        if choose.chance(0.7):
            x = activate(net, x, choose.of(("relu", "sigmoid", "leaky_relu")))
    return net.softmax(net.linear(x, choose.of((2, 10, 100, 1000)), "out"))


def fed_by_a_map(net: NetworkBuilder, choose: Chooser) -> str:
    """Large products of one row behind a few convolutions, as networks ended before pooling did it."""
    side = choose.of((4, 6, 7, 8))
    x = net.input("map", (1, choose.size(32, 256, 16), side, side))
    for _ in range(choose.whole(1, 2)):
        x = net.relu(net.conv(x, choose.size(64, 512, 32), 3, bias=True))
    x = net.flatten(x)
    for number in range(choose.whole(1, 3)):
        most = min(6144, _MOST_WEIGHTS / net.extent(x, 1))
        x = net.relu(net.linear(x, choose.size(most / 6, most, 8), f"fc{number}"))
    return net.linear(x, choose.of((10, 100, 1000)), "out")


_MOST_WEIGHTS = 3.5e7


def heavy_layers(net: NetworkBuilder, choose: Chooser) -> str:
    """A few large convolutions or products, as the late layers of large networks have them."""
    if choose.chance(0.4):
        rows, width = choose.of((16, 49, 64, 128, 196, 384, 576)), choose.size(384, 1536, 64)
        x = net.input("rows", (1, rows, width))
        for number in range(choose.whole(2, 4)):
            y = net.gelu(net.linear(net.layer_norm(x), width * choose.of((2, 4)), f"up{number}"))
            x = net.add(x, net.linear(y, width, f"down{number}"))
        return x
    width, side = choose.size(96, 1024, 32), choose.of((7, 10, 13, 14, 20, 26, 28, 40))
    x = net.input("map", (1, width, side, side))
    act, spent = activation(choose), 0.0
    while spent < 1.2e9:
        kernel = choose.of((1, 3), (1, 1))
        channels = choose.size(96, 1024, 32)
        spent += channels * net.extent(x, 1) * side**2 * kernel**2 + 1e8
        x = activate(net, net.conv(x, channels, kernel, bias=True), act)
    return x


def enlarging(net: NetworkBuilder, choose: Chooser) -> str:
    """Maps that grow by transposed convolutions, some of them by channel (Dumoulin and Visin 2016)."""
    side, width = choose.size(6, 64), choose.channels(16, 512)
    x = net.input("map", (1, width, side, side))
    for _ in range(choose.whole(1, 3)):
        width = max(8, net.extent(x, 1) // choose.of((1, 2)))
        if choose.chance(0.25):
            x = net.conv_transpose(x, net.extent(x, 1), choose.of((2, 4)), stride=2, groups=net.extent(x, 1))
        else:
            kernel = choose.of((2, 3, 4))
            x = net.conv_transpose(x, width, kernel, stride=2, padding=(kernel - 1) // 2, bias=True)
        x = net.relu(x)
        if choose.chance(0.5):
            x = net.relu(net.conv(x, net.extent(x, 1), choose.of((1, 3)), bias=True))
    return x
