"""A split as JSON: the keys that `planner split --format json` promises."""

from __future__ import annotations

from planner.latency.result import Estimate
from planner.latency.units.split import Cut, Split, Wire
from planner.schema.record.commands.split import CutRecord, SideRecord, SplitRecord


def split_record(found: Split, device: Estimate, server: Estimate, wire: Wire, batch: int) -> SplitRecord:
    """Every cut of a network, with the estimates of the whole network on both sides."""
    return {
        "model": device.model,
        "batch": batch,
        "device": _side_record(device),
        "server": _side_record(server),
        "link": {
            "up_bytes_per_s": wire.up_bytes_per_s,
            "down_bytes_per_s": wire.down_bytes_per_s,
            "round_trip_s": wire.round_trip_s,
        },
        "best": cut_record(found.best),
        "all_device": cut_record(found.all_device),
        "all_server": cut_record(found.all_server),
        "certain": found.certain,
        "cuts": [cut_record(cut) for cut in found.cuts],
        "warnings": [*device.warnings, *server.warnings],
    }


def cut_record(cut: Cut) -> CutRecord:
    """One cut; null throughput where no stage takes any time."""
    latency = cut.latency_s
    return {
        "kernels_on_device": cut.kernels,
        "after": cut.after,
        "up_bytes": cut.up_bytes,
        "down_bytes": cut.down_bytes,
        "device_s": cut.device_s.mid,
        "link_s": cut.link_s,
        "server_s": cut.server_s.mid,
        "latency_s": {"low": latency.low, "mid": latency.mid, "high": latency.high},
        "throughput_per_s": 1 / cut.slowest_stage_s if cut.slowest_stage_s else None,
        "device_energy_j": cut.device_energy_j,
    }


def _side_record(estimate: Estimate) -> SideRecord:
    return {
        "id": estimate.device,
        "unit": estimate.unit,
        "mode": estimate.mode,
        "precision": estimate.precision.value,
    }
