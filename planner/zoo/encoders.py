"""The zoo's transformers on images and sound: classifiers, encoders, depth and speech."""

from __future__ import annotations

from functools import partial

from planner.zoo.attention import Width
from planner.zoo.reference import IMAGENET, Builder, Entry, ReferenceNetwork, image
from planner.zoo.transformers import beit, clip, dinov2, efficientvit, sam, swin, whisper

_TIMM = "timm 1.0.31 (parameters) and PyTorch's FlopCounterMode on it (MACs)"
_HUGGING_FACE = "transformers 5.24, {} (parameters) and PyTorch's FlopCounterMode on it (MACs)"
_FEATURES = "features of an image"


def _image(
    name: str, title: str, parameters: int, macs: float, builder: Builder, source: str = _TIMM, *,
    side: int = 224, task: str = IMAGENET, remark: str = "",
) -> Entry:  # fmt: skip
    return ReferenceNetwork(name, title, task, image(side), parameters, macs, source, remark), builder


_CLASSIFIERS = (
    _image("swin_tiny", "Swin-T", 28_288_354, 4_490_566_656, partial(swin.swin, layout=swin.TINY)),
    _image("swin_small", "Swin-S", 49_606_258, 8_740_875_264, partial(swin.swin, layout=swin.SMALL)),
    _image("swin_base", "Swin-B", 87_768_224, 15_430_946_816, partial(swin.swin, layout=swin.BASE)),
    _image("beit_base", "BEiT-B", 86_530_984, 17_563_828_224, partial(beit.beit, width=beit.BASE)),
)  # fmt: skip

_EFFICIENTVIT = tuple(
    _image(f"efficientvit_{letter}", f"EfficientViT-{letter.upper()}", parameters, macs,
           partial(efficientvit.efficientvit, layout=layout))
    for letter, parameters, macs, layout in (
        ("b0", 3_410_008, 100_233_216, efficientvit.B0),
        ("b1", 9_102_024, 519_214_592, efficientvit.B1),
        ("b2", 24_330_712, 1_584_937_984, efficientvit.B2),
        ("b3", 48_646_056, 3_953_822_208, efficientvit.B3),
    )
)  # fmt: skip

_DINOV2 = tuple(
    _image(f"dinov2_{size}", f"DINOv2 {letter}/14", parameters, macs,
           partial(dinov2.dinov2, width=width), side=518, task=_FEATURES,
           remark="the published 224 x 224 has 256 patches: zoo:NAME@size=224")
    for size, letter, parameters, macs, width in (
        ("small", "ViT-S", 22_056_192, 46_696_739_328, dinov2.SMALL),
        ("base", "ViT-B", 86_579_712, 151_573_718_016, dinov2.BASE),
        ("large", "ViT-L", 304_367_616, 506_803_826_688, dinov2.LARGE),
    )
)  # fmt: skip

_DEPTH = tuple(
    _image(f"depth_anything_v2_{size}", f"Depth Anything V2 {size}", parameters, macs,
           partial(dinov2.depth_anything, width=width, head=head),
           _HUGGING_FACE.format("DepthAnythingForDepthEstimation without its mask token and the unit that "
                                "its coarsest level never runs"),
           side=518, task="relative depth of every pixel")
    for size, parameters, macs, width, head in (
        ("small", 24_710_849, 57_633_767_040, dinov2.SMALL, dinov2.SMALL_HEAD),
        ("base", 97_174_849, 190_350_321_792, dinov2.BASE, dinov2.BASE_HEAD),
        ("large", 334_134_465, 652_108_559_488, dinov2.LARGE, dinov2.LARGE_HEAD),
    )
)  # fmt: skip

_SAM = tuple(
    _image(f"sam_vit_{letter}_encoder", f"SAM ViT-{letter.upper()}, encoder", parameters, macs,
           partial(sam.sam_encoder, layout=layout), side=1024, task=f"{_FEATURES} for segmentation")
    for letter, parameters, macs, layout in (
        ("b", 89_670_912, 486_038_667_264, sam.BASE),
        ("l", 308_278_272, 1_492_840_153_088, sam.LARGE),
    )
)  # fmt: skip

_CLIP: tuple[Entry, ...] = (
    _image("clip_vit_b32_image", "CLIP ViT-B/32, image", 87_849_216, 4_408_811_520,
           partial(clip.clip_image, width=clip.IMAGE_BASE, patch=32, embedding=512),
           _HUGGING_FACE.format("vision model and projection of CLIPModel"), task="embedding of an image"),
    (ReferenceNetwork("clip_vit_b32_text", "CLIP ViT-B/32, text", "embedding of a text", "batch x 77 tokens",
                      63_428_096, 2_979_770_368,
                      _HUGGING_FACE.format("text model and projection of CLIPModel")),
     partial(clip.clip_text, width=clip.TEXT_BASE, embedding=512)),
)  # fmt: skip

_CACHED = 128
_STEP = (
    "formula of the transformer: layers x (14 h^2 + 2 h (tokens + 1500)) + h x words (MACs); WhisperModel of "
    "transformers 5.24 less keys and values of the sound, which come from the encoder (parameters)"
)


def _speech(size: str, width: Width, encoder: tuple[int, int], step_parameters: int) -> tuple[Entry, Entry]:
    """The encoder, and a step of the decoder with 128 tokens before it."""
    h = width.channels
    step_macs = width.layers * (14 * h**2 + 2 * h * (_CACHED + 1 + 1500)) + h * 51865
    encoded = ReferenceNetwork(
        f"whisper_{size}_encoder", f"Whisper {size}, encoder", "features of 30 s of speech",
        f"batch x 80 x {whisper.FRAMES}", *encoder,
        _HUGGING_FACE.format("WhisperEncoder without its fixed places"),
    )  # fmt: skip
    stepped = ReferenceNetwork(
        f"whisper_{size}_step", f"Whisper {size}, one decoding step", "next word of a transcript",
        f"batch x 1 tokens, {_CACHED} in the cache", step_parameters, step_macs, _STEP,
    )  # fmt: skip
    return (
        (encoded, partial(whisper.whisper_encoder, width=width)),
        (stepped, partial(whisper.whisper_step, width=width, cached=_CACHED)),
    )


_WHISPER = (
    *_speech("tiny", whisper.TINY, (7_632_384, 18_468_864_000), 28_371_072),
    *_speech("base", whisper.BASE, (19_822_592, 43_683_840_000), 48_854_528),
    *_speech("small", whisper.SMALL, (87_002_112, 172_081_152_000), 139_415_808),
)

ENTRIES: tuple[Entry, ...] = (*_CLASSIFIERS, *_EFFICIENTVIT, *_DINOV2, *_DEPTH, *_SAM, *_CLIP, *_WHISPER)
