"""Small plans for the checks: one that is planned well, and good and bad ones that differ in a few keys."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

Change = dict[str, Any]

FINE = {"accuracy": {"full": "56.8 %", "compressed": "56.3 %", "least": "55 %"}, "checked_per_layer": True}

BASE: Change = yaml.safe_load("""
schema: 1
id: lint
title: A small rack that is planned well
question: Does the plan walk into a mistake?
date: 2026-11-22
streams:
  - {name: cameras, count: 24, model: zoo:yolov5s, arrivals: periodic, rate: 15 FPS, slo: {latency: 150 ms}}
candidates: {devices: [jetson-orin-nano-8], modes: [25W], precisions: [int8], max_batch: 4, max_wait: 8 ms}
site:
  supply: 25 degC
  airflow: 200 CFM
  recirculation: 10 %
  fan: 10 W
  rack_units: 12
  power_limit: 1 kW
  pue: 1.3
  carriers:
    module: {slots: 1, power: 5 W, price: 180 USD, rack_units: 1, note: carrier}
    board: {slots: 1, power: 1 W, price: 40 USD, rack_units: 0.5, note: case}
    card: {slots: 4, power: 60 W, price: 900 USD, rack_units: 2, note: host}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 5, exchange_rates: {CNY: 0.14}}
