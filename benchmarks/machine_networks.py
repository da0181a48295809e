"""Exports the networks of `machine_split.yaml`: what calibrations of this machine are scored on.

In an environment of its own: pip install torch torchvision timm pyyaml onnx. Files that exist are kept. Run:
python benchmarks/machine_networks.py FOLDER
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import yaml

SPLIT = Path(__file__).with_name("machine_split.yaml")


def parts() -> dict[str, list[tuple[str, str]]]:
    """Part of the split -> package and name of each network."""
    read = yaml.safe_load(SPLIT.read_text(encoding="utf-8"))
    return {
        part: [(package, name) for package, names in packages.items() for name in names]
        for part, packages in read.items()
    }


def file_name(name: str) -> str:
    """The file of a network, without its folder."""
    return f"{name.replace('.', '_')}.onnx"


def main(folder: Path) -> None:
    """Exports what is missing; a failed export is printed with its reason."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for package, name in (network for networks in parts().values() for network in networks):
        path = folder / file_name(name)
        if path.exists():
            continue
        torch.manual_seed(0)
        try:
            model, side = _made(package, name)
            with torch.no_grad():
                torch.onnx.export(
                    model.eval(), (torch.zeros(1, 3, side, side),), str(path), dynamo=False, opset_version=17
                )
        except Exception as error:  # noqa: BLE001 - whatever an exporter raises is its answer
            path.unlink(missing_ok=True)
            print(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:160]}", flush=True)


def _made(package: str, name: str) -> tuple[Any, int]:
    if package == "timm":
        import timm

        model = timm.create_model(name, exportable=True)
        return model, model.default_cfg["input_size"][-1]
    from torchvision import models

    group, _, short = name.rpartition(".")
    build = getattr(getattr(models, group) if group else models, short)
    given = {"weights": None} | ({"weights_backbone": None} if group else {})
    given |= {"aux_logits": False, "init_weights": False} if short == "googlenet" else {}
    return build(**given), 224


if __name__ == "__main__":
    main(Path(sys.argv[1]))
