"""Networks by name from public packages, exported to ONNX: what `networks_in_packages.py` reads and runs.

The names are in `exported_networks.txt`: networks of timm and torchvision by both exporters of PyTorch, of
transformers by small configurations, applications and layers of Keras by tf2onnx, networks of Paddle by
paddle2onnx, and fitted models of scikit-learn, LightGBM and XGBoost by skl2onnx and onnxmltools. Weights are
random: counts and shapes do not depend on them. An export that fails is printed with its reason and left out.
One network at a time: files that exist are kept, so that an interrupted run goes on.

In environments of their own (each is large): pip install torch torchvision timm transformers onnx onnxscript
skl2onnx onnxmltools lightgbm xgboost; tensorflow-cpu tf2onnx; paddlepaddle paddle2onnx. Run:
    python benchmarks/exported_networks.py FOLDER [timm torchvision transformers classical keras paddle]
    python benchmarks/networks_in_packages.py FOLDER --side 64
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

NAMES = Path(__file__).with_suffix(".txt")
BOOSTED = ("lightgbm", "xgboost")
SMALL = {
    **dict.fromkeys(("hidden_size", "n_embd", "d_model", "embedding_size", "dim", "word_embed_proj_dim"), 64),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "ffn_dim"), 128),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "num_key_value_heads"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "num_heads", "n_heads"), 4),
    "vocab_size": 500,
    "head_dim": 16,
    "d_kv": 16,
    "pad_token_id": 0,
}
"""Sizes of small networks of the same layout; each configuration takes those that it has."""

Made = tuple[str, Callable[[Path], None]]
Ready = tuple[object, tuple[object, ...]]
"""A network and its inputs."""


def names(kind: str) -> list[str]:
    """Of one kind, from the list."""
    lines = (line.split() for line in NAMES.read_text().splitlines() if not line.startswith("#"))
    return [name for own, name in lines if own == kind]


def main() -> None:
    """Exports what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for kind in given.kinds:
        made = failed = 0
        for name, export in KINDS[kind]():
            path = given.folder / f"{name.replace('.', '_')}.onnx"
            if not path.exists():
                reason = _reason(export, path)
                if reason:
                    failed += 1
                    print(f"{name}: {reason}", flush=True)
                    continue
            made += 1
        print(f"{kind}: {made} exported, {failed} not", flush=True)


def _reason(export: Callable[[Path], None], path: Path) -> str:
    """Why an export fails; empty where it does not."""
    silent = io.StringIO()
    try:
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            export(path)
    except Exception as error:  # noqa: BLE001 - whatever an exporter raises is its answer
        path.unlink(missing_ok=True)
        return f"{type(error).__name__}: {' '.join(str(error).split())[:110]}"
    return ""


def _by_both(name: str, make: Callable[[], Ready]) -> Iterator[Made]:
    """Exports by tracing and by torch.export."""
    yield f"{name}_traced", lambda path: _export(make, path, dynamo=False)
    yield f"{name}_dynamo", lambda path: _export(make, path, dynamo=True)


def _export(make: Callable[[], Ready], path: Path, *, dynamo: bool) -> None:
    import torch

    torch.manual_seed(0)
    model, inputs = make()
    whole = {"opset_version": 18, "external_data": False}
    with torch.no_grad():
        torch.onnx.export(model.eval(), inputs, str(path), dynamo=dynamo, **whole)


def _timm() -> Iterator[Made]:
    import timm
    import torch

    for name in names("timm"):

        def make(name: str = name) -> Ready:
            model = timm.create_model(name, exportable=True)
            return model, (torch.zeros(1, *model.default_cfg["input_size"]),)

        yield from _by_both(f"timm_{name}", make)


def _torchvision() -> Iterator[Made]:
    import torch
    from torchvision import models

    for name in names("torchvision"):

        def make(name: str = name) -> Ready:
            group, _, short = name.rpartition(".")
            build = getattr(getattr(models, group) if group else models, short)
            given = {"weights": None}
            given |= {"weights_backbone": None} if group in ("segmentation", "detection") else {}
            shape = (1, 3, 8, 64, 64) if group == "video" else (1, 3, 224, 224)
            return build(**given), (torch.zeros(shape),)

        yield from _by_both(f"torchvision_{name}", make)


def _transformers() -> Iterator[Made]:
    import torch
    import transformers

    class _OneTensor(torch.nn.Module):
        """A network that answers its first tensor alone, without a cache."""

        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x, return_dict=False)[0]

    for name in names("transformers"):

        def make(name: str = name) -> Ready:
            base = name.removesuffix("ForImageClassification").removesuffix("Encoder")
            configuration = getattr(transformers, f"{base}Config")
            given = {key: value for key, value in SMALL.items() if hasattr(configuration(), key)}
            found = getattr(transformers, f"{name}Model", None) or getattr(transformers, name)
            model = _OneTensor(found(configuration(**given)).eval())
            model.config = model.inner.config
            if base in ("ViT", "Swin", "Segformer", "Dinov2", "CLIPVision"):
                side = getattr(model.config, "image_size", 224)
                return model, (torch.zeros(1, 3, side, side),)
            if base in ("Wav2Vec2", "Hubert"):
                return model, (torch.zeros(1, 16000),)
            return model, (torch.ones(1, 16, dtype=torch.int64),)

        yield from _by_both(f"transformers_{name}", make)