planning: {spares: 1}
simulation: {duration: 10 s, warmup: 2 s, replications: 2, most_replications: 4, seed: 1}
""")
BASE["networks"] = {"zoo:yolov5s": {"compression": FINE}}


def plan(*changes: Change) -> Scenario:
    """The base with changes laid over it, key by key; None takes a key away."""
    values = copy.deepcopy(BASE)
    for change in changes:
        _lay(values, change)
    return validate(parse_document(yaml.safe_dump(values), "lint.yaml"), Scenario)


def _lay(below: Change, above: Change) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay(below[key], value)
        elif value is None:
            below.pop(key, None)
        else:
            below[key] = copy.deepcopy(value)


def given(device: str, count: int, mode: str | None = None, precision: str = "int8") -> Change:
    deployment = {"device": device, "count": count, "precision": precision, "mode": mode}
    return {"deployment": {key: value for key, value in deployment.items() if value is not None}}


def streams(*, model: str | None = "zoo:yolov5s", **changes: Any) -> Change:
    stream = {"name": "cameras", "count": 24, "model": model, "arrivals": "periodic", "rate": "15 FPS"}
    stream |= {"slo": {"latency": "150 ms"}} | changes
    stream = {key: value for key, value in stream.items() if value is not None}
    networks = {"networks": {"zoo:yolov5s": None, model: {"compression": FINE}}}
    return {"streams": [stream]} | (networks if model not in (None, "zoo:yolov5s") else {})


def compression(**changes: Any) -> Change:
    return {"networks": {"zoo:yolov5s": {"compression": changes}}}


def pruning(**changes: Any) -> Change:
    return compression(pruning={"pruned": "30 %", "pattern": "structured"} | changes)


def toolchain(**changes: Any) -> Change:
    return {"networks": {"zoo:yolov5s": {"toolchain": changes}}}


CARD = {"candidates": {"devices": ["atlas-300i-pro"], "modes": "default"}}
FOUR_SLOW = streams(count=4, rate="5 FPS", slo={"latency": "3 s"})
LIGHT = streams(count=2, rate="5 FPS")
ONE_BY_ONE = {"candidates": {"max_batch": 1}}
BOTH = {"candidates": {"devices": ["jetson-orin-nano-8", "jetson-agx-orin-64"], "modes": "default"}}
ALL_MODES = {"candidates": {"modes": "all"}}
BARE = {
    "candidates": {"max_batch": 1},
    "site": {"fan": "0 W", "carriers": {"module": {"power": "0 W"}}},
}
HOT_ROOM = {"site": {"supply": "80 degC"}}
SCALING = {
    "clocks": ["60 %", "80 %", "100 %"], "lower_below": "30 %", "raise_above": "70 %",
    "idle_shares": ["30 %"], "exponents": [2.0], "loads": [{"name": "light", "a": 2.0, "b": 5.0}],
}  # fmt: skip
WAVES = {
    "full": "1 GB", "delta": "100 MB", "uplink": "100 Mbit/s", "verify_and_load": "5 s", "apply": "500 MB/s",
    "devices": 3,
}  # fmt: skip
SURGES = streams(arrivals="mmpp", bursts={"calm": "2 s", "burst": "2 s", "factor": 6.0}, rate="10 FPS")


def claiming(low: str) -> Change:
    return {"clock_scaling": SCALING | {"claimed_low": low, "claimed_high": "60 %"}}


def scheduled(how: str) -> Change:
    return {"simulation": {"duration": "60 s", "warmup": "5 s", "control": {"scheduler": how}}}


MANY = {"model": "zoo:resnet18", "count": 78}
FROM_DECODED = {"model": None, "video": "h265 1080p", "chain": [{"network": "zoo:yolov5s"}]}

CASES: dict[str, tuple[list[Change], str | None]] = {
    # decoder-blind
    "cameras that send four times what is looked at": (
        [streams(video={"codec": "h265", "size": "1080p", "rate": "60 FPS"})], "decoder-blind/cannot-feed"),
    "4K cameras": ([streams(video={"codec": "h264", "size": "4k"})], "decoder-blind/cannot-feed"),
    "1080p cameras": ([streams(video="h265 1080p")], None),
    "more cameras than the parts decode": (
        [streams(**MANY), given("jetson-orin-nano-8", 3, "25W")], "decoder-blind/left-out"),
    "as many triggers": (
        [streams(**MANY, arrivals="poisson"), given("jetson-orin-nano-8", 3, "25W")], None),
    "a chain that begins behind the decoder": ([streams(**FROM_DECODED)], "decoder-blind/not-in-chain"),
    # peak-chasing
    "the box's 67 TOPS": (
        [{"candidates": {"labels": {"jetson-orin-nano-8": "67 TOPS"}}}], "peak-chasing/label"),
    "275 TOPS of a part not chosen": (
        [BOTH, {"candidates": {"labels": {"jetson-agx-orin-64": "275 TOPS"}}}], "peak-chasing/label"),
    "the dense 33 TOPS": ([{"candidates": {"labels": {"jetson-orin-nano-8": "33 TOPS"}}}], None),
    "a fully connected network": (
        [streams(model="zoo:alexnet"), ONE_BY_ONE, given("jetson-orin-nano-8", 3, "25W")],
        "peak-chasing/memory-bound"),
    "a convolutional one": ([given("jetson-orin-nano-8", 4, "25W")], None),
    "eight bits on a part without": (
        [FOUR_SLOW, given("jetson-nano-4", 4)],
        "peak-chasing/precision"),
    "sixteen bits on it": (
        [FOUR_SLOW, given("jetson-nano-4", 4, precision="fp16")], None),
    "two of four where nothing is sparse": (
        [CARD, pruning(pattern="two_of_four")], "peak-chasing/sparse"),
    "two of four where it is": ([pruning(pattern="two_of_four")], None),
    # efficiency-blind
    "three of the biggest module for two cameras": (
        [LIGHT, BOTH, BARE, given("jetson-agx-orin-64", 3), {"deployment": {"unit": "gpu"}},
         streams(model="zoo:yolov5l", count=2, rate="5 FPS")],
        "efficiency-blind/light-load"),
    "the small one for them": ([LIGHT, BOTH, BARE, given("jetson-orin-nano-8", 1, "15W")], None),
    "full power for two cameras": (
        [LIGHT, ALL_MODES, BARE, given("jetson-orin-nano-8", 1, "MAXN_SUPER")],
        "efficiency-blind/power-mode"),
    "the smallest mode for them": (
        [LIGHT, ALL_MODES, BARE, given("jetson-orin-nano-8", 1, "7W")], None),
    "a saving of half": ([claiming("50 %")], "efficiency-blind/clock-claim"),
    "a saving that the load gives": ([claiming("8 %")], None),
    # over-compression
    "eight bits, accuracy unknown": ([{"networks": None}], "over-compression/unchecked"),
    "eight bits, only the pruning stated": (
        [{"networks": {"zoo:yolov5s": {"compression": {"accuracy": None, "checked_per_layer": True}}}}],
        "over-compression/unchecked"),
    "sixteen bits, accuracy unknown": ([{"networks": None}, {"candidates": {"precisions": ["fp16"]}}], None),
    "less accuracy than needed": (
        [compression(accuracy={"full": "56.8 %", "compressed": "54.9 %", "least": "55 %"})],
        "over-compression/accuracy"),
    "just enough accuracy": (
        [compression(accuracy={"full": "56.0 %", "compressed": "55.0 %", "least": "55 %"})], None),
    "two points lost": (
        [compression(accuracy={"full": "58.0 %", "compressed": "56.0 %", "least": "55 %"})],
        "over-compression/loss"),
    "one point lost": (
        [compression(accuracy={"full": "57.0 %", "compressed": "56.0 %", "least": "55 %"})], None),
    "pruned, looked at as a whole": (
        [pruning(), compression(checked_per_layer=False)], "over-compression/per-layer"),
    "six bits, looked at as a whole": (
        [compression(activation_bits=6, checked_per_layer=False)], "over-compression/per-layer"),
    "pruned, looked at layer by layer": ([pruning()], None),
    "single zeros said to be fast": (
        [pruning(pattern="unstructured", claimed_speedup="1.2 x")], "over-compression/unstructured"),
    "single zeros said to be small": ([pruning(pattern="unstructured", claimed_speedup="1 x")], None),
    "channels pruned and fast": ([pruning(claimed_speedup="1.2 x")], None),
    "one rate for all": ([pruning(one_rate=True)], "over-compression/one-rate"),
    "one low rate for all": ([pruning(one_rate=True, pruned="10 %")], None),
    "the first layers pruned hard": ([pruning(first_layers="80 %")], "over-compression/first-layers"),
    "the first layers hardly pruned": ([pruning(first_layers="5 %")], None),
    "activations in four bits": ([compression(activation_bits=4)], "over-compression/activations"),
    "activations in eight": ([compression(activation_bits=8, checked_per_layer=False)], None),
    "taught by outputs": ([compression(distilled="outputs")], "over-compression/distilled"),
    "taught by features": ([compression(distilled="features")], None),
    # toolchain-tax
    "a card that waits for copies": ([CARD, toolchain(copies="synchronous")], "toolchain-tax/copies"),
    "a card that copies beside its work": ([CARD, toolchain(copies="asynchronous")], None),
    "a module that shares its memory": ([toolchain(copies="none")], None),
    "an engine built at every start": (
        [toolchain(engine_built="at_start", first_run="45 s")], "toolchain-tax/first-run"),
    "an engine built ahead": ([toolchain(engine_built="ahead")], None),
    "a first run within the service level": ([toolchain(engine_built="at_start", first_run="100 ms")], None),
    "extents that change": ([toolchain(dynamic_axes=True)], "toolchain-tax/dynamic-axes"),
    "many small kernels on a big unit": (
        [streams(model="zoo:mobilenet_v2_1.0", count=40, rate="30 FPS"), BOTH,
         {"candidates": {"devices": ["jetson-agx-orin-64"], "max_batch": 1}}],
        "toolchain-tax/launches"),
    "large kernels on a big unit": (
        [streams(count=60), {"candidates": {"devices": ["jetson-agx-orin-64"], "modes": "default"}},
         {"candidates": {"precisions": ["fp16"]}}], None),
    # past-the-knee
    "batches of sixteen where four would do": (
        [{"candidates": {"max_batch": 16}}, given("jetson-orin-nano-8", 5, "25W")], "past-the-knee/batch"),
    "batches of one": ([{"candidates": {"max_batch": 1}}, given("jetson-orin-nano-8", 4, "25W")], None),
    "waiting for batches that stay empty": (
        [LIGHT, {"candidates": {"max_wait": "40 ms"}}, given("jetson-orin-nano-8", 1, "25W")],
        "past-the-knee/waiting"),
    "waiting a little": ([LIGHT, given("jetson-orin-nano-8", 1, "25W")], None),
    "a rack at its edge": (
        [{"planning": {"utilisation_limit": "98 %"}}, given("jetson-orin-nano-8", 2, "25W"),
         streams(count=15)],
        "past-the-knee/busy"),
    # heat-and-density
    "a room at 80 degrees": ([HOT_ROOM, given("jetson-orin-nano-8", 5, "25W")], "heat-and-density/throttles"),
    "a room at 58 degrees": ([{"site": {"supply": "58 degC"}}], "heat-and-density/thin-margin"),
    "a room at 40 degrees": ([{"site": {"supply": "40 degC"}}], None),
    "a supply at its limit": ([{"site": {"power_limit": "140 W"}}], "heat-and-density/power"),
    "a supply with room": ([{"site": {"power_limit": "280 W"}}], None),
    "exhaust that comes back": (
        [{"site": {"airflow": "16 CFM", "recirculation": "60 %"}}], "heat-and-density/airflow"),
    "inlets above their class": (
        [{"site": {"supply": "36 degC"}, "density": {"counts": [3], "inlet_class": "A2"}}],
        "heat-and-density/airflow"),
    "inlets within their class": (
        [{"site": {"supply": "33 degC"}, "density": {"counts": [3], "inlet_class": "A2"}}], None),
    "a naive scheduler": (
        [SURGES, scheduled("naive"), given("jetson-orin-nano-8", 6, "25W")], "heat-and-density/thrash"),
    "a stable scheduler": ([SURGES, scheduled("stable"), given("jetson-orin-nano-8", 6, "25W")], None),
    "all but one out for an update": ([{"update": WAVES | {"must_serve": 1}}], "heat-and-density/updates"),
    "one out at a time": ([{"update": WAVES | {"must_serve": 2}}], None),
    "an update while serving": ([{"update": WAVES | {"must_serve": 1, "hot_swap": True}}], None),
    "no spare for one device": ([LIGHT, {"planning": {"spares": 0}}], "heat-and-density/no-spare"),
    "no spare for two that both serve": (
        [{"planning": {"spares": 0, "utilisation_limit": "85 %"}},
         given("jetson-orin-nano-8", 2, "25W"), streams(count=12)], "heat-and-density/no-spare"),
    "no spare where two can carry it": ([{"planning": {"spares": 0}}], None),
}  # fmt: skip
