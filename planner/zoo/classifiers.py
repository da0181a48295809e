"""The zoo's image classifiers."""

from __future__ import annotations

from functools import partial

from planner.zoo.image.alexnet import alexnet
from planner.zoo.image.convnext import convnext
from planner.zoo.image.densenet import densenet121
from planner.zoo.image.googlenet import googlenet
from planner.zoo.image.inception import inception_v3
from planner.zoo.image.regnet import (
    X_800MF,
    X_1600MF,
    X_3200MF,
    Y_200MF,
    Y_400MF,
    Y_600MF,
    Y_800MF,
    Y_1600MF,
    regnet,
)
from planner.zoo.image.resnet import ResNetLayout, resnet
from planner.zoo.image.vgg import vgg
from planner.zoo.image.vit import VitEncoder, vision_transformer
from planner.zoo.mobile.efficientnet import EfficientNetScale, efficientnet, efficientnet_lite
from planner.zoo.mobile.efficientnet_v2 import efficientnet_v2_b0
from planner.zoo.mobile.mobilenet import mobilenet_v1, mobilenet_v2, mobilenet_v3
from planner.zoo.mobile.searched import mnasnet_b1, proxyless_mobile
from planner.zoo.mobile.shufflenet import shufflenet_v2
from planner.zoo.mobile.shufflenet_v1 import shufflenet_v1
from planner.zoo.mobile.squeezenet import squeezenet_v1_0, squeezenet_v1_1
from planner.zoo.reference import IMAGENET, Builder, Entry, ReferenceNetwork, image

TORCHVISION = "torchvision 0.28, metadata of the weights (num_params, _ops)"
_TIMM = "timm 1.0.31 (parameters) and PyTorch's FlopCounterMode on it (MACs)"
_MOBILENET_V1 = "imgclsmob table of models (parameters); Howard et al. 2017, table 6 (mult-adds)"
_MOBILENET_V2 = (
    "TensorFlow research/slim, table of MobileNetV2 checkpoints (mult-adds; its parameters leave out batch "
    "norm's scales and shifts, which are added here)"
)


def _classifier(
    name: str, title: str, parameters: int, macs: float, builder: Builder,
    source: str = TORCHVISION, *, side: int = 224, remark: str = "",
) -> Entry:  # fmt: skip
    return ReferenceNetwork(name, title, IMAGENET, image(side), parameters, macs, source, remark), builder


_RESNETS = (
    _classifier("resnet50_v1.5", "ResNet-50 v1.5", 25_557_032, 4.089e9,
                partial(resnet, layout=ResNetLayout((3, 4, 6, 3)))),
    _classifier("resnet50", "ResNet-50", 25_557_032, 3.8e9,
                partial(resnet, layout=ResNetLayout((3, 4, 6, 3), stride_in_3x3=False)),
                "torchvision 0.28 (parameters, equal to v1.5); He et al. 2016, table 1 (mult-adds)",
                remark="rows of Qualcomm and branes-ai come from torchvision, which is v1.5 (6 % more MACs)"),
    _classifier("resnet18", "ResNet-18", 11_689_512, 1.814e9,
                partial(resnet, layout=ResNetLayout((2, 2, 2, 2), bottleneck=False))),
    _classifier("resnet34", "ResNet-34", 21_797_672, 3.664e9,
                partial(resnet, layout=ResNetLayout((3, 4, 6, 3), bottleneck=False))),
    _classifier("resnet101", "ResNet-101", 44_549_160, 7.801e9,
                partial(resnet, layout=ResNetLayout((3, 4, 23, 3)))),
    _classifier("resnet152", "ResNet-152", 60_192_808, 11.514e9,
                partial(resnet, layout=ResNetLayout((3, 8, 36, 3)))),
    _classifier("resnext50", "ResNeXt-50 32x4d", 25_028_904, 4.23e9,
                partial(resnet, layout=ResNetLayout((3, 4, 6, 3), groups=32, group_width=4))),
    _classifier("resnext101_32x8d", "ResNeXt-101 32x8d", 88_791_336, 16.414e9,
                partial(resnet, layout=ResNetLayout((3, 4, 23, 3), groups=32, group_width=8))),
    _classifier("wide_resnet50_2", "Wide ResNet-50-2", 68_883_240, 11.398e9,
                partial(resnet, layout=ResNetLayout((3, 4, 6, 3), group_width=128))),
    _classifier("wide_resnet101_2", "Wide ResNet-101-2", 126_886_696, 22.753e9,
                partial(resnet, layout=ResNetLayout((3, 4, 23, 3), group_width=128))),
    _classifier("regnety_400mf", "RegNetY 400MF", 4_344_144, 0.402e9, partial(regnet, layout=Y_400MF),
                remark="ncnn's copy has the squeezed channels of the paper's code, which round as these do"),
    _classifier("regnety_200mf", "RegNetY 200MF", 3_162_996, 199_514_080, partial(regnet, layout=Y_200MF),
                _TIMM),
    _classifier("regnety_600mf", "RegNetY 600MF", 6_055_160, 601_220_992, partial(regnet, layout=Y_600MF),
                _TIMM),
    _classifier("regnety_800mf", "RegNetY 800MF", 6_432_512, 0.834e9, partial(regnet, layout=Y_800MF)),
    _classifier("regnety_1.6gf", "RegNetY 1.6GF", 11_202_430, 1.612e9, partial(regnet, layout=Y_1600MF)),
    _classifier("regnet_x_3.2gf", "RegNetX 3.2GF", 15_296_552, 3.177e9, partial(regnet, layout=X_3200MF)),
    _classifier("regnetx_1.6gf", "RegNetX 1.6GF", 9_190_136, 1.603e9, partial(regnet, layout=X_1600MF)),
    _classifier("regnetx_800mf", "RegNetX 800MF", 7_259_656, 0.8e9, partial(regnet, layout=X_800MF)),
    _classifier("densenet121", "DenseNet-121", 7_978_856, 2.834e9, densenet121),
)  # fmt: skip

