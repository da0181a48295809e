"""A study of line inspection as the planner would record it: plausible numbers, no planner needed."""

import copy
import math

import numpy as np

PARTS = (
    # id, name, unit, mode, engine, INT8 latency s, device W, price
    ("jetson-agx-orin-64", "Jetson AGX Orin 64GB", "gpu", "30W", "tensorrt", 6.4e-3, 29.0, 1999.0),
    ("jetson-orin-nx-16", "Jetson Orin NX 16GB", "gpu", "25W", "tensorrt", 9.1e-3, 21.0, 699.0),
    ("jetson-orin-nano-8", "Jetson Orin Nano 8GB", "gpu", "15W", "tensorrt", 17.5e-3, 14.0, 499.0),
    ("l4", "NVIDIA L4", "gpu", "72W", "tensorrt", 1.9e-3, 69.0, 2600.0),
    ("t4", "NVIDIA T4", "gpu", "70W", "tensorrt", 3.6e-3, 68.0, 1150.0),
    ("atlas-300i-pro", "Atlas 300I Pro", "npu", "72W", None, 3.9e-3, 70.0, None),
    ("hailo-8", "Hailo-8 M.2", "npu", None, "hailort", 8.3e-3, 4.6, 249.0),
    ("raspberry-pi-5", "Raspberry Pi 5 8GB", "cpu", None, "ncnn", 121e-3, 9.2, 80.0),
)
PRECISION_FACTOR = {"int8": 1.0, "fp16": 1.72, "fp32": 3.6}
LOAD_PER_S = 24 * 15.0
SLO_S = 0.1


def band(mid, half_width=0.22, level=None):
    return {"low": mid * (1 - half_width), "mid": mid, "high": mid * (1 + 1.2 * half_width), "level": level}


def _option(part, precision, batch):
    device, name, unit, mode, engine, latency_int8_s, device_w, price = part
    latency_s = latency_int8_s * PRECISION_FACTOR[precision] * (0.28 + 0.72 * batch)
    throughput_per_s = batch / latency_s
    count = math.ceil(LOAD_PER_S / (0.7 * throughput_per_s))
    power_w = count * device_w * 1.12 + 35.0
    capital = None if price is None else (count + 1) * price * 1.35
    running = power_w * 8.76 * 0.28
    reasons = []
    if count > 12:
        reasons.append(f"needs {count} devices and the rack has 12 places")
    if power_w > 600:
        reasons.append(f"draws {power_w:.0f} W and the circuit gives 600 W")
    if latency_s > SLO_S * 0.8:
        reasons.append(f"one inference takes {latency_s * 1e3:.0f} ms and the limit is 100 ms")
    if device == "hailo-8":
        reasons.append(
            "its engine cannot run /model.24/NonMaxSuppression and the host has no time left for it"
        )
    if price is None:
        reasons.append("no price is known, so that the budget cannot be checked")
    return {
        "device": device,
        "name": name,
        "unit": unit,
        "mode": mode,
        "engine": engine,
        "precision": precision,
        "batch": batch,
        "count": count,
        "spares": 1,
        "feasible": not reasons,
        "reasons": reasons,
        "pareto": False,
        "latency_s": band(latency_s),
        "planning_latency_s": band(latency_s * 1.25, 0.3),
        "throughput_per_s": throughput_per_s,
        "utilisation": LOAD_PER_S / (count * throughput_per_s),
        "power_per_device_w": device_w,
        "power_w": power_w,
        "temperature_c": 38 + 1.1 * device_w if device_w < 40 else None,
        "capital": capital,
        "running_cost_per_year": running,
        "total_cost": None if capital is None else capital + 5 * running,
        "currency": "USD",
        "offered_utilisation": 0.6,
        "latency_provenance": "transferred" if unit == "gpu" else "datasheet",
        "provenance": "assumed",
    }


def _options():
    options = [
        _option(part, precision, batch)
        for part in PARTS
        for precision in PRECISION_FACTOR
        for batch in (1, 4)
    ]
    options.sort(key=lambda option: (not option["feasible"], option["total_cost"] or math.inf))
    best_w = math.inf
    for option in options:
        if option["feasible"] and option["power_w"] < best_w:
            best_w = option["power_w"]
            option["pareto"] = True
    return options


