"""A study of line inspection as the planner would record it: plausible numbers, no planner needed."""

import copy

from tests.report.sample.parts import (
    PARTS,
    PRECISION_FACTOR,
    SLO_S,
    band,
    constraints,
    figures_of,
    kernels,
    options_of,
    rack_of,
)


def study():
    """A fresh record each time, for tests that change it."""
    options = options_of()
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
            "planning_latency_s": band(1.25 * 9.1e-3 * factor * (0.28 + 0.72 * batch)),
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
            "model": "yolov5s",
            "feasible": True,
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
        "constraints": constraints(),
        "roofline": [
            {
                "model": "yolov5s",
                "device": chosen["device"],
                "unit": chosen["unit"],
                "mode": chosen["mode"],
                "precision": "int8",
                "batch": 1,
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
        "rack": rack_of(chosen["count"]),
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
        "figures": figures_of(options),
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
        "trials": [{"device": chosen["device"], "mode": "30W", "count": 4, "verdict": "PASS"}],
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
