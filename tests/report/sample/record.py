"""Whole records for the tests: the study, nothing feasible, little, everything, and all that is judged."""

import math

from tests.report.sample.parts import PARTS, band, kernels
from tests.report.sample.study import brief, infeasible, study

__all__ = ["brief", "full", "infeasible", "kernels", "study", "trusted"]


def _what_if(chosen):
    loads, devices = [0.5, 0.75, 1.0, 1.25], [chosen["count"] - 1, chosen["count"], chosen["count"] + 1]
    grid = [(p, b, load, n) for p in range(2) for b in (1, 4) for load in loads for n in devices]
    busy = [0.6 * load * chosen["count"] / n * (1 + 0.7 * p) / b**0.2 for p, b, load, n in grid]
    return {
        "precisions": ["int8", "fp16"],
        "batches": [chosen["batch"], 8],
        "loads": loads,
        "devices": devices,
        "feasible": [value < 0.7 for value in busy],
        "reason": [None if value < 0.7 else f"busy {value:.0%} of the time" for value in busy],
        "utilisation": [min(value, 1.0) for value in busy],
        "offered_utilisation": busy,
        "planning_latency_s": [band(9e-3 * b * (1 + p)) for p, b, _, _ in grid],
        "power_w": [35 + 12 * n + 30 * value for value, (_, _, _, n) in zip(busy, grid, strict=True)],
        "temperature_c": [40 + 25 * value for value in busy],
        "capital": [900.0 * n for _, _, _, n in grid],
        "total_cost": [900.0 * n + 700 for _, _, _, n in grid],
    }


def _day():
    return [
        {
            "hour": hour,
            "load_ratio": 0.4 + 0.6 * math.sin(math.pi * hour / 24) ** 2,
            "supply_c": 28 + 6 * math.sin(math.pi * hour / 24) ** 2,
            "inlet_c": None if hour == 13 else 29 + 6 * math.sin(math.pi * hour / 24) ** 2,
            "temperature_mean_c": None if hour == 13 else 58.0,
            "temperature_max_c": None if hour == 13 else 61.0,
            "power_w": None if hour == 13 else 110.0 + hour,
            "queue_mean": None if hour == 13 else 0.4 * hour,
            "queue_max": None if hour == 13 else 2.0 * hour,
            "utilisation": None if hour == 13 else 0.5,
            "p99_s": None if hour == 13 else 0.05,
        }
        for hour in range(24)
    ]


def full():
    """The study with everything that may be in one."""
    record = study()
    chosen = record["chosen"]
    count = chosen["count"]
    record.update(
        what_if=_what_if(chosen),
        elevation={
            "rack_units": 12.0, "carrier_units": 1.0, "slots": 2, "carriers": -(-(count + 1) // 2),
            "count": count, "spares": 1,
        },
        slots={
            "time_s": [60.0 * minute for minute in range(1, 31)],
            "temperature_c": [
                [35 + 27 * (1 - math.exp(-minute / 7)) + 0.8 * place for place in range(count)]
                for minute in range(1, 31)
            ],
        },
        day=_day(),
        density={
            "rows": [
                {
                    "devices": n, "inlet_c": 35 + 0.2 * n, "device_c": 60 + 0.25 * n,
                    "power_per_device_w": 20.0, "throttled_share": 0.0, "throughput_per_s": 90.0 * n,
                    "temperature_rise_k": 0.4 * n, "off_share": 0.0, "airflow_m3_per_s": 0.1,
                    "pue_chilled_water": None,
                }
                for n in (1, 2, 4, 8, 11)
            ],
            "limit": {"devices": 11, "reason": "12 devices take 13 rack units, the rack has 12"},
            "limits": [], "best": None, "liquid": None, "airflow": "the site's", "published": [],
            "readings": [], "leakages": [], "joint": [], "remarks": [], "services": [],
        },
        footprint=[
            {
                "model": "yolov5s", "precision": "int8", "batch": 1, "weights_bytes": 7.2e6,
                "peak_activation_bytes": 1.3e7, "total_bytes": 2.02e7, "capacity_bytes": 1.6e10,
                "power_w": band(21.0), "energy_per_inference_j": band(0.19),
                "planned_energy_per_inference_j": 0.24,
            }
        ],
        spending={
            "currency": "USD",
            "horizon_years": 5.0,
            "years": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            "lines": [
                {
                    "device": part[0], "name": part[1], "count": count, "capital": part[7] * count,
                    "running_cost_per_year": 300.0,
                    "spent": [part[7] * count + 300.0 * year for year in range(6)],
                }
                for part in PARTS[:3]
            ],
        },
    )  # fmt: skip
    return record


def trusted():
    """The full study with mistakes found and both ways in which latency is predicted."""
    record = full()
    mistake = {
        "id": "peak-chasing", "rule": "sparse", "title": "Peak chasing", "severity": "warning",
        "where": "candidates", "evidence": "85 TOPS are used of 275 on the label", "accepted": None,
        "advice": "Compare dense figures.", "source": "Vendor, data sheet, 2022",
    }  # fmt: skip
    seen = {
        "model": "yolov5s", "device": "jetson-agx-orin-64", "engine": "tensorrt", "basis": "transferred",
        "title": "TensorRT on GPUs", "rows": 149, "observations": 84, "devices": ["a2", "t4"],
        "networks": ["resnet50_v1.5"], "device_seen": True, "network_seen": False, "level": 0.9,
        "low": 0.61, "high": 1.53, "median": None, "p90": None, "note": "Judged on what was left out.",
    }  # fmt: skip
    swing = {
        "input": "latency", "unit": "s", "low": 0.006, "planned": 0.009, "high": 0.012, "basis": "band",
        "total_cost_at_low": 4000.0, "total_cost_at_high": 7000.0,
        "cost_per_thousand_at_low": 0.1, "cost_per_thousand_at_high": 0.2,
        "count_at_low": 2, "count_at_high": 4,
    }  # fmt: skip
    narrow = swing | {"input": "tariff <b>", "total_cost_at_low": 4900.0, "total_cost_at_high": 5300.0}
    record["spending"]["tornado"] = {"currency": "USD", "total_cost": 5000.0, "swings": [swing, narrow]}
    record.update(
        pitfalls=[mistake, mistake | {"accepted": "the label is for marketing"}],
        validation=[
            seen,
            seen | {
                "basis": "datasheet", "rows": 12, "level": None, "low": None, "high": None,
                "device_seen": None, "network_seen": None, "median": 1.52, "p90": 2.89, "note": "12 pairs.",
            },
        ],
    )  # fmt: skip
    return record