def kernels(number=84, seed=7):
    """Kernels of a detector, largest classes as in YOLOv5s at 640 x 640, on 85 TOPS and 205 GB/s."""
    random = np.random.default_rng(seed)
    peak, bandwidth = 85.2e12, 204.8e9
    rows = []
    for index in range(number):
        op_class = "conv" if index % 7 < 5 else ("pool", "elementwise", "copy")[index % 3]
        flops = (
            float(random.lognormal(math.log(1.6e8), 0.9))
            if op_class == "conv"
            else float(0.0 if op_class == "copy" else random.lognormal(math.log(8e5), 0.6))
        )
        moved = float(random.lognormal(math.log(1.1e6), 0.7))
        compute_s, memory_s = flops / (0.42 * peak), moved / (0.7 * bandwidth)
        overhead_s = 4e-6
        bound = (
            "overhead"
            if overhead_s > max(compute_s, memory_s)
            else ("compute" if compute_s > memory_s else "memory")
        )
        rows.append(
            {
                "name": f"/model.{index // 4}/cv{index % 4}/conv/Conv",
                "op_class": op_class,
                "op_types": ["Conv", "Sigmoid", "Mul"] if op_class == "conv" else [op_class.title()],
                "macs": flops / 2,
                "flops": flops,
                "bytes": moved,
                "bound": bound,
                "latency_s": max(compute_s, memory_s) + overhead_s,
                "share": 0.0,
            }
        )
    total_s = sum(row["latency_s"] for row in rows)
    for row in rows:
        row["share"] = row["latency_s"] / total_s
    return rows


def _rack(count):
    time_s = np.linspace(0, 3600, 721)
    random = np.random.default_rng(11)
    warm = 1 - np.exp(-time_s / 420)
    mean_c = 35 + 27 * warm + random.normal(0, 0.35, time_s.size)
    edges_s = np.linspace(0, 0.12, 61)
    centres = (edges_s[1:] + edges_s[:-1]) / 2
    counts = np.round(4.2e5 * np.exp(-0.5 * ((np.log(centres) - np.log(0.019)) / 0.45) ** 2))
    return {
        "count": count,
        "dispatch": "join-shortest-queue",
        "replications": 10,
        "duration_s": 3600.0,
        "warmup_s": 300.0,
        "seed": 1,
        "streams": [
            {
                "name": "cameras",
                "requests": 1296000,
                "served": 1295987,
                "dropped": 13,
                "slo_s": SLO_S,
                "latency_s": {
                    "mean": 0.0213,
                    "p50": 0.0191,
                    "p90": 0.0342,
                    "p99": 0.0551,
                    "p99_low": 0.0537,
                    "p99_high": 0.0566,
                },
                "verdict": "PASS",
            },
        ],
        "devices": {
            "utilisation": 0.614,
            "throttled_share": 0.0,
            "temperature_c": {"mean": 61.2, "max": 68.9},
        },
        "throttle_c": 95.0,
        "power_w": 131.0,
        "energy_j": 471600.0,
        "energy_per_request_j": 0.364,
        "inlet_c": 35.0,
        "invariants": {"little": 3.1e-13, "conservation": 0.0, "energy": 8.8e-12},
        "series": {
            "time_s": time_s.tolist(),
            "queue": random.poisson(7.6, time_s.size).astype(float).tolist(),
            "power_w": (122 + 9 * warm + random.normal(0, 1.8, time_s.size)).tolist(),
            "temperature_mean_c": mean_c.tolist(),
            "temperature_max_c": (mean_c + 4.2 + random.normal(0, 0.4, time_s.size)).tolist(),
            "inlet_c": [35.0] * time_s.size,
        },
        "latency_histogram": [{"stream": "cameras", "edges_s": edges_s.tolist(), "counts": counts.tolist()}],
    }


