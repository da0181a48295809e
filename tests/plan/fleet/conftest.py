"""A small fleet: six sites that ask three questions, two parts, short simulations."""

from pathlib import Path
from typing import NamedTuple

import pytest

from planner import api
from planner.plan.fleet.result import Fleet

TEMPLATE = """
schema: 1
id: shop
title: A shop
question: Which box?
date: 2026-11-30
streams:
  - name: aisle cameras
    count: 6
    model: zoo:mobilenet_v2_1.0
    arrivals: periodic
    rate: 8 FPS
    jitter: 4 ms
    slo: {latency: 250 ms, quantile: 99 %}
  - name: till cameras
    count: 2
    model: zoo:mobilenet_v2_1.0
    arrivals: periodic
    rate: 5 FPS
    slo: {latency: 300 ms, quantile: 99 %}
candidates: {devices: [jetson-orin-nano-8, jetson-orin-nx-16], precisions: [int8]}
site:
  supply: 26 degC
  airflow: 30 CFM
  recirculation: 15 %
  fan: 5 W
  rack_units: 6
  power_limit: 250 W
  pue: 1.3
  inlet_class: TS2
  carriers:
    module: {slots: 1, power: 5 W, price: 220 USD, rack_units: 1, note: assumed}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 3, discount_rate: 6 %}
carbon: {intensity: 300 g/kWh}
simulation: {duration: 20 s, warmup: 5 s, replications: 2, seed: 7}
"""

FLEET = """
schema: 1
id: shops
title: Shops
question: One box for all?
date: 2026-11-30
templates: {shop: shop.yaml}
sites: shops.csv
columns:
  aisles: {key: streams.aisle cameras.count}
currency: USD
discount_rate: 6 %
"""

SITES = """id,group,aisles,site.supply [degC]
a,north,6,26
b,north,6,26
c,south,60,26
d,south,6,35 degC
e,north,6,26
f,south,60,26
"""


class Written(NamedTuple):
    """A fleet's folder, and where its answer goes."""

    fleet: Path
    out: Path


def write_fleet(folder: Path, fleet: str = FLEET, sites: str = SITES, template: str = TEMPLATE) -> Written:
    """The three files of a fleet."""
    folder.mkdir(exist_ok=True)
    (folder / "shop.yaml").write_text(template)
    (folder / "shops.csv").write_text(sites)
    (folder / "fleet.yaml").write_text(fleet)
    return Written(folder / "fleet.yaml", folder / "out")


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Written:
    return write_fleet(tmp_path_factory.mktemp("shops"))


@pytest.fixture(scope="session")
def answered(written) -> Fleet:
    return api.fleet(written.fleet, written.out, workers=1)
