"""Frames of a stream: its steps as written or as usual, how many each works on, and their bytes."""

from __future__ import annotations

from planner.chain.description import ItemCount
from planner.hardware.video.units import video_costs
from planner.schema.scenario.streams import Stream
from planner.schema.scenario.video import ChainStep, Items, Video, predecessors


def chain_of(stream: Stream) -> list[ChainStep]:
    """The steps of a stream: as written, or decode, convert and the network where it has video alone."""
    if stream.chain:
        return stream.chain
    network = ChainStep.model_validate({"network": stream.model})
    if stream.video is None:
        return [network]
    return [ChainStep.model_validate("decode"), ChainStep.model_validate("convert"), network]


def frame_shares(stream: Stream, chain: list[ChainStep]) -> list[float]:
    """Frames that each step works on for each frame of the stream.

    Decoders take all that the camera sends. A network behind a network sees what that one has seen; what only
    prepares frames for networks does so for those that are looked at.
    """
    camera_per_s = (stream.video.rate_per_s if stream.video else None) or stream.rate_per_s
    before = predecessors(chain)
    shares: list[float] = []
    for place, step in enumerate(chain):
        own = step.share if step.rate_per_s is None else min(1.0, step.rate_per_s / stream.rate_per_s)
        at = before[place]
        while at is not None and chain[at].kind != "network":
            at = before[at]
        if step.kind == "decode":
            own *= camera_per_s / stream.rate_per_s
        elif step.kind == "network" and at is not None:
            # `every` is of the frames that the network before it looks at, a `rate` is of frames a second.
            own = own * shares[at] if step.rate_per_s is None else min(own, shares[at])
        shares.append(own)
    for place, step in enumerate(chain):
        behind = [
            shares[other] for other, at in enumerate(before) if at == place and chain[other].kind == "network"
        ]
        if step.kind == "convert" and behind and step.share == 1.0 and step.rate_per_s is None:
            shares[place] = max(behind)
    return shares


def bytes_per_frame(video: Video, rate_per_s: float) -> float:
    """Compressed bytes of a frame: of the stated bitrate, or as is usual for codec and size."""
    if video.bitrate_bytes_per_s is not None:
        return video.bitrate_bytes_per_s / (video.rate_per_s or rate_per_s)
    return video.size.pixels * video_costs().stream.bits_per_pixel[video.codec].value / 8


def item_count(items: Items) -> ItemCount:
    """Objects of a frame as the chain counts them."""
    return ItemCount(items.mean, items.distribution, items.most)