def _constraints():
    return [
        {"name": "power", "limit": "600 W", "value": "131 W", "met": True},
        {"name": "places in the rack", "limit": "12", "value": "5 with 1 spare", "met": True},
        {"name": "budget", "limit": "8,000 USD", "value": "4,720 USD", "met": True},
        {"name": "99 % of requests within", "limit": "100 ms", "value": "55 ms (54–57)", "met": True},
        {"name": "device temperature", "limit": "95 °C", "value": "69 °C", "met": True},
    ]


def _figures(options):
    return [
        {
            "path": f"{option['device']}/units.{option['unit']}.peaks.{option['precision']}.{option['mode']}",
            "value": f"{85.2 / (index + 1):.3g} TOPS",
            "status": ("vendor", "derived", "assumed", "measured")[index % 4],
            "source": "nvidia-orin-brief" if index % 3 else "own-derivation",
            "note": "8 TPC × 2 SM × 4 tensor cores × 1.3 GHz, dense" if index % 2 else None,
        }
        for index, option in enumerate(options)
    ]


def study():
    """A fresh record each time, for tests that change it."""
    options = _options()
    chosen = options[0]
    kernel_rows = kernels()
    ladder = [
        {
            "model": "yolov5s",
            "device": chosen["device"],
            "mode": chosen["mode"],
            "precision": precision,
            "batch": batch,
            "fits": not (precision == "fp32" and batch == 16),
            "latency_s": band(9.1e-3 * factor * (0.28 + 0.72 * batch)),
            "throughput_per_s": batch / (9.1e-3 * factor * (0.28 + 0.72 * batch)),
        }
        for precision, factor in PRECISION_FACTOR.items()
        for batch in (1, 2, 4, 8, 16)
    ]
    rivals = [
        {
            "device": part[0],
            "name": part[1],
            "mode": part[3],
            "precision": "int8",
            "batch": 1,
            "latency_s": band(part[5]),
            "planning_latency_s": band(part[5] * 1.25, 0.35),
            "slo_s": SLO_S,
        }
        for part in PARTS
    ]
    return {
        "schema": 1,
        "tool": {
            "name": "planner",
            "version": "0.1.0",
            "packages": {"matplotlib": "3.11.2", "numpy": "2.4.6", "onnx": "1.23.2", "typst": "0.15.2"},
        },
        "scenario": {
            "id": "line-inspection",
            "title": "Optical inspection of a bottling line",
            "question": "24 cameras at 15 frames per second watch one line. Which part, how many of them, "
            "and will it hold in a cabinet at 35 °C?",
            "date": "2026-11-22",
            "file": "scenarios/line-inspection.yaml",
            "sha256": "3f" * 32,
            "notes": [
                "The cabinet stands beside the filler and has no cooling but its own fans.",
                "Electricity at 0.28 USD per kWh; five years.",
            ],
        },
        "answer": {
            "verdict": "PASS",
            "headline": f"{chosen['count']} × {chosen['name']} and 1 spare, INT8, batch {chosen['batch']}",
            "paragraph": f"{chosen['count']} {chosen['name']} serve 24 cameras at 15 frames per second. 99 % "
            "of the frames are answered within 55 ms, where 100 ms are allowed, at 61 % load; the rack draws "
            "131 W of 600 W and its hottest device stays at 69 °C, 26 K below its trip point.",
            "risks": [
                "INT8 accuracy on the line's own pictures is not known; FP16 would need more devices.",
                "The latency is transferred from sibling parts; measure one board before ordering all.",
                "The inlet temperature is taken as 35 °C; above 52 °C the devices begin to throttle.",
            ],
        },
        "streams": [
            {
                "name": "cameras",
                "count": 24,
                "model": "yolov5s",
                "arrivals": "periodic",
                "rate_per_s": 15.0,
                "jitter_s": 0.002,
                "slo_s": SLO_S,
                "slo_quantile": 0.99,
            }
        ],
        "networks": [
            {
                "model": "yolov5s",
                "macs": 8.25e9,
                "flops": 1.65e10,
                "parameters": 7225885.0,
                "weight_bytes": 28903540.0,
                "activation_bytes": 2.14e8,
                "peak_activation_bytes": 2.62e7,
                "operators": 244,
                "kernels": 84,
                "unresolved": [
                    {
                        "name": "/model.24/NonMaxSuppression",
                        "op_type": "NonMaxSuppression",
                        "reason": "its work depends on the values of the scores",
                    }
                ],
                "assumptions": ["Sigmoid and Mul after a convolution run within its kernel."],
                "sha256": "ab" * 32,
            }
        ],
        "options": options,
        "chosen": chosen,
        "constraints": _constraints(),
        "roofline": [
            {
                "model": "yolov5s",
                "device": chosen["device"],
                "unit": chosen["unit"],
                "mode": chosen["mode"],
                "precision": "int8",
                "peak_ops_per_s": 85.2e12,
                "bandwidth_bytes_per_s": 204.8e9,
                "ceilings": [
                    {
                        "name": "convolutions, measured",
                        "ops_per_s": 35.8e12,
                        "bytes_per_s": None,
                        "source": "calibration tensorrt-orin",
                    },
                    {
                        "name": "stream copy, measured",
                        "ops_per_s": None,
                        "bytes_per_s": 143e9,
                        "source": None,
                    },
                ],
                "kernels": kernel_rows,
            }
        ],
        "ladder": ladder,
        "rivals": rivals,
        "rack": _rack(chosen["count"]),
        "assumptions": [
            {"topic": "accuracy", "text": "INT8 is taken to be accurate enough.", "status": "assumed"},
            {
                "topic": "fusion",
                "text": "Activation and residual addition run within the convolution's kernel.",
                "status": "derived",
            },
            {"topic": "site", "text": "Inlet air at 35 °C, 80 m above sea level.", "status": "stated"},
            {
                "topic": "failures",
                "text": "One spare on the shelf; a device fails once in 50,000 hours.",
                "status": "assumed",
            },
        ],
        "figures": _figures(options),
        "sources": [
            {
                "id": "nvidia-orin-brief",
                "title": "Jetson AGX Orin Series Technical Brief",
                "url": "https://www.nvidia.com/content/dam/en-zz/Solutions/gtcf21/jetson-orin/"
                "nvidia-jetson-agx-orin-technical-brief.pdf",
                "revision": "v1.2",
                "date": "2022-07-01",
            },
            {
                "id": "own-derivation",
                "title": "Derived from clock and unit counts",
                "url": None,
                "revision": None,
                "date": None,
            },
        ],
        "warnings": ["1 operator of yolov5s could not be costed: /model.24/NonMaxSuppression."],
        "digests": [
            {"what": "scenario", "sha256": "3f" * 32},
            {"what": "network yolov5s", "sha256": "ab" * 32},
            {"what": "device jetson-agx-orin-64", "sha256": "0d" * 32},
        ],
    }