_MOBILENETS = (
    _classifier("mobilenet_v1_1.0", "MobileNet V1", 4_231_976, 569e6, partial(mobilenet_v1, width=1.0),
                _MOBILENET_V1),
    _classifier("mobilenet_v1_0.75", "MobileNet V1, width 0.75", 2_585_560, 325e6,
                partial(mobilenet_v1, width=0.75), _MOBILENET_V1),
    _classifier("mobilenet_v1_0.5", "MobileNet V1, width 0.5", 1_331_592, 149e6,
                partial(mobilenet_v1, width=0.5), _MOBILENET_V1),
    _classifier("mobilenet_v1_0.25", "MobileNet V1, width 0.25", 470_072, 41e6,
                partial(mobilenet_v1, width=0.25), _MOBILENET_V1),
    _classifier("mobilenet_v2_1.0", "MobileNet V2", 3_504_872, 0.301e9, partial(mobilenet_v2, width=1.0)),
    _classifier("mobilenet_v2_0.75", "MobileNet V2, width 0.75", 2_636_424, 209e6,
                partial(mobilenet_v2, width=0.75), _MOBILENET_V2),
    _classifier("mobilenet_v2_0.5", "MobileNet V2, width 0.5", 1_968_680, 97e6,
                partial(mobilenet_v2, width=0.5), _MOBILENET_V2),
    _classifier("mobilenet_v2_0.35", "MobileNet V2, width 0.35", 1_677_128, 59e6,
                partial(mobilenet_v2, width=0.35), _MOBILENET_V2),
    _classifier("mobilenet_v2_1.3", "MobileNet V2, width 1.3", 5_386_792, 509e6,
                partial(mobilenet_v2, width=1.3), _MOBILENET_V2),
    _classifier("mobilenet_v2_1.4", "MobileNet V2, width 1.4", 6_108_776, 582e6,
                partial(mobilenet_v2, width=1.4), _MOBILENET_V2),
    _classifier("mobilenet_v3_large", "MobileNet V3 large", 5_483_032, 0.217e9,
                partial(mobilenet_v3, variant="large")),
    _classifier("mobilenet_v3_small", "MobileNet V3 small", 2_542_856, 0.057e9,
                partial(mobilenet_v3, variant="small")),
    _classifier("mobilenet_v3_large_minimalistic", "MobileNet V3 large, minimalistic", 3_924_288,
                209_136_704, partial(mobilenet_v3, variant="large", minimalistic=True), _TIMM),
    _classifier("mobilenet_v3_small_minimalistic", "MobileNet V3 small, minimalistic", 2_044_736,
                52_288_448, partial(mobilenet_v3, variant="small", minimalistic=True), _TIMM),
)  # fmt: skip

_LIGHT = (
    _classifier("squeezenet_v1.0", "SqueezeNet 1.0", 1_248_424, 0.819e9, squeezenet_v1_0),
    _classifier("squeezenet_v1.1", "SqueezeNet 1.1", 1_235_496, 0.349e9, squeezenet_v1_1),
    _classifier("shufflenet_v1", "ShuffleNet 1x, three groups", 1_865_728, 137e6, shufflenet_v1,
                "imgclsmob table of models (parameters); Zhang et al. 2018, table 1 (mult-adds)"),
    _classifier("shufflenet_v2", "ShuffleNet V2", 2_278_604, 0.145e9, shufflenet_v2),
    _classifier("mnasnet_a1", "MnasNet", 4_383_312, 0.314e9, partial(mnasnet_b1, width=1.0),
                remark="A1 weighs channels; the network that ncnn times under this name does not and is B1"),
    _classifier("mnasnet_0_5", "MnasNet-B1, width 0.5", 2_218_512, 0.104e9, partial(mnasnet_b1, width=0.5)),
    _classifier("proxylessnas", "ProxylessNAS, for phones", 4_080_512, 320e6, proxyless_mobile,
                "imgclsmob table of models (parameters); Cai et al. 2019, table 3 (mult-adds)",
                remark="ncnn's copy has 32 instead of 16 channels after the first block: 16 M MACs more"),
    _classifier("efficientnet_v2_b0", "EfficientNetV2-B0", 7_139_704, 718_086_176, efficientnet_v2_b0, _TIMM),
)  # fmt: skip

