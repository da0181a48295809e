import onnx
import pytest

from planner.errors import InputError, UnknownIdError
from planner.workload.workload import read_workload
from planner.zoo.registry import build
from planner.zoo.source import export, read_model


def counts(workload):
    operators = [
        (o.name, o.op_type, o.macs, o.flops, o.input_bytes, o.output_bytes, o.weight_bytes)
        for o in workload.operators
    ]
    totals = (workload.macs, workload.flops, workload.parameters, workload.weight_bytes)
    return totals, workload.activation_bytes, workload.peak_activation_bytes, operators


FAMILIES = [
    "resnet18",
    "resnext50",
    "mobilenet_v1_0.25",
    "mobilenet_v3_small",
    "squeezenet_v1.1",
    "shufflenet_v1",
    "shufflenet_v2",
    "mnasnet_0_5",
    "regnety_400mf",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_lite0",
    "efficientnet_v2_b0",
    "alexnet",
    "vgg11",
    "googlenet",
    "inception_v3",
    "convnext_tiny",
    "deit_tiny",
    "yolov5n",
    "yolov8n",
    "yolov8n_seg",
    "yolov6n_3.0",
    "yolov7",
    "ppyoloe_s",
    "yolo_nas_s",
    "efficientvit_b0",
    "silero_vad",
    "yolov9t",
    "yolov9c",
    "yolov10n",
    "yolov10m",
    "yolo11n_pose",
    "yolo11n_obb",
    "yolo12n",
    "yolo12l",
    "yolo26n",
    "yolo11n",
    "yolov3_tiny",
    "yolov4_tiny",
    "yolov7_tiny",
    "yolox_s",
    "ssd_mobilenet_v1",
    "ssd_resnet34",
    "squeezenet_ssd",
    "blazeface",
    "mobilenet_v1_yolo",
    "mobilenet_v2_yolov3",
    "nanodet_m",
    "yolo_fastest_1.1",
    "yolo_fastest_v2",
    "fastestdet",
    "rtdetr_l",
    "rtdetr_r50",
    "deeplabv3plus_mobilenet",
    "unet",
    "swin_tiny",
    "beit_base",
    "dinov2_small",
    "depth_anything_v2_small",
    "sam_vit_b_encoder",
    "clip_vit_b32_image",
    "clip_vit_b32_text",
    "whisper_tiny_encoder",
    "whisper_tiny_step",
    "bert_base",
    "crnn_builtin_for_pytorch",
    "llama_1b",
    "llama_1b_decode",
]
"""One network of every builder."""


@pytest.mark.parametrize("name", FAMILIES)
def test_a_written_network_counts_as_the_built_one_and_passes_the_full_check(name, tmp_path):
    path = tmp_path / f"{name}.onnx"
    export(name, path, weights="none")
    written, built = read_model(path, batch=2), read_model(f"zoo:{name}", batch=2)
    assert counts(written) == counts(built)
    assert written.digest == built.digest
    assert written.model == built.model == name
    assert path.stat().st_size < 1e6
    path.with_suffix(".weights").touch()  # the checker wants the absent weights to have a file
    onnx.checker.check_model(path, full_check=True)


def test_random_weights_are_seeded(tmp_path):
    contents = []
    for index, seed in enumerate((1, 1, 2)):
        export("mobilenet_v1_0.25", path := tmp_path / f"{index}.onnx", weights="random", seed=seed)
        contents.append(onnx.load(path).graph.initializer)
    first, again, other = ([tensor.raw_data for tensor in tensors] for tensors in contents)
    assert first == again
    assert first != other


def test_the_zoo_is_read_by_its_prefix():
    assert counts(read_model("zoo:resnet18")) == counts(read_workload(build("resnet18")))


def test_shapes_are_passed_on():
    batch_two = {"input": (2, 3, 224, 224)}
    assert read_model("zoo:resnet18", shapes=batch_two).macs == 2 * read_model("zoo:resnet18", batch=1).macs


def test_an_unknown_zoo_name_offers_the_nearest():
    with pytest.raises(UnknownIdError, match=r"resnet50_v1\.5"):
        read_model("zoo:resnet50_v1_5")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("resnet50_v1.5", "zoo:resnet50_v1.5"),
        ("models/YOLOv5s.onnx", "zoo:yolov5s"),
        ("bert-large-squad", "zoo:bert_large_squad"),
    ],
)
def test_a_missing_file_with_the_name_of_a_network_gets_advice(asked, meant):
    with pytest.raises(InputError, match=meant):
        read_model(asked)


def test_a_missing_file_of_another_name_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="expected an ONNX file or zoo:NAME, got no such file"):
        read_model(tmp_path / "customer-camera-7.onnx")
