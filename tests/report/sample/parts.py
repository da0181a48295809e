"""The pieces of the sample record: parts, options, kernels, a rack, limits, numbers with sources."""

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


def option_of(part, precision, batch):
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
        "racks": 1,
        "slowest_model": "yolov5s",
        "planned_for": "cautious",
        "worst_power_w": 1.1 * power_w,
        "inlet_c": 37.0,
    }


def options_of():
    options = [
        option_of(part, precision, batch)
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


def rack_of(count):
    time_s = np.linspace(0, 3600, 721)
    random = np.random.default_rng(11)
    warm = 1 - np.exp(-time_s / 420)
    mean_c = 35 + 27 * warm + random.normal(0, 0.35, time_s.size)
    edges_s = np.linspace(0, 0.12, 61)
    centres = (edges_s[1:] + edges_s[:-1]) / 2
    counts = np.round(4.2e5 * np.exp(-0.5 * ((np.log(centres) - np.log(0.019)) / 0.45) ** 2))
    return {
        "device": "Jetson AGX Orin 64GB",
        "count": count,
        "batching": {"max_size": 1, "max_wait_s": 0.0},
        "partial": False,
        "throughput_per_s": 360.0,
        "offered_utilisation": 0.6,
        "warnings": [],
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
                "unfinished": 0,
                "slo_latency_s": 0.0551,
                "slo_quantile": 0.99,
                "verdict_reason": "",
                "latency_band": None,
                "slo_s": SLO_S,
                "latency_s": {
                    "mean": 0.0213,
                    "p50": 0.0191,
                    "p90": 0.0342,
                    "p99": 0.0551,
                    "p99_low": 0.0537,
                    "p99_high": 0.0566,
                    "p99_worst": 0.0571,
                },
                "verdict": "PASS",
            },
        ],
        "devices": {
            "utilisation": 0.614,
            "throttled_share": 0.0,
            "temperature_c": {"mean": 61.2, "max": 68.9},
            "shutdowns": 0.0,
            "mean_batch": 1.0,
            "open_changes": 0.0,
            "runaway_margin": None,
            "out_share": 0.0,
            "outages": 0.0,
            "host_utilisation": None,
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
            "throttled_share": [0.0] * time_s.size,
            "utilisation": [0.614] * time_s.size,
            "out_share": [0.0] * time_s.size,
        },
        "latency_histogram": [{"stream": "cameras", "edges_s": edges_s.tolist(), "counts": counts.tolist()}],
    }


def constraints():
    return [
        {"name": "power", "limit": "600 W", "value": "131 W", "met": True},
        {"name": "places in the rack", "limit": "12", "value": "5 with 1 spare", "met": True},
        {"name": "budget", "limit": "8,000 USD", "value": "4,720 USD", "met": True},
        {"name": "99 % of requests within", "limit": "100 ms", "value": "55 ms (54–57)", "met": True},
        {"name": "device temperature", "limit": "95 °C", "value": "69 °C", "met": True},
    ]


def figures_of(options):
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