def _classical() -> Iterator[Made]:
    random = np.random.default_rng(0)
    data = random.standard_normal((80, 6)).astype(np.float32)
    labels, values = (data[:, 0] > 0).astype(np.int64), data.sum(axis=1)
    for name in names("classical"):

        def export(path: Path, name: str = name) -> None:
            module, _, short = name.rpartition(".")
            full = module if module in BOOSTED else f"sklearn.{module}"
            __import__(full)
            model = getattr(sys.modules[full], short)()
            regresses = any(word in short for word in ("Regress", "SVR", "Ridge"))
            model.fit(data, values if regresses and "Logistic" not in short else labels)
            path.write_bytes(_converted(model, module, data).SerializeToString())

        yield f"classical_{name}", export


def _converted(model: object, module: str, data: np.ndarray) -> object:
    """The fitted model as ONNX."""
    if module in BOOSTED:
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType

        convert = getattr(onnxmltools, f"convert_{module}")
        return convert(model, initial_types=[("x", FloatTensorType([None, data.shape[1]]))])
    from skl2onnx import to_onnx

    return to_onnx(model, data[:1], target_opset={"": 18, "ai.onnx.ml": 3})


LAYERS: dict[str, Callable[[object, object], object]] = {
    "LSTM": lambda layers, x: layers.LSTM(32)(x),
    "GRU": lambda layers, x: layers.GRU(32, return_sequences=True)(x),
    "SimpleRNN": lambda layers, x: layers.SimpleRNN(32, return_sequences=True)(x),
    "Bidirectional": lambda layers, x: layers.Bidirectional(layers.LSTM(32, return_sequences=True))(x),
    "ConvLSTM2D": lambda layers, x: layers.ConvLSTM2D(8, 3, padding="same")(x),
    "Conv1D": lambda layers, x: layers.Conv1D(16, 5, dilation_rate=2, padding="causal")(x),
    "Conv1DTranspose": lambda layers, x: layers.Conv1DTranspose(16, 4, strides=2)(x),
    "SeparableConv1D": lambda layers, x: layers.SeparableConv1D(16, 3, padding="same")(x),
    "MultiHeadAttention": lambda layers, x: layers.MultiHeadAttention(4, 16)(x, x),
    "Dense": lambda layers, x: layers.Dense(64, activation="gelu")(x),
    "EinsumDense": lambda layers, x: layers.EinsumDense("abc,cd->abd", output_shape=(None, 32))(x),
    "BatchNormalization": lambda layers, x: layers.BatchNormalization()(x),
    "LayerNormalization": lambda layers, x: layers.LayerNormalization()(x),
    "GlobalAveragePooling1D": lambda layers, x: layers.Dense(4)(layers.GlobalAveragePooling1D()(x)),
}
"""Networks of one layer or two, by the name of the layer."""


def _keras() -> Iterator[Made]:
    """Applications at their own size with an open batch, and layers on short sequences of one."""
    import tensorflow as tf
    import tf2onnx

    keras = tf.keras
    for name in names("keras"):

        def export(path: Path, name: str = name) -> None:
            group, _, short = name.rpartition(".")
            if group:
                inner = keras.Input((4, 16, 16, 3) if "ConvLSTM2D" in short else (20, 12))
                model = keras.Model(inner, LAYERS[short](keras.layers, inner))
            else:
                model = getattr(keras.applications, name)(weights=None)
            shape = (None, *model.inputs[0].shape[1:])
            signature = (tf.TensorSpec(shape, tf.float32, name="x"),)
            function = tf.function(lambda x: model(x, training=False), input_signature=signature)
            tf2onnx.convert.from_function(function, signature, opset=17, output_path=str(path))

        yield f"keras_{name}", export


def _paddle() -> Iterator[Made]:
    """With an open batch, as `paddle.onnx.export` asks for."""
    import paddle

    for name in names("paddle"):

        def export(path: Path, name: str = name) -> None:
            model = getattr(paddle.vision.models, name)()
            model.eval()
            shape = [None, 1, 28, 28] if name == "LeNet" else [None, 3, 224, 224]
            spec = [paddle.static.InputSpec(shape, "float32", "x")]
            paddle.onnx.export(model, str(path.with_suffix("")), input_spec=spec, opset_version=17)

        yield f"paddle_{name}", export


KINDS: dict[str, Callable[[], Iterator[Made]]] = {
    "classical": _classical,
    "transformers": _transformers,
    "torchvision": _torchvision,
    "timm": _timm,
    "keras": _keras,
    "paddle": _paddle,
}

if __name__ == "__main__":
    main()