_EFFICIENTNETS = (
    _classifier("efficientnet_b0", "EfficientNet-B0", 5_288_548, 0.386e9,
                partial(efficientnet, scale=EfficientNetScale(1.0, 1.0, 224))),
    _classifier("efficientnet_b1", "EfficientNet-B1", 7_794_184, 0.687e9,
                partial(efficientnet, scale=EfficientNetScale(1.0, 1.1, 240)), side=240),
    _classifier("efficientnet_b4", "EfficientNet-B4", 19_341_616, 4.394e9,
                partial(efficientnet, scale=EfficientNetScale(1.4, 1.8, 380)), side=380),
    _classifier("efficientnet_b5", "EfficientNet-B5", 30_389_784, 10.266e9,
                partial(efficientnet, scale=EfficientNetScale(1.6, 2.2, 456)), side=456),
    _classifier("efficientnet_b7", "EfficientNet-B7", 66_347_960, 37.746e9,
                partial(efficientnet, scale=EfficientNetScale(2.0, 3.1, 600)), side=600),
    _classifier("efficientnet_lite0", "EfficientNet-Lite0", 4_652_008, 385_187_552,
                partial(efficientnet_lite, scale=EfficientNetScale(1.0, 1.0, 224)), _TIMM),
    _classifier("efficientnet_lite1", "EfficientNet-Lite1", 5_416_680, 600_185_232,
                partial(efficientnet_lite, scale=EfficientNetScale(1.0, 1.1, 240)), _TIMM, side=240),
    _classifier("efficientnet_lite2", "EfficientNet-Lite2", 6_092_072, 859_736_272,
                partial(efficientnet_lite, scale=EfficientNetScale(1.1, 1.2, 260)), _TIMM, side=260),
    _classifier("efficientnet_lite3", "EfficientNet-Lite3", 8_197_096, 1_383_321_872,
                partial(efficientnet_lite, scale=EfficientNetScale(1.2, 1.4, 280)), _TIMM, side=280),
    _classifier("efficientnet_lite4", "EfficientNet-Lite4", 13_006_568, 2_553_034_336,
                partial(efficientnet_lite, scale=EfficientNetScale(1.4, 1.8, 300)), _TIMM, side=300),
)  # fmt: skip

_LARGE = (
    _classifier("alexnet", "AlexNet (Caffe)", 61_000_000, 724e6, alexnet,
                "Sze et al. 2017, arXiv:1703.09039, table II", side=227),
    _classifier("vgg11", "VGG-11", 132_863_336, 7.609e9, partial(vgg, layers=11)),
    _classifier("vgg13", "VGG-13", 133_047_848, 11.308e9, partial(vgg, layers=13)),
    _classifier("vgg16", "VGG-16", 138_357_544, 15.47e9, partial(vgg, layers=16)),
    _classifier("vgg19", "VGG-19", 143_667_240, 19.632e9, partial(vgg, layers=19)),
    _classifier("googlenet", "GoogLeNet", 7_000_000, 1.58e9, googlenet,
                "Canziani et al. 2017, arXiv:1605.07678",
                remark="ncnn times this one; Qualcomm and Hailo torchvision's (6.6 M weights, 1.5 GMAC)"),
    _classifier("inception_v3", "Inception v3", 23_834_568, 5.713e9, partial(inception_v3, side=299),
                "torchvision 0.28 built without the auxiliary classifier (parameters), metadata (_ops)",
                side=299, remark="Qualcomm times it at 224x224: 2.8 GMAC; give --shape input=1,3,224,224"),
    _classifier("convnext_tiny", "ConvNeXt-T", 28_589_128, 4.456e9,
                partial(convnext, blocks=(3, 3, 9, 3), channels=(96, 192, 384, 768))),
    _classifier("convnext_base", "ConvNeXt-B", 88_591_464, 15.355e9,
                partial(convnext, blocks=(3, 3, 27, 3), channels=(128, 256, 512, 1024))),
    _classifier("vit_b_16", "ViT-B/16", 86_567_656, 17.564e9,
                partial(vision_transformer, encoder=VitEncoder(12, 768, 12))),
    _classifier("deit_base", "DeiT-B", 86_567_656, 17.564e9,
                partial(vision_transformer, encoder=VitEncoder(12, 768, 12)),
                f"as ViT-B/16: {TORCHVISION}"),
    _classifier("deit_small", "DeiT-S", 22_050_664, 4_598_882_304,
                partial(vision_transformer, encoder=VitEncoder(12, 384, 6)), _TIMM),
    _classifier("deit_tiny", "DeiT-Ti", 5_717_416, 1_253_683_200,
                partial(vision_transformer, encoder=VitEncoder(12, 192, 3)), _TIMM),
)  # fmt: skip

ENTRIES: tuple[Entry, ...] = (*_RESNETS, *_MOBILENETS, *_LIGHT, *_EFFICIENTNETS, *_LARGE)
