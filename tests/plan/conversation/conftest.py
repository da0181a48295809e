"""A short scenario of conversations as text, with its keys to be changed."""

import copy

import pytest
import yaml

BASE = {
    "schema": 1,
    "id": "six",
    "title": "Six people",
    "question": "Which box for six people?",
    "date": "2026-11-30",
    "streams": [
        {
            "name": "people",
            "kind": "conversation",
            "count": 6,
            "model": "zoo:llama3.2-1b",
            "prompt": {"mean": 150, "cv": 1},
            "output": 60,
            "turns": {"low": 1, "high": 4},
            "think": {"mean": "10 s", "cv": 1},
            "context": 2048,
            "slo": {
                "ttft": {"within": "2 s", "quantile": "95 %"},
                "time_per_token": {"within": "100 ms", "quantile": "95 %"},
            },
        }
    ],
    "candidates": {"devices": ["jetson-orin-nano-8"], "modes": ["25W"]},
    "site": {
        "supply": "25 degC",
        "airflow": "80 CFM",
        "recirculation": "10 %",
        "fan": "10 W",
        "rack_units": 8,
        "power_limit": "600 W",
        "pue": 1.0,
        "carriers": {
            "module": {"slots": 1, "power": "5 W", "price": "180 USD", "rack_units": 1, "note": "board"},
            "board": {"slots": 1, "power": "1 W", "price": "40 USD", "rack_units": 1, "note": "case"},
        },
    },
    "money": {"currency": "USD", "electricity": "0.20 USD/kWh", "horizon_years": 4},
    "simulation": {"duration": "240 s", "warmup": "20 s", "replications": 3, "seed": 1},
}


@pytest.fixture
def scenario(tmp_path):
    """Writes the scenario with changes by path, as in `scenario({"streams.0.count": 3})`; None takes out."""

    def write(changes=None):
        values = copy.deepcopy(BASE)
        for path, value in (changes or {}).items():
            place, keys = values, path.split(".")
            for key in keys[:-1]:
                place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
            key = int(keys[-1]) if isinstance(place, list) else keys[-1]
            if value is None:
                del place[key]
            elif isinstance(place, list) and key == len(place):
                place.append(value)
            else:
                place[key] = value
        file = tmp_path / "six.yaml"
        file.write_text(yaml.safe_dump(values, sort_keys=False))
        return file

    return write
