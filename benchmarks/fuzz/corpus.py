"""What the fuzzers damage: whole files of every kind, written once into a folder."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import yaml

from benchmarks.fuzz.networks import corpus as networks

ROOT = Path(__file__).resolve().parents[2]
QUICK = {
    "duration": "4 s", "warmup": "1 s", "replications": 2, "most_replications": 2, "window": None,
    "period": None,
}  # fmt: skip


def build(folder: Path) -> None:
    """Write everything; takes about half a minute."""
    for name in ("networks", "profiles", "scenarios", "records", "calibrations", "models", "parts", "fleets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    networks(folder / "networks", None)
    for path in (ROOT / "tests" / "engines" / "files").iterdir():
        if path.suffix != ".md":
            shutil.copy(path, folder / "profiles" / path.name)
    _scenarios(folder / "scenarios")
    _records(folder / "records")
    _calibration(folder / "calibrations")
    _models(folder / "models")
    _fleet(folder / "fleets")
    for name in ("jetson-orin-nano-8", "hailo-8", "raspberry-pi-5", "nvidia-l4"):
        shutil.copy(ROOT / "hardware_db" / "devices" / f"{name}.yaml", folder / "parts" / f"{name}.yaml")


def _scenarios(folder: Path) -> None:
    """Those that are shipped, with short runs."""
    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        values = yaml.safe_load(path.read_text())
        asked = values.get("simulation")
        if isinstance(asked, dict):
            values["simulation"] = {key: QUICK.get(key, value) for key, value in asked.items()}
            values["simulation"] = {key: v for key, v in values["simulation"].items() if v is not None}
        (folder / path.name).write_text(yaml.safe_dump(values, allow_unicode=True, default_flow_style=False))


def _records(folder: Path) -> None:
    from planner.schema.record import canonical_json
    from tests.report.sample import record

    (folder / "full.json").write_bytes(canonical_json(record.full()))
    (folder / "study.json").write_bytes(canonical_json(record.study()))


def _calibration(folder: Path) -> None:
    from planner.calibration import machine
    from planner.calibration.calibrate import fitted
    from planner.latency.calibrated.file import write_calibration
    from planner.schema.reading.yaml_file import write_document
    from tests.calibration import synthetic

    results = [synthetic.probe_result(seed) for seed in range(60)]
    calibration = fitted(synthetic.SETUP, results, "1.0")
    write_calibration(calibration, folder / "calibration.yaml")
    part = machine._part(machine.this_machine(), "this-machine", "2026-01-01")
    (folder / "this-machine.yaml").write_text(write_document(part))


def _models(folder: Path) -> None:
    from tests.language import gguf_bytes
    from tests.language.test_sources import CONFIG

    (folder / "config.json").write_text(json.dumps(CONFIG))
    gguf_bytes.write(folder / "model.gguf", *gguf_bytes.llama(hidden=64, heads=2, keys=1, wide=64, words=50))
    header = {
        f"model.layers.0.{name}.weight": {
            "dtype": "F16",
            "shape": [16, 16],
            "data_offsets": [n * 512, n * 512 + 512],
        }
        for n, name in enumerate(("self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj"))
    }
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(3 * 512))


_FLEET = {
    "kinds": {"once": "4000 USD", "per_year": "1000 USD", "most": 2, "note": "assumed"},
    "spares": {"mtbf": "50000 h", "turnaround": "21 d", "transport": "24 h", "ready": "95 %"},
    "visits": {"price": "120 USD", "planned_per_year": 1},
    "updates": {"full": "30 MB", "delta": "6 MB", "waves": ["10 %", "100 %"], "watch": "24 h",
                "uplink": "10 Mbit/s"},
    "rollout": ["60 %", "40 %"],
    "falling_prices": "5 %",
    "round_up": {"aisles": 2},
    "exchange_rates": {"EUR": 1.1},
}  # fmt: skip


def _fleet(folder: Path) -> None:
    """Two sites that ask one question, and everything that a fleet's own file can say."""
    from tests.plan.fleet.conftest import FLEET, TEMPLATE

    short = TEMPLATE.replace("20 s, warmup: 5 s", "2 s, warmup: 1 s").replace(", jetson-orin-nx-16", "")
    (folder / "shop.yaml").write_text(short)
    (folder / "fleet.yaml").write_text(yaml.safe_dump(yaml.safe_load(FLEET) | _FLEET))
    table = "id,group,aisles,latitude,longitude,opens,site.supply [degC]\na,n,2,48,11,1,26\nb,s,2,50,9,,26\n"
    (folder / "shops.csv").write_text(table)
