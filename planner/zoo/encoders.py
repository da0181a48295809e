"""The zoo's transformers on images and sound: classifiers, encoders, depth and speech."""

from __future__ import annotations

from functools import partial

from planner.zoo.reference import IMAGENET, Builder, Entry, ReferenceNetwork, image
from planner.zoo.transformers import beit, clip, dinov2, efficientvit, sam, swin, whisper
from planner.zoo.transformers.whisper import WhisperSize

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
    _image("swin_large", "Swin-L", 196_532_476, 34_475_759_616, partial(swin.swin, layout=swin.LARGE)),
    _image("beit_base", "BEiT-B", 86_530_984, 17_563_828_224, partial(beit.beit, width=beit.BASE)),
    _image("beit_large", "BEiT-L", 304_430_568, 61_554_712_576, partial(beit.beit, width=beit.LARGE)),
)  # fmt: skip

_EFFICIENTVIT = tuple(
    _image(f"efficientvit_{letter}", f"EfficientViT-{letter.upper()}", parameters, macs,
           partial(build, layout=layout))
    for letter, parameters, macs, build, layout in (
        ("b0", 3_410_008, 100_233_216, efficientvit.efficientvit, efficientvit.B0),
        ("b1", 9_102_024, 519_214_592, efficientvit.efficientvit, efficientvit.B1),
        ("b2", 24_330_712, 1_584_937_984, efficientvit.efficientvit, efficientvit.B2),
        ("b3", 48_646_056, 3_953_822_208, efficientvit.efficientvit, efficientvit.B3),
        ("l1", 52_654_088, 5_258_479_616, efficientvit.efficientvit_large, efficientvit.L1),
        ("l2", 63_707_016, 6_949_862_400, efficientvit.efficientvit_large, efficientvit.L2),
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
        ("h", 637_026_048, 2_980_541_415_424, sam.HUGE),
    )
)  # fmt: skip

_CLIP_IMAGES = tuple(
    _image(f"clip_vit_{name}_image", f"CLIP ViT-{title}, image", parameters, macs,
           partial(clip.clip_image, width=width, patch=patch, embedding=embedding, side=side),
           _HUGGING_FACE.format("vision model and projection of CLIPModel"), side=side,
           task="embedding of an image")
    for name, title, parameters, macs, width, patch, embedding, side in (
        ("b32", "B/32", 87_849_216, 4_408_811_520, clip.IMAGE_BASE, 32, 512, 224),
        ("b16", "B/16", 86_192_640, 17_563_453_440, clip.IMAGE_BASE, 16, 512, 224),
        ("l14", "L/14", 303_966_208, 81_012_768_768, clip.IMAGE_LARGE, 14, 768, 224),
        ("l14_336", "L/14 at 336", 304_293_888, 190_959_894_528, clip.IMAGE_LARGE, 14, 768, 336),
    )
)  # fmt: skip
_CLIP_TEXTS: tuple[Entry, ...] = tuple(
    (ReferenceNetwork(f"clip_vit_{name}_text", f"CLIP ViT-{title}, text", "embedding of a text",
                      "batch x 77 tokens", parameters, macs,
                      _HUGGING_FACE.format("text model and projection of CLIPModel")),
     partial(clip.clip_text, width=width, embedding=embedding))
    for name, title, parameters, macs, width, embedding in (
        ("b32", "B/32 and B/16", 63_428_096, 2_979_770_368, clip.TEXT_BASE, 512),
        ("l14", "L/14", 123_650_304, 6_649_841_664, clip.TEXT_LARGE, 768),
    )
)  # fmt: skip

_CACHED, _FIRST = 128, 4
_STEP = (
    "formula of the transformer: layers x (14 h^2 + 2 h (tokens + 1500)) + h x words (MACs); WhisperModel of "
    "transformers 5.24 less keys and values of the sound, which come from the first run (parameters)"
)
_START = "decoder of WhisperForConditionalGeneration"


def _speech(
    name: str, size: WhisperSize, encoder: tuple[int, int], step: int, start: tuple[int, int]
) -> tuple[Entry, ...]:
    """The encoder, the decoder on the four tokens that say what to do, and on one with 128 before it."""
    h, title = size.width.channels, f"Whisper {name}"
    step_macs = size.decoder_layers * (14 * h**2 + 2 * h * (_CACHED + 1 + 1500)) + h * size.words
    prefix = f"whisper_{name.replace('-', '_')}"
    encoded = ReferenceNetwork(
        f"{prefix}_encoder", f"{title}, encoder", "features of 30 s of speech",
        f"batch x {size.bands} x {whisper.FRAMES}", *encoder,
        _HUGGING_FACE.format("WhisperEncoder without its fixed places"),
    )  # fmt: skip
    started = ReferenceNetwork(
        f"{prefix}_start", f"{title}, first tokens", "first word of a transcript",
        f"batch x {_FIRST} tokens, batch x 1500 x {h}", *start, _HUGGING_FACE.format(_START),
    )  # fmt: skip
    stepped = ReferenceNetwork(
        f"{prefix}_step", f"{title}, one decoding step", "next word of a transcript",
        f"batch x 1 tokens, {_CACHED} in the cache", step, step_macs, _STEP,
    )  # fmt: skip
    return (
        (encoded, partial(whisper.whisper_encoder, size=size)),
        (started, partial(whisper.whisper_start, size=size, tokens=_FIRST)),
        (stepped, partial(whisper.whisper_step, size=size, cached=_CACHED)),
    )


_WHISPER = (
    *_speech("tiny", whisper.TINY, (7_632_384, 18_468_864_000), 28_371_072, (29_552_256, 1_900_647_936)),
    *_speech("base", whisper.BASE, (19_822_592, 43_683_840_000), 48_854_528, (52_003_328, 4_949_854_208)),
    *_speech("small", whisper.SMALL, (87_002_112, 172_081_152_000), 139_415_808,
             (153_580_800, 21_900_241_920)),
    *_speech("medium", whisper.MEDIUM, (305_680_384, 569_032_704_000), 406_285_312,
             (456_641_536, 77_414_895_616)),
    *_speech("large-v2", whisper.LARGE_V2, (634_864_640, 1_136_332_800_000), 801_621_760,
             (906_520_320, 160_980_792_320)),
    *_speech("large-v3", whisper.LARGE_V3, (635_048_960, 1_136_885_760_000), 801_623_040,
             (906_521_600, 160_980_797_440)),
    *_speech("turbo", whisper.TURBO, (635_048_960, 1_136_885_760_000), 158_796_800,
             (171_909_120, 20_354_959_360)),
)  # fmt: skip

ENTRIES: tuple[Entry, ...] = (
    *_CLASSIFIERS,
    *_EFFICIENTVIT,
    *_DINOV2,
    *_DEPTH,
    *_SAM,
    *_CLIP_IMAGES,
    *_CLIP_TEXTS,
    *_WHISPER,
)