def infeasible():
    """The same question with a 20 W circuit: nothing fits."""
    record = copy.deepcopy(study())
    for option in record["options"]:
        option["feasible"] = option["pareto"] = False
        option["reasons"] = [
            f"draws {option['power_w']:.0f} W and the circuit gives 20 W",
            *option["reasons"],
        ]
    record["answer"] = {
        "verdict": "INFEASIBLE",
        "headline": "No part in the catalogue serves this line on 20 W",
        "paragraph": "Power binds: the least hungry option draws 56 W where the circuit gives 20 W. Relaxing "
        "the circuit to 70 W makes the plan feasible.",
        "risks": ["A stronger circuit may need an electrician and a permit."],
    }
    record["constraints"] = [
        {"name": "power", "limit": "20 W", "value": "56 W at least", "met": False},
        {"name": "places in the rack", "limit": "12", "value": None, "met": None},
    ]
    record.update(chosen=None, rack=None, roofline=[], ladder=[])
    return record


def brief():
    """A study without any drawing, which is set quickly."""
    record = infeasible()
    record.update(options=[], rivals=[])
    return record


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
                }
                for n in (1, 2, 4, 8, 11)
            ],
            "limit": {"devices": 11, "reason": "12 devices take 13 rack units, the rack has 12"},
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
        "total_cost_at_low": 4000.0, "total_cost_at_high": 7000.0, "count_at_low": 2, "count_at_high": 4,
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
