"""Attention as one operator takes about as long as spelt out, on every engine with a fitted model."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, read_device
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.transfer.store import transfer_files, transfer_for
from planner.workload.workload import read_workload
from tests.workload.test_attention_cache import KINDS, fused, spelt


@functools.cache
def units():
    """One part for each fitted model, drawn with a seed; looked for when the first test asks."""
    draw, found = np.random.default_rng(1), {}
    for device in device_ids():
        part = read_device(device)
        for unit, description in part.units.items():
            for engine in description.engines:
                try:
                    model = transfer_for(point_for(part, unit=unit, engine=engine))
                except PlannerError:
                    continue
                if model is not None:
                    found.setdefault(model.id, []).append((device, unit, engine))
    return [places[draw.integers(len(places))] for _, places in sorted(found.items())]


def test_every_fitted_model_is_tried():
    assert len(units()) == len(transfer_files())


@pytest.mark.parametrize("seed", range(6))
def test_fused_costs_about_what_the_spelt_form_does(seed):
    generator = np.random.default_rng(seed)

    def draw(*values):
        return values[generator.integers(len(values))]

    keys = draw(1, 2, 4, 8)
    kind = draw(*KINDS)
    heads = keys * (1 if kind == "MultiHeadAttention" else draw(1, 2, 4, 8))
    queries, cached = draw(1, 1, 16, 128, 512), draw(0, 64, 512, 4096)
    size = (draw(1, 2, 4), heads, keys, queries, cached, draw(32, 64, 128))
    one, apart = read_workload(fused(kind, *size)), read_workload(spelt(*size))
    for device, unit, engine in units():
        part = read_device(device)
        whole, parts = (
            estimate(network, part, unit=unit, engine=engine).latency_s.mid for network in (one, apart)
        )
        assert parts / 5 <= whole <= 1.5 * parts, (device, unit, engine, kind, size)
