"""Frames of a compressed stream on the processor: made, decoded, converted and cut (PyAV and OpenCV)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from planner.distribution import install_command
from planner.engines.session import EngineError

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream

Image = NDArray[np.uint8]
_ENCODERS = {"h264": "libx264", "h265": "libx265", "vp9": "libvpx-vp9", "av1": "libsvtav1", "mjpeg": "mjpeg"}
_FAST = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12"},
    "mjpeg": {},
}
_CROP = (150, 300)
"""Width and height of what is cut out, as `planner chain` reckons with."""


def require_video() -> None:
    """Refuse where PyAV or OpenCV is missing, with what to install."""
    for package in ("av", "cv2"):
        if importlib.util.find_spec(package) is None:
            install = install_command("video")
            raise EngineError(f"a chain needs the package {package}, which is not installed; run: {install}")


def make_stream(path: Path, codec: str, size: tuple[int, int], *, frames: int, bits_per_s: float) -> None:
    """A synthetic scene: a textured background that drifts, with objects that cross it, and noise."""
    from fractions import Fraction

    import av

    (width, height), random = size, np.random.default_rng(1)
    coarse = random.integers(40, 200, size=(height // 16 + 2, width // 16 + 2, 3), dtype=np.uint8)
    ground = np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8))
    name = _ENCODERS[codec]
    with av.open(str(path), "w", format="matroska") as file:
        stream = cast("VideoStream", file.add_stream(name, rate=25, options=dict(_FAST[name])))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = int(bits_per_s)
        stream.time_base = Fraction(1, 25)
        for number in range(frames):
            image = np.ascontiguousarray(ground[number % 16 :, number % 16 :][:height, :width])
            for box in range(6):
                left, top = (97 * box + 11 * number) % (width - 90), (131 * box) % (height - 170)
                image[top : top + 160, left : left + 80] = 30 * box + 20
            noise = random.integers(-6, 7, size=(height // 4, width, 1), dtype=np.int16)
            band = slice(height // 4, height // 4 + len(noise))
            image[band] = np.clip(image[band] + noise, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


def decoded(path: Path) -> Iterator[VideoFrame]:
    """The frames of a file by one thread, again and again."""
    import av

    while True:
        with av.open(str(path)) as file:
            stream = file.streams.video[0]
            stream.thread_count = 1
            stream.thread_type = "NONE"
            yield from file.decode(stream)


def to_rgb(frame: VideoFrame) -> Image:
    """Colours of a frame as the network takes them."""
    import cv2

    if frame.format.name in ("yuv420p", "yuvj420p"):
        return np.asarray(cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420), dtype=np.uint8)
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def fill(tensor: NDArray[np.generic], image: Image) -> None:
    """Put an image into a network's input: resized, and as numbers from zero to one, in its layout."""
    import cv2

    first = tensor.shape[1] in (1, 3)
    height, width = tensor.shape[2:4] if first else tensor.shape[1:3]
    channels = tensor.shape[1] if first else tensor.shape[3]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    numbers = resized.astype(np.float32) * np.float32(1 / 255)
    numbers = numbers[:, :, :channels]
    tensor[0] = numbers.transpose(2, 0, 1) if first else numbers


def crop_of(image: Image, number: int) -> Image:
    """An object of a frame, wherever it is: what is cut out takes as long anywhere."""
    width, height = min(_CROP[0], image.shape[1]), min(_CROP[1], image.shape[0])
    left = (number * 173) % (image.shape[1] - width + 1)
    top = (number * 97) % (image.shape[0] - height + 1)
    return image[top : top + height, left : left + width]


def takes_images(shape: tuple[int, ...]) -> bool:
    """Whether an input is one image of one or three colours."""
    return len(shape) == 4 and shape[0] == 1 and (shape[1] in (1, 3) or shape[3] in (1, 3))
